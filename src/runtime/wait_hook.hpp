#pragma once
// WaitHook: told when a run begins and ends to wait for a call that others run, so that a worker
// can lend what it does not use meanwhile. Threads: any.

namespace samara::runtime {

class WaitHook {
 public:
  virtual ~WaitHook() = default;
  virtual void begin_wait() = 0;
  virtual void end_wait() = 0;
};

/// For the time of a wait.
class HookedWait {
 public:
  /// `hook` may be null: nobody wants to know.
  explicit HookedWait(WaitHook* hook) : hook_(hook) {
    if (hook_ != nullptr) hook_->begin_wait();
  }
  ~HookedWait() {
    if (hook_ != nullptr) hook_->end_wait();
  }
  HookedWait(const HookedWait&) = delete;
  HookedWait& operator=(const HookedWait&) = delete;

 private:
  WaitHook* hook_;
};

}  // namespace samara::runtime
