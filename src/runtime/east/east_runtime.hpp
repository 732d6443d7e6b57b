#pragma once
// EastRuntime: runs East functions in this process, on a thread with a large stack. Compiled
// programs are kept by code hash. Threads: any. Specified by: docs/architecture.md, "Runtimes".

#include <atomic>

#include "eval/platform.hpp"
#include "port/clock.hpp"
#include "port/processes.hpp"
#include "runtime/big_stack.hpp"
#include "runtime/east/program_cache.hpp"
#include "runtime/runtime.hpp"

namespace samara::runtime::east {

/// What an EastRuntime stands on; everything outlives it.
struct EastRuntimeParts {
  const RecordTypes& types;
  const eval::PlatformRegistry& platform;  // complete
  port::Clock& clock;
  port::Processes& processes;
  BigStack& stack;
  /// Compiled programs kept in memory: a program takes some ten kilobytes.
  size_t compiled_max = 256;
};

class EastRuntime final : public Runtime {
 public:
  explicit EastRuntime(const EastRuntimeParts& parts);

  std::string_view kind() const override { return k_kind_east; }
  Placement placement() const override {
    return {.reason = "run in this process: it is East code"};
  }
  std::vector<Offer> offers(const FunctionRecord& record) const override;
  Result<std::shared_ptr<const Prepared>> prepare(const FunctionSource& source) override;
  std::span<const Callee> callees(const Prepared& prepared) const override;
  Result<RunResult> run(const Prepared& prepared, const RunRequest& request) override;

  /// How often a program had to be compiled.
  uint64_t compiled_count() const { return compiled_count_.load(); }

 private:
  Result<ProgramCache::Entry> compiled(const FunctionSource& source);

  EastRuntimeParts parts_;
  ProgramCache cache_;
  std::atomic<uint64_t> compiled_count_{0};  // alone; orders nothing
};

}  // namespace samara::runtime::east
