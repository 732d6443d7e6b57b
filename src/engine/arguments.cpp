#include "engine/arguments.hpp"

#include "core/sha256.hpp"
#include "engine/function_values.hpp"
#include "store/names.hpp"
#include "value/packed_numbers.hpp"

namespace samara::engine {

using runtime::ArgumentPlace;

namespace {
// Below this decoding costs less than it is worth to leave out.
constexpr size_t k_in_place_bytes_min = 64 * 1024;
}  // namespace

std::optional<std::vector<Hash>> quick_ids(std::span<const CallArgument> arguments) {
  std::vector<Hash> out;
  out.reserve(arguments.size());
  for (const CallArgument& argument : arguments) {
    if (argument.value.type != nullptr) return std::nullopt;
    out.push_back(argument.id.has_value() ? *argument.id : sha256(argument.bytes));
  }
  return out;
}

void LoadedArguments::add(const Hash& id, Source source, const runtime::Argument& value) {
  ids_.push_back(id);
  sources_.push_back(source);
  values_.push_back(value);
}

Result<void> LoadedArguments::add_encoded(TypeTable& types, const ArgumentPlace& place,
                                          ByteView bytes, std::optional<Hash> id, Heap& heap) {
  Beast2Options canonical;
  canonical.dialect = Dialect::b;
  canonical.other_dialect = false;
  canonical.canonical_only = true;
  if (place.expected->is_data()) {
    // Bytes that pass this are the canonical ones, which saves writing them again.
    auto value = decode_beast2(bytes, place.expected, types, heap, canonical);
    if (value) {
      Hash known = id.has_value() ? *id : sha256(bytes);
      add(known, {bytes, id.has_value()}, {bytes, {place.expected, *value}});
      return {};
    }
    if (heap.exhausted()) return Error(Code::exhausted, "memory limit reached");
  }
  FunctionValues functions(types, heap);
  Beast2Options any;
  any.functions = &functions;
  any.sort_keys = true;
  auto value = decode_beast2(bytes, place.expected, types, heap, any);
  if (!value) return argument_decode_error(place, bytes, types, std::move(value).error());
  SAMARA_TRY(Bytes written, encode_beast2(place.expected, *value,
                                          {.dialect = Dialect::b, .functions = &functions}));
  owned_.push_back(std::move(written));
  const Bytes& kept = owned_.back();
  TypedValue typed;
  // Functions of FunctionValues cannot be called, so the runtime reads those from the bytes.
  if (place.expected->is_data()) typed = {place.expected, *value};
  add(sha256(kept), {kept, false}, {kept, typed});
  return {};
}

// Numbers whose head says that they are what is expected, and whose count fits the size of the
// object, need no decoding: there is nothing in them that could be wrong but a NaN of another form,
// which makes another call and no wrong one.
bool LoadedArguments::add_in_place(TypeTable& types, const ArgumentPlace& place, ByteView bytes,
                                   const Hash& id) {
  if (bytes.size() < k_in_place_bytes_min) return false;
  auto packed = find_packed(types, bytes);
  if (!packed || packed->type != place.expected) return false;
  add(id, {bytes, true}, {bytes, {}});
  return true;
}

Result<void> LoadedArguments::load_one(TypeTable& types, const ArgumentPlace& place,
                                       const CallArgument& argument, Heap& heap) {
  if (argument.value.type != nullptr) {
    const TypedValue& given = argument.value;
    if (given.type != place.expected) return argument_type_error(place, given.type);
    auto written = encode_beast2(given.type, given.value, {.dialect = Dialect::b});
    if (!written) return std::move(written).error().with_context(argument_name(place));
    owned_.push_back(std::move(*written));
    const Bytes& kept = owned_.back();
    add(sha256(kept), {kept, false}, {kept, given});
    return {};
  }
  if (!argument.id.has_value()) {
    return add_encoded(types, place, argument.bytes, std::nullopt, heap);
  }
  auto object = repository_->objects().view(*argument.id);
  if (!object) return std::move(object).error().with_context(argument_name(place));
  objects_.push_back(std::move(*object));
  if (!values_wanted_ && add_in_place(types, place, objects_.back().bytes(), *argument.id))
    return {};
  return add_encoded(types, place, objects_.back().bytes(), argument.id, heap);
}

Result<void> LoadedArguments::load(store::Repository& repository, TypeTable& types,
                                   const FunctionRecord& record, std::string_view name,
                                   std::span<const CallArgument> arguments, Heap& heap,
                                   bool values) {
  repository_ = &repository;
  values_wanted_ = values;
  for (size_t i = 0; i < arguments.size(); i++) {
    ArgumentPlace place{name, i, record.inputs[i]};
    auto loaded = load_one(types, place, arguments[i], heap);
    if (loaded) continue;
    if (heap.exhausted()) {
      return Error(Code::exhausted, argument_name(place) + " does not fit into the memory limit");
    }
    return loaded;
  }
  for (size_t i = 0; i < values_.size(); i++) values_[i].object = &ids_[i];
  return {};
}

std::vector<store::NamedBytes> LoadedArguments::unstored() const {
  std::vector<store::NamedBytes> out;
  out.reserve(sources_.size() + 1);  // and a result
  for (size_t i = 0; i < sources_.size(); i++) {
    if (!sources_[i].stored) out.push_back({ids_[i], sources_[i].bytes});
  }
  return out;
}

Result<void> LoadedArguments::store(store::Repository& repository, store::Durability durability,
                                    bool all) const {
  for (size_t i = 0; i < sources_.size(); i++) {
    if (sources_[i].stored && !all && durability == store::Durability::cached) continue;
    SAMARA_TRY(Hash stored, repository.objects().put(sources_[i].bytes, durability));
    SAMARA_ASSERT(stored == ids_[i]);
  }
  return {};
}

}  // namespace samara::engine
