#pragma once
// RuntimeFixture: a WasmRuntime with everything around it, for tests. Threads: one.

#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <ostream>
#include <string>

#include "core/sanitizers.hpp"
#include "core/sha256.hpp"
#include "runtime/wasm/import.hpp"
#include "runtime/wasm/module_builder.hpp"
#include "runtime/wasm/signature.hpp"
#include "runtime/wasm/wasm_runtime.hpp"
#include "value/text.hpp"

namespace samara {

inline void PrintTo(const Outcome& outcome, std::ostream* out) { *out << outcome_text(outcome); }

}  // namespace samara

namespace samara::runtime::wasm {

class SteadyClock final : public port::Clock {
 public:
  port::Instant now() override {
    auto now = std::chrono::steady_clock::now();  // check_layers: allow now, tests have no ports
    return port::Instant(now.time_since_epoch());
  }
  port::WallTime wall() override { return {}; }
  void sleep_until(port::Instant) override {}
};

class NoProcesses final : public port::Processes {
 public:
  port::ProcessId self() override { return {1, 1, "boot"}; }
  bool alive(const port::ProcessId&) override { return true; }
  std::chrono::nanoseconds thread_cpu() override { return {}; }
};

// 0, 1, 2 and so on.
class CountingRandom final : public port::Random {
 public:
  void fill(std::span<uint8_t> out) override {
    for (uint8_t& byte : out) byte = next_++;
  }

 private:
  uint8_t next_ = 0;
};

inline size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  size_t total = 0;
  size_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

/// Where the modules of these tests run: null for in this process. Defined by the program of tests;
/// the same tests are run once so and once so.
port::Workers* test_workers();

class RuntimeFixture : public testing::Test {
 protected:
  void SetUp() override {
    if (!engine_available()) GTEST_SKIP() << "this build has no WebAssembly engine";
  }

  Result<std::shared_ptr<const Prepared>> prepare(const Bytes& module,
                                                  std::vector<const Type*> inputs,
                                                  const Type* output) {
    record_ = FunctionRecord{};
    record_.kind = k_kind_wasm;
    record_.code = sha256(module);
    record_.inputs = std::move(inputs);
    record_.output = output;
    FunctionSource source;
    source.record = &record_;
    source.code = module;
    source.name = "f";
    return runtime_.prepare(source);
  }

  Result<RunResult> run(const Prepared& prepared, std::span<const TypedValue> arguments,
                        const Limits& limits = {}, const std::atomic<bool>* cancel = nullptr) {
    std::vector<Argument> given;
    for (const TypedValue& value : arguments) given.push_back({{}, value});
    RunRequest request;
    request.arguments = given;
    request.limits = limits;
    request.cancel = cancel;
    request.name = "f";
    return runtime_.run(prepared, request);
  }

  // Prepares and runs what must be preparable and runnable.
  RunResult go(const Bytes& module, std::vector<TypedValue> arguments, const Type* output,
               const Limits& limits = {}) {
    std::vector<const Type*> inputs;
    inputs.reserve(arguments.size());
    for (const TypedValue& value : arguments) inputs.push_back(value.type);
    auto prepared = prepare(module, std::move(inputs), output);
    EXPECT_TRUE(prepared) << prepared.error().message();
    if (!prepared) return {};
    auto result = run(**prepared, arguments, limits);
    EXPECT_TRUE(result) << result.error().message();
    if (!result) return {};
    return std::move(*result);
  }

  TypedValue integer(int64_t value) { return {table_.integer(), Slot::of(value), Dialect::b}; }
  TypedValue number(double value) { return {table_.float_(), Slot::of(value), Dialect::b}; }
  TypedValue boolean(bool value) { return {table_.boolean(), Slot::of(value), Dialect::b}; }

  Slot value_of(const RunResult& result, const Type* type) {
    EXPECT_TRUE(result.outcome.is_value()) << outcome_text(result.outcome);
    auto value = decode_beast2(result.value, type, table_, heap_);
    EXPECT_TRUE(value);
    return value ? *value : Slot::null();
  }
  int64_t integer_of(const RunResult& result) {
    return value_of(result, table_.integer()).integer();
  }

  // --- functions as they are added to a repository ----------------------------------------------

  std::shared_ptr<const Prepared> add(const Bytes& module, const ImportOptions& options = {}) {
    auto imported = import_module(types_, module, options);
    EXPECT_TRUE(imported) << imported.error().message();
    if (!imported) return nullptr;
    imported_ = std::move(*imported);
    auto prepared = prepare_imported();
    EXPECT_TRUE(prepared) << prepared.error().message();
    return prepared ? *prepared : nullptr;
  }
  Result<std::shared_ptr<const Prepared>> prepare_imported() {
    FunctionSource source;
    source.record = &imported_.record;
    source.code = imported_.code;
    source.name = "f";
    return runtime_.prepare(source);
  }
  /// Of a function that add() has made.
  RunResult call(const std::shared_ptr<const Prepared>& prepared,
                 std::span<const TypedValue> arguments = {}, const Limits& limits = {}) {
    if (prepared == nullptr) return {};
    std::vector<Argument> given;
    for (const TypedValue& value : arguments) given.push_back({{}, value});
    RunRequest request;
    request.arguments = given;
    request.limits = limits;
    request.log = &log_;
    request.name = "f";
    auto result = runtime_.run(*prepared, request);
    EXPECT_TRUE(result) << result.error().message();
    if (!result) return {};
    return std::move(*result);
  }
  std::string refusal(const Bytes& module, const ImportOptions& options = {}) {
    auto imported = import_module(types_, module, options);
    EXPECT_FALSE(imported);
    return imported ? "" : std::string(imported.error().message());
  }

  /// A value given as East text; it lives as long as the test.
  TypedValue value(const Type* type, std::string_view text) {
    ParseResult parsed = parse_text(type, text, heap_);
    EXPECT_TRUE(parsed) << text;
    return {type, parsed.value, Dialect::b};
  }
  std::string text_of_result(const RunResult& result, const Type* type) {
    if (!result.outcome.is_value()) return outcome_text(result.outcome);
    auto text = print_text(type, value_of(result, type));
    return text ? *text : "";
  }

  /// Ten thousand times.
  template <typename Once>
  void expect_no_growth(Once once) {
    for (int i = 0; i < 1'000; i++) once();
    malloc_trim(0);
    size_t before = resident_bytes();
    for (int i = 0; i < 10'000; i++) once();
    malloc_trim(0);
    // The address sanitizer keeps what has been freed.
    if (!SAMARA_ADDRESS_SANITIZER) {
      EXPECT_LT(resident_bytes(), before + (size_t{1} << 20));
    }
  }

  TypeTable table_;
  RecordTypes types_{table_};
  SteadyClock clock_;
  NoProcesses processes_;
  CountingRandom random_;
  FunctionRecord record_;
  ImportedFunction imported_;
  LogBuffer log_{1U << 20};
  Heap heap_;
  WasmRuntime runtime_{
      {types_, clock_, processes_, {}, 64U << 10, 64, &random_, nullptr, test_workers()}};
};

}  // namespace samara::runtime::wasm
