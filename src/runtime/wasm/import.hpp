#pragma once
// import_module: a WebAssembly module from a file becomes a function: code object, function object
// and companion. Threads: pure apart from the type table.
// Specified by: docs/formats/wasm-function.md.

#include <optional>
#include <string_view>

#include "call/function.hpp"
#include "runtime/imported_function.hpp"
#include "runtime/wasm/scan.hpp"

namespace samara::runtime::wasm {

struct ImportOptions {
  /// Which export; empty: the one that the module says or that is the only one.
  std::string_view export_name{};
  /// A type of functions, of types.types; null: what the module says, or its form has by itself.
  const Type* type = nullptr;
  /// Where the bytes come from, for the companion.
  std::string_view source{};
  ScanLimits scan{};
};

/// Errors: those of scan and check_imports; check_failed (no such export, a type that does not fit,
/// a function that needs a type and has none); unsupported (an export that takes or gives
/// references, or several results); invalid_argument (`type` is no type of functions).
Result<ImportedFunction> import_module(const RecordTypes& types, ByteView bytes,
                                       const ImportOptions& options);

}  // namespace samara::runtime::wasm
