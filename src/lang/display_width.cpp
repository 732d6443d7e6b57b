#include "lang/display_width.hpp"

#include "value/utf8.hpp"

namespace samara::lang {

namespace {

struct Range {
  uint32_t first;
  uint32_t last;
};

// Marks that are drawn over the character before them, joiners, variation selectors.
constexpr Range k_no_width[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A},   {0x064B, 0x065F},
    {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x1AB0, 0x1AFF},   {0x1DC0, 0x1DFF},
    {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2064}, {0x20D0, 0x20FF},   {0x302A, 0x302D},
    {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0x1F3FB, 0x1F3FF}, {0xE0100, 0xE01EF}};

constexpr Range k_wide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x33FF},
                            {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},
                            {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE4F},
                            {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F},
                            {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

template <size_t N>
bool within(const Range (&ranges)[N], uint32_t code) {
  for (const Range& range : ranges) {
    if (code >= range.first && code <= range.last) return true;
  }
  return false;
}

}  // namespace

DisplayedCharacter displayed_character(std::string_view text) {
  auto first = static_cast<uint8_t>(text[0]);
  if (first < 0x80) return {.printable = first >= 0x20 && first != 0x7F};
  uint32_t length = first < 0xC2 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (length == 1 || text.size() < length || !utf8_valid(text.substr(0, length))) {
    return {.printable = false};
  }
  uint32_t code = first & (0x7FU >> length);
  for (uint32_t i = 1; i < length; i++) code = code << 6 | (static_cast<uint8_t>(text[i]) & 0x3FU);
  if (code < 0xA0) return {.bytes = length, .printable = false};
  // Signs that turn the direction of text could make a line look like another one.
  if ((code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069)) {
    return {.bytes = length, .printable = false};
  }
  if (within(k_no_width, code)) return {.bytes = length, .columns = 0};
  return {.bytes = length, .columns = within(k_wide, code) ? 2U : 1U};
}

}  // namespace samara::lang
