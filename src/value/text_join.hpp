#pragma once
// Pieces of text as one string. Threads: pure.

#include <initializer_list>
#include <string>
#include <string_view>

namespace samara {

inline std::string joined(std::initializer_list<std::string_view> pieces) {
  size_t size = 0;
  for (std::string_view piece : pieces) size += piece.size();
  std::string out;
  out.reserve(size);
  for (std::string_view piece : pieces) out += piece;
  return out;
}

}  // namespace samara
