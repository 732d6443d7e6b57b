// The engine in a pool of 40 KiB, as on a small board: small modules run; when the pool is full,
// that is an error; and afterwards there is room again. A program of its own, because the engine of
// a process has one memory for ever.

#include "runtime/wasm/runtime_test_support.hpp"

namespace samara::runtime::wasm {

port::Workers* test_workers() { return nullptr; }

namespace {

using enum ValueType;

constexpr size_t k_pool_bytes = 40U << 10;
constexpr InstanceLimits k_small{.stack_bytes = 4U << 10, .memory_pages_max = 4};

class WasmPool : public testing::Test {
 protected:
  void SetUp() override {
    if (!engine_available()) GTEST_SKIP() << "this build has no WebAssembly engine";
    static const bool kept = keep_engine_in_pool(k_pool_bytes).has_value();
    ASSERT_TRUE(kept);
  }

  static Bytes identity() {
    ModuleBuilder builder;
    builder.memory(1);
    builder.export_function("f",
                            builder.function(builder.type({i64}, {i64}), code({op::local_get, 0})));
    return builder.bytes();
  }
  static void expect_small_module_runs() {
    auto module = LoadedModule::load(identity());
    ASSERT_TRUE(module) << module.error().message();
    auto instance = Instance::create(*module, k_small);
    ASSERT_TRUE(instance) << instance.error().message();
    uint32_t cells[2] = {7, 0};
    EXPECT_TRUE((*instance)->call("f", cells, 2)) << (*instance)->trap();
    EXPECT_EQ(cells[0], 7U);
  }
};

TEST_F(WasmPool, small_modules_run) {
  for (int i = 0; i < 1'000; i++) expect_small_module_runs();
}

TEST_F(WasmPool, task_with_sixteen_kilobytes_of_stack_runs) {
  auto module = LoadedModule::load(identity());
  ASSERT_TRUE(module) << module.error().message();
  auto instance = Instance::create(*module, {.stack_bytes = 16U << 10, .memory_pages_max = 4});
  ASSERT_TRUE(instance) << instance.error().message();
  uint32_t cells[2] = {9, 0};
  EXPECT_TRUE((*instance)->call("f", cells, 2));
  EXPECT_EQ(cells[0], 9U);
}

TEST_F(WasmPool, instances_until_it_is_full_fail_cleanly_and_there_is_room_again) {
  for (int round = 0; round < 20; round++) {
    auto module = LoadedModule::load(identity());
    ASSERT_TRUE(module) << module.error().message();
    std::vector<std::unique_ptr<Instance>> instances;
    for (;;) {
      auto instance = Instance::create(*module, k_small);
      if (!instance) {
        EXPECT_EQ(instance.error().code, Code::exhausted) << instance.error().message();
        break;
      }
      instances.push_back(std::move(*instance));
      ASSERT_LT(instances.size(), 20U);  // 40 KiB hold no more stacks of 4 KiB
    }
    EXPECT_GE(instances.size(), 1U);
    // Those that were made still run.
    for (auto& instance : instances) {
      uint32_t cells[2] = {3, 0};
      EXPECT_TRUE(instance->call("f", cells, 2));
      EXPECT_EQ(cells[0], 3U);
    }
    instances.clear();
    *module = nullptr;
    expect_small_module_runs();
  }
}

TEST_F(WasmPool, module_that_is_too_large_is_exhausted_at_every_size) {
  // More and more functions: from well inside to far outside of the pool.
  bool refused = false;
  for (int functions = 1; functions < 2'000; functions += 37) {
    ModuleBuilder builder;
    const uint32_t type = builder.type({i64}, {i64});
    uint32_t last = 0;
    for (int i = 0; i < functions; i++) last = builder.function(type, code({op::local_get, 0}));
    builder.export_function("f", last);
    auto module = LoadedModule::load(builder.bytes());
    if (module) {
      auto instance = Instance::create(*module, k_small);
      if (!instance) {
        EXPECT_EQ(instance.error().code, Code::exhausted) << instance.error().message();
        refused = true;
      }
      continue;
    }
    EXPECT_EQ(module.error().code, Code::exhausted) << module.error().message();
    refused = true;
  }
  EXPECT_TRUE(refused);
  expect_small_module_runs();
}

TEST_F(WasmPool, run_that_finds_it_full_has_the_outcome_memory) {
  TypeTable table;
  RecordTypes types(table);
  SteadyClock clock;
  NoProcesses processes;
  WasmRuntimeParts parts{types, clock,     processes,
                         {},    64U << 10, 4};  // a stack larger than the pool
  WasmRuntime runtime(parts);
  const Bytes bytes = identity();
  FunctionRecord record;
  record.kind = k_kind_wasm;
  record.code = sha256(bytes);
  record.inputs = {table.integer()};
  record.output = table.integer();
  FunctionSource source;
  source.record = &record;
  source.code = bytes;
  auto prepared = runtime.prepare(source);
  ASSERT_TRUE(prepared) << prepared.error().message();
  Argument argument;
  argument.value = {table.integer(), Slot::of(int64_t{1}), Dialect::b};
  RunRequest request;
  request.arguments = {&argument, 1};
  auto result = runtime.run(**prepared, request);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->outcome.kind, OutcomeKind::memory) << outcome_text(result->outcome);
}

}  // namespace
}  // namespace samara::runtime::wasm
