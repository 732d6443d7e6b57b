// samara convert: a value from one format to another. Needs no repository.

#include "apps/samara/commands.hpp"
#include "apps/samara/present.hpp"
#include "apps/samara/value_io.hpp"

namespace samara::cli {
namespace {

Result<std::optional<char>> delimiter_of(Context& context, const Arguments& arguments) {
  auto text = arguments.value("delimiter");
  if (!text) return std::optional<char>();
  if (*text == "\\t" || *text == "tab") return std::optional<char>('\t');
  if (text->size() == 1) return std::optional<char>((*text)[0]);
  return context.misuse("option '--delimiter' expects one character or 'tab', got '" +
                        std::string(*text) + "'");
}

Result<Exit> run(Context& context, const Arguments& arguments) {
  SAMARA_TRY(Presentation how, presentation_of(context, arguments));
  if (!how.format) {
    return context.misuse("the format to convert to is missing",
                          "-o FILE with an extension, or --to");
  }
  if (auto dialect = arguments.value("dialect")) {
    if (*dialect != "a" && *dialect != "b") {
      return context.misuse("option '--dialect' expects a or b, got '" + std::string(*dialect) +
                            "'");
    }
    how.dialect = *dialect == "a" ? Dialect::a : Dialect::b;
  }
  ReadOptions options;
  SAMARA_TRY(options.delimiter, delimiter_of(context, arguments));
  how.delimiter = options.delimiter;
  if (auto word = arguments.value("from")) {
    auto format = parse_format(*word);
    if (!format) return context.misuse(format.error().message());
    options.format = *format;
  }
  if (auto text = arguments.value("type")) {
    SAMARA_TRY(options.type, parse_type_argument(context, *text));
  }
  std::string_view path = arguments.positional(0);
  if (path.starts_with('@')) path.remove_prefix(1);
  SAMARA_TRY(InputBytes input, read_input(context, path));
  Heap heap;
  SAMARA_TRY(auto value, read_value(context, path, input.bytes(), options, heap));
  SAMARA_CHECK(present(context, value, how));
  return Exit::done;
}

constexpr PositionalSpec k_positionals[] = {
    {"FILE", "a value in any format; - is standard input", Completes::file},
};
constexpr OptionSpec k_options[] = {
    {"output", 'o', "FILE", "where to; the extension tells the format", Completes::file},
    k_to_option,
    {"from", 0, "FORMAT", "as above; default: by content and extension", Completes::format},
    {"type", 't', "TYPE", "of JSON, East text or CSV: East text of a type, or @FILE"},
    {"dialect", 0, "a|b", "of beast2 that is written; default: b"},
    {"delimiter", 0, "CHAR", "of CSV; default: a comma, in .tsv files a tab"},
};

}  // namespace

constinit const Command k_convert = {
    .group = "",
    .name = "convert",
    .summary = "convert a value between beast2, JSON, East text and CSV",
    .positionals = k_positionals,
    .options = k_options,
    .detail =
        "beast2 carries its type, the types of CSV and East text are inferred, JSON needs\n"
        "one: --type '.Array .Integer', or --type @FILE for that of a beast2 file.",
    .example = "samara convert sales.csv -o sales.beast2",
    .run = run,
};

}  // namespace samara::cli
