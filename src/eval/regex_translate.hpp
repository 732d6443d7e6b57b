#pragma once
// Regular expressions of East: those of ECMAScript without the `u` flag, but matched by code point,
// written anew for PCRE2 in UTF mode. What PCRE2 would understand differently (classes, `$`, line
// ends, caseless matching, escapes, stray brackets) is spelled out, so that the result means the
// same.
//
// Not the same: a group inside a repeated group keeps its text from an earlier round where
// ECMAScript forgets it; look-behind must have a fixed length; counts in braces end at 65,535.
//
// Threads: pure functions. Source: docs/formats/builtins.md, "Regular expressions"; ECMA-262,
// sections 22.2 and B.1.2.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace samara::eval {

struct RegexFlags {
  bool ignore_case = false;
  bool multiline = false;
  bool dot_all = false;
  bool operator==(const RegexFlags&) const = default;
};

/// Letters `i`, `m`, `s`, each at most once; `g` says nothing here.
/// Errors: invalid_argument, `invalid flags '…'`.
Result<RegexFlags> parse_regex_flags(std::string_view flags);

struct TranslatedRegex {
  std::string pattern;  // for PCRE2 with the options UTF and DOTALL
  uint32_t group_count = 0;
  std::vector<std::pair<std::string, uint32_t>> names;  // of groups, with their numbers
  /// There is something to choose from, so that an attempt can take long. The pattern then begins
  /// with a callout, which tells of each attempt.
  bool branches = false;
};

inline constexpr size_t k_regex_bytes_max = 1U << 20;

/// Requires: valid UTF-8. Errors: invalid_argument, the reason in a few words.
Result<TranslatedRegex> translate_regex(std::string_view pattern, RegexFlags flags);

}  // namespace samara::eval
