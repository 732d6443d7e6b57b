#pragma once
// Admission: which requests in hand may run, where all workers of a machine share cores and memory.
// Specified by: docs/formats/queue.md, "Budget".
// Threads: one at a time, which holds samara_worker::taking; what is said of a request, any.

#include <deque>
#include <memory>

#include "bindings/c/memory_gauge.hpp"
#include "port/clock.hpp"
#include "ports/linux/budget.hpp"
#include "runtime/wait_hook.hpp"

struct samara_request;
struct samara_worker;

namespace samara::capi {

struct Target;

/// While a request waits for a call that it makes, others may have its core.
class CoreLoan final : public runtime::WaitHook {
 public:
  explicit CoreLoan(samara_request& request) : request_(request) {}
  void begin_wait() override;
  void end_wait() override;

 private:
  samara_request& request_;
  std::mutex mutex_;  // guards waits_
  uint32_t waits_ = 0;
};

class Admission {
 public:
  using OwnedRequest = std::unique_ptr<samara_request>;

  explicit Admission(samara_worker& worker);
  ~Admission();
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  /// Joins the budget that the environment names; without one, or with one that is gone, this
  /// worker minds its slots alone. Requires: the worker is in its queue.
  void join();
  /// Which may run now: the request itself, or none because it waits from here on or was answered.
  /// `must`: it cannot wait.
  Result<OwnedRequest> enter(OwnedRequest request, bool must);
  /// The first of those that waited and may run now.
  Result<OwnedRequest> next();
  bool waiting() const { return !waiting_.empty(); }
  /// Whether nothing more should be taken: there is no core for it, or much waits for memory.
  bool full() const;
  /// Until something may have changed. Requires: next() gave none.
  void wait(port::Instant until);
  /// Nobody looks after those that wait, until somebody does again.
  void rest();
  /// Puts back what waits.
  Result<void> give_back();

  /// When a request is handed out, and when it has been answered.
  void begin(samara_request& request);
  /// What it took of memory.
  uint64_t measure(samara_request& request);
  void learn(const samara_request& request, uint64_t taken_bytes);
  void leave(samara_request& request);
  void park(uint32_t seat);
  void resume(uint32_t seat);
  void read_known(Target& target);

 private:
  port::BudgetClaim claim_of(const samara_request& request) const;
  Result<bool> refuse(OwnedRequest& request);
  Result<bool> is_over(OwnedRequest& request);

  samara_worker& worker_;
  std::unique_ptr<port::Budget> budget_;
  MemoryGauge gauge_;
  std::deque<OwnedRequest> waiting_;
  bool no_core_ = false;
  uint32_t seen_ = 0;
  uint32_t looks_ = 0;
};

}  // namespace samara::capi
