#include "lang/diagnostic.hpp"

#include <algorithm>

namespace samara::lang {

std::vector<uint32_t> line_starts_of(std::string_view source) {
  std::vector<uint32_t> starts{0};
  for (size_t at = source.find('\n'); at != std::string_view::npos;
       at = source.find('\n', at + 1)) {
    starts.push_back(static_cast<uint32_t>(at + 1));
  }
  return starts;
}

Position position_of(std::string_view source, const std::vector<uint32_t>& line_starts,
                     uint32_t offset) {
  offset = std::min(offset, static_cast<uint32_t>(source.size()));
  auto next = std::upper_bound(line_starts.begin(), line_starts.end(), offset);
  auto line = static_cast<uint32_t>(next - line_starts.begin());
  uint32_t begin = line == 0 ? 0 : line_starts[line - 1];
  uint32_t column = 1;
  for (uint32_t i = begin; i < offset; i++) {
    if ((static_cast<uint8_t>(source[i]) & 0xC0) != 0x80) column++;
  }
  return {.line = std::max(line, 1U), .column = column};
}

}  // namespace samara::lang
