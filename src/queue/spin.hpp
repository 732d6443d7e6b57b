#pragma once
// Spin: waits actively for a moment before a process goes to sleep, as long as that is worth while:
// the answer of a worker on another core comes sooner than the kernel wakes anybody. Where it did
// not come in time, it is tried ever more seldom. Threads: one.

#include <algorithm>

#include "port/clock.hpp"

namespace samara::queue {

class Spin {
 public:
  /// `useful`: another core could do what we wait for.
  Spin(port::Clock& clock, bool useful) : clock_(clock), useful_(useful) {}

  /// Returns what `news` says at last.
  template <typename News>
  bool wait(News&& news) {
    if (news()) return true;
    if (!useful_) return false;
    if (skips_ > 0) {
      skips_--;
      return false;
    }
    const port::Instant end = clock_.now() + k_spin_max;
    do {
      for (int i = 0; i < k_looks; i++) {
        if (news()) {
          misses_ = 0;
          return true;
        }
        relax();
      }
    } while (clock_.now() < end);
    misses_ = std::min(misses_ + 1, k_misses_max);
    skips_ = 1U << misses_;
    return false;
  }

 private:
  // As long as two wake-ups by the kernel take, which is what is saved (17 µs each were measured);
  // short functions in other languages end in this time.
  static constexpr auto k_spin_max = std::chrono::microseconds(40);
  static constexpr int k_looks = 16;
  static constexpr uint32_t k_misses_max = 6;

  static void relax() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  port::Clock& clock_;
  bool useful_;
  uint32_t misses_ = 0;
  uint32_t skips_ = 0;
};

}  // namespace samara::queue
