#pragma once
// HostRuntimes: what runs functions of other kinds than East on a machine with an operating system,
// and what makes such functions of files. Nothing is started before it is needed.
//
// Threads: any, after the constructor. Specified by: docs/architecture.md, "Runtimes".

#include <optional>
#include <string>
#include <string_view>

#include "runtime/imported_function.hpp"
#include "runtime/wasm/wasm_runtime.hpp"

namespace samara::runtime {

struct CodeOptions {
  /// WebAssembly: which export; empty: the one that the module says or that is the only one.
  std::string_view export_name{};
  /// A type of functions; null: as the code itself says.
  const Type* type = nullptr;
  /// Where the bytes come from, for people.
  std::string_view source{};
};

class HostRuntimes {
 public:
  /// What is given outlives it.
  HostRuntimes(TypeTable& types, port::Clock& clock, port::Processes& processes);
  HostRuntimes(const HostRuntimes&) = delete;
  HostRuntimes& operator=(const HostRuntimes&) = delete;

  /// For EngineParts::runtimes.
  std::span<Runtime* const> all() const { return all_; }

  /// The kind of function that a file's first bytes announce: k_kind_wasm, …; nothing for a file of
  /// another kind, which may be East.
  static std::optional<std::string_view> kind_of(ByteView bytes);
  /// Requires: kind_of(bytes) has a value. Errors: what the runtime's import says.
  Result<ImportedFunction> import(ByteView bytes, const CodeOptions& options) const;

 private:
  RecordTypes types_;
  wasm::WasmRuntime wasm_;
  std::array<Runtime*, 1> all_;
};

}  // namespace samara::runtime
