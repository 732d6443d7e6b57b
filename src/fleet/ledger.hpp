#pragma once
// Ledger: the durable state of the manager: tasks, attempts, what is thought of nodes. It changes
// by `apply` alone, whether a record was just written or is read back after a crash. Threads: one.

#include <deque>
#include <memory>
#include <unordered_map>

#include "fleet/fair_queue.hpp"
#include "fleet/job.hpp"
#include "fleet/records.hpp"
#include "fleet/timers.hpp"

namespace samara::fleet {

using NodeId = uint32_t;

enum class Phase : uint8_t {
  sent,      // no answer yet
  accepted,  // it is there; objects are fetched, or others run first
  started,   // it runs
  recalled,  // it was told to stop
  orphaned,  // its node is silent; the lease decides
};

struct Attempt {
  uint32_t number = 0;
  NodeId node = 0;
  uint64_t boot = 0;
  AttemptEnd end = AttemptEnd::live;
  OutcomeKind outcome = OutcomeKind::lost;
  Hash digest{};
  bool unfit = false;

  // Not durable: how it stands with it.
  Phase phase = Phase::sent;
  uint32_t order = 0;       // of its start; zero: it was not sent in this life of the manager
  uint64_t send_after = 0;  // the record that must be durable before the start may go
  Instant placed_at{};
  Instant resend_at{};
  Instant start_by{};
  Instant run_by{};
  Instant lease_until{};
  Instant recall_until{};
  Instant timer_at = Instant::max();  // when the next timer for it is due
  bool too_slow = false;              // recalled because it did not begin in time

  bool live() const { return end == AttemptEnd::live; }
};

struct Vote {
  Hash digest{};
  Bytes value;
  uint32_t count = 0;
};

struct Task {
  TaskSpec spec;
  std::vector<Attempt> attempts;
  uint32_t next_number = 1;
  uint32_t failures = 0;
  bool cancel_asked = false;
  std::vector<Vote> votes;
  std::optional<TaskOutcome> outcome;

  // Not durable.
  std::optional<QueuePlace> place;
  uint32_t lane = 0;
  Instant waiting_since{};  // without an attempt
  Instant not_before{};
  bool retry_timer = false;
  uint32_t parked = 0;                      // times in a row that no open node had what it needs
  bool waits_for_node = false;              // bound to one that has no room
  std::optional<TaskOutcome> last_failure;  // with the texts that the journal does not have
  uint64_t finished_sequence = 0;           // of the record of its end
  std::string decision;                     // why it is where it is

  bool finished() const { return outcome.has_value(); }
  uint32_t live_attempts() const;
  uint32_t votes_given() const;
  uint32_t votes_best() const;
  Attempt* find(uint32_t number);
  bool excludes(NodeId node) const;
};

/// What is thought of a node, from comparing its answers with those of others.
struct Opinion {
  uint32_t agreed = 0;
  uint32_t disagreed = 0;
  bool quarantined = false;
};

class Ledger {
 public:
  /// Errors: conflict (the record does not follow from those before).
  Result<void> apply(const Record& record);

  Task* find(const TaskId& id);
  const Task* find(const TaskId& id) const { return const_cast<Ledger*>(this)->find(id); }
  NodeId node_id(std::string_view name);
  std::optional<NodeId> known_node(std::string_view name) const;
  const std::string& node_name(NodeId id) const { return node_names_[id]; }
  const Opinion& opinion(NodeId id) const { return opinions_[id]; }
  size_t nodes() const { return node_names_.size(); }

  uint32_t epoch() const { return epoch_; }
  size_t unfinished() const { return unfinished_; }
  /// Those that nothing keeps any more: not the tasks of jobs that go on.
  size_t finished() const { return finish_order_.size() - finish_dropped_; }
  /// Of those that are kept, the one that ended first.
  std::optional<TaskId> oldest_finished() const;

  template <typename F>
  void each(F&& f) {
    for (auto& [id, task] : tasks_) f(*task);
  }

  const DurableJob* find_job(const JobId& id) const;
  /// Null: it goes on, or is not known any more.
  const JobEnd* job_end(const JobId& id) const;
  const std::map<JobId, DurableJob>& jobs() const { return jobs_; }

  /// The state as bytes that are equal if and only if the durable states are.
  Bytes snapshot() const;
  /// Records that make this state out of nothing.
  std::vector<Bytes> compact() const;

 private:
  Result<void> on(const record::Epoch&);
  Result<void> on(const record::Submitted&);
  Result<void> on(const record::Placed&);
  Result<void> on(const record::Ended&);
  Result<void> on(const record::Finished&);
  Result<void> on(const record::CancelAsked&);
  Result<void> on(const record::Forgotten&);
  Result<void> on(const record::Standing&);
  Result<void> on(const record::JobSubmitted&);
  Result<void> on(const record::JobCancelAsked&);
  Result<void> on(const record::JobFinished&);

  std::unordered_map<TaskId, std::unique_ptr<Task>, HashOfTask> tasks_;
  std::vector<TaskId> finish_order_;
  size_t finish_dropped_ = 0;
  std::vector<std::string> node_names_;
  std::vector<Opinion> opinions_;
  std::unordered_map<std::string, NodeId> node_ids_;
  std::map<JobId, DurableJob> jobs_;  // those that go on
  std::map<JobId, JobEnd> job_ends_;
  std::deque<JobId> job_end_order_;
  size_t unfinished_ = 0;
  uint32_t epoch_ = 0;
};

/// The record of a submission; borrows from the spec.
record::Submitted submitted_record(const TaskSpec& spec);
TaskSpec spec_of(const record::Submitted& record);

}  // namespace samara::fleet
