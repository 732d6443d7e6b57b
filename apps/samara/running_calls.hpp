#pragma once
// Which calls run now on this machine: told by the kernel's list of locks. Threads: one.

#include <vector>

#include "store/executions.hpp"

namespace samara::cli {

/// Calls with records of their own which somebody runs. Cost: the names of all calls.
std::vector<store::CallKey> running_calls(const std::string& repository);

struct RecentCall {
  int64_t changed_ms = 0;
  store::CallKey key;
};
/// The calls with records of their own whose records changed last, newest first. Cost: a stat for
/// each call there is.
std::vector<RecentCall> recent_calls(const std::string& repository, size_t calls_max);

}  // namespace samara::cli
