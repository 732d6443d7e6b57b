#include "ports/linux/clock.hpp"

#include <cerrno>
#include <ctime>

namespace samara::port {

namespace {
std::chrono::nanoseconds read_clock(clockid_t id) {
  timespec raw{};
  ::clock_gettime(id, &raw);
  return std::chrono::seconds(raw.tv_sec) + std::chrono::nanoseconds(raw.tv_nsec);
}
}  // namespace

Instant LinuxClock::now() { return Instant(read_clock(CLOCK_BOOTTIME)); }

WallTime LinuxClock::wall() { return WallTime(read_clock(CLOCK_REALTIME)); }

void LinuxClock::sleep_until(Instant deadline) {
  auto whole = std::chrono::floor<std::chrono::seconds>(deadline.time_since_epoch());
  timespec until{};
  until.tv_sec = whole.count();
  until.tv_nsec = (deadline.time_since_epoch() - whole).count();
  while (::clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

}  // namespace samara::port
