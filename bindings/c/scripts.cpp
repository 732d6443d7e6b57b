// Scripts of the C interface, and what the last call ended with.

#include "bindings/c/handle.hpp"
#include "call/script.hpp"
#include "value/beast2.hpp"

namespace samara::capi {
namespace {

std::string text_of_view(samara_view view) {
  return view.data == nullptr ? std::string() : std::string(as_text(bytes_of_view(view)));
}

std::string text_or_empty(const char* text) { return text == nullptr ? std::string() : text; }

Result<void> add_script(samara_repository& repository, const samara_script* given, const char* name,
                        samara_hash* out) {
  if (given == nullptr || given->struct_size < sizeof(samara_script) || given->runtime == nullptr ||
      given->entry == nullptr || given->type == nullptr || out == nullptr) {
    return Error(Code::invalid_argument, "a script needs a runtime, an entry and a type");
  }
  if (given->effect < SAMARA_PURE || given->effect > SAMARA_UNKNOWN_EFFECT) {
    return Error(Code::invalid_argument, "unknown effect " + std::to_string(given->effect));
  }
  runtime::ScriptOrder order;
  order.kind = given->runtime;
  order.script.entry = given->entry;
  order.script.source = text_of_view(given->source);
  order.script.lock_kind = text_or_empty(given->lock_kind);
  order.script.environment = text_of_view(given->environment);
  SAMARA_TRY(order.type, parse_type(repository.types, given->type));
  order.effect = static_cast<Effect>(given->effect);
  order.path = text_or_empty(given->path);
  SAMARA_TRY(auto imported, repository.runtimes().import(order));
  engine::AddOptions options;
  if (name != nullptr) options.name = name;
  SAMARA_TRY(auto added, repository.engine().add_function(std::move(imported), options));
  set_hash(out, added.id);
  return {};
}

Result<Bytes> encode_locations(TypeTable& types, const std::vector<SourceLocation>& locations) {
  const Type* type = types.array(types.structure(
      {{"file", types.string()}, {"line", types.integer()}, {"column", types.integer()}}));
  Heap heap;
  ArrayObject* array = heap.new_array();
  for (const SourceLocation& location : locations) {
    BytesObject* file = heap.new_bytes(as_bytes(location.filename));
    FieldsObject* fields = heap.new_fields(3);
    if (file == nullptr || fields == nullptr) return Error(Code::exhausted, "no memory left");
    fields->fields()[0] = Slot::of(file);
    fields->fields()[1] = Slot::of(location.line);
    fields->fields()[2] = Slot::of(location.column);
    if (!heap.push(array, Slot::of(fields))) return Error(Code::exhausted, "no memory left");
  }
  return encode_beast2(type, Slot::of(array), {.dialect = Dialect::b});
}

}  // namespace
}  // namespace samara::capi

using namespace samara;
using namespace samara::capi;

extern "C" {

int32_t samara_add_script(samara_repository* repository, const samara_script* script,
                          const char* name, samara_hash* out) {
  return guarded(repository, [&] { return add_script(*repository, script, name, out); });
}

int32_t samara_last_outcome(samara_repository* repository, samara_bytes* message,
                            samara_bytes* locations) {
  return guarded(repository, [&]() -> Result<void> {
    const Outcome& last = repository->last;
    if (last.is_value() || (last.message.empty() && last.locations.empty())) {
      return Error(Code::not_found, "the last call did not end with an error");
    }
    if (message != nullptr) SAMARA_CHECK(give(as_bytes(last.message), message));
    if (locations == nullptr) return {};
    SAMARA_TRY(Bytes bytes, encode_locations(repository->types, last.locations));
    return give(bytes, locations);
  });
}

}  // extern "C"
