#pragma once
// Timers: what is due when. An entry is never taken back; whoever is woken looks whether there is
// something to do, and asks again. So setting a later time costs nothing. Threads: one.

#include <algorithm>
#include <vector>

#include "fleet/spec.hpp"
#include "port/clock.hpp"

namespace samara::fleet {

using port::Instant;
using Millis = std::chrono::milliseconds;

enum class TimerKind : uint8_t { node, reopen, attempt, queue_limit, retry };

struct Timer {
  Instant at{};
  TimerKind kind = TimerKind::node;
  TaskId task{};
  uint32_t number = 0;  // of the attempt, or the node
};

class Timers {
 public:
  void set(const Timer& timer) {
    heap_.push_back(timer);
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  /// The next one that is due.
  bool pop_due(Instant now, Timer& out) {
    if (heap_.empty() || heap_.front().at > now) return false;
    out = heap_.front();
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
    return true;
  }
  Instant next() const { return heap_.empty() ? Instant::max() : heap_.front().at; }
  size_t size() const { return heap_.size(); }

 private:
  static bool later(const Timer& a, const Timer& b) { return a.at > b.at; }
  std::vector<Timer> heap_;
};

}  // namespace samara::fleet
