#pragma once
// What becomes of a caller when the function that it has called ends without a value.
// Threads: pure. Specified by: docs/formats/call.md, "Subtasks".

#include <string_view>

#include "call/outcome.hpp"

namespace samara::runtime {

/// An error is the caller's own, with its locations; every other outcome names the callee.
Outcome callee_outcome(std::string_view callee, Outcome outcome);

}  // namespace samara::runtime
