#pragma once
// Variable-length integers of the binary formats: unsigned LEB128, and zigzag for signed numbers.
// Threads: pure functions. Source: docs/formats/beast2.md, section 2.

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace samara {

inline constexpr size_t k_varint_bytes_max = 10;

inline uint64_t zigzag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
inline int64_t unzigzag(uint64_t value) {
  return static_cast<int64_t>((value >> 1) ^ (0 - (value & 1)));
}

/// Writes the shortest form. Requires: k_varint_bytes_max bytes of room. Returns the end.
inline uint8_t* put_varint(uint8_t* to, uint64_t value) {
  while (value >= 0x80) {
    *to++ = static_cast<uint8_t>(value | 0x80);
    value >>= 7;
  }
  *to++ = static_cast<uint8_t>(value);
  return to;
}

inline size_t varint_size(uint64_t value) {
  size_t size = 1;
  while (value >= 0x80) {
    value >>= 7;
    size++;
  }
  return size;
}

enum class VarintFault : uint8_t { none, underflow, too_long };

/// Reads any form of up to ten bytes whose value fits 64 bits, byte by byte.
/// Returns the end, or nullptr with the reason in `fault`.
const uint8_t* get_varint_slow(const uint8_t* at, const uint8_t* end, uint64_t& value,
                               VarintFault& fault);

/// As get_varint_slow, with the common short forms inline.
inline const uint8_t* get_varint(const uint8_t* at, const uint8_t* end, uint64_t& value,
                                 VarintFault& fault) {
  if (end - at >= 8) {
    uint64_t word = at[0];
    if (word < 0x80) {
      value = word;
      return at + 1;
    }
    if constexpr (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) {
      std::memcpy(&word, at, 8);
      uint64_t stops = ~word & 0x8080808080808080ULL;
      if (stops != 0) {
        // Keep the bytes up to the first without the continuation bit, then squeeze out each eighth
        // bit: pairs of 7, pairs of 14, pairs of 28.
        word &= stops ^ (stops - 1);
        word = (word & 0x007f007f007f007fULL) | ((word & 0x7f007f007f007f00ULL) >> 1);
        word = (word & 0x00003fff00003fffULL) | ((word & 0x3fff00003fff0000ULL) >> 2);
        value = (word & 0x000000000fffffffULL) | ((word & 0x0fffffff00000000ULL) >> 4);
        return at + (__builtin_ctzll(stops) >> 3) + 1;
      }
    }
  }
  return get_varint_slow(at, end, value, fault);
}

}  // namespace samara
