#pragma once
// WasmRuntime: runs WebAssembly functions, each run in an instance of its own. Modules are scanned,
// validated and translated once and kept by hash.
//
// The first wall is the engine's: a module reaches nothing but its own memory and the host
// functions it imports (host_function.hpp). The second is a worker process, in which the engine
// then is; this process scans modules and decodes values, and never gives a byte of a module to the
// engine. Without workers, the engine runs here, on the caller's thread.
//
// Threads: any. A forked child must make its own.
// Specified by: docs/architecture.md, "Runtimes", and docs/formats/wasm-function.md.

#include <atomic>

#include "port/clock.hpp"
#include "port/processes.hpp"
#include "port/random.hpp"
#include "runtime/runtime.hpp"
#include "runtime/wasm/code_queue.hpp"
#include "runtime/wasm/host_function.hpp"
#include "runtime/wasm/module_cache.hpp"
#include "runtime/wasm/scan.hpp"
#include "runtime/wasm/watchdog.hpp"
#include "runtime/wasm/worker_pool.hpp"

namespace samara::runtime::wasm {

/// What a WasmRuntime stands on; everything outlives it.
struct WasmRuntimeParts {
  const RecordTypes& types;
  port::Clock& clock;
  port::Processes& processes;
  ScanLimits scan;
  /// Of each run, for operands and frames: some thousand calls on top of each other. All of it is
  /// cleared at each start.
  uint32_t stack_bytes = 64U << 10;
  /// Translated modules kept in memory.
  size_t modules_max = 64;
  /// Null: functions that need random bytes are not run.
  port::Random* random = nullptr;
  /// Null: modules stay interpreted.
  const CodeCompiler* compiler = nullptr;
  /// Null: modules run in this process, which is for those who trust the engine.
  port::Workers* workers = nullptr;
  /// As in InstanceLimits. In workers their own number counts, as it does for `stack_bytes`.
  uint32_t heap_bytes = 0;
};

class WasmRuntime final : public Runtime {
 public:
  explicit WasmRuntime(const WasmRuntimeParts& parts);

  std::string_view kind() const override;
  Placement placement() const override;
  std::vector<Offer> offers(const FunctionRecord& record) const override;
  /// Errors, beside those of the interface: what scan, check_imports, bind_export and
  /// LoadedModule::load say.
  Result<std::shared_ptr<const Prepared>> prepare(const FunctionSource& source) override;
  std::span<const Callee> callees(const Prepared& prepared) const override;
  /// Errors, beside those of the interface: invalid_argument (an Integer that its i32 cannot hold).
  Result<RunResult> run(const Prepared& prepared, const RunRequest& request) override;

  /// Compiles the function's module to machine code now, unless it is done or under way.
  /// Errors: those of prepare and of CodeCompiler::compile; it is interpreted then.
  Result<void> compile(const FunctionSource& source);
  /// Until the modules that were worth it are compiled.
  void wait_for_code();

  /// What stands around the modules. Empty: they run in this process. Errors: no worker can be had.
  Result<std::vector<port::SandboxWall>> walls();
  /// Workers that wait for work.
  size_t idle_workers() const { return pool_ ? pool_->idle() : 0; }

  /// How often a module had to be translated.
  uint64_t loaded_count() const { return loaded_count_.load(); }

 private:
  bool offers(const HostFunction& function) const;
  Result<ModuleCache::Entry> loaded(const FunctionSource& source);
  Result<Bindings::Entry> bound(const FunctionSource& source, const ReadyModule& module);
  Result<void> check_effects(const FunctionRecord& record, const ReadyModule& ready) const;

  WasmRuntimeParts parts_;
  ModuleCache cache_;
  Watchdog watchdog_;
  std::optional<WorkerPool> pool_;         // nothing without workers
  std::optional<CodeQueue> queue_;         // nothing without a compiler
  std::atomic<uint64_t> loaded_count_{0};  // alone; orders nothing
};

}  // namespace samara::runtime::wasm
