#pragma once
// Elements of vectors and matrices: eight bytes each for Float and Integer, one for Boolean.
// Threads: pure.

#include "eval/arithmetic.hpp"
#include "value/object.hpp"
#include "value/type.hpp"

namespace samara::eval {

inline uint32_t packed_bytes(const Type* element) { return element->is(Kind::boolean) ? 1 : 8; }

/// Element `i` of packed elements of `width` bytes (1 or 8).
inline Slot load_packed(const uint8_t* data, uint32_t width, size_t i) {
  if (width == 1) return Slot::of(data[i] != 0);
  Slot value;
  std::memcpy(&value.bits, data + i * 8, 8);
  return value;
}

inline void store_packed(uint8_t* data, uint32_t width, size_t i, Slot value) {
  if (width == 1) {
    data[i] = value.boolean() ? 1 : 0;
  } else {
    std::memcpy(data + i * 8, &value.bits, 8);
  }
}

}  // namespace samara::eval
