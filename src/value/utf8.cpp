#include "value/utf8.hpp"

namespace samara {

namespace {

bool is_continuation(uint8_t byte) { return (byte & 0xc0) == 0x80; }

// Length of the valid sequence at `data`, 0 if it is not one. Requires: size ≥ 1, first byte ≥
// 0x80.
size_t sequence_length(const uint8_t* data, size_t size) {
  uint8_t first = data[0];
  if (first < 0xc2 || first > 0xf4) return 0;
  if (first < 0xe0) return size >= 2 && is_continuation(data[1]) ? 2 : 0;
  // The second byte excludes overlong forms, surrogates and numbers above U+10FFFF.
  if (size < 3 || !is_continuation(data[2])) return 0;
  uint8_t low = first == 0xe0 ? 0xa0 : (first == 0xf0 ? 0x90 : 0x80);
  uint8_t high = first == 0xed ? 0x9f : (first == 0xf4 ? 0x8f : 0xbf);
  if (data[1] < low || data[1] > high) return 0;
  if (first < 0xf0) return 3;
  return size >= 4 && is_continuation(data[3]) ? 4 : 0;
}

}  // namespace

size_t utf8_valid_prefix(const uint8_t* data, size_t size) {
  size_t i = 0;
  while (i < size) {
    if (data[i] < 0x80) {
      uint64_t word = 0;
      while (i + 8 <= size) {
        std::memcpy(&word, data + i, 8);
        if ((word & 0x8080808080808080ULL) != 0) break;
        i += 8;
      }
      while (i < size && data[i] < 0x80) i++;
      continue;
    }
    size_t length = sequence_length(data + i, size - i);
    if (length == 0) return i;
    i += length;
  }
  return size;
}

}  // namespace samara
