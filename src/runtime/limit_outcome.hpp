#pragma once
// The outcomes of runs that reach a limit which every runtime keeps, in the same words. Threads:
// pure.

#include "call/limits.hpp"
#include "call/outcome.hpp"

namespace samara::runtime {

/// memory: "memory limit of 64 MiB reached".
Outcome memory_limit(const Limits& limits);
/// limit, output: "output limit of 64 MiB reached".
Outcome output_limit(const Limits& limits);
/// timeout: "deadline of 300 ms passed".
Outcome deadline_passed(const Limits& limits);

}  // namespace samara::runtime
