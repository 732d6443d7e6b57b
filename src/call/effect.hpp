#pragma once
// Effect: what repeating a call of a platform function does. A call whose every reachable platform
// function is pure is itself pure: it may be answered from memory and retried at will.
// Threads: plain values. Specified by: docs/formats/function.md, "Effects".

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace samara {

/// In ascending order of what must be assumed.
enum class Effect : uint8_t {
  pure,        // the same answer for the same arguments, and nothing else happens
  idempotent,  // once or several times makes no difference
  effectful,   // each time counts
  unknown,     // nobody has declared it; treated as effectful
};

/// The word in a function object: "pure", "idempotent", "effectful", "unknown".
std::string_view effect_word(Effect effect);
std::optional<Effect> effect_of_word(std::string_view word);

/// The one of which more must be assumed.
constexpr Effect worse(Effect a, Effect b) { return a < b ? b : a; }

}  // namespace samara
