#pragma once
// Upper and lower case of text by the full, locale-independent mapping of Unicode: `ß` becomes
// `SS`, a capital sigma at the end of a word the final sigma. Also the folding of caseless regular
// expressions. Threads: pure functions. Source: The Unicode Standard, section 3.13;
// docs/formats/builtins.md.

#include <cstdint>
#include <string>
#include <string_view>

#include "eval/code_point_set.hpp"

namespace samara::eval {

/// Code points `first`, `first + stride`, … `last` map to themselves plus `delta`.
struct CaseRun {
  uint32_t first;
  uint32_t last;
  uint32_t stride;
  int32_t delta;
};
/// A code point that becomes several; unused places are 0.
struct CaseExpansion {
  uint32_t code;
  uint32_t to[3];
};

/// Requires: valid UTF-8. Cost: linear; the result is at most three times as long.
std::string to_upper_case(std::string_view text);
std::string to_lower_case(std::string_view text);

/// What a caseless regular expression compares: the upper-case form when that is one UTF-16 unit,
/// and not ASCII for a character which is not; else the character itself.
uint32_t regex_fold(uint32_t code);
/// The code points with the same fold, `code` among them.
CodePointSet case_class(uint32_t code);
/// Adds every code point that a caseless regular expression cannot tell from a member of the set.
void close_over_case(CodePointSet& set);

}  // namespace samara::eval
