#pragma once
// explain_call: all that is known of why a call ran or did not, for `samara why`.
// Threads: any. Specified by: docs/formats/call.md, "Decisions".

#include <string>
#include <vector>

#include "engine/shared.hpp"

namespace samara::engine {

/// For each attempt a line, and its decisions below it, indented; then what would happen now.
/// Errors: not_found (no record of the call).
Result<std::vector<std::string>> explain_call(Shared& shared, const store::CallKey& key);

}  // namespace samara::engine
