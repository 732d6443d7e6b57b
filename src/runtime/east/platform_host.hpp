#pragma once
// PlatformHost: what a running East function's platform functions may ask of the run they are part
// of. Reached through Vm::host(). Everything else (clock, files, random) is given to a platform
// function when it is registered. Threads: the thread that runs the function.

#include "call/log.hpp"
#include "eval/vm.hpp"
#include "port/clock.hpp"
#include "runtime/runtime.hpp"

namespace samara::runtime::east {

struct PlatformHost {
  LogSink* log = nullptr;  // console output; null: dropped
  const std::atomic<bool>* cancel = nullptr;
  /// Calls functions of the repository; null: there are none.
  Subcalls* subcalls = nullptr;
  port::Clock* clock = nullptr;
  /// A function that was called has ended the whole run, or could not be called.
  std::optional<Outcome> ended;
  std::optional<Error> error;
  /// When the run must have ended, in the unit of port::Clock::now; those who wait look at it.
  std::optional<port::Instant> deadline;
};

/// Null when the Vm was started by something else than this runtime.
inline PlatformHost* platform_host(eval::Vm& vm) { return static_cast<PlatformHost*>(vm.host()); }

}  // namespace samara::runtime::east
