#pragma once
// East source given on the command line: reading, compiling and complaining about it.
// Threads: one.

#include <memory>
#include <string>

#include "apps/samara/context.hpp"
#include "lang/compile.hpp"
#include "lang/diagnostic.hpp"

namespace samara::cli {

/// A file that holds source, not a value or IR: its name ends in `.east` and its content is no
/// beast2 and no JSON.
bool is_source_path(std::string_view path);
/// "sales.east:revenue" names a function of a file, "kernels.wasm:fib" an export; a path that
/// exists as it is comes first.
struct SourceName {
  std::string path;
  std::string function;  // empty: the only one, or `main` of source
};
SourceName source_name(Context& context, std::string_view word);

/// A source file, compiled. Owns its text.
struct SourceFile {
  std::string path;
  std::string text;
  lang::Compilation compilation;
};

/// Reads and compiles without a look at the diagnostics. Imports are read from files and from the
/// repository, if there is one. Errors: those of reading the file.
Result<SourceFile> load_source(Context& context, std::string_view path);
/// The same; prints what is wrong. Errors: also check_failed, "'x.east' has 2 errors".
Result<SourceFile> compile_source_file(Context& context, std::string_view path);
/// Prints problems to standard error, as text or, with --json, as lines of JSON.
/// Returns the number of errors.
size_t print_diagnostics(Context& context, std::string_view path, std::string_view text,
                         std::span<const lang::Diagnostic> diagnostics);

/// The function that `name` (empty: `main`, or the only one that is not private) means.
/// Errors: not_found, with the names there are.
Result<const lang::CompiledFunction*> choose_function(Context& context, const SourceFile& file,
                                                      std::string_view name);

/// Files beside the importing one, and functions of the repository.
class SourceImports : public lang::Imports {
 public:
  explicit SourceImports(Context& context) : context_(context) {}
  Result<File> read(std::string_view importing_path, std::string_view path) override;
  Result<std::shared_ptr<const ir::Program>> function(std::string_view scheme,
                                                      std::string_view text) override;

 private:
  Context& context_;
};

/// "1 error", "3 errors".
std::string errors_text(size_t count);

}  // namespace samara::cli
