#include "apps/samara/source_file.hpp"

#include "apps/samara/names.hpp"
#include "apps/samara/near_miss.hpp"
#include "apps/samara/value_io.hpp"
#include "engine/engine.hpp"
#include "eval/platform_signatures.hpp"
#include "lang/parse.hpp"

namespace samara::cli {
namespace {

constexpr std::string_view k_extension = ".east";

std::string_view folder_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash + 1);
}

// "a/b/../c.east" is "a/c.east", so that a file has one path whoever imports it.
std::string normal_path(std::string_view path) {
  std::vector<std::string_view> parts;
  const bool absolute = path.starts_with('/');
  while (!path.empty()) {
    const size_t slash = path.find('/');
    std::string_view part = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    if (part.empty() || part == ".") continue;
    if (part == ".." && !parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else {
      parts.push_back(part);
    }
  }
  std::string out = absolute ? "/" : "";
  for (size_t i = 0; i < parts.size(); i++) {
    if (i > 0) out += '/';
    out += parts[i];
  }
  return out;
}

Result<std::string> read_text(Context& context, std::string_view path) {
  SAMARA_TRY(InputBytes input, read_input(context, path));
  if (input.bytes().size() > lang::k_source_bytes_max) {
    return Error(Code::exhausted, "'" + std::string(path) + "' is larger than source may be");
  }
  return std::string(as_text(input.bytes()));
}

}  // namespace

bool is_source_path(std::string_view path) { return path.ends_with(k_extension); }

SourceName source_name(Context& context, std::string_view word) {
  const size_t colon = word.rfind(':');
  const std::string_view path = word.substr(0, colon);
  if (colon != std::string_view::npos && (is_source_path(path) || path.ends_with(".wasm")) &&
      !file_exists(context, word)) {
    return {std::string(word.substr(0, colon)), std::string(word.substr(colon + 1))};
  }
  return {std::string(word), {}};
}

std::string errors_text(size_t count) {
  return std::to_string(count) + (count == 1 ? " error" : " errors");
}

Result<lang::Imports::File> SourceImports::read(std::string_view importing_path,
                                                std::string_view path) {
  std::string whole(path);
  if (!path.starts_with('/')) whole = std::string(folder_of(importing_path)) + whole;
  File out;
  out.path = normal_path(whole);
  SAMARA_TRY(out.text, read_text(context_, out.path));
  return out;
}

Result<std::shared_ptr<const ir::Program>> SourceImports::function(std::string_view scheme,
                                                                   std::string_view text) {
  if (scheme != "ref" && scheme != "hash") {
    return Error(Code::invalid_argument, "an import names a file, 'ref:NAME' or 'hash:HEX'");
  }
  SAMARA_TRY(Hash id, function_named(context_, text));
  SAMARA_TRY(engine::Engine * engine, context_.engine());
  SAMARA_TRY(std::unique_ptr<ir::Program> program, engine->program(id));
  return std::shared_ptr<const ir::Program>(std::move(program));
}

Result<SourceFile> load_source(Context& context, std::string_view path) {
  SourceFile out;
  out.path = path == "-" ? "<stdin>" : std::string(path);
  SAMARA_TRY(out.text, read_text(context, path));
  SourceImports imports(context);
  eval::RegistrySignatures platform(context.platform());
  lang::CompileOptions options;
  options.platform = &platform;
  options.imports = &imports;
  out.compilation = lang::compile_source(context.types(), out.text, out.path, options);
  return out;
}

size_t print_diagnostics(Context& context, std::string_view path, std::string_view text,
                         std::span<const lang::Diagnostic> diagnostics) {
  size_t errors = 0;
  const std::vector<uint32_t> lines = lang::line_starts_of(text);
  lang::RenderOptions look;
  look.colour = context.colour_on(context.err());
  for (const lang::Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.severity == lang::Severity::error) errors++;
    if (context.json()) {
      const lang::Position at = lang::position_of(text, lines, diagnostic.span.begin);
      const lang::Position end = lang::position_of(text, lines, diagnostic.span.end);
      JsonLine line("diagnostic");
      line.text("file", path)
          .number("line", uint64_t{at.line})
          .number("column", uint64_t{at.column})
          .number("end_line", uint64_t{end.line})
          .number("end_column", uint64_t{end.column})
          .text("severity", diagnostic.severity == lang::Severity::error     ? "error"
                            : diagnostic.severity == lang::Severity::warning ? "warning"
                                                                             : "hint")
          .text("code", diagnostic.code)
          .text("message", diagnostic.title)
          .text("label", diagnostic.label);
      if (!diagnostic.help.empty()) line.text("help", diagnostic.help);
      if (!diagnostic.fix.empty()) line.text("fix", diagnostic.fix);
      context.out().line(std::move(line).done());
      continue;
    }
    context.err().write(lang::render(diagnostic, path, text, look));
    context.err().write("\n");
  }
  static_cast<void>(context.err().flush());
  return errors;
}

Result<SourceFile> compile_source_file(Context& context, std::string_view path) {
  SAMARA_TRY(SourceFile file, load_source(context, path));
  const size_t errors =
      print_diagnostics(context, file.path, file.text, file.compilation.diagnostics);
  if (errors == 0) return file;
  return Error(Code::check_failed, "'" + file.path + "' has " + errors_text(errors));
}

Result<const lang::CompiledFunction*> choose_function(Context& context, const SourceFile& file,
                                                      std::string_view name) {
  std::vector<std::string> names;
  const lang::CompiledFunction* only = nullptr;
  for (const lang::CompiledFunction& function : file.compilation.functions) {
    if (name.empty() ? function.name == "main" : function.name == name) return &function;
    if (function.is_private) continue;
    only = &function;
    names.push_back(function.name);
  }
  if (name.empty() && names.size() == 1) return only;
  if (names.empty() && name.empty()) {
    return Error(Code::not_found, "'" + file.path + "' has no function");
  }
  std::string list;
  for (const std::string& one : names) list += (list.empty() ? "" : ", ") + one;
  if (name.empty()) {
    return context.fail(Code::not_found,
                        "'" + file.path + "' has several functions and no 'main': " + list,
                        "say which: " + file.path + ":" + names[0]);
  }
  std::string near = nearest(name, names);
  return context.fail(Code::not_found,
                      "'" + file.path + "' has no function '" + std::string(name) + "'",
                      near.empty() ? "it has " + list : "did you mean '" + near + "'?");
}

}  // namespace samara::cli
