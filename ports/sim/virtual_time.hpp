#pragma once
// Virtual time: what happens when, in an order that the seed alone decides. Two things of one
// instant happen in the order in which they were asked for. Threads: one.

#include <algorithm>
#include <vector>

#include "port/clock.hpp"

namespace samara::port {

template <typename T>
class SimSchedule {
 public:
  Instant now() const { return now_; }
  void at(Instant when, T what) {
    heap_.push_back({std::max(when, now_), ++numbers_, std::move(what)});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  void in(std::chrono::nanoseconds wait, T what) { at(now_ + wait, std::move(what)); }
  bool empty() const { return heap_.empty(); }
  Instant next() const { return heap_.front().at; }
  /// Moves the time to the next thing. Requires: not empty.
  T pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    Entry entry = std::move(heap_.back());
    heap_.pop_back();
    now_ = entry.at;
    return std::move(entry.what);
  }

 private:
  struct Entry {
    Instant at{};
    uint64_t number = 0;
    T what;
  };
  static bool later(const Entry& a, const Entry& b) {
    return a.at != b.at ? a.at > b.at : a.number > b.number;
  }
  std::vector<Entry> heap_;
  Instant now_{};
  uint64_t numbers_ = 0;
};

}  // namespace samara::port
