#pragma once
// Exchange: asks and waits for the reply, for any number of threads over one Caller. One of those
// who wait listens for all; no thread is made. Threads: any.
// Specified by: docs/formats/queue.md, "Caller".

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "queue/caller.hpp"
#include "queue/roster.hpp"

namespace samara::queue {

struct Question {
  std::string queue;
  Request request;
  /// Set by another thread to give up.
  const std::atomic<bool>* cancel = nullptr;
  /// Called once, by the thread that asks, when the reply is not there after some milliseconds.
  std::function<void()> on_long;
};

class Exchange {
 public:
  /// `path` is the folder `queue` of a repository. Errors: as Caller::open.
  static Result<std::unique_ptr<Exchange>> open(const QueueParts& parts, std::string_view path,
                                                CallerOptions options);

  /// Publishes and waits. When all workers of the queue have gone for some seconds the outcome is
  /// `lost`; a cancelled question ends with `cancelled`. Errors: those of Caller.
  Result<Reply> ask(Question question);
  Roster& roster() { return *roster_; }

 private:
  struct Waiter {
    std::condition_variable wake;
    const Question* question = nullptr;
    Uuid id;
    std::optional<Reply> reply;
    std::optional<port::Instant> unserved_since;
  };

  explicit Exchange(const QueueParts& parts) : parts_(parts) {}
  Result<Uuid> publish(Question& question);
  Result<void> wait(std::unique_lock<std::mutex>& lock, Waiter& own);
  Result<void> listen(std::unique_lock<std::mutex>& lock, Waiter& own, port::Instant until);
  void deliver(Answer answer);
  void look_after_waiters(port::Instant now);
  void look_for_workers(port::Instant now);
  void give_up(Waiter& waiter, OutcomeKind kind, std::string text);
  void hand_over();

  QueueParts parts_;
  std::unique_ptr<Caller> caller_;
  std::unique_ptr<Roster> roster_;

  std::mutex mutex_;  // guards what follows
  std::map<Uuid, Waiter*> waiters_;
  std::map<Uuid, Reply> early_;  // came before their waiter was entered
  bool listening_ = false;
  uint32_t publishing_ = 0;        // replies of unknown ids may be theirs
  port::Instant looked_{};         // after those who want to give up
  port::Instant looked_served_{};  // after what nobody serves
};

}  // namespace samara::queue
