#include "runtime/east/effects.hpp"

#include <algorithm>

namespace samara::runtime::east {

Effect effect_of(eval::Effect effect) {
  switch (effect) {
    case eval::Effect::pure:
      return Effect::pure;
    case eval::Effect::idempotent:
      return Effect::idempotent;
    case eval::Effect::effectful:
      return Effect::effectful;
  }
  return Effect::unknown;
}

std::vector<ReachedEffect> reached_effects(const ir::Effects& effects,
                                           const eval::PlatformRegistry& platform) {
  std::vector<ReachedEffect> out;
  if (effects.decodes_functions || effects.takes_functions) {
    out.push_back({std::string(k_any_platform_function), Effect::unknown});
  }
  for (const ir::PlatformUse& use : effects.platform) {
    const eval::PlatformFunction* function = platform.describe(use.name);
    out.push_back({use.name, function == nullptr ? Effect::unknown : effect_of(function->effect)});
  }
  // A generic function is listed once for each set of type parameters.
  std::sort(out.begin(), out.end(),
            [](const ReachedEffect& a, const ReachedEffect& b) { return a.name < b.name; });
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace samara::runtime::east
