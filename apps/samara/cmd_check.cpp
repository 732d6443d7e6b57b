// samara check: what is wrong with East source, without running it.

#include "apps/samara/commands.hpp"
#include "apps/samara/source_file.hpp"
#include "apps/samara/value_io.hpp"
#include "ir/builtin_table.hpp"
#include "ir/encode.hpp"
#include "lang/method_table.hpp"

namespace samara::cli {
namespace {

// As they are called: `Array.generate(…)`, `array.map(…)`, `print(…)`.
void list_builtins(Context& context) {
  for (const lang::Method& method : lang::all_methods()) {
    std::string line;
    if (!method.owner.empty()) {
      line = method.owner;
      if (method.takes_receiver && line[0] >= 'A' && line[0] <= 'Z') line[0] += 'a' - 'A';
      line += '.';
    }
    line += lang::signature_text(method);
    if (context.json()) {
      line = JsonLine("builtin")
                 .text("name", method.name)
                 .text("owner", method.owner)
                 .boolean("method", method.takes_receiver)
                 .text("builtin", ir::builtin_info(method.builtin).name)
                 .text("signature", lang::signature_text(method))
                 .done();
    }
    context.out().line(line);
  }
}

// The IR of one function, for tools that know East and not its source.
Result<void> emit(Context& context, const SourceFile& file, std::string_view function,
                  std::string_view path) {
  SAMARA_TRY(const lang::CompiledFunction* chosen, choose_function(context, file, function));
  SAMARA_TRY(Bytes bytes, ir::to_beast2(*chosen->program, Dialect::b));
  return write_output(context, path, as_text(bytes));
}

Result<Exit> run(Context& context, const Arguments& arguments) {
  if (arguments.flag("builtins")) {
    list_builtins(context);
    return Exit::done;
  }
  if (arguments.positionals().empty()) {
    return context.misuse("no file to check", "samara check revenue.east");
  }
  Exit failure = Exit::done;
  const auto target = arguments.value("emit");
  if (target && arguments.positionals().size() > 1) {
    return context.misuse("--emit writes one function, but there are several files");
  }
  for (std::string_view word : arguments.positionals()) {
    const SourceName name = source_name(context, word);
    auto file = load_source(context, name.path);
    if (!file) {
      failure = context.report(file.error());
      continue;
    }
    const size_t errors =
        print_diagnostics(context, file->path, file->text, file->compilation.diagnostics);
    if (errors > 0) failure = Exit::failed;
    if (errors == 0 && target) SAMARA_CHECK(emit(context, *file, name.function, *target));
    if (context.json()) {
      context.out().line(JsonLine("checked")
                             .text("file", file->path)
                             .number("functions", uint64_t{file->compilation.functions.size()})
                             .number("errors", uint64_t{errors})
                             .done());
    } else if (errors > 0) {
      context.err().line(file->path + ": " + errors_text(errors));
    } else {
      context.note(file->path + ": no errors");
    }
  }
  static_cast<void>(context.err().flush());
  return failure;
}

constexpr PositionalSpec k_positionals[] = {
    {"FILE", "East source; - is standard input", Completes::file, false, true},
};
constexpr OptionSpec k_options[] = {
    {"emit", 0, "FILE", "also write the function, or FILE.east:NAME, as IR", Completes::file},
    {"builtins", 0, "", "list every builtin function with its type instead"},
};

}  // namespace

constinit const Command k_check = {
    .group = "",
    .name = "check",
    .summary = "tell what is wrong with East source",
    .positionals = k_positionals,
    .options = k_options,
    .detail = "All errors of all files, in one run.",
    .example = "samara check revenue.east",
    .run = run,
};

}  // namespace samara::cli
