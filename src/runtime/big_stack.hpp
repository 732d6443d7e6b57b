#pragma once
// BigStack: runs work on a thread with a large machine stack. Decoders, the checker, the compiler
// and builtins with callbacks recurse, bounded by depth limits that need up to k_big_stack_bytes; a
// caller's thread may have far less (512 KiB in some hosts), so nothing relies on it.
//
// A thread is kept for the next piece of work: handing over costs about 10 µs, the memory is
// touched only as far as it is used. Work started from such a thread runs in place.
//
// Threads: any.

#include <functional>
#include <memory>

namespace samara::runtime {

/// 10,000 levels of a decoder and 4,000 of the compiler take less than 8 MB, under sanitizers up to
/// five times as much; callbacks may use 16 MB.
inline constexpr size_t k_big_stack_bytes = size_t{64} << 20;
/// Of it, what builtins that call back into East may use (eval::VmOptions::native_stack_bytes).
inline constexpr size_t k_callback_stack_bytes = size_t{16} << 20;

class BigStack {
 public:
  BigStack();
  ~BigStack();
  BigStack(const BigStack&) = delete;
  BigStack& operator=(const BigStack&) = delete;

  /// Runs `work` and waits for its end.
  void run(const std::function<void()>& work);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace samara::runtime
