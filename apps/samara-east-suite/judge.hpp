#pragma once
// What suites and programs share: the static check before anything runs.

#include "eval/platform.hpp"
#include "ir/ir.hpp"

namespace samara::apps {

/// Errors: check_failed with the first diagnostics.
Result<void> check_program(const ir::Program& program, const eval::PlatformRegistry& registry);

}  // namespace samara::apps
