#include "runtime/limit_outcome.hpp"

#include "call/unit_text.hpp"

namespace samara::runtime {

Outcome memory_limit(const Limits& limits) {
  return Outcome::of(OutcomeKind::memory,
                     "memory limit of " + bytes_text(limits.memory_bytes_max) + " reached");
}

Outcome output_limit(const Limits& limits) {
  return Outcome::of_limit("output",
                           "output limit of " + bytes_text(limits.output_bytes_max) + " reached");
}

Outcome deadline_passed(const Limits& limits) {
  return Outcome::of(OutcomeKind::timeout,
                     "deadline of " + duration_text(limits.wall_max) + " passed");
}

}  // namespace samara::runtime
