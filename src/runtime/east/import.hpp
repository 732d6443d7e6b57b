#pragma once
// import_program: an East program from a file becomes a function: canonical code object, function
// object and debug companion. Both dialects, beast2 and JSON, and files that differ in locations
// and generated names only, give the same function. Threads: pure apart from the type table.
// Specified by: docs/formats/function.md.

#include "call/function.hpp"
#include "eval/platform.hpp"
#include "ir/ir.hpp"
#include "runtime/imported_function.hpp"

namespace samara::runtime::east {

/// `source`: where the bytes come from, for the companion.
/// A platform function that is not in `platform` is one of the repository, with an unknown effect.
/// Errors: those of ir::ProgramReader; check_failed (the first violation, and how many follow);
/// unsupported (a platform function that is not in `platform` and has type parameters).
Result<ImportedFunction> import_program(const RecordTypes& types,
                                        const eval::PlatformRegistry& platform, ByteView bytes,
                                        std::string_view source);
/// The same for a program in memory, whose types belong to types.types. `doc`: what its author says
/// about it.
Result<ImportedFunction> import_program(const RecordTypes& types,
                                        const eval::PlatformRegistry& platform,
                                        const ir::Program& program, std::string_view source,
                                        std::string_view doc);
/// The program of a stored function, with the names and locations of its companion if it has one
/// that fits. `companion` may be empty. Errors: those of ir::ProgramReader.
Result<std::unique_ptr<ir::Program>> read_program(const RecordTypes& types, const Hash& function,
                                                  ByteView code, ByteView companion);

}  // namespace samara::runtime::east
