#pragma once
// One run of a prepared module, in an instance of its own. Threads: the caller's.
// Specified by: docs/formats/wasm-function.md, "Forms" and "A run".

#include "runtime/wasm/module_cache.hpp"
#include "runtime/wasm/signature.hpp"
#include "runtime/wasm/wasm_runtime.hpp"

namespace samara::runtime::wasm {

struct PreparedModule final : Prepared {
  ModuleCache::Entry ready;
  std::shared_ptr<const Binding> binding;
};

/// Requires: as many arguments as inputs.
Result<RunResult> run_module(const WasmRuntimeParts& parts, Watchdog& watchdog,
                             const PreparedModule& prepared, const RunRequest& request);

}  // namespace samara::runtime::wasm
