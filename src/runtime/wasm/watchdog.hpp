#pragma once
// Watchdog: ends what has passed its deadline or is cancelled, from a thread of its own. It looks
// once a millisecond while anything is watched, and for a moment longer, so that putting something
// under watch is two short locks and no system call.
//
// Threads: any. A forked child must make its own.

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

#include "core/result.hpp"
#include "port/clock.hpp"

namespace samara::runtime::wasm {

class Stoppable {
 public:
  virtual ~Stoppable() = default;
  /// Called by the watchdog's thread while the work goes on; must not wait for anything.
  virtual void stop() = 0;
};

enum class StopCause : uint8_t { none, deadline, cancel };

class Watchdog {
 public:
  /// `clock` outlives it.
  explicit Watchdog(port::Clock& clock) : clock_(clock) {}
  /// Requires: nothing is watched.
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  struct Order {
    std::optional<port::Instant> deadline;
    const std::atomic<bool>* cancel = nullptr;
  };

  /// Watches while it exists; afterwards stop() is not called any more. What it stops outlives it.
  class Watch {
   public:
    Watch(Watchdog& dog, Stoppable& target, const Order& order);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    /// Why it has been stopped.
    StopCause cause() const;

   private:
    friend class Watchdog;
    Watchdog& dog_;
    Stoppable& target_;
    Order order_;
    StopCause cause_ = StopCause::none;  // guarded by the dog's mutex
  };

  /// Errors: exhausted (the system gives no thread). To be called before a Watch is made.
  Result<void> start();

 private:
  static void* enter(void* self);
  void loop();
  void look();
  std::chrono::nanoseconds until_next_look() const;

  port::Clock& clock_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable wake_;
  std::vector<Watch*> watched_;
  bool started_ = false;
  bool asleep_ = false;
  bool ending_ = false;
  pthread_t thread_{};
};

}  // namespace samara::runtime::wasm
