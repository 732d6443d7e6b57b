#include "tests/support/random_values.hpp"

#include <algorithm>
#include <cstdlib>

#include "value/sorted.hpp"

namespace samara::test {

uint64_t Random::next() {
  uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

uint64_t seed_of_run(uint64_t usual) {
  const char* given = std::getenv("SAMARA_SEED");
  return given == nullptr ? usual : std::strtoull(given, nullptr, 0);
}

namespace {

void append_code_point(std::string& out, Random& random, bool nul_free) {
  static constexpr char32_t k_edges[] = {0,      0x7f,   0x80,    0x7ff,   0x800,    0xd7ff,
                                         0xe000, 0xffff, 0x10000, 0x1f600, 0x10ffff, '"'};
  char32_t c = random.one_in(8) ? k_edges[random.below(std::size(k_edges))]
                                : static_cast<char32_t>(' ' + random.below(95));
  if (c == 0 && nul_free) c = 'n';
  auto put = [&](char32_t byte) { out += static_cast<char>(static_cast<uint8_t>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | (c >> 6));
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3f));
    put(0x80 | ((c >> 6) & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

std::string random_text(Random& random, size_t length_max, bool nul_free) {
  std::string text;
  size_t length = random.below(length_max + 1);
  for (size_t i = 0; i < length; i++) append_code_point(text, random, nul_free);
  return text;
}

class TypeMaker {
 public:
  TypeMaker(Random& random, TypeTable& types, RandomTypeOptions options)
      : random_(random), types_(types), options_(options) {}

  // `level` constructors enclose this one; `key`: it must be immutable and closed.
  const Type* make(uint32_t level, bool key) {
    bool leaf = level >= options_.depth_max || random_.one_in(4);
    if (leaf) return leaf_type();
    path_[level] = ++last_id_;
    switch (random_.below(key ? 2 : 8)) {
      case 0:
        return structure(level, key);
      case 1:
        return variant(level, key);
      case 2:
        return types_.array(inner(level));
      case 3:
        return types_.set(make(level + 1, true));
      case 4:
        return types_.dict(make(level + 1, true), inner(level));
      case 5:
        if (!options_.refs) return types_.array(inner(level));
        return types_.ref(make(level + 1, false));
      case 6:
        if (!options_.packed) return types_.blob();
        return random_.one_in(2) ? types_.vector(packed()) : types_.matrix(packed());
      default:
        return types_.array(inner(level));
    }
  }

 private:
  const Type* packed() {
    const Type* choices[] = {types_.float_(), types_.integer(), types_.boolean()};
    return choices[random_.below(3)];
  }

  const Type* leaf_type() {
    static constexpr Kind k_leaves[] = {Kind::null,   Kind::boolean,  Kind::integer, Kind::float_,
                                        Kind::string, Kind::datetime, Kind::blob};
    return types_.primitive(k_leaves[random_.below(std::size(k_leaves))]);
  }

  // A component that may be empty, where a reference to the one recursive body may stand.
  const Type* inner(uint32_t level) {
    if (options_.refs && random_.one_in(3)) return reference(level);
    return make(level + 1, false);
  }

  // A reference to an enclosing constructor: always the same one while that one encloses us,
  // because a recursive body may not refer to two.
  const Type* reference(uint32_t level) {
    bool inside = body_id_ != 0 && body_ <= level && path_[body_] == body_id_;
    if (!inside) {
      body_ = static_cast<uint32_t>(random_.below(level + 1));
      body_id_ = path_[body_];
    }
    return types_.recursive(level + 1 - body_);
  }

  const Type* structure(uint32_t level, bool key) {
    size_t count = random_.below(5);
    std::vector<std::string> names;
    std::vector<NamedType> fields;
    names.reserve(count);
    fields.reserve(count);
    for (size_t i = 0; i < count; i++) names.push_back(name(i));
    for (size_t i = 0; i < count; i++) fields.push_back({names[i], make(level + 1, key)});
    return types_.structure(fields);
  }

  const Type* variant(uint32_t level, bool key) {
    size_t count = 1 + random_.below(4);
    std::vector<std::string> names;
    std::vector<NamedType> cases;
    names.reserve(count);
    cases.reserve(count);
    for (size_t i = 0; i < count; i++) names.push_back(name(i));
    // The first case is plain, so that a value can always end here.
    cases.push_back({names[0], leaf_type()});
    for (size_t i = 1; i < count; i++) {
      cases.push_back({names[i], key ? make(level + 1, true) : inner(level)});
    }
    return types_.variant(cases);
  }

  std::string name(size_t i) {
    return random_text(random_, 6, options_.nul_free) + std::to_string(i);
  }

  Random& random_;
  TypeTable& types_;
  RandomTypeOptions options_;
  uint32_t last_id_ = 0;
  uint32_t body_ = 0;     // level of the recursive body
  uint32_t body_id_ = 0;  // its number in path_; 0: none yet
  uint32_t path_[64] = {};
};

}  // namespace

const Type* random_type(Random& random, TypeTable& types, RandomTypeOptions options) {
  SAMARA_ASSERT(options.depth_max < 60);
  return TypeMaker(random, types, options).make(0, false);
}

// --- values
// -----------------------------------------------------------------------------------------

namespace {

int64_t random_integer(Random& random) {
  switch (random.below(4)) {
    case 0:
      return static_cast<int64_t>(random.below(200)) - 100;
    case 1:
      return random.one_in(2) ? INT64_MAX : INT64_MIN;
    default:
      return static_cast<int64_t>(random.next()) >> random.below(64);
  }
}

Slot random_number(Random& random) {
  static constexpr double k_edges[] = {0.0, -0.0, 1.5, -1e300, 5e-324};
  if (random.one_in(3)) return Slot::of(k_edges[random.below(std::size(k_edges))]);
  Slot slot{random.next()};
  return slot.number() != slot.number() ? Slot{k_nan_bits} : slot;
}

bool has_identity(const Type* type) {
  return type->is(Kind::ref) || type->is(Kind::array) || type->is(Kind::set) ||
         type->is(Kind::dict);
}

constexpr int64_t k_datetime_ms_max = 8'640'000'000'000'000;
constexpr uint32_t k_depth_soft = 12;  // from here on values end as soon as they can

}  // namespace

Slot RandomValues::value(const Type* type, uint32_t size) {
  budget_ = size;
  made_.clear();
  return make(type, 0);
}

uint32_t RandomValues::count(uint32_t depth) {
  if (budget_ <= 0 || depth > k_depth_soft) return 0;
  return static_cast<uint32_t>(random_.below(random_.one_in(6) ? 30 : 5));
}

Slot RandomValues::text() {
  std::string text = random_text(random_, random_.one_in(8) ? 60 : 10, nul_free_);
  return Slot::of(heap_.new_text(text));
}

Slot RandomValues::make(const Type* type, uint32_t depth) {
  budget_--;
  switch (type->kind()) {
    case Kind::null:
      return Slot::null();
    case Kind::boolean:
      return Slot::of(random_.one_in(2));
    case Kind::integer:
      return Slot::of(random_integer(random_));
    case Kind::float_:
      return random_number(random_);
    case Kind::datetime: {
      int64_t ms = random_integer(random_) % k_datetime_ms_max;
      return Slot::of(ms);
    }
    case Kind::string:
      return text();
    case Kind::blob: {
      BytesObject* bytes = heap_.new_bytes(random_.below(20));
      for (size_t i = 0; i < bytes->size(); i++)
        bytes->data()[i] = static_cast<uint8_t>(random_.next());
      return Slot::of(bytes);
    }
    case Kind::struct_: {
      FieldsObject* object = heap_.new_fields(type->arity());
      for (uint32_t i = 0; i < type->arity(); i++)
        object->fields()[i] = make(type->child(i), depth + 1);
      return Slot::of(object);
    }
    case Kind::variant: {
      bool end = depth > k_depth_soft || budget_ <= 0;
      auto tag = static_cast<uint32_t>(random_.below(type->arity()));
      // Cases are sorted by their random names: the plain one can be anywhere.
      for (uint32_t i = 0; end && i < type->arity(); i++) {
        if (!type->child(i)->has_recursion()) tag = i;
      }
      if (type->child(tag)->is(Kind::null)) return Slot::bare_case(tag);
      return Slot::of(heap_.new_tagged(tag, make(type->child(tag), depth + 1)));
    }
    case Kind::vector: {
      bool boolean = type->element()->is(Kind::boolean);
      VectorObject* vector = heap_.new_vector(random_.below(6), boolean ? 1 : 8);
      for (size_t i = 0; i < vector->size * vector->aux; i++) {
        vector->data()[i] = static_cast<uint8_t>(boolean ? random_.below(2) : random_.next());
      }
      return Slot::of(vector);
    }
    case Kind::matrix: {
      bool boolean = type->element()->is(Kind::boolean);
      uint64_t rows = random_.below(4);
      uint64_t columns = rows == 0 ? 0 : 1 + random_.below(3);
      MatrixObject* matrix = heap_.new_matrix(rows, columns, boolean ? 1 : 8);
      for (size_t i = 0; i < rows * columns * matrix->aux; i++) {
        matrix->data()[i] = static_cast<uint8_t>(boolean ? random_.below(2) : random_.next());
      }
      return Slot::of(matrix);
    }
    default:
      SAMARA_ASSERT(has_identity(type));
      return container(type, depth);
  }
}

Slot RandomValues::container(const Type* type, uint32_t depth) {
  std::vector<Slot>& made = made_[type];
  // An object seen before, perhaps one that is being filled: sharing and cycles.
  if (!made.empty() && random_.one_in(5)) return made[random_.below(made.size())];
  if (type->is(Kind::ref)) {
    CellObject* cell = heap_.new_cell(Slot::null());
    // A cell is not offered while it is empty: its content could be read before it is set.
    cell->content = make(type->element(), depth + 1);
    made_[type].push_back(Slot::of(cell));
    return Slot::of(cell);
  }
  if (type->is(Kind::array)) {
    ArrayObject* array = heap_.new_array();
    made.push_back(Slot::of(array));
    for (uint32_t n = count(depth); n > 0; n--) heap_.push(array, make(type->element(), depth + 1));
    return Slot::of(array);
  }
  bool dict = type->is(Kind::dict);
  SortedObject* sorted = dict ? new_dict(heap_) : new_set(heap_);
  made.push_back(Slot::of(sorted));
  Order order(type->key());
  for (uint32_t n = count(depth); n > 0; n--) {
    Slot key = make(type->key(), depth + 1);
    Slot content = dict ? make(type->dict_value(), depth + 1) : Slot::null();
    sorted_put(heap_, sorted, order, key, content);
  }
  return Slot::of(sorted);
}

}  // namespace samara::test
