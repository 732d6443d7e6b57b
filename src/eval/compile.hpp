#pragma once
// Compiles checked IR to register code. Requires a program that ir::check accepted; on anything
// else it reports an error, but messages are the checker's business. Threads: pure apart from the
// type table.

#include <memory>

#include "eval/code.hpp"

namespace samara::eval {

/// Errors: exhausted (a function needs more registers, arguments or nesting than the code form
/// has), check_failed (malformed IR), not_found (a platform function that is not optional and not
/// offered). Cost: linear in the number of nodes.
Result<std::shared_ptr<CompiledProgram>> compile(std::shared_ptr<const ir::Program> program,
                                                 const PlatformRegistry& registry);

}  // namespace samara::eval
