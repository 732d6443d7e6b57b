#pragma once
// run_program: one run of a compiled program: arguments in, outcome out.
// Threads: the calling thread, which needs a large stack. Specified by: docs/formats/call.md.

#include "runtime/east/east_runtime.hpp"

namespace samara::runtime::east {

/// Errors: as Runtime::run.
Result<RunResult> run_program(const EastRuntimeParts& parts,
                              const std::shared_ptr<const Executable>& executable,
                              const RunRequest& request);

}  // namespace samara::runtime::east
