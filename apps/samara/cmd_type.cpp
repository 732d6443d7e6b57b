// samara type: the type of an object or a file.

#include "apps/samara/commands.hpp"
#include "apps/samara/names.hpp"
#include "apps/samara/value_io.hpp"
#include "call/function.hpp"
#include "call/type_name.hpp"
#include "engine/engine.hpp"
#include "value/text_type.hpp"

namespace samara::cli {
namespace {

Result<const Type*> type_of_file(Context& context, std::string_view path) {
  SAMARA_TRY(InputBytes input, read_input(context, path));
  Heap heap;
  SAMARA_TRY(auto loaded, read_value(context, path, input.bytes(), {}, heap));
  return loaded.value.type;
}

Result<const Type*> type_of_object(Context& context, std::string_view name) {
  SAMARA_TRY(Hash id, object_named(context, name));
  SAMARA_TRY(engine::Engine * engine, context.engine());
  auto type = engine->values().type_of(id);
  if (!type && type.error().code == Code::corrupt) {
    return context.fail(Code::corrupt, "object '" + id.short_hex() + "' holds no East value",
                        "samara show --raw " + id.short_hex());
  }
  return type;
}

Result<const Type*> type_named(Context& context, std::string_view name) {
  if (name.starts_with('@')) return type_of_file(context, name.substr(1));
  if (name == "-") return type_of_file(context, name);
  auto type = type_of_object(context, name);
  if (type) return type;
  // A file without its @: nothing else can be meant.
  bool unknown = type.error().code == Code::not_found || type.error().code == Code::no_repository;
  if (unknown && file_exists(context, name)) return type_of_file(context, name);
  return type;
}

Result<Exit> run(Context& context, const Arguments& arguments) {
  SAMARA_TRY(const Type* type, type_named(context, arguments.positional(0)));
  std::string text = type_to_text(type);
  if (context.json()) {
    JsonLine line("type");
    line.text("text", text).text("east_type", type_name(type, 4000));
    context.out().line(std::move(line).done());
  } else {
    context.out().line(arguments.flag("short") ? type_name(type, 4000) : text);
  }
  return Exit::done;
}

constexpr PositionalSpec k_positionals[] = {
    {"OBJECT", "ref, hash, beginning of a hash, or @FILE", Completes::argument},
};
constexpr OptionSpec k_options[] = {
    {"short", 's', "", "as messages write it: Array<Float>"},
};

}  // namespace

constinit const Command k_type = {
    .group = "",
    .name = "type",
    .summary = "print the type of an object or a file",
    .positionals = k_positionals,
    .options = k_options,
    .detail = "The text is what --type of other commands takes.",
    .example = "samara type @sales.csv",
    .run = run,
};

}  // namespace samara::cli
