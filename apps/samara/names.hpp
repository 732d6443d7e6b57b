#pragma once
// Names given on the command line: what they stand for, and what to say if it is nothing.
// Threads: one.

#include "apps/samara/context.hpp"
#include "store/executions.hpp"

namespace samara::cli {

/// A ref, a hash or a unique beginning of one. Errors: not_found and ambiguous, with a hint.
Result<Hash> object_named(Context& context, std::string_view text);
/// A function by name, ref, hash or beginning of a hash. Errors: as above.
Result<Hash> function_named(Context& context, std::string_view text);
/// A call by id or beginning of one. Errors: as above.
Result<store::CallKey> call_named(Context& context, std::string_view text);

/// "revenue", or the beginning of the id where the function has no name.
std::string function_label(Context& context, const Hash& function);

}  // namespace samara::cli
