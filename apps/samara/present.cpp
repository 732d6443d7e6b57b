#include "apps/samara/present.hpp"

#include "apps/samara/table.hpp"
#include "call/type_name.hpp"
#include "value/json.hpp"
#include "value/text.hpp"

namespace samara::cli {
namespace {
// On a terminal nobody reads more; --table alone or a pipe gets everything.
constexpr size_t k_terminal_rows_max = 200;
}  // namespace

Result<Presentation> presentation_of(Context& context, const Arguments& arguments) {
  Presentation how;
  if (auto path = arguments.value("output")) how.path = std::string(*path);
  if (auto word = arguments.value("to")) {
    auto format = parse_format(*word);
    if (!format) return context.misuse(format.error().message());
    how.format = *format;
  }
  how.table = arguments.flag("table");
  if (how.table && (how.path || how.format)) {
    return context.misuse("--table is for standard output, without -o and --to");
  }
  if (how.path && !how.format) {
    how.format = format_of_path(*how.path);
    if (!how.format) {
      return context.misuse("cannot tell a format from the name '" + *how.path + "'",
                            "say --to beast2|beast1|json|east|csv");
    }
  }
  return how;
}

Result<void> present(Context& context, const engine::LoadedValue& loaded, const Presentation& how) {
  const TypedValue& value = loaded.value;
  if (how.format) {
    bool binary = *how.format == Format::beast2 || *how.format == Format::beast1;
    if (binary && how.path.value_or("-") == "-" && context.out().on_terminal()) {
      return context.misuse(std::string(format_word(*how.format)) + " is not for a terminal",
                            "-o FILE writes it to a file");
    }
    WriteOptions options{*how.format, how.dialect, how.delimiter};
    auto contents = encode_value(loaded, options);
    if (!contents) {
      return std::move(contents).error().with_context(
          "cannot write " + type_name(value.type) + " as " + std::string(format_word(*how.format)));
    }
    return write_output(context, how.path.value_or("-"), contents->view());
  }
  bool terminal = context.out().on_terminal();
  if (how.table && !has_table(value.type)) {
    return context.fail(
        Code::type_mismatch,
        "a value of type " + type_name(value.type) + " has no rows to show as a table",
        "tables are Array<Struct> and Dict");
  }
  if (how.table || (terminal && has_table(value.type))) {
    TableOptions options;
    options.colour = context.colour();
    if (terminal) options.line_columns_max = context.out().columns();
    if (terminal && !how.table) options.rows_max = k_terminal_rows_max;
    context.out().write(table_text(value.type, value.value, options));
    return {};
  }
  SAMARA_TRY(std::string text, print_text(value.type, value.value));
  context.out().line(text);
  return {};
}

void add_value(JsonLine& line, const TypedValue& value) {
  line.text("east_type", type_name(value.type, 4000));
  if (auto json = print_json(value.type, value.value)) {
    line.raw("value", *json);
  } else if (auto text = print_text(value.type, value.value)) {
    line.text("text", *text);
  }
}

}  // namespace samara::cli
