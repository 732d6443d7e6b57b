#pragma once
// Callees of modules: functions of the repository that a module calls by name, each declared by a
// custom section "samara.callee.<name>" that holds the type of the function as East text.
// Threads: pure. Specified by: docs/formats/wasm-function.md, "Calling other functions".

#include "runtime/runtime.hpp"
#include "runtime/wasm/module.hpp"

namespace samara::runtime::wasm {

inline constexpr std::string_view k_callee_section_prefix = "samara.callee.";

/// Sorted by name, each once; the last section of a name counts.
/// Errors: check_failed (no type of functions; the name of a host function), unsupported (functions
/// among its arguments or in its result).
Result<std::vector<Callee>> declared_callees(ByteView bytes, const Module& module,
                                             TypeTable& types);

/// The arguments, which stand in `bytes` one after another as headerless beast2, each as a full
/// value. Errors: corrupt, exhausted (`values_bytes_max`).
Result<std::vector<Bytes>> callee_arguments(const Callee& callee, ByteView bytes,
                                            uint64_t values_bytes_max);
/// A full value of the callee's output type as headerless beast2. Errors: as above.
Result<Bytes> callee_result(const Callee& callee, ByteView value, TypeTable& types,
                            uint64_t values_bytes_max);

}  // namespace samara::runtime::wasm
