#include "engine/values.hpp"

#include "store/names.hpp"

namespace samara::engine {

Result<Bytes> Values::canonical(const Type* type, Slot value, FunctionHooks* functions) {
  Result<Bytes> out = Error(Code::cancelled, "");
  SAMARA_CHECK(stack_.run(
      [&] { out = encode_beast2(type, value, {.dialect = Dialect::b, .functions = functions}); }));
  return out;
}

Result<Values::Canonical> Values::canonical_here(ByteView bytes) {
  Heap heap;
  FunctionValues functions(types_, heap);
  Beast2Options options;
  options.functions = &functions;
  options.sort_keys = true;
  SAMARA_TRY(TypedValue typed, decode_beast2_any(bytes, types_, heap, options));
  Canonical out;
  out.type = typed.type;
  SAMARA_TRY(out.bytes, encode_beast2(typed.type, typed.value,
                                      {.dialect = Dialect::b, .functions = &functions}));
  return out;
}

Result<Values::Canonical> Values::canonical(ByteView bytes) {
  Result<Canonical> out = Error(Code::cancelled, "");
  SAMARA_CHECK(stack_.run([&] { out = canonical_here(bytes); }));
  return out;
}

Result<StoredValue> Values::put(const Type* type, Slot value, store::Durability durability,
                                FunctionHooks* functions) {
  SAMARA_TRY(Bytes bytes, canonical(type, value, functions));
  SAMARA_TRY(Hash id, repository_.objects().put(bytes, durability));
  return StoredValue{id, type, bytes.size()};
}

Result<StoredValue> Values::put_encoded(ByteView bytes, store::Durability durability) {
  SAMARA_TRY(Canonical value, canonical(bytes));
  SAMARA_TRY(Hash id, repository_.objects().put(value.bytes, durability));
  return StoredValue{id, value.type, value.bytes.size()};
}

Result<LoadedValue> Values::load(const Hash& id, Heap& heap) {
  SAMARA_TRY(store::ObjectBytes object, repository_.objects().view(id));
  LoadedValue out;
  out.functions = std::make_unique<FunctionValues>(types_, heap);
  Beast2Options options;
  options.functions = out.functions.get();
  Result<TypedValue> typed = Error(Code::cancelled, "");
  SAMARA_CHECK(
      stack_.run([&] { typed = decode_beast2_any(object.bytes(), types_, heap, options); }));
  if (!typed) {
    return std::move(typed).error().with_context("object " + store::in_quotes(id) +
                                                 " is no East value");
  }
  out.value = *typed;
  return out;
}

Result<const Type*> Values::type_of(const Hash& id) {
  SAMARA_TRY(store::ObjectBytes object, repository_.objects().view(id));
  if (!looks_like_beast2(object.bytes())) {
    return Error(Code::corrupt, "object " + store::in_quotes(id) + " is no East value");
  }
  // An object is in dialect B, unless somebody stored a file as it was.
  ByteView header = object.bytes().subspan(sizeof k_beast2_magic);
  auto type = decode_type(header, types_, Dialect::b, sizeof k_beast2_magic);
  if (!type) type = decode_type(header, types_, Dialect::a, sizeof k_beast2_magic);
  if (!type) {
    return std::move(type).error().with_context("object " + store::in_quotes(id) +
                                                " is no East value");
  }
  return type->type;
}

}  // namespace samara::engine
