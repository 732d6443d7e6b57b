#pragma once
// HostRuntimes: what runs functions of other kinds than East on a machine with an operating system,
// and what makes such functions of files. Nothing is started before it is needed.
//
// Threads: any, after the constructor. Specified by: docs/architecture.md, "Runtimes".

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/command/command_runtime.hpp"
#include "runtime/imported_function.hpp"
#include "runtime/native/native_runtime.hpp"
#include "runtime/queue/queue_runtime.hpp"
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

/// What they stand on; everything outlives them.
struct HostParts {
  TypeTable& types;
  port::Clock& clock;
  port::Processes& processes;
  port::Random& random;
  port::Programs& programs;
  port::Sandbox& sandbox;  // for native images
  /// Path of k_code_compiler; empty: WebAssembly stays interpreted.
  std::string code_compiler;
  /// Null: machine code is forgotten at the end.
  CodeCache* code_cache = nullptr;
  /// For WebAssembly: processes of k_wasm_worker. Null: modules run in this process, which is for
  /// those who trust them and the engine.
  port::Workers* workers = nullptr;
  /// Whose signatures on native images count; null: every image runs, signed or not.
  trust::TrustSource* trust = nullptr;
  /// The way to workers of other languages. Null: their functions do not run.
  QueueLink* queue = nullptr;
  /// For commands; null: none runs.
  port::CommandBox* commands = nullptr;
};

/// The program that compiles WebAssembly to machine code, installed beside those that use it.
inline constexpr std::string_view k_code_compiler = "samara-wasm-aot";

/// The program in whose processes WebAssembly runs, installed beside those that use it.
inline constexpr std::string_view k_wasm_worker = "samara-wasm-worker";

class HostRuntimes {
 public:
  explicit HostRuntimes(HostParts parts);
  HostRuntimes(const HostRuntimes&) = delete;
  HostRuntimes& operator=(const HostRuntimes&) = delete;

  /// For EngineParts::runtimes.
  std::span<Runtime* const> all() const { return all_; }

  /// For EngineParts::elsewhere; null where no queue was given.
  Runtime* elsewhere() const { return elsewhere_.get(); }

  /// The kind of function that a file's first bytes announce: k_kind_wasm, …; nothing for a file of
  /// another kind, which may be East.
  static std::optional<std::string_view> kind_of(ByteView bytes);
  /// Requires: kind_of(bytes) has a value. Errors: what the runtime's import says.
  Result<ImportedFunction> import(ByteView bytes, const CodeOptions& options) const;
  /// A function of a line of the shell. Errors: those of command::import_command.
  Result<ImportedFunction> import_command(const command::CommandImport& import) const {
    return command::import_command(types_, import);
  }
  /// Compiles to machine code what gains by it, so that the first run has it.
  /// Errors: those of wasm::WasmRuntime::compile; the function runs all the same.
  Result<void> compile(const ImportedFunction& imported);
  /// What stands around modules. Errors: as wasm::WasmRuntime::walls.
  Result<std::vector<port::SandboxWall>> wasm_walls() { return wasm_.walls(); }
  /// A function of source in the language of a worker. Errors: as import_script.
  Result<ImportedFunction> import(const ScriptOrder& script) const {
    return import_script(types_, scripts_, script);
  }

 private:
  RecordTypes types_;
  ScriptTypes scripts_;
  trust::TrustSource* trust_;
  wasm::CodeCompiler compiler_;
  wasm::WasmRuntime wasm_;
  native::NativeRuntime native_;
  std::vector<std::unique_ptr<QueueRuntime>> queued_;
  std::unique_ptr<QueueRuntime> elsewhere_;
  std::optional<command::CommandRuntime> command_;
  std::vector<Runtime*> all_;
};

}  // namespace samara::runtime
