#pragma once
// EastRuntime: runs East functions in this process. Compiled programs are kept by code hash.
// Threads: any. Specified by: docs/architecture.md, "Runtimes".

#include <mutex>

#include "eval/code.hpp"
#include "port/clock.hpp"
#include "runtime/big_stack.hpp"
#include "runtime/runtime.hpp"

namespace samara::runtime::east {

struct EastRuntimeOptions {
  /// Compiled programs kept in memory: a program takes some ten kilobytes.
  size_t compiled_max = 256;
};

class EastRuntime final : public Runtime {
 public:
  /// All references outlive the runtime; `platform` is complete.
  EastRuntime(const RecordTypes& types, const eval::PlatformRegistry& platform, port::Clock& clock,
              BigStack& stack, EastRuntimeOptions options = {});
  ~EastRuntime() override;

  std::string_view kind() const override { return k_kind_east; }
  std::vector<Offer> offers(const FunctionRecord& record) const override;
  Result<std::shared_ptr<const Prepared>> prepare(const FunctionSource& source) override;
  Result<RunResult> run(const Prepared& prepared, const RunRequest& request) override;

  const eval::PlatformRegistry& platform() const { return platform_; }
  /// How often prepare had to compile; for tests and statistics.
  uint64_t compiled_count() const;

 private:
  class Cache;
  Result<std::shared_ptr<const eval::CompiledProgram>> compile(const FunctionSource& source);

  const RecordTypes& types_;
  const eval::PlatformRegistry& platform_;
  port::Clock& clock_;
  BigStack& stack_;
  std::unique_ptr<Cache> cache_;
};

}  // namespace samara::runtime::east
