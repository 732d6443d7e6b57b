#include "lang/module_positions.hpp"

#include <algorithm>

namespace samara::lang {

namespace {
bool starts_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }
}  // namespace

Positions::Positions(std::string_view source) : source_(source) {
  lines_.push_back(0);
  bool ascii = true;
  for (size_t i = 0; i < source.size(); i++) {
    if (source[i] == '\n') lines_.push_back(static_cast<uint32_t>(i + 1));
    ascii = ascii && static_cast<unsigned char>(source[i]) < 0x80;
  }
  if (ascii) return;
  uint32_t count = 0;
  for (size_t i = 0; i < source.size(); i++) {
    if (i % k_block == 0) blocks_.push_back(count);
    if (starts_code_point(source[i])) count++;
  }
}

uint32_t Positions::code_points_before(uint32_t offset) const {
  if (blocks_.empty()) return offset;
  if (offset >= source_.size()) offset = static_cast<uint32_t>(source_.size());
  size_t block = std::min<size_t>(offset / k_block, blocks_.size() - 1);
  uint32_t count = blocks_[block];
  for (size_t i = block * k_block; i < offset; i++) {
    if (starts_code_point(source_[i])) count++;
  }
  return count;
}

Position Positions::at(uint32_t offset) const {
  auto next = std::upper_bound(lines_.begin(), lines_.end(), offset);
  auto line = static_cast<uint32_t>(next - lines_.begin());
  uint32_t start = lines_[line - 1];
  return {line, code_points_before(offset) - code_points_before(start) + 1};
}

}  // namespace samara::lang
