#pragma once
// Syntax trees to East IR: names, types, modules. Collects every problem of a file.
//
// Threads: one thread; the type table serialises itself. Source: docs/formats/source.md.

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "ir/ir.hpp"
#include "ir/platform_signatures.hpp"
#include "lang/ast.hpp"
#include "lang/diagnostic.hpp"

namespace samara::lang {

/// How a compilation reaches what is outside the file.
class Imports {
 public:
  virtual ~Imports() = default;
  /// The text of a file, and its path as it will appear in locations and as the base of its own
  /// imports. Errors: whatever reading gives.
  struct File {
    std::string path;
    std::string text;
  };
  virtual Result<File> read(std::string_view importing_path, std::string_view path) = 0;
  /// The program of a function object: `text` is what follows `ref:` or `hash:`.
  /// Errors: not_found and others of the store; unsupported (not an East function).
  virtual Result<std::shared_ptr<const ir::Program>> function(std::string_view scheme,
                                                              std::string_view text) = 0;
};

struct CompileOptions {
  /// Functions that programs may call without declaring them; null: none.
  const ir::PlatformSignatures* platform = nullptr;
  Imports* imports = nullptr;  // null: imports are errors
  /// Parameters of the function without name that `parse_input` makes of what was typed.
  std::vector<std::pair<std::string, const Type*>> parameters = {};
};

/// One function of the file, ready for the checker and the store.
struct CompiledFunction {
  std::string name;
  std::string doc;
  bool is_private = false;
  std::unique_ptr<ir::Program> program;  // null when it has errors
};

/// What a name at a place of the source means: for hover, definition, rename.
struct Occurrence {
  Span span;  // the name
  std::string name;
  std::string kind;  // "function", "parameter", "constant", "variable", "type",
                     // "field", "case", "method", "platform function", "label"
  std::string type;  // as text; empty: none
  std::string doc;
  std::string definition_file;  // empty: this file, or none (`definition` empty)
  Span definition;              // where it is defined; empty: outside
};

struct Compilation {
  std::vector<CompiledFunction> functions;  // of this file, in order
  std::vector<Diagnostic> diagnostics;      // of this file, by position
  std::vector<Occurrence> occurrences;      // by position; only with `Wanted::occurrences`
};

enum class Wanted : uint8_t { programs, occurrences };

/// Compiles a parsed file. `path` is what locations say.
/// Shape: the diagnostics are those of compiling only; the parser has its own.
/// Cost: about linear in the source.
Compilation compile(TypeTable& types, const SyntaxTree& tree, std::string_view source,
                    std::string_view path, const CompileOptions& options,
                    Wanted wanted = Wanted::programs);

/// parse + compile; all diagnostics together, by position.
Compilation compile_source(TypeTable& types, std::string_view source, std::string_view path,
                           const CompileOptions& options);

/// A closed type as source text, aliases not used; recursive types as `rec`.
std::string type_text(const Type* type);
/// Types as written in source, `Array<Integer>`. Errors: parse error with position.
Result<const Type*> parse_type_text(TypeTable& types, std::string_view text);

}  // namespace samara::lang
