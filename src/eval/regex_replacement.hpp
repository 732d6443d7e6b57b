#pragma once
// The replacement text of RegexReplace: a small language of its own, checked before anything is
// matched. Threads: a value type. Source: docs/formats/builtins.md, "Regular expressions".

#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "eval/regex.hpp"

namespace samara::eval {

struct ReplacementPart {
  bool is_group = false;
  uint32_t group = 0;
  std::string_view text = {};  // of the given replacement
};

/// `$$`, `$1` … and `$<name>`; everything else stands for itself.
/// Owns: the parts refer to `replacement`.
/// Errors: invalid_argument, `invalid regex replacement string: …`.
Result<std::vector<ReplacementPart>> parse_replacement(std::string_view replacement,
                                                       const Regex& regex);

}  // namespace samara::eval
