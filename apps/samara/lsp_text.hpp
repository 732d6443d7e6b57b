#pragma once
// A text that an editor changes piece by piece. Editors count lines from 0 and columns in UTF-16
// units; everything else here counts bytes. Threads: one.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lang/ast.hpp"

namespace samara::cli {

struct LspPosition {
  uint32_t line = 0;
  uint32_t character = 0;  // UTF-16 units
  bool operator==(const LspPosition&) const = default;
};

class LspText {
 public:
  explicit LspText(std::string text = {}) { assign(std::move(text)); }

  void assign(std::string text);
  const std::string& text() const { return text_; }
  size_t line_count() const { return starts_.size(); }

  /// The offset of a position; one behind the end of its line, or of the text, is taken as the end.
  uint32_t offset(LspPosition at) const;
  LspPosition position(uint32_t offset) const;
  /// Puts `replacement` in the place of what is between two positions.
  void replace(LspPosition begin, LspPosition end, std::string_view replacement);

 private:
  std::string text_;
  std::vector<uint32_t> starts_;  // of each line
};

}  // namespace samara::cli
