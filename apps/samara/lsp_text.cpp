#include "apps/samara/lsp_text.hpp"

#include <algorithm>

#include "lang/diagnostic.hpp"

namespace samara::cli {
namespace {

// Bytes of the character that begins with this byte; invalid bytes stand alone.
uint32_t character_bytes(unsigned char first) {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

uint32_t utf16_units(uint32_t bytes) { return bytes == 4 ? 2 : 1; }

}  // namespace

void LspText::assign(std::string text) {
  text_ = std::move(text);
  starts_ = lang::line_starts_of(text_);
}

uint32_t LspText::offset(LspPosition at) const {
  if (at.line >= starts_.size()) return static_cast<uint32_t>(text_.size());
  uint32_t place = starts_[at.line];
  uint32_t end = static_cast<uint32_t>(text_.size());
  if (at.line + 1 < starts_.size()) end = starts_[at.line + 1] - 1;
  for (uint32_t unit = 0; unit < at.character && place < end;) {
    const uint32_t bytes = character_bytes(static_cast<unsigned char>(text_[place]));
    unit += utf16_units(bytes);
    place = std::min(end, place + bytes);
  }
  return place;
}

LspPosition LspText::position(uint32_t offset) const {
  offset = std::min(offset, static_cast<uint32_t>(text_.size()));
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  LspPosition out;
  out.line = static_cast<uint32_t>(after - starts_.begin()) - 1;
  for (uint32_t place = starts_[out.line]; place < offset;) {
    const uint32_t bytes = character_bytes(static_cast<unsigned char>(text_[place]));
    out.character += utf16_units(bytes);
    place += bytes;
  }
  return out;
}

void LspText::replace(LspPosition begin, LspPosition end, std::string_view replacement) {
  const uint32_t from = offset(begin);
  const uint32_t to = std::max(from, offset(end));
  text_.replace(from, to - from, replacement);
  starts_ = lang::line_starts_of(text_);
}

}  // namespace samara::cli
