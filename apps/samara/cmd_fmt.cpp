// samara fmt: East source in its standard form.

#include "apps/samara/commands.hpp"
#include "apps/samara/source_file.hpp"
#include "apps/samara/value_io.hpp"
#include "lang/parse.hpp"
#include "lang/print.hpp"

namespace samara::cli {
namespace {

enum class Formed : uint8_t { already, changed };

Result<Formed> format_one(Context& context, std::string_view path, bool check) {
  SAMARA_TRY(InputBytes input, read_input(context, path));
  const std::string text(as_text(input.bytes()));
  const lang::Parsed parsed = lang::parse(text);
  const std::string_view shown = path == "-" ? "<stdin>" : path;
  const size_t errors = print_diagnostics(context, shown, text, parsed.diagnostics);
  if (errors > 0) {
    return Error(Code::check_failed,
                 "'" + std::string(shown) + "' has " + errors_text(errors) + ", it stays as it is");
  }
  const std::string formed = lang::print(*parsed.tree, text);
  const Formed state = formed == text ? Formed::already : Formed::changed;
  if (path == "-" && !check) {
    context.out().write(formed);
  } else if (state == Formed::changed && !check) {
    SAMARA_CHECK(write_output(context, path, formed));
  }
  return state;
}

Result<Exit> run(Context& context, const Arguments& arguments) {
  const bool check = arguments.flag("check");
  Exit failure = Exit::done;
  bool changed = false;
  for (std::string_view path : arguments.positionals()) {
    auto formed = format_one(context, path, check);
    if (!formed) {
      failure = context.report(formed.error());
      continue;
    }
    const bool differs = *formed == Formed::changed;
    changed = changed || differs;
    if (context.json()) {
      context.out().line(JsonLine("format").text("file", path).boolean("changed", differs).done());
    } else if (differs && check) {
      context.out().line(path);
    }
  }
  if (failure != Exit::done) return failure;
  return check && changed ? Exit::failed : Exit::done;
}

constexpr PositionalSpec k_positionals[] = {
    {"FILE", "East source; - is standard input, printed to standard output", Completes::file, true,
     true},
};
constexpr OptionSpec k_options[] = {
    {"check", 0, "", "change nothing; name files in another form and exit with 1"},
};

}  // namespace

constinit const Command k_fmt = {
    .group = "",
    .name = "fmt",
    .summary = "put East source into its standard form",
    .positionals = k_positionals,
    .options = k_options,
    .detail = "Comments stay. A file with errors stays as it is.",
    .example = "samara fmt revenue.east",
    .run = run,
};

}  // namespace samara::cli
