#include "runtime/wasm/wasm_runtime.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <string>
#include <thread>

#include "runtime/wasm/runtime_test_support.hpp"

namespace samara::runtime::wasm {
namespace {

using enum ValueType;
using namespace std::chrono_literals;

// for ever: a branch to the loop.
Bytes for_ever() { return code({op::loop, op::none, op::br, 0, op::end, op::unreachable}); }

// fib(n) = n < 2 ? n : fib(n - 1) + fib(n - 2), as function 0.
Bytes fib() {
  return code({op::local_get,
               0,
               op::i64_const,
               2,
               op::i64_lt_s,
               op::if_,
               0x7E,
               op::local_get,
               0,
               op::else_,
               op::local_get,
               0,
               op::i64_const,
               1,
               op::i64_sub,
               op::call,
               0,
               op::local_get,
               0,
               op::i64_const,
               2,
               op::i64_sub,
               op::call,
               0,
               op::i64_add,
               op::end});
}

Bytes one_function(std::vector<ValueType> parameters, std::vector<ValueType> results, Bytes body) {
  ModuleBuilder builder;
  builder.export_function(
      "f",
      builder.function(builder.type(std::move(parameters), std::move(results)), std::move(body)));
  return builder.bytes();
}

using WasmRuntimeTest = RuntimeFixture;

TEST_F(WasmRuntimeTest, integers_are_added) {
  Bytes module =
      one_function({i64, i64}, {i64}, code({op::local_get, 0, op::local_get, 1, op::i64_add}));
  EXPECT_EQ(integer_of(go(module, {integer(40), integer(2)}, table_.integer())), 42);
  EXPECT_EQ(integer_of(go(module, {integer(INT64_MAX), integer(1)}, table_.integer())), INT64_MIN);
  EXPECT_EQ(runtime_.loaded_count(), 1U);
}

TEST_F(WasmRuntimeTest, arguments_are_read_from_their_encoding) {
  Bytes module = one_function({i64}, {i64}, code({op::local_get, 0}));
  auto prepared = prepare(module, {table_.integer()}, table_.integer());
  ASSERT_TRUE(prepared);
  auto bytes = encode_beast2(table_.integer(), Slot::of(int64_t{-7}));
  ASSERT_TRUE(bytes);
  std::vector<Argument> given{{*bytes, {}}};
  RunRequest request;
  request.arguments = given;
  request.name = "f";
  auto result = runtime_.run(**prepared, request);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(integer_of(*result), -7);
}

TEST_F(WasmRuntimeTest, every_scalar_passes) {
  Bytes floats =
      one_function({f64, f64}, {f64}, code({op::local_get, 0, op::local_get, 1, op::f64_add}));
  RunResult sum = go(floats, {number(0.1), number(0.2)}, table_.float_());
  EXPECT_EQ(value_of(sum, table_.float_()).number(), 0.1 + 0.2);
  Bytes small = one_function({f32}, {f32}, code({op::local_get, 0}));
  RunResult rounded = go(small, {number(0.1)}, table_.float_());
  EXPECT_EQ(value_of(rounded, table_.float_()).number(), double{0.1F});
  Bytes narrow =
      one_function({i32, i32}, {i32}, code({op::local_get, 0, op::local_get, 1, op::i32_add}));
  EXPECT_EQ(integer_of(go(narrow, {integer(-5), integer(3)}, table_.integer())), -2);
  Bytes negate = one_function({i32}, {i32}, code({op::local_get, 0, op::i32_eqz}));
  RunResult negated = go(negate, {boolean(false)}, table_.boolean());
  EXPECT_TRUE(value_of(negated, table_.boolean()).boolean());
  Bytes nothing = one_function({}, {}, {});
  EXPECT_TRUE(go(nothing, {}, table_.null()).outcome.is_value());
}

TEST_F(WasmRuntimeTest, functions_call_themselves) {
  EXPECT_EQ(integer_of(go(one_function({i64}, {i64}, fib()), {integer(20)}, table_.integer())),
            6765);
}

TEST_F(WasmRuntimeTest, integer_that_an_i32_cannot_hold_is_refused) {
  Bytes module = one_function({i32}, {i32}, code({op::local_get, 0}));
  auto prepared = prepare(module, {table_.integer()}, table_.integer());
  ASSERT_TRUE(prepared);
  TypedValue large = integer(int64_t{1} << 31);
  auto result = run(**prepared, {&large, 1});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::invalid_argument);
  EXPECT_EQ(result.error().message(), "argument 1 of 'f' is 2147483648, which its i32 cannot hold");
}

TEST_F(WasmRuntimeTest, wrong_arguments_do_not_reach_the_engine) {
  Bytes module = one_function({i64, i64}, {i64}, code({op::local_get, 0}));
  auto prepared = prepare(module, {table_.integer(), table_.integer()}, table_.integer());
  ASSERT_TRUE(prepared);
  std::vector<TypedValue> given{integer(1)};
  EXPECT_EQ(run(**prepared, given).error().message(), "'f' takes 2 arguments, 1 given");
  given.push_back(number(1));
  EXPECT_EQ(run(**prepared, given).error().message(),
            "argument 2 of 'f' is Float, expected Integer");
}

TEST_F(WasmRuntimeTest, signature_must_fit_the_export) {
  Bytes module = one_function({i64}, {i64}, code({op::local_get, 0}));
  auto more = prepare(module, {table_.integer(), table_.integer()}, table_.integer());
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, Code::check_failed);
  EXPECT_EQ(more.error().message(),
            "export 'f' is (i64) -> i64, which does not fit (Integer, Integer) -> Integer");
  EXPECT_FALSE(prepare(module, {table_.float_()}, table_.integer()));
  EXPECT_FALSE(prepare(module, {table_.integer()}, table_.null()));
  EXPECT_FALSE(prepare(module, {table_.string()}, table_.integer()));
}

TEST_F(WasmRuntimeTest, module_says_which_export_is_meant) {
  ModuleBuilder builder;
  uint32_t type = builder.type({}, {i64});
  builder.export_function("one", builder.function(type, code({op::i64_const, 1})));
  builder.export_function("two", builder.function(type, code({op::i64_const, 2})));
  auto unclear = prepare(builder.bytes(), {}, table_.integer());
  ASSERT_FALSE(unclear);
  EXPECT_EQ(unclear.error().message(),
            "the module exports 2 functions, 'one', 'two': name one of them");
  EXPECT_EQ(integer_of(go(with_main_export(builder.bytes(), "two"), {}, table_.integer())), 2);
  EXPECT_FALSE(prepare(with_main_export(builder.bytes(), "three"), {}, table_.integer()));
}

TEST_F(WasmRuntimeTest, imports_are_refused_by_name_and_place) {
  ModuleBuilder builder;
  uint32_t type = builder.type({}, {});
  builder.import_function("env", "system", type);
  builder.export_function("f", builder.function(type, code({op::call, 0})));
  auto prepared = prepare(builder.bytes(), {}, table_.null());
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, Code::not_found);
  EXPECT_EQ(prepared.error().message(),
            "byte 17: function 'env.system' is imported, which is not offered: build the module "
            "without it");
}

TEST_F(WasmRuntimeTest, module_that_is_not_valid_is_refused_by_the_engine) {
  auto prepared = prepare(one_function({}, {i64}, {}), {}, table_.integer());
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, Code::check_failed);
}

TEST_F(WasmRuntimeTest, native_code_posing_as_a_module_is_refused) {
  EXPECT_EQ(prepare(code({0, 0x61, 0x6F, 0x74, 6, 0, 0, 0}), {}, table_.null()).error().code,
            Code::unsupported);
}

TEST_F(WasmRuntimeTest, traps_are_outcomes_that_say_what_happened) {
  RunResult unreachable = go(one_function({}, {}, code({op::unreachable})), {}, table_.null());
  EXPECT_EQ(unreachable.outcome.kind, OutcomeKind::trap);
  EXPECT_EQ(unreachable.outcome.message, "unreachable");
  Bytes divide =
      one_function({i32, i32}, {i32}, code({op::local_get, 0, op::local_get, 1, op::i32_div_s}));
  RunResult division = go(divide, {integer(1), integer(0)}, table_.integer());
  EXPECT_EQ(division.outcome.message, "integer divide by zero");
}

TEST_F(WasmRuntimeTest, access_outside_of_the_memory_is_a_trap) {
  ModuleBuilder builder;
  builder.memory(1);
  builder.export_function("f", builder.function(builder.type({i32}, {i32}),
                                                code({op::local_get, 0, op::i32_load, 2, 0})));
  Bytes module = builder.bytes();
  EXPECT_EQ(integer_of(go(module, {integer(65'532)}, table_.integer())), 0);
  for (int64_t address : {int64_t{65'533}, int64_t{1} << 30, int64_t{-4}}) {
    RunResult result = go(module, {integer(address)}, table_.integer());
    EXPECT_EQ(result.outcome.kind, OutcomeKind::trap);
    EXPECT_EQ(result.outcome.message, "out of bounds memory access");
  }
}

TEST_F(WasmRuntimeTest, faults_are_handled_on_every_thread) {
  ModuleBuilder builder;
  builder.memory(1);
  builder.export_function("f", builder.function(builder.type({}, {i32}),
                                                code({op::i32_const, 0x7F, op::i32_load, 2, 0})));
  Bytes module = builder.bytes();
  auto prepared = prepare(module, {}, table_.integer());
  ASSERT_TRUE(prepared);
  for (int i = 0; i < 4; i++) {
    std::thread([&] {
      for (int k = 0; k < 3; k++) {
        auto result = run(**prepared, {});
        ASSERT_TRUE(result);
        EXPECT_EQ(result->outcome.message, "out of bounds memory access");
      }
    }).join();
  }
}

// The engine's handler alone would circle in itself once a second thread has been set up.
TEST_F(WasmRuntimeTest, fault_of_ours_reaches_the_handler_from_before_the_engine) {
#ifndef SAMARA_WAMR_GUARD_PAGES
  GTEST_SKIP() << "the engine handles no faults in this build";
#endif
  // The child begins anew with this test, so there the engine has not started yet.
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  if (testing::internal::InDeathTestChild()) std::signal(SIGSEGV, [](int) { _exit(42); });
  auto prepared = prepare(one_function({}, {}, {}), {}, table_.null());
  ASSERT_TRUE(prepared);
  auto fault = [&] {
    for (int i = 0; i < 2; i++) std::thread([&] { EXPECT_TRUE(run(**prepared, {})); }).join();
    EXPECT_TRUE(run(**prepared, {}));
    volatile uintptr_t address = 8;
    *reinterpret_cast<volatile int*>(address) = 1;
  };
  EXPECT_EXIT(fault(), testing::ExitedWithCode(42), "");
}

TEST_F(WasmRuntimeTest, endless_recursion_reaches_the_limit_of_the_stack) {
  RunResult result = go(one_function({}, {}, code({op::call, 0})), {}, table_.null());
  EXPECT_EQ(result.outcome, Outcome::of_limit("depth", "stack of 64 KiB used up"));
}

TEST_F(WasmRuntimeTest, endless_loop_ends_at_the_deadline) {
  Bytes module = one_function({}, {}, for_ever());
  for (int i = 0; i < 3; i++) {
    RunResult result = go(module, {}, table_.null(), {.wall_max = 20ms});
    EXPECT_EQ(result.outcome, Outcome::of(OutcomeKind::timeout, "deadline of 20 ms passed"));
    EXPECT_GE(result.usage.wall_ns, 20'000'000U);
    EXPECT_LT(result.usage.wall_ns, 2'000'000'000U);  // generous: the machine may be busy
  }
}

TEST_F(WasmRuntimeTest, endless_start_function_ends_at_the_deadline) {
  for (bool exports : {true, false}) {
    ModuleBuilder builder;
    uint32_t type = builder.type({}, {});
    uint32_t start = builder.function(type, for_ever());
    builder.export_function("f", builder.function(type, {}));
    if (exports) builder.export_function("__wasm_call_ctors", start);
    builder.start(start);
    RunResult result = go(builder.bytes(), {}, table_.null(), {.wall_max = 20ms});
    EXPECT_EQ(result.outcome.kind, OutcomeKind::timeout);
  }
}

TEST_F(WasmRuntimeTest, start_function_runs_once_before_the_function) {
  ModuleBuilder builder;
  uint32_t start =
      builder.function(builder.type({}, {}),
                       code({op::global_get, 0, op::i64_const, 1, op::i64_add, op::global_set, 0}));
  builder.global(41);
  builder.export_function("f",
                          builder.function(builder.type({}, {i64}), code({op::global_get, 0})));
  builder.start(start);
  Bytes module = builder.bytes();
  for (int i = 0; i < 2; i++) EXPECT_EQ(integer_of(go(module, {}, table_.integer())), 42);
}

TEST_F(WasmRuntimeTest, endless_constructors_end_at_the_deadline) {
  for (const char* name : {"__wasm_call_ctors", "_initialize"}) {
    ModuleBuilder builder;
    uint32_t type = builder.type({}, {});
    builder.export_function(name, builder.function(type, for_ever()));
    builder.export_function("f", builder.function(type, {}));
    RunResult result = go(builder.bytes(), {}, table_.null(), {.wall_max = 20ms});
    EXPECT_EQ(result.outcome.kind, OutcomeKind::timeout) << name;
  }
}

TEST_F(WasmRuntimeTest, run_can_be_cancelled) {
  auto prepared = prepare(one_function({}, {}, for_ever()), {}, table_.null());
  ASSERT_TRUE(prepared);
  std::atomic<bool> cancel{false};
  std::thread other([&] {
    std::this_thread::sleep_for(10ms);
    cancel.store(true);
  });
  auto result = run(**prepared, {}, {}, &cancel);
  other.join();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->outcome.kind, OutcomeKind::cancelled);
}

TEST_F(WasmRuntimeTest, growing_memory_stops_at_the_limit) {
  // Grows by 16 pages until that fails, and gives the pages there are.
  ModuleBuilder builder;
  builder.memory(1);
  builder.export_function(
      "f", builder.function(
               builder.type({}, {i32}),
               code({op::loop, op::none, op::i32_const, 16, op::memory_grow, 0, op::i32_const, 0x7F,
                     0x47 /* i32.ne */, op::br_if, 0, op::end, op::memory_size, 0})));
  RunResult result =
      go(builder.bytes(), {}, table_.integer(), {.memory_bytes_max = uint64_t{100} << 16});
  EXPECT_EQ(integer_of(result), 97);
  EXPECT_EQ(result.usage.peak_memory_bytes, uint64_t{97} << 16);
}

TEST_F(WasmRuntimeTest, memory_that_begins_above_the_limit_is_not_made) {
  ModuleBuilder builder;
  builder.memory(1000);
  builder.export_function("f", builder.function(builder.type({}, {}), {}));
  RunResult result =
      go(builder.bytes(), {}, table_.null(), {.memory_bytes_max = uint64_t{10} << 20});
  EXPECT_EQ(result.outcome,
            Outcome::of(OutcomeKind::memory,
                        "the module's memory begins with 62.5 MiB, limit of 10 MiB reached"));
}

TEST_F(WasmRuntimeTest, limit_below_one_page_allows_no_memory) {
  ModuleBuilder builder;
  builder.memory(0);
  builder.export_function(
      "f", builder.function(builder.type({}, {i32}), code({op::i32_const, 1, op::memory_grow, 0})));
  RunResult result = go(builder.bytes(), {}, table_.integer(), {.memory_bytes_max = 65'535});
  EXPECT_EQ(result.outcome.kind, OutcomeKind::memory);
  Bytes without = one_function({}, {i32}, code({op::i32_const, 1}));
  EXPECT_EQ(integer_of(go(without, {}, table_.integer(), {.memory_bytes_max = 65'535})), 1);
}

TEST_F(WasmRuntimeTest, threads_run_one_module_at_once) {
  auto prepared = prepare(one_function({i64}, {i64}, fib()), {table_.integer()}, table_.integer());
  ASSERT_TRUE(prepared);
  std::vector<std::thread> threads;
  threads.reserve(4);
  std::atomic<int> right{0};
  TypedValue twelve = integer(12);
  for (int i = 0; i < 4; i++) {
    threads.emplace_back([&] {
      for (int k = 0; k < 50; k++) {
        auto result = run(**prepared, {&twelve, 1});
        if (result && result->outcome.is_value()) right.fetch_add(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right.load(), 200);
}

TEST_F(WasmRuntimeTest, ten_thousand_runs_take_no_more_memory_than_a_thousand) {
  ModuleBuilder builder;
  builder.memory(1);
  builder.export_function("f", builder.function(builder.type({i64}, {i64}), fib()));
  auto prepared = prepare(builder.bytes(), {table_.integer()}, table_.integer());
  ASSERT_TRUE(prepared);
  TypedValue three = integer(3);
  expect_no_growth([&] {
    auto result = run(**prepared, {&three, 1});
    ASSERT_TRUE(result);
    ASSERT_TRUE(result->outcome.is_value());
  });
}

}  // namespace
}  // namespace samara::runtime::wasm
