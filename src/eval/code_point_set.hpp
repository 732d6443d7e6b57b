#pragma once
// A set of code points as ranges, for character classes of regular expressions.
// Threads: a value type.

#include <cstdint>
#include <initializer_list>
#include <vector>

namespace samara::eval {

struct CodePointRange {
  uint32_t first = 0;
  uint32_t last = 0;
  bool operator==(const CodePointRange&) const = default;
};

inline constexpr uint32_t k_code_point_max = 0x10ffff;

class CodePointSet {
 public:
  CodePointSet() = default;
  CodePointSet(std::initializer_list<CodePointRange> ranges) : ranges_(ranges) { normalise(); }

  /// Requires: first <= last.
  void add(uint32_t first, uint32_t last);
  void add(uint32_t code) { add(code, code); }
  void add(const CodePointSet& other);
  /// All code points not in the set.
  CodePointSet complement() const;
  bool contains(uint32_t code) const;
  bool empty() const { return ranges_.empty(); }
  /// Ascending, neither overlapping nor touching.
  const std::vector<CodePointRange>& ranges() const { return ranges_; }

 private:
  void normalise();
  std::vector<CodePointRange> ranges_;
};

}  // namespace samara::eval
