#pragma once
// Why an evaluation did not end with a value: an East error, which East code can catch, or a
// failure of the run (limits, cancellation, a platform function that gave up), which it cannot.
// Threads: a value type. Source: docs/formats/errors.md.

#include <string>
#include <vector>

#include "ir/ir.hpp"

namespace samara::eval {

enum class FailureKind : uint8_t {
  none,
  error,      // an East error
  steps,      // step limit
  memory,     // memory limit
  depth,      // recursion limit
  timeout,    // deadline
  cancelled,  // by the host
  aborted,    // a platform function ended the run (not an East error)
};
std::string_view failure_name(FailureKind kind);

struct EastError {
  std::string message;
  std::vector<ir::Location> stack;  // innermost first
};

/// `file:line:column: message`, then `Stack trace:` and the callers, outermost first.
std::string error_text(const EastError& error);

}  // namespace samara::eval
