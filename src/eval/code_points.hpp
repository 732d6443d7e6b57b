#pragma once
// Text by code points. East indexes strings by code point while they are stored as UTF-8; over
// ASCII both are the same, which the functions here find out quickly. Threads: pure functions.
// Requires everywhere: valid UTF-8 and, for offsets, a code point boundary.

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace samara::eval {

/// Number of code points. Cost: eight bytes at a time.
inline size_t count_code_points(std::string_view text) {
  size_t continuation = 0;
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + i, 8);
    if ((word & 0x8080808080808080ULL) == 0) continue;
    // A continuation byte has bit 7 set and bit 6 clear.
    uint64_t marks = (word >> 7) & ~(word >> 6) & 0x0101010101010101ULL;
    continuation += (marks * 0x0101010101010101ULL) >> 56;
  }
  for (; i < text.size(); i++) {
    if ((static_cast<uint8_t>(text[i]) & 0xc0U) == 0x80U) continuation++;
  }
  return text.size() - continuation;
}

/// Bytes of the sequence that starts with this byte.
inline size_t sequence_size(char lead) {
  auto byte = static_cast<uint8_t>(lead);
  return byte < 0x80 ? 1 : (byte < 0xe0 ? 2 : (byte < 0xf0 ? 3 : 4));
}

/// Byte offset of code point `index` behind `offset`; text.size() when the text ends before.
inline size_t skip_code_points(std::string_view text, size_t offset, uint64_t index) {
  while (index != 0 && offset < text.size()) {
    if (index >= 8 && offset + 8 <= text.size()) {
      uint64_t word = 0;
      std::memcpy(&word, text.data() + offset, 8);
      if ((word & 0x8080808080808080ULL) == 0) {
        offset += 8;
        index -= 8;
        continue;
      }
    }
    offset += sequence_size(text[offset]);
    index--;
  }
  return offset < text.size() ? offset : text.size();
}

struct DecodedCodePoint {
  uint32_t code = 0;
  uint32_t size = 0;  // bytes
};

/// The code point at `offset`. Requires: offset < text.size().
inline DecodedCodePoint code_point_at(std::string_view text, size_t offset) {
  auto at = [&](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(text[offset + i])); };
  uint32_t lead = at(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xe0) return {((lead & 0x1fU) << 6) | (at(1) & 0x3fU), 2};
  if (lead < 0xf0) return {((lead & 0x0fU) << 12) | ((at(1) & 0x3fU) << 6) | (at(2) & 0x3fU), 3};
  return {
      ((lead & 0x07U) << 18) | ((at(1) & 0x3fU) << 12) | ((at(2) & 0x3fU) << 6) | (at(3) & 0x3fU),
      4};
}

/// Offset of the code point that ends before `offset`. Requires: offset > 0.
inline size_t previous_code_point(std::string_view text, size_t offset) {
  do {
    offset--;
  } while ((static_cast<uint8_t>(text[offset]) & 0xc0U) == 0x80U);
  return offset;
}

/// Requires: a scalar value (no surrogate), at most 0x10ffff.
inline void append_code_point(std::string& out, uint32_t code) {
  auto put = [&](uint32_t byte) { out.push_back(static_cast<char>(static_cast<uint8_t>(byte))); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | (code >> 6));
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3f));
    put(0x80 | ((code >> 6) & 0x3f));
    put(0x80 | (code & 0x3f));
  }
}

/// White space and line ends as ECMAScript has them: what StringTrim removes and `\s` matches.
inline bool is_white_space(uint32_t code) {
  if (code <= 0x20) return code == 0x20 || (code >= 0x09 && code <= 0x0d);
  if (code < 0xa0) return false;
  return code == 0xa0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200a) || code == 0x2028 ||
         code == 0x2029 || code == 0x202f || code == 0x205f || code == 0x3000 || code == 0xfeff;
}

inline bool is_surrogate(uint32_t code) { return code >= 0xd800 && code <= 0xdfff; }

}  // namespace samara::eval
