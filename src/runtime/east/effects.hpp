#pragma once
// The effects of an East program in the words of function records.
// Threads: pure. Specified by: docs/formats/function.md, "Effects".

#include <vector>

#include "call/function.hpp"
#include "eval/platform.hpp"
#include "ir/effects.hpp"

namespace samara::runtime::east {

/// Stands for whatever a platform offers: the program takes or decodes function values, whose own
/// code decides what they reach. Its effect is always unknown.
inline constexpr std::string_view k_any_platform_function = "*";

Effect effect_of(eval::Effect effect);

/// Sorted by name, each once; functions that are optional and not offered are `unknown`.
std::vector<ReachedEffect> reached_effects(const ir::Effects& effects,
                                           const eval::PlatformRegistry& platform);

}  // namespace samara::runtime::east
