#pragma once
// BudgetGuard: ends the worker with the newest request that may run again, before the machine has
// no memory left or the workers have more than they may; the queue then runs that request once
// more. Specified by: docs/formats/queue.md, "Budget".
// Threads: one; it has one of its own, which sleeps while nothing is in hand.

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "port/files.hpp"
#include "ports/linux/budget.hpp"
#include "ports/linux/machine_limits.hpp"

namespace samara::cli {

class BudgetGuard {
 public:
  /// `budget`: of a supervisor. `queue`: the folder of that name in its repository. `tell`: called
  /// by the guard's thread with what it did. All outlive this.
  BudgetGuard(port::Budget& budget, port::Files& files, std::string queue,
              std::function<void(const std::string&)> tell);
  ~BudgetGuard();
  BudgetGuard(const BudgetGuard&) = delete;
  BudgetGuard& operator=(const BudgetGuard&) = delete;

  /// Whether it has ended this process; asked once for each.
  bool has_ended(pid_t process);

 private:
  // A worker process, and what it would give back.
  struct Process {
    port::BudgetBerth berth;
    uint64_t taken = 0;
    std::vector<port::BudgetSeat> seats;
    uint64_t gain() const { return taken > berth.idle_bytes ? taken - berth.idle_bytes : 0; }
  };
  struct Reason {
    std::string why;
    uint64_t limit_bytes = 0;
    bool all = false;  // the workers of other supervisors as well
  };

  void watch();
  bool look();
  std::map<uint32_t, Process> processes(const std::vector<port::BudgetSeat>& seats);
  std::optional<Reason> reason(const std::map<uint32_t, Process>& all);
  const Process* choose(const std::map<uint32_t, Process>& all, const Reason& reason) const;
  Result<void> write_notes(const Process& process);
  void end(const Process& process, const Reason& reason);
  void forget_old_notes();

  port::Budget& budget_;
  port::Files& files_;
  std::string queue_;
  std::function<void(const std::string&)> tell_;
  port::MemoryPressure pressure_;
  std::map<uint32_t, std::vector<pid_t>> children_;  // of the workers, by their numbers
  uint32_t looks_ = 0;
  std::chrono::steady_clock::time_point complained_{};
  std::mutex mutex_;  // guards what follows
  std::set<pid_t> ended_;
  std::thread thread_;
};

}  // namespace samara::cli
