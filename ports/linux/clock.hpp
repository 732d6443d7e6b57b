#pragma once
// LinuxClock: CLOCK_BOOTTIME as the monotonic clock, so that deadlines also run while a laptop
// sleeps. Threads: any.

#include "port/clock.hpp"

namespace samara::port {

class LinuxClock final : public Clock {
 public:
  Instant now() override;
  WallTime wall() override;
  void sleep_until(Instant deadline) override;
};

}  // namespace samara::port
