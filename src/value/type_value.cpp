#include "value/type_value.hpp"

#include <array>

namespace samara {

namespace {

constexpr unsigned index_of(Dialect dialect) { return dialect == Dialect::a ? 0 : 1; }

constexpr int8_t k_tags[2][k_kind_count] = {
    {
#define SAMARA_KIND(id, name, tag_a, tag_b) tag_a,
#include "value/kinds.def"
#undef SAMARA_KIND
    },
    {
#define SAMARA_KIND(id, name, tag_a, tag_b) tag_b,
#include "value/kinds.def"
#undef SAMARA_KIND
    },
};

constexpr std::array<Kind, k_kind_count> kinds_by_tag(Dialect dialect) {
  std::array<Kind, k_kind_count> kinds{};
  for (unsigned i = 0; i < k_kind_count; i++) {
    int8_t tag = k_tags[index_of(dialect)][i];
    if (tag >= 0) kinds[static_cast<size_t>(tag)] = static_cast<Kind>(i);
  }
  return kinds;
}

constexpr std::array<Kind, k_kind_count> k_kinds[2] = {kinds_by_tag(Dialect::a),
                                                       kinds_by_tag(Dialect::b)};

}  // namespace

int32_t type_tag(Kind kind, Dialect dialect) {
  return k_tags[index_of(dialect)][static_cast<unsigned>(kind)];
}

Kind kind_of_tag(uint32_t tag, Dialect dialect) {
  SAMARA_ASSERT(tag < type_tag_count(dialect));
  return k_kinds[index_of(dialect)][tag];
}

bool type_fits(const Type* type, Dialect dialect) {
  if (dialect == Dialect::b) return true;
  if (type->is(Kind::vector) || type->is(Kind::matrix)) return false;
  for (uint32_t i = 0; i < type->arity(); i++) {
    if (!type_fits(type->part(i), dialect)) return false;
  }
  return true;
}

const Type* type_type(TypeTable& types, Dialect dialect) {
  // Distances count the constructors between the use and the variant, both ends included.
  const Type* self_1 = types.recursive(1);
  const Type* self_2 = types.recursive(2);
  const Type* self_3 = types.recursive(3);
  const Type* function = types.structure({{"inputs", types.array(self_3)}, {"output", self_2}});
  const Type* named = types.array(types.structure({{"name", types.string()}, {"type", self_3}}));
  std::vector<NamedType> cases;
  for (uint32_t tag = 0; tag < type_tag_count(dialect); tag++) {
    Kind kind = kind_of_tag(tag, dialect);
    const Type* payload = types.null();
    switch (kind) {
      case Kind::array:
      case Kind::ref:
      case Kind::set:
      case Kind::vector:
      case Kind::matrix:
        payload = self_1;
        break;
      case Kind::dict:
        payload = types.structure({{"key", self_2}, {"value", self_2}});
        break;
      case Kind::function:
      case Kind::async_function:
        payload = function;
        break;
      case Kind::struct_:
      case Kind::variant:
        payload = named;
        break;
      case Kind::recursive:
        payload = types.integer();
        break;
      case Kind::blob:
      case Kind::boolean:
      case Kind::datetime:
      case Kind::float_:
      case Kind::integer:
      case Kind::never:
      case Kind::null:
      case Kind::string:
        break;
    }
    cases.push_back({kind_name(kind), payload});
  }
  return types.variant(cases);
}

// --- types to values -----------------------------------------------------------------------------

class TypeValueWriter {
 public:
  TypeValueWriter(Heap& heap, Dialect dialect, TypeValueCache& cache)
      : heap_(heap), dialect_(dialect), cache_(cache) {}

  Slot write(const Type* type) {
    int32_t tag = type_tag(type->kind(), dialect_);
    SAMARA_ASSERT(tag >= 0);
    auto index = static_cast<uint32_t>(tag);
    if (type->arity() == 0 && !has_list(type->kind())) {
      if (!type->is(Kind::recursive)) return Slot::bare_case(index);
      return Slot::of(heap_.new_tagged(index, Slot::of(static_cast<int64_t>(type->distance()))));
    }
    auto& known = cache_.values_[index_of(dialect_)];
    if (cache_.share_) {
      auto found = known.find(type);
      if (found != known.end()) return found->second;
    }
    Slot value = Slot::of(heap_.new_tagged(index, payload(type)));
    if (cache_.share_) known.emplace(type, value);
    return value;
  }

 private:
  static bool has_list(Kind kind) {
    return kind == Kind::struct_ || kind == Kind::variant || kind == Kind::function ||
           kind == Kind::async_function;
  }

  Slot payload(const Type* type) {
    switch (type->kind()) {
      case Kind::dict:
        return pair(write(type->part(0)), write(type->part(1)));
      case Kind::function:
      case Kind::async_function:
        return pair(inputs(type), write(type->part(type->arity() - 1)));
      case Kind::struct_:
      case Kind::variant:
        return named(type);
      default:
        return write(type->part(0));
    }
  }

  Slot pair(Slot first, Slot second) {
    FieldsObject* fields = heap_.new_fields(2);
    fields->fields()[0] = first;
    fields->fields()[1] = second;
    return Slot::of(fields);
  }

  Slot inputs(const Type* type) {
    ArrayObject* list = heap_.new_array();
    for (uint32_t i = 0; i < type->input_count(); i++) heap_.push(list, write(type->part(i)));
    return Slot::of(list);
  }

  Slot named(const Type* type) {
    ArrayObject* list = heap_.new_array();
    for (uint32_t i = 0; i < type->arity(); i++) {
      // A name is part of a type, which the table has limited; an empty text stands in when even
      // that does not fit, and exhausted() is set.
      BytesObject* name = heap_.new_text(type->name(i));
      if (name == nullptr)
        name = static_cast<BytesObject*>(heap_.alloc(sizeof(Object), ObjectKind::bytes));
      heap_.push(list, pair(Slot::of(name), write(type->part(i))));
    }
    return Slot::of(list);
  }

  Heap& heap_;
  Dialect dialect_;
  TypeValueCache& cache_;
};

Slot type_to_value(Heap& heap, const Type* type, Dialect dialect, TypeValueCache& cache) {
  return TypeValueWriter(heap, dialect, cache).write(type);
}

// --- values to types -----------------------------------------------------------------------------

Result<const Type*> TypeReader::read(Slot value) {
  SAMARA_TRY(const Type* type, read_part(value, 0));
  if (!type->closed()) {
    return Error(Code::corrupt, "recursive reference leaves the type");
  }
  return type;
}

// A shared list of inputs is read once for each use; this bounds the work that a small hostile
// value can ask for by many uses of one long list.
Result<void> TypeReader::spend() {
  if (entries_left_ == 0) return Error(Code::exhausted, "type values have too many entries");
  entries_left_--;
  return {};
}

Result<const Type*> TypeReader::read_part(Slot value, uint32_t depth) {
  if (depth > k_type_depth_max) return Error(Code::exhausted, "type nests too deep (limit 256)");
  Kind kind = kind_of_tag(case_of(value), dialect_);
  if (value.is_bare_case()) return types_.primitive(kind);
  // Parts are relative to where they stand, so one object means the same type in every place.
  auto [at, fresh] = known_.try_emplace(value.bits, nullptr);
  if (!fresh) {
    if (at->second == nullptr) return Error(Code::corrupt, "type value contains itself");
    return at->second;
  }
  SAMARA_TRY(const Type* type, read_case(kind, payload_of(value), depth));
  known_[value.bits] = type;
  return type;
}

Result<const Type*> TypeReader::read_case(Kind kind, Slot payload, uint32_t depth) {
  switch (kind) {
    case Kind::recursive: {
      int64_t distance = payload.integer();
      if (distance < 1 || distance > static_cast<int64_t>(k_type_depth_max)) {
        return Error(Code::corrupt, "recursive reference leaves the type");
      }
      return types_.recursive(static_cast<uint32_t>(distance));
    }
    case Kind::dict: {
      SAMARA_TRY(const Type* key, read_part(field_of(payload, 0), depth + 1));
      SAMARA_TRY(const Type* value, read_part(field_of(payload, 1), depth + 1));
      return types_.checked_dict(key, value);
    }
    case Kind::struct_:
    case Kind::variant:
      return read_named(kind, payload, depth);
    case Kind::function:
    case Kind::async_function:
      return read_function(kind, payload, depth);
    default: {
      SAMARA_TRY(const Type* element, read_part(payload, depth + 1));
      return types_.checked_unary(kind, element);
    }
  }
}

Result<const Type*> TypeReader::read_named(Kind kind, Slot list, uint32_t depth) {
  // A list can be shared by a Struct and a Variant: the lowest bit, free in a pointer, tells them
  // apart.
  uint64_t known_key = list.bits | (kind == Kind::variant ? 1U : 0U);
  auto found = known_.find(known_key);
  if (found != known_.end()) return found->second;
  std::vector<NamedType> parts;
  for (Slot entry : as<ArrayObject>(list)->slots()) {
    SAMARA_CHECK(spend());
    SAMARA_TRY(const Type* type, read_part(field_of(entry, 1), depth + 1));
    parts.push_back({text_of(field_of(entry, 0)), type});
  }
  SAMARA_TRY(const Type* type, types_.checked_named(kind, parts));
  known_.emplace(known_key, type);
  return type;
}

Result<const Type*> TypeReader::read_function(Kind kind, Slot parts, uint32_t depth) {
  std::vector<const Type*> inputs;
  for (Slot input : as<ArrayObject>(field_of(parts, 0))->slots()) {
    SAMARA_CHECK(spend());
    SAMARA_TRY(const Type* type, read_part(input, depth + 1));
    inputs.push_back(type);
  }
  SAMARA_TRY(const Type* output, read_part(field_of(parts, 1), depth + 1));
  return types_.checked_function(kind, inputs, output);
}

Result<const Type*> type_from_value(TypeTable& types, Slot value, Dialect dialect) {
  return TypeReader(types, dialect).read(value);
}

}  // namespace samara
