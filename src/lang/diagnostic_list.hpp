#pragma once
// Diagnostics while they are collected: so many are kept, the others counted. Threads: one.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "lang/diagnostic.hpp"

namespace samara::lang {

class DiagnosticList {
 public:
  void add(Diagnostic problem) {
    if (list_.size() < k_source_diagnostics_max) {
      list_.push_back(std::move(problem));
    } else {
      dropped_++;
    }
  }
  /// Whether one more would only be counted: its text need not be made.
  bool full() const { return list_.size() >= k_source_diagnostics_max; }
  void count_dropped(size_t number = 1) { dropped_ += number; }
  /// Requires: one was kept.
  Diagnostic& last() { return list_.back(); }
  const std::vector<Diagnostic>& list() const { return list_; }
  size_t dropped() const { return dropped_; }
  std::vector<Diagnostic> take() { return std::move(list_); }

 private:
  std::vector<Diagnostic> list_;
  size_t dropped_ = 0;
};

}  // namespace samara::lang
