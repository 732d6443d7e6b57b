#pragma once
// Node: runs functions for a manager. A state machine: `step` takes what happened and the time, and
// says what is to be done; it knows no socket, clock, file or thread. All memory comes from the
// arena it is made in. Written once for Linux and for microcontrollers. Threads: one.
//
// What it promises: a start runs at most once, however often it comes (FenceWindow); an object is
// used only after its hash was right; a result is sent until it is acknowledged, also after a
// reboot where the port keeps what `Keep` says; an effectful run ends when its lease does.
// Specified by: docs/formats/fleet.md, "The node".

#include "core/arena.hpp"
#include "node/event.hpp"
#include "node/fence_window.hpp"
#include "node/task_slot.hpp"

namespace samara::node {

/// What is to run; borrowed until the run has ended.
struct RunOrder {
  wire::AttemptId attempt{};
  Hash function{};
  std::string_view runtime{};
  ObjectCache::Index module = 0;
  wire::RunLimits limits{};
  std::span<const SlotArgument> arguments{};
  /// What inline arguments point into.
  ByteView data{};
};

/// What was refused or went wrong, for telemetry.
struct NodeCounters {
  uint32_t bad_messages = 0;
  uint32_t refused_starts = 0;
  uint32_t repeated_starts = 0;
  uint32_t lies = 0;
  uint32_t storage_failures = 0;
  uint32_t leases_lapsed = 0;
  uint32_t deadlines = 0;
  uint32_t given_up = 0;
  uint32_t results_resent = 0;
};

class Node {
 public:
  static constexpr size_t k_actions_max = 64;

  /// The node lives in the arena as long as that does; it is never destroyed.
  /// Errors: exhausted (the arena is too small), invalid_argument (the configuration).
  static Result<Node*> make(Arena& arena, const NodeConfig& config);
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// The actions are to be executed in their order, before the next step.
  std::span<const Action> step(Instant now, const Event& event);
  /// When a Tick is due, if nothing happens before.
  Instant wake_at() const { return wake_at_; }

  /// The message to leave with the broker as the will of a connection.
  wire::Will will() const { return {.boot = config_.boot}; }
  /// Requires: the slot is between its Run and its Ended.
  RunOrder order(SlotId id) const;
  const ObjectEntry& object(ObjectCache::Index index) const { return cache_.at(index); }

  const NodeConfig& config() const { return config_; }
  const NodeCounters& counters() const { return counters_; }
  size_t slots_used() const;
  bool idle() const { return slots_used() == 0; }
  std::span<const TaskSlot> slots() const { return slots_; }

 private:
  friend class NodeTest;
  explicit Node(const NodeConfig& config) : config_(config) {}

  // node.cpp: events
  void on(const event::Tick&) {}
  void on(const event::Connected&);
  void on(const event::Disconnected&);
  void on(const event::Received&);
  void on(const event::Ended&);
  void on(const event::Output&);
  void on(const event::Telemetry& e) { telemetry_ = e; }
  void on(const event::ObjectFound&);
  void on(const event::Restored&);
  void on(const event::ObjectLost&);
  void on(const event::KeepFailed&);
  void on(const event::Drain& e) { drain(e.on); }
  void on(const event::Shutdown&);

  // node_messages.cpp: messages
  void got(const wire::Start&);
  void got(const wire::Ack&);
  void got(const wire::Stop&);
  void got(const wire::Chunk&);
  void got(const wire::NoObject&);
  void got(const wire::Drain& m) { drain(m.on); }
  void got(const wire::Renew&);
  void got(const wire::Welcome&);
  void got(const wire::Who&);
  std::optional<wire::Refusal> admit(const wire::Start&) const;
  void accept(const wire::Start&);
  void refuse(const wire::AttemptId&, const wire::Fence&, wire::Refusal);
  void drain(bool on);

  // node_tasks.cpp: tasks
  TaskSlot* find(const wire::AttemptId&);
  TaskSlot* running(SlotId);
  TaskSlot* free_slot() const;
  void object_ready(ObjectCache::Index);
  bool objects_failed(const TaskSlot&) const;
  bool uses(const TaskSlot&, ObjectCache::Index) const;
  bool objects_ready(const TaskSlot&) const;
  void release_objects(TaskSlot&);
  void free(TaskSlot&);
  static void reset(TaskSlot&);
  void hand_back(TaskSlot&);
  void end(TaskSlot&, EndReason);
  void finish(TaskSlot&, const event::Ended&);
  void check_deadlines();
  void start_runs();
  uint64_t memory_in_use() const;
  size_t stuck_runs() const;
  std::span<uint8_t> data(const TaskSlot&) const;
  uint16_t index_of(const TaskSlot& slot) const {
    return static_cast<uint16_t>(&slot - slots_.data());
  }

  // node_send.cpp: what is to be said
  void pump();
  void send_hello();
  void send_beat();
  void send_news(TaskSlot&);
  void send_result(TaskSlot&);
  wire::TaskResult result_of(const TaskSlot&) const;
  void send_fetches();
  void wake_by(Instant at) {
    if (at < wake_at_) wake_at_ = at;
  }
  void compute_wake();
  /// false: no room in this step; `blocked_` is set, and there is another at once.
  bool send(const wire::FromNode&);
  bool act(const Action&);
  /// Whether there is room for a few more actions and a short message; else there is another step.
  bool roomy();

  NodeConfig config_{};
  std::span<TaskSlot> slots_{};
  std::span<uint8_t> data_{};
  std::span<uint8_t> out_{};
  size_t out_used_ = 0;
  FixedVector<Action, k_actions_max> actions_{};
  ObjectCache cache_{};
  FenceWindow fence_{};
  event::Telemetry telemetry_{};
  NodeCounters counters_{};

  Instant now_{};
  Instant wake_at_{};
  uint64_t arrivals_ = 0;
  uint32_t tickets_ = 0;
  bool connected_ = false;
  bool hello_due_ = false;
  bool draining_ = false;
  bool leaving_ = false;
  bool left_ = false;
  bool blocked_ = false;
  Instant leave_by_{};
  Instant next_beat_{};
  Millis beat_every_{0};
  uint32_t beats_ = 0;
  static constexpr size_t k_beats_remembered = 4;
  struct SentBeat {
    uint32_t number = 0;
    Instant at{};
  };
  SentBeat sent_beats_[k_beats_remembered];
};

}  // namespace samara::node
