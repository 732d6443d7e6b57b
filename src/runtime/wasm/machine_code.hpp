#pragma once
// Machine code of modules: compiled by the program samara-wasm-aot in a process of its own with
// limits, kept in the code cache under a key that says from what, for which processor, and by which
// compiler with which options.
//
// Threads: any. Specified by: docs/decisions/0006-wasm-engine.md, "Machine code".

#include <atomic>
#include <chrono>
#include <optional>
#include <string>

#include "port/programs.hpp"
#include "runtime/code_cache.hpp"

namespace samara::runtime::wasm {

/// What code is compiled for; the words of the compiler's command line.
struct CodeTarget {
  std::string name;  // for people and for --target: "x86_64"
  std::string arch;  // as the engine names it
  std::string abi = "-";
  std::string cpu;  // always said: code must not depend on where it was compiled
  std::string features = "-";
  uint32_t size_level = 1;   // 3: small, for microcontrollers
  bool guard_pages = false;  // for an engine with guard pages and threads: can be interrupted
};

/// This machine: the newest of the levels that it has.
CodeTarget host_target();
/// "x86_64", "aarch64", "thumbv7em", "riscv32". Nothing: no such target.
std::optional<CodeTarget> target_named(std::string_view name);

/// "wamr 2.4.3 llvm 19.1.7"; empty in a build without the compiler.
std::string_view compiler_version();

struct CompileLimits {
  std::chrono::seconds cpu_max{20};
  uint32_t memory_mib_max =
      2048;  // address space, of which LLVM's library itself takes some hundred
};

class CodeCompiler {
 public:
  struct Parts {
    port::Programs* programs = nullptr;  // null: nothing is compiled
    std::string program;                 // path of samara-wasm-aot; empty: nothing is compiled
    CodeCache* cache = nullptr;          // null: nothing is remembered
    CompileLimits limits{};
  };
  explicit CodeCompiler(Parts parts) : parts_(std::move(parts)) {}

  /// Whether it compiles for this machine. A build whose engine has no guard pages (under
  /// sanitizers) runs no machine code.
  bool available() const;
  /// The code of a module, if it was compiled before.
  std::optional<Bytes> find(const Hash& module, const CodeTarget& target) const;
  /// Compiles and keeps it. `module` is the SHA-256 of `bytes`, which passed the scan.
  /// Errors: unsupported (no compiler), check_failed (the compiler refuses it), timeout, exhausted.
  /// cancelled.
  Result<Bytes> compile(const Hash& module, ByteView bytes, const CodeTarget& target,
                        const std::atomic<bool>* cancel) const;

 private:
  static Hash key(const Hash& module, const CodeTarget& target);

  Parts parts_;
};

}  // namespace samara::runtime::wasm
