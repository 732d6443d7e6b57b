#pragma once
// Staging: the form in which the engine gets a module. The engine runs a start function while it
// makes an instance, where nothing can stop it. So it does not learn of it: the function is
// exported instead, and called under the deadline before the function that is wanted. Threads:
// pure.

#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "runtime/wasm/module.hpp"

namespace samara::runtime::wasm {

struct Staged {
  Bytes bytes;
  /// Exports to call once for each instance, in this order; all are () -> ().
  std::vector<std::string> initialisers;
};

/// Requires: `module` is what the scan of `bytes` has given. `is_command`: the function calls the
/// constructors itself.
Staged stage(ByteView bytes, const Module& module, bool is_command = false);

}  // namespace samara::runtime::wasm
