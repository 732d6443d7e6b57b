#pragma once
// Line and column of any offset of a source in constant time. Columns count code points from 1.
//
// Threads: immutable once made.

#include <cstdint>
#include <string_view>
#include <vector>

#include "lang/diagnostic.hpp"

namespace samara::lang {

class Positions {
 public:
  /// Requires: the source outlives the object.
  explicit Positions(std::string_view source);
  Position at(uint32_t offset) const;

 private:
  static constexpr uint32_t k_block = 64;
  uint32_t code_points_before(uint32_t offset) const;

  std::string_view source_;
  std::vector<uint32_t> lines_;
  std::vector<uint32_t> blocks_;  // code points before each block; empty: ASCII only
};

}  // namespace samara::lang
