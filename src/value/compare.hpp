#pragma once
// The total order, deep equality and identity of East values (docs/formats/types.md).
// Strings order by UTF-8 bytes (= code points), in the whole system. NaN is one value, above all
// numbers; -0 < +0. Functions compare equal. Cyclic values terminate: a pair met again is equal.
//
// Threads: pure; an Order may be shared.

#include "value/object.hpp"
#include "value/type.hpp"

namespace samara {

/// -1, 0 or 1. Requires: both slots are values of the closed type; not Never.
int compare(const Type* type, Slot a, Slot b);
/// Deep equality: as compare == 0 but quicker to say no.
bool equal(const Type* type, Slot a, Slot b);
/// Identity: the same object for Ref, Array, Set, Dict, Vector, Matrix; by content for the others,
/// where -0 is +0 and NaN is NaN.
bool is_same(const Type* type, Slot a, Slot b);
/// A hash consistent with equal().
uint64_t hash_value(const Type* type, Slot a);

inline int compare_float(double a, double b) {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a == b) {
    if (a != 0) return 0;
    bool sign_a = std::bit_cast<int64_t>(a) < 0;
    bool sign_b = std::bit_cast<int64_t>(b) < 0;
    return sign_a == sign_b ? 0 : (sign_a ? -1 : 1);
  }
  bool nan_a = a != a;
  bool nan_b = b != b;
  return nan_a == nan_b ? 0 : (nan_a ? 1 : -1);
}

inline int compare_bytes(const BytesObject* a, const BytesObject* b) {
  uint32_t common = a->aux < b->aux ? a->aux : b->aux;
  int order = std::memcmp(a->data(), b->data(), common);
  if (order != 0) return order < 0 ? -1 : 1;
  return a->aux == b->aux ? 0 : (a->aux < b->aux ? -1 : 1);
}

/// The order of one key type with its fast path chosen once.
class Order {
 public:
  explicit Order(const Type* type) : type_(type), kind_(type->kind()) {}
  const Type* type() const { return type_; }
  int operator()(Slot a, Slot b) const {
    switch (kind_) {
      case Kind::integer:
      case Kind::datetime:
        return a.integer() < b.integer() ? -1 : (a.integer() > b.integer() ? 1 : 0);
      case Kind::string:
      case Kind::blob:
        return compare_bytes(as<BytesObject>(a), as<BytesObject>(b));
      case Kind::float_:
        return compare_float(a.number(), b.number());
      default:
        return compare(type_, a, b);
    }
  }

 private:
  const Type* type_;
  Kind kind_;
};

}  // namespace samara
