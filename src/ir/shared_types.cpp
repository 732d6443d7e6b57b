#include "ir/shared_types.hpp"

#include "value/type_value.hpp"

namespace samara::ir {

namespace {
Error no_memory() { return Error(Code::exhausted, "the program's types take too much memory"); }
}  // namespace

Result<Slot> SharedTypes::value(const Type* type) {
  auto tag = static_cast<uint32_t>(type_tag(type->kind(), dialect_));
  switch (type->kind()) {
    case Kind::never:
    case Kind::null:
    case Kind::boolean:
    case Kind::integer:
    case Kind::float_:
    case Kind::string:
    case Kind::datetime:
    case Kind::blob:
      return Slot::bare_case(tag);
    case Kind::recursive:
      return Slot::of(heap_.new_tagged(tag, Slot::of(static_cast<int64_t>(type->distance()))));
    default:
      break;
  }
  auto known = values_.find(type);
  if (known != values_.end()) return known->second;
  SAMARA_TRY(Slot content, payload(type));
  Slot made = Slot::of(heap_.new_tagged(tag, content));
  values_.emplace(type, made);
  return made;
}

Result<Slot> SharedTypes::payload(const Type* type) {
  switch (type->kind()) {
    case Kind::struct_:
    case Kind::variant:
      return named_list(type);
    case Kind::function:
    case Kind::async_function: {
      SAMARA_TRY(Slot inputs, input_list(type));
      SAMARA_TRY(Slot output, value(type->part(type->arity() - 1)));
      return pair(inputs, output);
    }
    case Kind::dict: {
      SAMARA_TRY(Slot key, value(type->part(0)));
      SAMARA_TRY(Slot content, value(type->part(1)));
      return pair(key, content);
    }
    default:
      return value(type->part(0));
  }
}

Result<Slot> SharedTypes::named_list(const Type* type) {
  NamedKey key;
  for (uint32_t i = 0; i < type->arity(); i++) key.emplace_back(type->name(i), type->part(i));
  auto known = named_.find(key);
  if (known != named_.end()) return known->second;
  ArrayObject* list = heap_.new_array();
  for (uint32_t i = 0; i < type->arity(); i++) {
    SAMARA_TRY(Slot part, value(type->part(i)));
    BytesObject* name = heap_.new_text(type->name(i));
    if (name == nullptr || !heap_.push(list, pair(Slot::of(name), part))) return no_memory();
  }
  named_.emplace(std::move(key), Slot::of(list));
  return Slot::of(list);
}

Result<Slot> SharedTypes::input_list(const Type* type) {
  std::vector<const Type*> key;
  key.reserve(type->input_count());
  for (uint32_t i = 0; i < type->input_count(); i++) key.push_back(type->part(i));
  auto known = inputs_.find(key);
  if (known != inputs_.end()) return known->second;
  ArrayObject* list = heap_.new_array();
  for (const Type* input : key) {
    SAMARA_TRY(Slot part, value(input));
    if (!heap_.push(list, part)) return no_memory();
  }
  inputs_.emplace(std::move(key), Slot::of(list));
  return Slot::of(list);
}

Slot SharedTypes::pair(Slot first, Slot second) {
  FieldsObject* fields = heap_.new_fields(2);
  fields->fields()[0] = first;
  fields->fields()[1] = second;
  return Slot::of(fields);
}

}  // namespace samara::ir
