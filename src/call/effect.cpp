#include "call/effect.hpp"

namespace samara {

namespace {
constexpr std::string_view k_words[] = {"pure", "idempotent", "effectful", "unknown"};
}  // namespace

std::string_view effect_word(Effect effect) { return k_words[static_cast<size_t>(effect)]; }

std::optional<Effect> effect_of_word(std::string_view word) {
  for (size_t i = 0; i < 4; i++) {
    if (k_words[i] == word) return static_cast<Effect>(i);
  }
  return std::nullopt;
}

}  // namespace samara
