#pragma once
// World: a manager, its journal, and nodes, in virtual time and on a network that loses, delays,
// repeats and cuts. The real cores of manager and node, with everything around them simulated; the
// seed decides everything. After every step the checker compares what was promised with what has
// really happened, which it knows because it ran the functions. Threads: one.

#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "fleet/manager.hpp"
#include "node/node.hpp"
#include "ports/sim/journal_disk.hpp"
#include "ports/sim/network.hpp"
#include "ports/sim/virtual_time.hpp"

namespace samara::test {

using port::Instant;
using Nanos = std::chrono::nanoseconds;

/// Mean times between faults; zero: never.
struct WorldFaults {
  port::SimNetworkFaults network;
  Nanos node_crash{0};     // of each node
  Nanos node_shutdown{0};  // of each node
  Nanos partition{0};      // of each node
  Nanos broker_restart{0};
  Nanos manager_kill{0};
  Nanos disk_full{0};  // of the manager's journal
  Nanos cancel{0};     // of some task
  Nanos quarantine_lift{0};
  uint32_t bad_chunk_permille = 0;
  uint32_t garbage_permille = 0;         // messages whose bytes are changed
  uint32_t liars_permille = 0;           // nodes that return wrong values
  uint32_t forgers_permille = 0;         // nodes that answer for others
  uint32_t hash_liars_permille = 0;      // nodes whose digest is not that of the value
  uint32_t slow_permille = 0;            // nodes that take ten times as long
  uint32_t deaf_permille = 0;            // nodes whose runs ignore that they are told to end
  uint32_t node_disk_full_permille = 0;  // of what nodes keep
  int32_t drift_permille_max = 0;        // of the nodes' clocks
};

struct WorldOptions {
  uint64_t seed = 1;
  uint32_t nodes = 12;
  Nanos duration = std::chrono::hours(1);
  /// From then on nothing fails any more; what was promised must come true.
  Nanos calm_from = std::chrono::minutes(45);
  Nanos submit_every = std::chrono::seconds(3);
  WorldFaults faults;
  std::string policy = "balanced";
  fleet::Manager::Mutations mutations;
  bool log = false;
  fleet::ManagerConfig manager;
  /// Work all of one kind, for comparisons: no errors, no quorums, nothing cancelled.
  bool plain_work = false;
  uint32_t plain_tasks = 0;
  Nanos plain_run{0};
  Nanos plain_every{1000};
};

/// How often rare things have happened, by name.
using Coverage = std::map<std::string, uint64_t>;

struct WorldReport {
  std::string failure;  // empty: every promise was kept
  uint64_t steps = 0;
  uint64_t submitted = 0;
  uint64_t finished = 0;
  uint64_t values = 0;
  Coverage coverage;
  std::vector<std::string> log;
  // of comparisons
  Nanos makespan{0};
  std::map<std::string, Nanos> submitter_done;
  double battery_seconds = 0;
  uint64_t module_bytes = 0;
};

/// What the seed makes of the faults: each seed has some kinds of them, more or less of each.
WorldFaults faults_of(uint64_t seed);

class World {
 public:
  explicit World(const WorldOptions& options);
  ~World();
  WorldReport run();

 private:
  enum class Kind : uint8_t {
    node_tick,
    node_message,
    node_ended,
    node_connect,
    node_boot,
    node_crash,
    node_shutdown,
    node_partition,
    node_forge,
    manager_message,
    manager_tick,
    manager_synced,
    manager_kill,
    manager_start,
    broker_restart,
    broker_up,
    disk_full,
    disk_free,
    submit,
    cancel,
    trust_again,
    calm,
    look,
  };
  struct What {
    Kind kind{};
    uint32_t node = 0;
    uint32_t generation = 0;  // of the node, or of the manager
    uint64_t number = 0;
    Bytes bytes{};
  };
  struct Running {
    wire::AttemptId attempt;
    OutcomeKind outcome = OutcomeKind::value;
    Bytes value;
    bool cancelled = false;
    Instant began{};
  };
  struct SimNode;
  struct Promise;

  void step(const What& what);
  static bool is_fault(Kind kind);
  void fail(const std::string& what);
  void note(const std::string& what) {
    if (options_.log) report_.log.push_back(time_text() + " " + what);
  }
  void rare(const char* name) { report_.coverage[name]++; }
  std::string time_text() const;
  Nanos some(Nanos mean);
  void plan(Kind kind, Nanos mean, uint32_t node = 0);

  // world_nodes.cpp
  void make_node(uint32_t index);
  void boot(uint32_t index);
  void crash(uint32_t index);
  void connect(uint32_t index);
  void disconnect(uint32_t index);
  void node_step(uint32_t index, const node::Event& event);
  void node_act(uint32_t index, const node::Action& action);
  void begin_run(uint32_t index, node::SlotId id);
  void end_run(uint32_t index, uint64_t ticket);
  void forge(uint32_t index);
  void to_manager(uint32_t index, ByteView bytes);
  Instant local(const SimNode& node) const;
  Instant global(const SimNode& node, Instant local) const;
  void plan_tick(uint32_t index);
  void count(const SimNode& node);

  // world_manager.cpp
  void start_manager();
  void kill_manager();
  void kill_manager_within_step();
  void manager_step(const fleet::Event& event);
  void manager_act(std::span<const fleet::Action> actions);
  void to_node(uint32_t index, ByteView bytes);
  void serve(uint32_t index, const wire::ChunkRequest& request);
  void sync();
  void submit_new();
  void submit_job();
  void job_over(const fleet::JobId& id);
  void fill(fleet::TaskSpec& spec);
  void look();
  void check_end();
  void count_manager();
  void told(const fleet::TaskId& id);
  Bytes answer_of(const fleet::TaskSpec& spec) const;

  WorldOptions options_;
  port::SimDice dice_;
  port::SimNetwork network_;
  port::SimSchedule<What> schedule_;
  WorldReport report_;

  std::vector<std::unique_ptr<SimNode>> nodes_;
  std::map<std::string, uint32_t, std::less<>> node_index_;
  std::vector<uint16_t> failed_keeps_;  // of the step that is being executed
  bool broker_up_ = true;
  bool calm_ = false;

  std::unique_ptr<fleet::Policy> policy_;
  std::unique_ptr<fleet::Manager> manager_;
  uint32_t manager_generation_ = 0;
  port::SimJournalDisk disk_;
  uint64_t disk_base_ = 0;  // records of the disk before those of this life
  bool disk_is_full_ = false;
  bool sync_planned_ = false;
  bool kill_armed_ = false;  // it dies between two actions of a step to come
  Instant manager_tick_ = Instant::max();

  struct Module {
    Bytes bytes;
    wire::ObjectRef ref;
  };
  std::vector<Module> modules_;
  std::unordered_map<Hash, const Bytes*, HashOfHash> objects_;
  std::unordered_map<fleet::TaskId, std::unique_ptr<Promise>, fleet::HashOfTask> promises_;
  struct JobPromise {
    fleet::JobSpec spec;
    bool confirmed = false;
    bool over = false;
    bool cancelled = false;
  };
  std::map<fleet::JobId, JobPromise> jobs_;
  std::vector<fleet::TaskId> order_;  // of submission
  std::vector<fleet::TaskId> unconfirmed_;
  uint64_t tasks_made_ = 0;
  uint64_t open_promises_ = 0;
};

}  // namespace samara::test
