#pragma once
// Numbers in foreign bytes: little-endian, at any address, inside bounds. The one place where the
// validator touches them. Threads: pure functions.

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "core/assert.hpp"
#include "core/bytes.hpp"

namespace samara::image {

/// Whether `size` bytes at `offset` lie inside `whole` bytes. Cannot wrap.
constexpr bool fits(uint64_t offset, uint64_t size, uint64_t whole) {
  return offset <= whole && size <= whole - offset;
}

/// Requires: the number lies inside `bytes`; the caller has said so with fits() before.
template <typename T>
T load_le(ByteView bytes, uint64_t offset) {
  static_assert(std::is_unsigned_v<T>);
  SAMARA_ASSERT(fits(offset, sizeof(T), bytes.size()));
  T value = 0;
  for (size_t i = sizeof(T); i > 0; i--) {
    value = static_cast<T>((uint64_t{value} << 8) | bytes[static_cast<size_t>(offset) + i - 1]);
  }
  return value;
}

template <typename T>
void store_le(std::span<uint8_t> bytes, uint64_t offset, T value) {
  static_assert(std::is_unsigned_v<T>);
  SAMARA_ASSERT(fits(offset, sizeof(T), bytes.size()));
  uint64_t rest = value;
  for (size_t i = 0; i < sizeof(T); i++) {
    bytes[static_cast<size_t>(offset) + i] = static_cast<uint8_t>(rest);
    rest >>= 8;
  }
}

inline bool all_zero(ByteView bytes) {
  for (uint8_t byte : bytes) {
    if (byte != 0) return false;
  }
  return true;
}

}  // namespace samara::image
