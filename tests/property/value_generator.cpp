#include "tests/property/value_generator.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <limits>

#include "value/sorted.hpp"

namespace samara::property {

uint64_t base_seed() {
  const char* given = std::getenv("SAMARA_SEED");
  return given == nullptr ? 20240229 : std::strtoull(given, nullptr, 10);
}

uint64_t ValueGenerator::below(uint64_t limit) {
  state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
  uint64_t mixed = (state_ ^ (state_ >> 29)) * 0xbf58476d1ce4e5b9ULL;
  return (mixed >> 16) % limit;
}

int64_t ValueGenerator::integer() {
  switch (below(4)) {
    case 0:
      return static_cast<int64_t>(below(20)) - 10;
    case 1:
      return chance(2) ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
    case 2:
      return static_cast<int64_t>(below(uint64_t{1} << 40));
    default:
      return static_cast<int64_t>(state_);
  }
}

double ValueGenerator::number() {
  switch (below(4)) {
    case 0:
      return static_cast<double>(below(2000)) / 8 - 100;
    case 1: {
      constexpr double k_odd[] = {0.0, -0.0, 1e21, 1e-7, 5e-324, 1.7976931348623157e308};
      return k_odd[below(6)];
    }
    case 2: {
      constexpr uint64_t k_infinity = uint64_t{0x7ff} << 52;
      constexpr uint64_t k_special[] = {k_nan_bits, k_infinity, k_infinity | uint64_t{1} << 63};
      return std::bit_cast<double>(k_special[below(3)]);
    }
    default: {
      below(2);
      auto value = std::bit_cast<double>(state_);
      return value == value ? value : 0.5;
    }
  }
}

std::string ValueGenerator::text() {
  static const std::string k_pieces[] = {
      "a",  "Z", "\"", "\\", "`",  "\n", "\r\n", "\t",   "#", "]",    "[", "é", "中",
      "😀", ",", ".",  " ",  "1#", "/",  "~",    "$ref", "{", "\x01", ":", "",  "\uFFFF"};
  std::string out;
  for (uint64_t i = below(6); i > 0; i--) out += k_pieces[below(std::size(k_pieces))];
  return out;
}

std::string ValueGenerator::name() {
  static const std::string k_plain[] = {"a",  "b", "key",  "value", "type",
                                        "x1", "_", "none", "some"};
  return chance(4) ? text() : k_plain[below(std::size(k_plain))];
}

const Type* ValueGenerator::scalar_type() {
  const Type* all[] = {types_.null(),   types_.boolean(),  types_.integer(), types_.float_(),
                       types_.string(), types_.datetime(), types_.blob()};
  return all[below(7)];
}

const Type* ValueGenerator::named(Kind kind, int depth, int enclosing, bool key) {
  std::vector<std::string> names;
  for (uint64_t i = below(4) + (kind == Kind::variant ? 1 : 0); i > 0; i--) names.push_back(name());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  if (kind == Kind::struct_) {
    for (size_t i = names.size(); i > 1; i--) std::swap(names[i - 1], names[below(i)]);
  }
  std::vector<NamedType> parts;
  bool finite = kind == Kind::struct_;
  for (size_t i = 0; i < names.size(); i++) {
    // A variant needs one case that ends, so that its values can.
    const Type* inside = !finite ? scalar_type() : part(depth - 1, enclosing + 1, key);
    finite = true;
    parts.push_back({names[i], inside});
  }
  return kind == Kind::struct_ ? types_.structure(parts) : types_.variant(parts);
}

// `enclosing` counts the constructors around that a reference may name; 0 inside keys.
const Type* ValueGenerator::part(int depth, int enclosing, bool key) {
  if (depth <= 0) return scalar_type();
  uint64_t choice = below(key ? 5 : 12);
  switch (choice) {
    case 0:
    case 1:
      return scalar_type();
    case 2:
    case 3:
      return named(Kind::struct_, depth, enclosing, key);
    case 4:
      return named(Kind::variant, depth, enclosing, key);
    case 5:
      return types_.ref(part(depth - 1, enclosing + 1, false));
    case 6:
    case 7:
      return types_.array(part(depth - 1, enclosing + 1, false));
    case 8:
      return types_.set(part(depth - 1, 0, true));
    case 9:
      return types_.dict(part(depth - 1, 0, true), part(depth - 1, enclosing + 1, false));
    case 10:
      return chance(2) ? types_.vector(types_.float_()) : types_.matrix(types_.integer());
    default:
      // Through a collection a value can end, so only below one a reference is always safe.
      return types_.array(types_.recursive(1));
  }
}

const Type* ValueGenerator::type(int depth) {
  if (chance(4)) {
    // A recursive type of known shape around random parts.
    const Type* inner = part(depth - 2, 0, false);
    switch (below(4)) {
      case 0:
        return types_.variant(
            {{"nil", types_.null()},
             {"cons", types_.structure({{"head", inner}, {"tail", types_.recursive(2)}})}});
      case 1:
        return types_.structure({{"v", inner}, {"kids", types_.array(types_.recursive(2))}});
      case 2:
        return types_.ref(types_.variant({{"none", types_.null()}, {"some", types_.recursive(2)}}));
      default:
        return types_.dict(types_.string(),
                           types_.structure({{"", types_.recursive(2)}, {"w", inner}}));
    }
  }
  return part(depth, 0, false);
}

Slot ValueGenerator::value(const Type* type) {
  made_.clear();
  budget_ = 60;
  in_key_ = false;
  return make(type, 0);
}

// Deep inside the first case that holds a scalar ends the value.
uint32_t ValueGenerator::shallow_case(const Type* type, int depth) {
  if (depth < 12 && budget_ > 0) return static_cast<uint32_t>(below(type->arity()));
  for (uint32_t i = 0; i < type->arity(); i++) {
    if (type->child(i)->is_scalar() || type->child(i)->is(Kind::string)) return i;
  }
  return 0;
}

Slot ValueGenerator::make(const Type* type, int depth) {
  budget_--;
  switch (type->kind()) {
    case Kind::null:
      return Slot::null();
    case Kind::boolean:
      return Slot::of(chance(2));
    case Kind::integer:
      return Slot::of(integer());
    case Kind::float_:
      return Slot::of(number());
    case Kind::datetime:
      return Slot::of(integer() % int64_t{8'640'000'000'000'000});
    case Kind::string:
      return Slot::of(heap_.new_text(text()));
    case Kind::blob:
      return Slot::of(heap_.new_text(text()));
    case Kind::struct_: {
      FieldsObject* fields = heap_.new_fields(type->arity());
      for (uint32_t i = 0; i < type->arity(); i++) {
        fields->fields()[i] = make(type->child(i), depth + 1);
      }
      return Slot::of(fields);
    }
    case Kind::variant: {
      uint32_t index = shallow_case(type, depth);
      const Type* payload = type->child(index);
      if (payload->is(Kind::null)) return Slot::bare_case(index);
      return Slot::of(heap_.new_tagged(index, make(payload, depth + 1)));
    }
    case Kind::vector: {
      VectorObject* vector = heap_.new_vector(below(4), 8);
      for (uint64_t i = 0; i < vector->size; i++) {
        Slot slot = Slot::of(number());
        std::memcpy(vector->data() + i * 8, &slot, 8);
      }
      return Slot::of(vector);
    }
    case Kind::matrix: {
      // A matrix without columns has as many empty rows as it says, one without rows no columns.
      uint64_t rows = below(3);
      MatrixObject* matrix = heap_.new_matrix(rows, rows == 0 ? 0 : below(3), 8);
      for (uint64_t i = 0; i < matrix->rows * matrix->columns; i++) {
        Slot slot = Slot::of(integer());
        std::memcpy(matrix->data() + i * 8, &slot, 8);
      }
      return Slot::of(matrix);
    }
    default:
      return container(type, depth);
  }
}

Slot ValueGenerator::container(const Type* type, int depth) {
  if (sharing && !in_key_ && chance(3)) {
    for (const Made& made : made_) {
      if (made.type == type && chance(2)) return made.slot;
    }
  }
  uint64_t count = depth > 8 || budget_ <= 0 ? 0 : below(4);
  if (type->is(Kind::ref)) {
    CellObject* cell = heap_.new_cell(Slot::null());
    made_.push_back({type, Slot::of(cell)});
    cell->content = make(type->element(), depth + 1);
    return Slot::of(cell);
  }
  if (type->is(Kind::array)) {
    ArrayObject* array = heap_.new_array();
    made_.push_back({type, Slot::of(array)});
    for (; count > 0; count--) {
      Slot element = make(type->element(), depth + 1);
      heap_.push(array, element);
    }
    return Slot::of(array);
  }
  bool dict = type->is(Kind::dict);
  SortedObject* sorted = dict ? new_dict(heap_) : new_set(heap_);
  made_.push_back({type, Slot::of(sorted)});
  Order order(type->key());
  for (; count > 0; count--) {
    bool outer = in_key_;
    in_key_ = true;
    Slot key = make(type->key(), depth + 1);
    in_key_ = outer;
    Slot content = dict ? make(type->dict_value(), depth + 1) : Slot::null();
    sorted_put(heap_, sorted, order, key, content);
  }
  return Slot::of(sorted);
}

}  // namespace samara::property
