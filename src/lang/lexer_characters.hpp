#pragma once
// Characters that have no place in East source, and what to say about them. Threads: pure.

#include <cstdint>
#include <string>
#include <string_view>

namespace samara::lang {

/// Bytes of the UTF-8 sequence that starts with `first`.
constexpr size_t sequence_length(char first) {
  auto byte = static_cast<uint8_t>(first);
  return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

/// The number of two digits at `at`, or -1.
int32_t two_digits_at(std::string_view text, size_t at);

/// Whether the text starts with a character outside ASCII that people take for a letter.
bool is_letter_like(std::string_view text);
/// A space that is not the one of ASCII.
bool is_wide_space(std::string_view character);

struct CharacterAdvice {
  std::string title;
  std::string help;
  std::string fix;
};
CharacterAdvice advice_about(std::string_view character);

}  // namespace samara::lang
