#pragma once
// A file of code that is no East source - WebAssembly, East IR as beast2 or JSON - becomes a
// function. Threads: one.

#include "apps/samara/context.hpp"
#include "apps/samara/source_file.hpp"
#include "engine/engine.hpp"

namespace samara::cli {

struct CodeFile {
  SourceName name;             // the file, and which of its exports
  const Type* type = nullptr;  // what the user says it is; null: what the code says
  bool compile = false;        // to machine code at once, where it gains by it
};

/// Errors: those of reading, of the runtime's import, and of Engine::add_function;
/// invalid_argument (an export or a type for East IR, which says both itself).
Result<engine::AddedFunction> add_code_file(Context& context, const CodeFile& file,
                                            engine::AddOptions options);
/// A type of functions: "(Array<Float>) -> Float" as in source, or what --type takes elsewhere.
Result<const Type*> parse_function_type(Context& context, std::string_view text);

}  // namespace samara::cli
