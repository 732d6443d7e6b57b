#pragma once
// Which calls run now on this machine: told by the kernel's list of locks, so that it costs the
// same whatever the repository remembers. Threads: one.

#include <vector>

#include "store/executions.hpp"

namespace samara::cli {

struct RunningCall {
  int64_t pid = 0;  // who holds the call's lock
  store::CallKey key;
};

/// Calls of processes whose descriptors we may see: our own user's, or everybody's for root.
std::vector<RunningCall> running_calls(const std::string& repository);

struct RecentCall {
  int64_t changed_ms = 0;
  store::CallKey key;
};
/// The calls whose records changed last, newest first. Cost: a stat for each call there is.
std::vector<RecentCall> recent_calls(const std::string& repository, size_t calls_max);

}  // namespace samara::cli
