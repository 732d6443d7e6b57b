#pragma once
// Manager: places tasks on nodes, watches them, and loses none. A state machine: `step` takes what
// happened and the time, and says what is to be done; it knows no socket, clock or file.
//
// What it promises, whatever messages are lost, repeated, late or invented, and whenever it dies:
//   a task whose submission was confirmed ends, once, with an outcome;
//   an effectful task is started again only when it is certain that it has not run;
//   a result counts only if it comes from the node that its attempt was given to;
//   what clients and nodes are told is durable before they are told.
// Threads: one. Specified by: docs/formats/fleet.md, "The manager".

#include "fleet/jobs.hpp"
#include "fleet/placer.hpp"
#include "wire/codec.hpp"
#include "wire/topics.hpp"

namespace samara::fleet {

struct ManagerConfig {
  Millis beat_every{10'000};
  /// A node that is silent for so long is dead, until it speaks again.
  Millis silent_max{25'000};
  /// A start without an answer is sent again.
  Millis resend{2'000};
  /// Clocks of nodes may be slow by as much, besides a twentieth of the time.
  Millis clock_margin{2'000};
  /// A run may take so much longer than its limit until the node is held to be lying.
  Millis run_margin{15'000};
  /// Of tasks whose limits do not say.
  uint32_t wall_ms = 60'000;
  /// Before a node that had no room is asked again.
  Millis busy_pause{500};
  Millis backoff_max{60'000};
  size_t nodes_max = 100'000;
  size_t tasks_max = 1'000'000;
  /// Ended tasks that are kept for those who ask.
  size_t finished_kept = 10'000;
  /// A node is left out after so many answers that others contradicted, if it was wrong more often
  /// than one time in four.
  uint32_t disagreed_max = 2;
  uint64_t seed = 1;
};

/// What the manager has seen; rare ones are what tests look for.
struct ManagerCounters {
#define SAMARA_FLEET_COUNTER(name) uint64_t name = 0;
#include "fleet/counters.def"
#undef SAMARA_FLEET_COUNTER
};

namespace event {
struct Tick {};
/// A message that arrived on a node's own topic.
struct Received {
  std::string_view node;
  ByteView bytes;
};
struct Submit {
  TaskSpec spec;
};
struct Cancel {
  TaskId task;
};
struct SubmitJob {
  JobSpec job;
};
struct CancelJob {
  JobId job;
};
/// All records up to this one survive a crash.
struct Durable {
  uint64_t sequence = 0;
};
struct DrainNode {
  std::string_view node;
  bool on = true;
};
/// Somebody has looked at the node and trusts it again, or does not.
struct Quarantine {
  std::string_view node;
  bool on = false;
};
/// Nothing arrived for a while because we were not connected: silence says nothing about nodes.
struct Reconnected {};
}  // namespace event

using Event = std::variant<event::Tick, event::Received, event::Submit, event::Cancel,
                           event::SubmitJob, event::CancelJob, event::Durable, event::DrainNode,
                           event::Quarantine, event::Reconnected>;

namespace action {
/// Write the record behind those before, and say Durable when it is safe; many at once is well.
struct Append {
  uint64_t sequence = 0;
  Bytes record;
};
struct Send {
  std::string node;
  wire::Channel channel = wire::Channel::control;
  Bytes bytes;
};
/// To the topic that all nodes hear.
struct SendAll {
  Bytes bytes;
};
/// Send chunks of an object to a node, or NoObject.
struct Serve {
  std::string node;
  wire::ChunkRequest request;
};
/// The task is accepted, durably; `code` other than 0: it is not, and why.
struct Submitted {
  TaskId task;
  std::optional<Code> refused;
};
/// The task is over, durably; Ledger::find has the outcome until it is forgotten.
struct Finished {
  TaskId task;
};
/// As Submitted and Finished.
struct JobSubmitted {
  JobId job;
  std::optional<Code> refused;
};
struct JobFinished {
  JobId job;
};
/// Console output and progress of a run, from its own node.
struct Progress {
  wire::AttemptId attempt;
  uint64_t offset = 0;
  std::string log;
  std::optional<uint16_t> permille;
};
}  // namespace action

using Action =
    std::variant<action::Append, action::Send, action::SendAll, action::Serve, action::Submitted,
                 action::Finished, action::JobSubmitted, action::JobFinished, action::Progress>;

/// What `samara why` says of one node and one task.
struct Candidate {
  std::string node;
  bool possible = false;
  int64_t score = 0;
  std::string reason;  // why not, or what counts for it
};

struct Explanation {
  std::string state;
  std::string decision;
  std::vector<Candidate> candidates;
};

class Manager {
 public:
  Manager(const ManagerConfig& config, const Policy& policy);
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  /// Before `begin`: one record of the journal, in order. Errors: corrupt, unsupported, conflict.
  Result<void> replay(ByteView record);
  /// Begins a life. The actions are to be executed as those of a step.
  std::span<const Action> begin(Instant now);
  /// Valid until the next step.
  std::span<const Action> step(Instant now, const Event& event);
  Instant wake_at() const;

  const Ledger& ledger() const { return ledger_; }
  const ManagerCounters& counters() const { return counters_; }
  const FleetNode* node(std::string_view name) const;
  const Job* job(const JobId& id) const { return jobs_.find(id); }
  /// One member for each node that is alive and suits the needs, bound to it: a broadcast is a job.
  std::vector<JobMember> for_each_node(const TaskSpec& task) const;
  size_t nodes_alive() const { return nodes_alive_; }
  size_t waiting() const { return placer_.waiting(); }
  size_t timers() const { return timers_.size(); }
  size_t held_back() const { return held_.size(); }
  Submitters& submitters() { return submitters_; }
  /// Cost: O(nodes). Nothing: the task is not known.
  std::optional<Explanation> explain(const TaskId& task, Instant now) const;

  /// For tests that show that they would notice.
  struct Mutations {
    bool rerun_effectful = false;
    bool believe_anybody = false;
    bool forget_durability = false;
  };
  Mutations mutations;

 private:
  // manager.cpp
  void on(const event::Tick&) {}
  void on(const event::Received&);
  void on(const event::Submit&);
  void on(const event::Cancel&);
  void on(const event::SubmitJob&);
  void on(const event::CancelJob&);
  void on(const event::Durable&);
  void on(const event::DrainNode&);
  void on(const event::Quarantine&);
  void on(const event::Reconnected&);
  std::optional<Code> refusal_of(const TaskSpec& spec) const;
  void commit(const Record& record);
  /// Done once everything up to `sequence` is durable.
  void after(uint64_t sequence, Action action);
  void send(const FleetNode& node, const wire::ToNode& message, uint64_t after_sequence = 0);
  void run_timers();
  /// After anything about the node has changed.
  void changed(FleetNode& node, bool what_it_is = false);
  void queue_timer(Task& task);
  void forget_old();
  void finish_step();
  void adopt(Task& task);
  void add_task(const TaskSpec& spec);
  void cancel_task(const TaskId& id);

  // manager_jobs.cpp
  void take(const JobId& id, const Jobs::Steps& steps);
  /// Ends of tasks, told to their jobs. false: there were none.
  bool run_jobs();

  // manager_nodes.cpp: what nodes say
  FleetNode& fleet_node(NodeId id);
  void got(FleetNode&, const wire::Hello&);
  void got(FleetNode&, const wire::Beat&);
  void got(FleetNode&, const wire::Will&);
  void got(FleetNode&, const wire::Accepted&);
  void got(FleetNode&, const wire::Refused&);
  void got(FleetNode&, const wire::Started&);
  void got(FleetNode&, const wire::Progress&);
  void got(FleetNode&, const wire::TaskResult&);
  void got(FleetNode&, const wire::Stopped&);
  void got(FleetNode&, const wire::ChunkRequest&);
  void got(FleetNode&, const wire::Bye&);
  void alive(FleetNode&);
  void rebooted(FleetNode&, const wire::Hello&);
  void resume(FleetNode&);
  void node_lost(FleetNode&);
  void node_timer(FleetNode&);
  bool certain(Task&, Attempt&, const wire::Fence&);
  Attempt* attempt_of(const FleetNode&, const wire::AttemptId&, Task** task);
  void acknowledge(const FleetNode&, const wire::AttemptId&);

  // manager_tasks.cpp: what becomes of tasks
  void decide(Task&);
  void enqueue(Task&);
  void dispatch();
  void place(Task&, FleetNode&);
  void send_start(Task&, Attempt&);
  void recall(Task&, Attempt&);
  void send_stop(const Task&, Attempt&);
  void attempt_over(Task&, Attempt&, AttemptEnd, OutcomeKind, const wire::TaskResult* = nullptr,
                    bool unfit = false);
  void release(const Task&, const Attempt&);
  void finish(Task&, const TaskOutcome&);
  static bool unfit_here(const Task&, NodeId);
  void judge(Task&, const Hash& winner);
  void set_timer(Task&, Attempt&);
  void attempt_timer(Task&, Attempt&);
  Millis backoff(const Task&);
  uint64_t draw();
  Instant lease_end(const Task&, Instant from) const;

  ManagerConfig config_;
  const Policy& policy_;
  Ledger ledger_;
  Submitters submitters_;
  Placer::Nodes nodes_;  // by NodeId
  Placer placer_;
  Jobs jobs_;
  struct MemberEnd {
    JobId job;
    MemberIndex member = 0;
  };
  std::vector<MemberEnd> member_ends_;  // to be told to their jobs
  Timers timers_;
  ManagerCounters counters_;

  std::vector<Action> actions_;
  struct Held {
    uint64_t sequence = 0;
    Action action;
  };
  std::deque<Held> held_;
  std::vector<NodeId> ready_nodes_;  // to be looked at for tasks that are bound to them
  uint64_t appended_ = 0;
  uint64_t durable_ = 0;
  uint64_t epoch_sequence_ = 0;
  uint64_t placings_ = 0;
  uint64_t random_ = 0;
  size_t nodes_alive_ = 0;
  Instant now_{};
  Bytes out_;
};

}  // namespace samara::fleet
