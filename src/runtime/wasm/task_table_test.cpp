// Tasks: listed, waited for, stopped.

#include "runtime/wasm/task_table.hpp"

#include "runtime/wasm/runtime_test_support.hpp"

namespace samara::runtime::wasm {
namespace {

using enum ValueType;
using namespace std::chrono_literals;

class WasmTaskTable : public RuntimeFixture {
 protected:
  static Bytes module_of(const Bytes& body) {
    ModuleBuilder builder;
    builder.memory(2);
    builder.export_function("f", builder.function(builder.type({i64}, {i64}), body));
    return builder.bytes();
  }
  static Bytes identity() { return module_of(code({op::local_get, 0})); }
  static Bytes endless() {
    return module_of(code({op::loop, op::none, op::br, 0, op::end, op::local_get, 0}));
  }

  TaskOrder order(const Bytes& module, int64_t argument, std::string name) {
    auto prepared = prepare(module, {table_.integer()}, table_.integer());
    EXPECT_TRUE(prepared) << prepared.error().message();
    TaskOrder out;
    if (prepared) out.prepared = *prepared;
    auto bytes = encode_beast2(table_.integer(), Slot::of(argument));
    EXPECT_TRUE(bytes);
    if (bytes) out.arguments.push_back(std::move(*bytes));
    out.function = std::move(name);
    return out;
  }
  uint64_t started(TaskTable& table, TaskOrder order) {
    auto id = table.start(std::move(order));
    EXPECT_TRUE(id) << id.error().message();
    return id ? *id : 0;
  }
};

TEST_F(WasmTaskTable, result_is_given_once) {
  TaskTable table(runtime_, clock_);
  const uint64_t id = started(table, order(identity(), 7, "same"));
  auto result = table.wait(id);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(integer_of(*result), 7);
  auto again = table.wait(id);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::not_found);
  EXPECT_TRUE(table.list().empty());
}

TEST_F(WasmTaskTable, endless_task_is_listed_and_stopped) {
  TaskTable table(runtime_, clock_);
  const port::Instant before = clock_.now();
  const uint64_t first = started(table, order(endless(), 1, "spin"));
  const uint64_t second = started(table, order(endless(), 2, "turn"));
  // Once both have a memory, which is told a moment after they have begun.
  auto all_have_memory = [&] {
    for (const TaskInfo& task : table.list()) {
      if (task.memory_bytes == 0) return false;
    }
    return true;
  };
  for (int i = 0; i < 60'000 && !all_have_memory(); i++) usleep(1'000);
  std::vector<TaskInfo> tasks = table.list();
  ASSERT_EQ(tasks.size(), 2U);
  EXPECT_EQ(tasks[0].id, first);
  EXPECT_EQ(tasks[1].id, second);
  EXPECT_EQ(tasks[0].function, "spin");
  EXPECT_EQ(tasks[1].function, "turn");
  EXPECT_EQ(task_state_name(tasks[0].state), "running");
  EXPECT_GE(tasks[0].since, before);
  EXPECT_EQ(tasks[0].memory_bytes, 2U * 65'536);

  auto result = table.stop(first);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->outcome.kind, OutcomeKind::cancelled);
  EXPECT_EQ(table.list().size(), 1U);
  EXPECT_TRUE(table.stop(second));
  EXPECT_TRUE(table.list().empty());
}

TEST_F(WasmTaskTable, table_that_goes_stops_what_runs) {
  TaskTable table(runtime_, clock_);
  for (int64_t i = 0; i < 3; i++) started(table, order(endless(), i, "spin"));
}

TEST_F(WasmTaskTable, ended_task_waits_and_can_still_be_taken_by_stop) {
  TaskTable table(runtime_, clock_);
  const uint64_t id = started(table, order(identity(), 9, "same"));
  for (int i = 0; i < 60'000 && table.list()[0].state != TaskState::ended; i++) usleep(1'000);
  auto result = table.stop(id);
  ASSERT_TRUE(result);
  EXPECT_EQ(integer_of(*result), 9);
}

TEST_F(WasmTaskTable, tasks_are_limited) {
  TaskTable table(runtime_, clock_, 1);
  const uint64_t id = started(table, order(endless(), 1, "spin"));
  auto more = table.start(order(endless(), 1, "spin"));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, Code::exhausted);
  EXPECT_TRUE(table.stop(id));
  EXPECT_TRUE(table.wait(started(table, order(identity(), 1, "same"))));
}

TEST_F(WasmTaskTable, unknown_numbers_are_refused) {
  TaskTable table(runtime_, clock_);
  EXPECT_EQ(table.stop(4).error().code, Code::not_found);
}

TEST_F(WasmTaskTable, stopped_tasks_leave_nothing) {
  TaskTable table(runtime_, clock_);
  const TaskOrder pattern = order(endless(), 1, "spin");
  auto once = [&] { ASSERT_TRUE(table.stop(started(table, pattern))); };
  for (int i = 0; i < 50; i++) once();
  malloc_trim(0);
  const size_t before = resident_bytes();
  for (int i = 0; i < 200; i++) once();
  malloc_trim(0);
  if (!SAMARA_ADDRESS_SANITIZER) {
    EXPECT_LT(resident_bytes(), before + (size_t{1} << 20));
  }
}

TEST_F(WasmTaskTable, sixteen_kilobytes_of_stack_and_heap_are_enough_for_small_functions) {
  // In this process, where the numbers are given to the runtime itself.
  WasmRuntimeParts parts{types_, clock_, processes_, {}, k_task_stack_bytes, 64, &random_};
  parts.heap_bytes = k_task_heap_bytes;
  WasmRuntime small(parts);
  ModuleBuilder builder;  // adds the numbers up to its argument, by calling itself
  builder.memory(1);
  const uint32_t type = builder.type({i64}, {i64});
  builder.export_function("f", builder.function(type, code({op::local_get,
                                                            0,
                                                            op::i64_const,
                                                            1,
                                                            op::i64_lt_s,
                                                            op::if_,
                                                            0x7E,
                                                            op::i64_const,
                                                            0,
                                                            op::else_,
                                                            op::local_get,
                                                            0,
                                                            op::local_get,
                                                            0,
                                                            op::i64_const,
                                                            1,
                                                            op::i64_sub,
                                                            op::call,
                                                            0,
                                                            op::i64_add,
                                                            op::end})));
  const Bytes module = builder.bytes();
  FunctionRecord record;
  record.kind = k_kind_wasm;
  record.code = sha256(module);
  record.inputs = {table_.integer()};
  record.output = table_.integer();
  FunctionSource source;
  source.record = &record;
  source.code = module;
  auto prepared = small.prepare(source);
  ASSERT_TRUE(prepared) << prepared.error().message();
  TaskTable table(small, clock_);
  auto run = [&](int64_t argument) {
    TaskOrder task = order(identity(), argument, "sum");
    task.prepared = *prepared;
    return table.wait(started(table, std::move(task)));
  };
  auto sum = run(50);
  ASSERT_TRUE(sum);
  EXPECT_EQ(integer_of(*sum), 1275);
  auto deep = run(1'000);
  ASSERT_TRUE(deep);
  EXPECT_EQ(deep->outcome, Outcome::of_limit("depth", "stack of 16 KiB used up"));
}

}  // namespace
}  // namespace samara::runtime::wasm
