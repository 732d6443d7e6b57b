#pragma once
// Clock: the monotonic time that deadlines are measured in, and the wall clock that people read.
// Threads: implementations may be called from any thread.

#include <chrono>
#include <cstdint>

namespace samara::port {

/// Tag of the monotonic clock; only Clock::now makes its time points.
struct Monotonic {
  using rep = int64_t;
  using period = std::nano;
  using duration = std::chrono::duration<rep, period>;
  using time_point = std::chrono::time_point<Monotonic>;
  static constexpr bool is_steady = true;
};

/// A point on the monotonic clock of this boot; deadlines are absolute Instants.
using Instant = Monotonic::time_point;

/// Coordinated universal time since 1970-01-01, for people and for ages of files. It may jump.
using WallTime =
    std::chrono::time_point<std::chrono::system_clock, std::chrono::duration<int64_t, std::nano>>;

class Clock {
 public:
  virtual ~Clock() = default;
  /// Never goes back.
  virtual Instant now() = 0;
  virtual WallTime wall() = 0;
  /// Returns at or after `deadline`.
  virtual void sleep_until(Instant deadline) = 0;
};

}  // namespace samara::port
