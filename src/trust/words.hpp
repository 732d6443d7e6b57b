#pragma once
// The words by which people name roles, capabilities and targets in a policy and on the command
// line, and the masks that they stand for. Threads: pure functions.
// Specified by: docs/formats/policy.md.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace samara::trust {

struct Word {
  std::string_view text;
  uint64_t bit;
};

/// What a list of words can name.
enum class Words : uint8_t { roles, capabilities, targets };

/// "role", "capability", "target".
std::string_view kind_of(Words words);
std::vector<Word> all(Words words);
/// The mask of one word. Errors: invalid_argument, with the words there are.
Result<uint64_t> mask_of(Words words, std::string_view word);
/// The words of a mask, in the order of their bits.
std::vector<std::string> words_of(Words words, uint64_t mask);

}  // namespace samara::trust
