// In this program the engine runs in the process of the tests.

#include "runtime/wasm/runtime_test_support.hpp"

namespace samara::runtime::wasm {

port::Workers* test_workers() { return nullptr; }

namespace {

using WasmEngine = RuntimeFixture;

TEST_F(WasmEngine, engine_that_runs_is_not_put_into_a_pool) {
  ModuleBuilder builder;
  ASSERT_TRUE(LoadedModule::load(builder.bytes()));
  EXPECT_EQ(keep_engine_in_pool(40U << 10).error().code, Code::conflict);
}

}  // namespace
}  // namespace samara::runtime::wasm
