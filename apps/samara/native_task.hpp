#pragma once
// A native image as people name it for signing and revoking: a file, or a function of the
// repository. Threads: one.

#include <optional>

#include "apps/samara/context.hpp"
#include "core/hash.hpp"

namespace samara::cli {

struct NativeTask {
  Bytes file;                    // the container, with its signatures
  std::optional<Hash> function;  // none: `text` is a file
  Hash task;                     // its id
};

/// Errors: not_found, unsupported (a function of another kind), corrupt (the rule of the format).
Result<NativeTask> native_task_named(Context& context, std::string_view text);

}  // namespace samara::cli
