#pragma once
// WorkerPool: the workers in which modules run. A run takes a worker for itself, so as many run at
// once as there are callers; afterwards the worker waits for the next, with its modules translated.
// One that has died, was killed or has run often is replaced.
//
// What a worker says is checked as foreign bytes; a worker that says what cannot be is killed, and
// the run it had ends with the outcome crash.
//
// Threads: any. Specified by: docs/decisions/0007-wasm-workers.md.

#include <memory>
#include <mutex>
#include <vector>

#include "port/clock.hpp"
#include "port/workers.hpp"
#include "runtime/runtime.hpp"
#include "runtime/wasm/module_cache.hpp"

namespace samara::runtime::wasm {

class WorkerLink;  // one worker; in worker_link.hpp

class WorkerPool {
 public:
  struct Options {
    /// That wait for work; while more runs go on at once, more are made.
    size_t idle_max = 4;
    /// At once.
    size_t workers_max = 64;
    /// Then a worker is replaced, so that whatever the engine loses does not add up.
    uint32_t runs_max = 20'000;
  };
  /// Both outlive it.
  WorkerPool(port::Workers& workers, port::Clock& clock);
  WorkerPool(port::Workers& workers, port::Clock& clock, const Options& options);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Has a worker load the module. Errors: what LoadedModule::load says there; unsupported (too few
  /// walls stand), not_found (no worker program), exhausted (too many workers), io, guest_failed
  /// (the module ended the worker).
  Result<void> load(const ReadyModule& module, const Binding& binding);
  /// Errors: those of Runtime::run, and of load.
  Result<RunResult> run(const ReadyModule& module, const Binding& binding,
                        const RunRequest& request);
  /// Of a worker that there is or is made. Errors: as load.
  Result<std::vector<port::SandboxWall>> walls();
  size_t idle() const;

 private:
  /// One that has the module, else the one that was used last, else a new one.
  Result<std::unique_ptr<WorkerLink>> take(uint64_t binding);
  Result<std::unique_ptr<WorkerLink>> make();
  void give_back(std::unique_ptr<WorkerLink> link);
  void forget();

  port::Workers& workers_;
  port::Clock& clock_;
  const Options options_;
  mutable std::mutex mutex_;                       // guards those below
  std::vector<std::unique_ptr<WorkerLink>> idle_;  // the last used is last
  size_t alive_ = 0;
};

}  // namespace samara::runtime::wasm
