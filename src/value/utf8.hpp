#pragma once
// UTF-8 checks. Text in the system is always valid UTF-8: no overlong forms, no surrogates, nothing
// above U+10FFFF; NUL is allowed. Threads: pure functions. Source: The Unicode Standard, table 3-7.

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/bytes.hpp"

namespace samara {

/// Offset of the first byte that does not start or continue a valid sequence; size when all is
/// valid. Cost: eight bytes at a time over ASCII.
size_t utf8_valid_prefix(const uint8_t* data, size_t size);

inline bool utf8_valid(ByteView text) {
  return utf8_valid_prefix(text.data(), text.size()) == text.size();
}
inline bool utf8_valid(std::string_view text) { return utf8_valid(as_bytes(text)); }

/// Copies and tells whether all bytes were ASCII. Made for short strings: no call for up to 32
/// bytes.
inline bool copy_is_ascii(uint8_t* to, const uint8_t* from, size_t size) {
  uint64_t bits = 0;
  uint64_t word = 0;
  if (size >= 8) {
    size_t i = 0;
    for (; i + 8 <= size; i += 8) {
      std::memcpy(&word, from + i, 8);
      bits |= word;
      std::memcpy(to + i, &word, 8);
    }
    std::memcpy(&word, from + size - 8, 8);
    bits |= word;
    std::memcpy(to + size - 8, &word, 8);
  } else if (size >= 4) {
    uint32_t first = 0;
    uint32_t last = 0;
    std::memcpy(&first, from, 4);
    std::memcpy(&last, from + size - 4, 4);
    bits = first | last;
    std::memcpy(to, &first, 4);
    std::memcpy(to + size - 4, &last, 4);
  } else {
    for (size_t i = 0; i < size; i++) {
      bits |= from[i];
      to[i] = from[i];
    }
  }
  return (bits & 0x8080808080808080ULL) == 0;
}

}  // namespace samara
