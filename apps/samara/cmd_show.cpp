// samara show: prints an object.

#include "apps/samara/commands.hpp"
#include "apps/samara/names.hpp"
#include "apps/samara/present.hpp"
#include "apps/samara/units.hpp"
#include "engine/engine.hpp"
#include "store/directory_repository.hpp"

namespace samara::cli {
namespace {

class OutputSink final : public store::ByteSink {
 public:
  explicit OutputSink(Output& out) : out_(out) {}
  Result<void> write(ByteView bytes) override {
    out_.write(as_text(bytes));
    return {};
  }

 private:
  Output& out_;
};

Result<Exit> show_raw(Context& context, const Hash& id) {
  SAMARA_TRY(store::DirectoryRepository * repository, context.repository());
  OutputSink sink(context.out());
  SAMARA_CHECK(repository->objects().stream(id, sink));
  return Exit::done;
}

Result<engine::LoadedValue> load(Context& context, const Hash& id, Heap& heap) {
  SAMARA_TRY(engine::Engine * engine, context.engine());
  auto value = engine->values().load(id, heap);
  if (value || value.error().code != Code::corrupt) return value;
  auto size = engine->repository().objects().size_bytes(id);
  std::string what = "object '" + id.short_hex() + "' holds no East value";
  if (size) what += " but " + bytes_text(*size);
  return context.fail(Code::corrupt, what, "samara show --raw " + id.short_hex());
}

Result<Exit> run(Context& context, const Arguments& arguments) {
  SAMARA_TRY(Presentation how, presentation_of(context, arguments));
  std::string_view name = arguments.positional(0);
  Heap heap;
  engine::LoadedValue value;
  std::string id_text;
  if (name.starts_with('@') || name == "-") {
    std::string_view path = name == "-" ? name : name.substr(1);
    SAMARA_TRY(InputBytes input, read_input(context, path));
    SAMARA_TRY(value, read_value(context, path, input.bytes(), {}, heap));
  } else {
    SAMARA_TRY(Hash id, object_named(context, name));
    if (arguments.flag("raw")) return show_raw(context, id);
    SAMARA_TRY(value, load(context, id, heap));
    id_text = id.hex();
  }
  if (context.json() && !how.path && !how.format) {
    JsonLine line("value");
    if (!id_text.empty()) line.text("id", id_text);
    add_value(line, value.value);
    context.out().line(std::move(line).done());
    return Exit::done;
  }
  SAMARA_CHECK(present(context, value, how));
  return Exit::done;
}

constexpr PositionalSpec k_positionals[] = {
    {"OBJECT", "ref, hash, beginning of a hash, or @FILE", Completes::object},
};
constexpr OptionSpec k_options[] = {
    k_output_option,
    k_to_option,
    k_table_option,
    {"raw", 0, "", "the bytes of the object as they are stored, of any size"},
};

}  // namespace

constinit const Command k_show = {
    .group = "",
    .name = "show",
    .summary = "print a value, or write it to a file",
    .positionals = k_positionals,
    .options = k_options,
    .detail = "",
    .example = "samara show sales -o sales.json",
    .run = run,
};

}  // namespace samara::cli
