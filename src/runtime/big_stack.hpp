#pragma once
// BigStack: runs work on a thread with a large machine stack. Decoders, the checker, the compiler
// and builtins with callbacks recurse, bounded by depth limits that need some megabytes; a caller's
// thread may have far less (512 KiB in some hosts), so nothing relies on it.
//
// A thread is kept for the next piece of work: handing over costs about 10 µs, and the stack takes
// memory only as far as it has been used. Work started from such a thread runs in place.
//
// Threads: any. A forked child must make its own.

#include <functional>
#include <memory>

#include "core/result.hpp"

namespace samara::runtime {

/// 10,000 levels of a decoder and 4,000 of the compiler take less than 8 MB, under sanitizers up to
/// five times as much; the rest is for callbacks.
inline constexpr size_t k_big_stack_bytes = size_t{64} << 20;
/// Of it, what builtins that call back into East may use (eval::VmOptions::native_stack_bytes).
inline constexpr size_t k_callback_stack_bytes = size_t{16} << 20;

class BigStack {
 public:
  BigStack();
  /// Requires: no work is running.
  ~BigStack();
  BigStack(const BigStack&) = delete;
  BigStack& operator=(const BigStack&) = delete;

  /// Runs `work` and waits for its end.
  /// Errors: exhausted (the system gives no thread of this size); `work` has not run then.
  Result<void> run(const std::function<void()>& work);
  /// The same on a thread of its own also where this is one: for work inside of work that needs as
  /// much room again.
  Result<void> run_apart(const std::function<void()>& work);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace samara::runtime
