#pragma once
// Jobs: how far each job is. What a member is to do follows from how those it waits for ended, so
// only the job itself and its end are durable: the rest is worked out again from the outcomes of
// its tasks. Each end of a task costs as much as others wait for it. Threads: one.

#include "fleet/job.hpp"
#include "fleet/ledger.hpp"

namespace samara::fleet {

enum class MemberState : uint8_t {
  waits,      // for others
  submitted,  // its task is there
  succeeded,  // with a value
  failed,     // with another outcome
  skipped,    // by its `run_if`, or because the job is being stopped
};

struct Job {
  const DurableJob* durable = nullptr;  // of the ledger
  struct Progress {
    MemberState state = MemberState::waits;
    uint32_t waits_left = 0;
    bool failed_before = false;  // one of those it waits for has failed or was skipped for that
    std::vector<MemberIndex> waiting;  // those that wait for it
  };
  std::vector<Progress> members;
  size_t over = 0;
  size_t failed = 0;
  bool stopping = false;

  bool done() const { return over == members.size(); }
};

class Jobs {
 public:
  /// What is to be done for a job, in order.
  struct Steps {
    std::vector<TaskSpec> submit;
    std::vector<TaskId> cancel;
    std::optional<JobEnd> end;
  };

  Job* find(const JobId& id);
  const Job* find(const JobId& id) const { return const_cast<Jobs*>(this)->find(id); }
  size_t size() const { return jobs_.size(); }

  void erase(const JobId& id) { jobs_.erase(id); }

  /// Works out where a job stands from the outcomes of its tasks. At recovery, and for a new one.
  /// Requires: the ledger has the job, and keeps it until it is erased here.
  Steps begin(const JobId& id, const Ledger& ledger);
  /// A task of the job is over.
  Steps ended(const JobId& id, MemberIndex member, const Ledger& ledger);
  /// The ledger has been told.
  Steps cancel(const JobId& id, const Ledger& ledger);

  template <typename F>
  void each(F&& f) const {
    for (const auto& [id, job] : jobs_) f(*job);
  }

 private:
  using Settled = std::vector<std::pair<MemberIndex, MemberState>>;
  static void settle(Job& job, const Ledger& ledger, Steps& out, Settled& settled);
  static void ready(Job& job, MemberIndex member, const Ledger& ledger, Steps& out,
                    Settled& settled);
  static void stop(Job& job, Steps& out);
  static void finish(const Job& job, Steps& out);

  // By id: what is done for several jobs is done in an order.
  std::map<JobId, std::unique_ptr<Job>> jobs_;
};

}  // namespace samara::fleet
