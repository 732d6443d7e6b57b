#pragma once
// PackedNumbers: where the numbers of a beast2 value stand that is an Array of Floats, a Vector or
// a Matrix and nothing else, so that they can be used without decoding. Threads: pure apart from
// the type table. Source: docs/formats/beast2.md, sections 4 and 5.

#include "core/bytes.hpp"
#include "value/type.hpp"

namespace samara {

struct PackedNumbers {
  const Type* type = nullptr;
  const uint8_t* data = nullptr;  // little-endian, not aligned
  uint64_t rows = 1;              // of a Matrix
  uint64_t columns = 0;
  uint32_t element_bytes = 8;  // 1: Booleans
};

/// Errors: unsupported (another value), corrupt (the count does not fit the size).
/// Cost: none that grows with the value.
Result<PackedNumbers> find_packed(TypeTable& types, ByteView beast2);

}  // namespace samara
