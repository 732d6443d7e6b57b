#pragma once
// Callees of East programs: the platform functions that a program names and the platform does not
// offer stand for functions of the repository. They are made platform functions that call them.
// Threads: immutable once made. Specified by: docs/formats/call.md, "Subtasks".

#include "eval/code.hpp"
#include "eval/platform.hpp"
#include "runtime/runtime.hpp"

namespace samara::runtime::east {

/// A compiled program with what it stands on.
struct Executable {
  explicit Executable(const eval::PlatformRegistry& platform) : registry(&platform) {}

  eval::PlatformRegistry registry;  // the platform, and the callees
  std::vector<Callee> callees;      // sorted by name
  std::shared_ptr<const eval::CompiledProgram> program;
};

/// Fills `registry` and `callees`. The types are those of the first use in the program; the checker
/// compares the others with them.
/// Errors: unsupported (a name that is used with type parameters).
Result<void> add_callees(Executable& out, const ir::Program& program,
                         const eval::PlatformRegistry& platform);

}  // namespace samara::runtime::east
