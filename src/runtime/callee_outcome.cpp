#include "runtime/callee_outcome.hpp"

namespace samara::runtime {

Outcome callee_outcome(std::string_view callee, Outcome outcome) {
  if (outcome.kind != OutcomeKind::error) {
    outcome.message = "'" + std::string(callee) + "': " + outcome.message;
  }
  return outcome;
}

}  // namespace samara::runtime
