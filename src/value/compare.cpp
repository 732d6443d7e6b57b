#include "value/compare.hpp"

#include <unordered_set>
#include <vector>

#include "value/sorted.hpp"

namespace samara {

namespace {

// One comparison in progress. Deep values are walked with an explicit stack, never by recursion, so
// that a list of millions of cells cannot overflow the machine stack.
struct Frame {
  const Type* type;
  Slot a;
  Slot b;
  size_t next = 0;        // element, field or step
  SortedPlace place_a{};  // set and dict
  SortedPlace place_b{};
};

struct PairHash {
  size_t operator()(const std::pair<const Object*, const Object*>& pair) const {
    auto x = reinterpret_cast<uintptr_t>(pair.first);
    auto y = reinterpret_cast<uintptr_t>(pair.second);
    return (x >> 4) * 0x9e3779b1U ^ (y >> 4);
  }
};

int sign(int c) { return c < 0 ? -1 : (c > 0 ? 1 : 0); }

int compare_packed(const uint8_t* a, const uint8_t* b, size_t bytes) {
  return sign(std::memcmp(a, b, bytes));
}

void advance(const SortedObject* sorted, SortedPlace& place) {
  if (++place.entry >= sorted->chunks[place.chunk]->count) {
    place.entry = 0;
    place.chunk++;
  }
}

template <typename N>
int three_way(N a, N b) {
  return a < b ? -1 : (a > b ? 1 : 0);
}

// The walker serves both relations: for equality it stops at the first difference of any kind and
// may look at sizes first.
template <bool k_equality>
int walk(const Type* type, Slot a, Slot b) {
  std::vector<Frame> stack;
  std::unordered_set<std::pair<const Object*, const Object*>, PairHash> visited;
  const bool cyclic = type->has_recursion();
  // Starts one value pair: returns nonzero for a decided difference; pushes a frame when deeper
  // work is needed.
  auto enter = [&](const Type* t, Slot x, Slot y) -> int {
    switch (t->kind()) {
      case Kind::null:
      case Kind::function:
      case Kind::async_function:
        return 0;
      case Kind::boolean:
        return three_way(x.boolean(), y.boolean());
      case Kind::integer:
      case Kind::datetime:
        return three_way(x.integer(), y.integer());
      case Kind::float_:
        return compare_float(x.number(), y.number());
      case Kind::string:
      case Kind::blob:
        if (k_equality && x.object()->aux != y.object()->aux) return 1;
        return compare_bytes(as<BytesObject>(x), as<BytesObject>(y));
      case Kind::vector: {
        auto* v = as<VectorObject>(x);
        auto* w = as<VectorObject>(y);
        if (v->size != w->size) return three_way(v->size, w->size);
        return compare_packed(v->data(), w->data(), static_cast<size_t>(v->size * v->aux));
      }
      case Kind::matrix: {
        auto* v = as<MatrixObject>(x);
        auto* w = as<MatrixObject>(y);
        if (v->rows != w->rows) return three_way(v->rows, w->rows);
        if (v->columns != w->columns) return three_way(v->columns, w->columns);
        return compare_packed(v->data(), w->data(),
                              static_cast<size_t>(v->rows * v->columns * v->aux));
      }
      case Kind::variant: {
        uint32_t c = case_of(x);
        uint32_t d = case_of(y);
        if (c != d) return three_way(c, d);  // cases are sorted by name
        if (x.is_bare_case()) return 0;
        stack.push_back({t, x, y});
        return 0;
      }
      case Kind::struct_:
        if (x.object() == y.object() && !t->has_recursion()) return 0;
        stack.push_back({t, x, y});
        return 0;
      case Kind::ref:
      case Kind::array:
      case Kind::set:
      case Kind::dict: {
        if (x.object() == y.object()) return 0;
        if (k_equality && t->is(Kind::array) &&
            as<ArrayObject>(x)->size != as<ArrayObject>(y)->size)
          return 1;
        if (k_equality && (t->is(Kind::set) || t->is(Kind::dict)) &&
            as<SortedObject>(x)->size != as<SortedObject>(y)->size) {
          return 1;
        }
        if (cyclic && !t->is(Kind::set) && !visited.insert({x.object(), y.object()}).second)
          return 0;
        stack.push_back({t, x, y});
        return 0;
      }
      case Kind::never:
      case Kind::recursive:
        break;
    }
    SAMARA_ASSERT(false && "values of this type cannot be compared");
    return 0;
  };

  int decided = enter(type, a, b);
  while (decided == 0 && !stack.empty()) {
    Frame& frame = stack.back();
    const Type* t = frame.type;
    switch (t->kind()) {
      case Kind::ref: {
        if (frame.next++ == 1) {
          stack.pop_back();
          break;
        }
        decided =
            enter(t->element(), as<CellObject>(frame.a)->content, as<CellObject>(frame.b)->content);
        break;
      }
      case Kind::variant: {
        if (frame.next++ == 1) {
          stack.pop_back();
          break;
        }
        decided = enter(t->child(case_of(frame.a)), payload_of(frame.a), payload_of(frame.b));
        break;
      }
      case Kind::struct_: {
        if (frame.next == t->arity()) {
          stack.pop_back();
          break;
        }
        auto i = static_cast<uint32_t>(frame.next++);
        decided = enter(t->child(i), field_of(frame.a, i), field_of(frame.b, i));
        break;
      }
      case Kind::array: {
        auto* x = as<ArrayObject>(frame.a);
        auto* y = as<ArrayObject>(frame.b);
        if (frame.next >= x->size || frame.next >= y->size) {
          decided = three_way(x->size, y->size);
          if (decided == 0) stack.pop_back();
          break;
        }
        size_t i = frame.next++;
        const Type* element = t->element();
        decided = enter(element, x->data[i], y->data[i]);
        break;
      }
      case Kind::set:
      case Kind::dict: {
        auto* x = as<SortedObject>(frame.a);
        auto* y = as<SortedObject>(frame.b);
        bool end_x = frame.place_a.chunk >= x->chunk_count;
        bool end_y = frame.place_b.chunk >= y->chunk_count;
        if (end_x || end_y) {
          decided = end_x && end_y ? 0 : (end_x ? -1 : 1);
          if (decided == 0) stack.pop_back();
          break;
        }
        if (frame.next == 0) {
          decided = compare(t->key(), key_at(x, frame.place_a), key_at(y, frame.place_b));
          if (decided != 0) break;
          if (t->is(Kind::dict)) {
            frame.next = 1;
            decided =
                enter(t->dict_value(), value_at(x, frame.place_a), value_at(y, frame.place_b));
            break;
          }
        }
        frame.next = 0;
        advance(x, frame.place_a);
        advance(y, frame.place_b);
        break;
      }
      default:
        SAMARA_ASSERT(false);
    }
  }
  return decided;
}

uint64_t mix(uint64_t h, uint64_t v) {
  h = (h ^ v) * 0x9fb21c651e98df25ULL;
  return h ^ (h >> 28);
}

uint64_t hash_bytes(const uint8_t* data, size_t size) {
  uint64_t h = 0x9e3779b97f4a7c15ULL ^ size;
  while (size >= 8) {
    uint64_t word;
    std::memcpy(&word, data, 8);
    h = mix(h, word);
    data += 8;
    size -= 8;
  }
  uint64_t word = 0;
  std::memcpy(&word, data, size);
  return mix(h, word);
}

}  // namespace

int compare(const Type* type, Slot a, Slot b) { return walk<false>(type, a, b); }

bool equal(const Type* type, Slot a, Slot b) {
  switch (type->kind()) {
    case Kind::boolean:
    case Kind::integer:
    case Kind::datetime:
      return a.same_bits(b);
    case Kind::float_:
      return compare_float(a.number(), b.number()) == 0;
    case Kind::string:
    case Kind::blob:
      return a.object()->aux == b.object()->aux &&
             std::memcmp(as<BytesObject>(a)->data(), as<BytesObject>(b)->data(), a.object()->aux) ==
                 0;
    default:
      return walk<true>(type, a, b) == 0;
  }
}

bool is_same(const Type* type, Slot a, Slot b) {
  switch (type->kind()) {
    case Kind::float_:
      return a.number() == b.number() || (a.number() != a.number() && b.number() != b.number());
    case Kind::ref:
    case Kind::array:
    case Kind::set:
    case Kind::dict:
    case Kind::vector:
    case Kind::matrix:
      return a.object() == b.object();
    case Kind::struct_:
      for (uint32_t i = 0; i < type->arity(); i++) {
        if (!is_same(type->child(i), field_of(a, i), field_of(b, i))) return false;
      }
      return true;
    case Kind::variant: {
      // Follow chains of variants without recursion where they are direct; structs recurse by type
      // depth, which identity comparison of immutable data bounds by the value's own nesting.
      uint32_t c = case_of(a);
      if (c != case_of(b)) return false;
      if (a.is_bare_case()) return true;
      return is_same(type->child(c), payload_of(a), payload_of(b));
    }
    default:
      return equal(type, a, b);
  }
}

uint64_t hash_value(const Type* type, Slot a) {
  switch (type->kind()) {
    case Kind::null:
      return 1;
    case Kind::boolean:
    case Kind::integer:
    case Kind::datetime:
      return mix(0x2545f4914f6cdd1dULL, a.bits);
    case Kind::float_:
      return mix(3, a.number() != a.number() ? k_nan_bits : a.bits);
    case Kind::string:
    case Kind::blob:
      return hash_bytes(as<BytesObject>(a)->data(), as<BytesObject>(a)->aux);
    case Kind::struct_: {
      uint64_t h = type->arity();
      for (uint32_t i = 0; i < type->arity(); i++) {
        h = mix(h, hash_value(type->child(i), field_of(a, i)));
      }
      return h;
    }
    case Kind::variant: {
      // A deep chain adds nothing to the spread: look at the case, and at the payload of flat
      // types.
      uint32_t c = case_of(a);
      if (a.is_bare_case() || type->has_recursion()) return mix(5, c);
      return mix(mix(5, c), hash_value(type->child(c), payload_of(a)));
    }
    default:
      return static_cast<uint64_t>(
          type->kind());  // containers: equal ones must agree; not used as keys
  }
}

}  // namespace samara
