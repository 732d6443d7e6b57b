#include "runtime/east/east_runtime.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <string>

#include "core/sha256.hpp"
#include "eval/vm.hpp"
#include "ir/builder.hpp"
#include "ir/encode.hpp"
#include "runtime/east/import.hpp"
#include "runtime/east/platform_host.hpp"

namespace samara::runtime::east {
namespace {

using ir::Builder;
using ir::BuiltinId;
using ir::Expr;
using ir::Label;
using ir::Statements;
using ir::Var;

// A millisecond passes whenever somebody looks, so that deadlines need no waiting.
class TickClock final : public port::Clock {
 public:
  port::Instant now() override { return port::Instant(std::chrono::milliseconds(++ticks_)); }
  port::WallTime wall() override { return port::WallTime(std::chrono::milliseconds(ticks_)); }
  void sleep_until(port::Instant) override {}

 private:
  std::atomic<int64_t> ticks_{0};
};

class NoProcesses final : public port::Processes {
 public:
  port::ProcessId self() override { return {1, 1, "boot"}; }
  bool alive(const port::ProcessId&) override { return true; }
  std::chrono::nanoseconds thread_cpu() override { return {}; }
};

class EastRuntimeTest : public testing::Test {
 protected:
  EastRuntimeTest() {
    eval::PlatformFunction log;
    log.name = "console_log";
    log.inputs = {table_.string()};
    log.output = table_.null();
    log.effect = eval::Effect::effectful;
    log.implementation = sha256(as_bytes("console_log/1"));
    log.call = [](eval::Vm& vm, std::span<const Slot> args, Slot& out) {
      PlatformHost* host = platform_host(vm);
      if (host != nullptr && host->log != nullptr) {
        host->log->write(LogStream::out, std::string(text_of(args[0])) + "\n");
      }
      out = Slot::null();
      return true;
    };
    EXPECT_TRUE(platform_.add(std::move(log)));
    eval::PlatformFunction give_up;
    give_up.name = "give_up";
    give_up.output = table_.null();
    give_up.effect = eval::Effect::pure;
    give_up.call = [](eval::Vm& vm, std::span<const Slot>, Slot&) {
      return vm.fail(eval::FailureKind::aborted, "the platform gave up");
    };
    EXPECT_TRUE(platform_.add(std::move(give_up)));
  }

  struct Added {
    ImportedFunction imported;
    std::shared_ptr<const Prepared> prepared;
  };

  Added add(const ir::Program& program) {
    Added out;
    auto bytes = ir::to_beast2(program, Dialect::b);
    EXPECT_TRUE(bytes);
    auto imported = import_program(types_, platform_, *bytes, "test.east");
    EXPECT_TRUE(imported) << imported.error().message();
    out.imported = std::move(*imported);
    auto prepared = runtime_.prepare(source(out.imported));
    EXPECT_TRUE(prepared) << prepared.error().message();
    out.prepared = *prepared;
    return out;
  }

  static FunctionSource source(const ImportedFunction& imported) {
    FunctionSource source;
    source.function = imported.id;
    source.record = &imported.record;
    source.code = imported.code;
    source.companion = imported.companion;
    source.name = "f";
    return source;
  }

  Result<RunResult> run(const Added& added, std::vector<Bytes> arguments, const Limits& limits,
                        const std::atomic<bool>* cancel = nullptr, LogSink* log = nullptr) {
    std::vector<Argument> given;
    for (const Bytes& bytes : arguments) given.push_back({bytes, {}});
    RunRequest request;
    request.arguments = given;
    request.limits = limits;
    request.cancel = cancel;
    request.log = log;
    request.name = "f";
    return runtime_.run(*added.prepared, request);
  }

  Bytes integer(int64_t value) {
    auto bytes = encode_beast2(table_.integer(), Slot::of(value));
    EXPECT_TRUE(bytes);
    return std::move(*bytes);
  }

  // while true: body
  std::unique_ptr<ir::Program> for_ever(const std::function<Expr(Statements&)>& prepare,
                                        const std::function<Expr()>& body) {
    Builder& b = b_;
    return b.program({table_.integer()}, [&](auto) {
      return b.block([&](Statements& s) {
        prepare(s);
        s(b.while_(b.boolean(true), [&](Label) { return body(); }));
        return b.integer(0);
      });
    });
  }

  TypeTable table_;
  RecordTypes types_{table_};
  eval::PlatformRegistry platform_;
  TickClock clock_;
  NoProcesses processes_;
  BigStack stack_;
  EastRuntime runtime_{{types_, platform_, clock_, processes_, stack_, 2}};
  Builder b_{table_};
};

TEST_F(EastRuntimeTest, a_value_comes_back_in_canonical_form) {
  auto added = add(
      *b_.program({table_.integer()}, [&](auto p) { return b_.add(b_(p[0]), b_.integer(12)); }));
  auto result = run(added, {integer(30)}, {});
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->outcome.kind, OutcomeKind::value);
  EXPECT_EQ(result->value, integer(42));
  EXPECT_GT(result->usage.wall_ns, 0U);
}

TEST_F(EastRuntimeTest, arguments_of_dialect_a_are_taken) {
  auto added = add(*b_.program({table_.string()}, [&](auto p) { return b_(p[0]); }));
  Heap heap;
  auto bytes =
      encode_beast2(table_.string(), Slot::of(heap.new_text("hi")), {.dialect = Dialect::a});
  ASSERT_TRUE(bytes);
  auto result = run(added, {*bytes}, {});
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_NE(result->value, *bytes);  // String has another tag in dialect B
  EXPECT_TRUE(result->outcome.is_value());
}

TEST_F(EastRuntimeTest, an_argument_of_another_type_is_named_with_both_types) {
  auto added = add(*b_.program({table_.integer(), table_.array(table_.float_())},
                               [&](auto p) { return b_(p[0]); }));
  Heap heap;
  auto text = encode_beast2(table_.string(), Slot::of(heap.new_text("hi")));
  ASSERT_TRUE(text);
  auto result = run(added, {integer(1), *text}, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::type_mismatch);
  EXPECT_EQ(result.error().message(), "argument 2 of 'f' is String, expected Array<Float>");
}

TEST_F(EastRuntimeTest, damaged_arguments_and_wrong_numbers_of_them_are_errors) {
  auto added = add(*b_.program({table_.integer()}, [&](auto p) { return b_(p[0]); }));
  Bytes cut = integer(1'000'000);
  cut.pop_back();
  auto result = run(added, {cut}, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::corrupt);
  EXPECT_TRUE(result.error().message().starts_with("argument 1 of 'f': "));
  result = run(added, {{1, 2, 3}}, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message(), "argument 1 of 'f' is no East value in beast2 form");
  result = run(added, {}, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message(), "'f' takes 1 argument, 0 given");
}

TEST_F(EastRuntimeTest, an_error_carries_message_and_locations_of_the_companion) {
  b_.at("model.east", 14, 7);
  auto added = add(*b_.program(
      {table_.integer()}, [&](auto) { return b_.error(b_.string("no such model")); },
      table_.integer()));
  auto result = run(added, {integer(1)}, {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->outcome, Outcome::of_error("no such model", {{"model.east", 14, 7}}));
  // Without companion nothing but the place is lost.
  FunctionSource bare = source(added.imported);
  bare.companion = {};
  auto prepared = runtime_.prepare(bare);
  ASSERT_TRUE(prepared);
  added.prepared = *prepared;
  result = run(added, {integer(1)}, {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->outcome, Outcome::of_error("no such model", {{"<unknown>", 0, 0}}));
}

TEST_F(EastRuntimeTest, an_endless_loop_ends_at_the_deadline) {
  auto added = add(*for_ever([&](Statements&) { return b_.null(); }, [&] { return b_.null(); }));
  Limits limits;
  limits.wall_max = std::chrono::milliseconds(50);
  auto result = run(added, {integer(1)}, limits);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->outcome, Outcome::of(OutcomeKind::timeout, "deadline of 50 ms passed"));
}

TEST_F(EastRuntimeTest, an_endless_loop_ends_at_the_step_limit) {
  auto added = add(*for_ever([&](Statements&) { return b_.null(); }, [&] { return b_.null(); }));
  Limits limits;
  limits.steps_max = 100'000;
  auto result = run(added, {integer(1)}, limits);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->outcome, Outcome::of_limit("steps", "limit of 100000 steps reached"));
  EXPECT_GE(result->usage.steps, 99'000U);
  EXPECT_LE(result->usage.steps, 101'000U);
}

TEST_F(EastRuntimeTest, an_endless_loop_ends_when_it_is_cancelled) {
  auto added = add(*for_ever([&](Statements&) { return b_.null(); }, [&] { return b_.null(); }));
  std::atomic<bool> cancel{true};
  auto result = run(added, {integer(1)}, {}, &cancel);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->outcome, Outcome::of(OutcomeKind::cancelled, "cancelled"));
}

TEST_F(EastRuntimeTest, a_recursion_of_a_million_calls_ends_at_the_depth_limit) {
  // f(n) = n == 0 ? 0 : f(n - 1) + 1, through an array that holds f.
  Builder& b = b_;
  const Type* integer_type = table_.integer();
  const Type* f = table_.function({integer_type}, integer_type);
  auto program = b.program({integer_type}, [&](auto p) {
    return b.block([&](Statements& s) {
      Var self = s.let(b.array(f, {}));
      s(b.builtin(
          BuiltinId::ArrayPushLast, {f},
          {b(self), b.lambda({integer_type}, [&](auto q) {
             Expr next = b.call(b.builtin(BuiltinId::ArrayGet, {f}, {b(self), b.integer(0)}),
                                {b.add(b(q[0]), b.integer(-1))});
             return b.if_(b.builtin(BuiltinId::Equal, {integer_type}, {b(q[0]), b.integer(0)}),
                          b.integer(0), b.add(next, b.integer(1)));
           })}));
      return b.call(b.builtin(BuiltinId::ArrayGet, {f}, {b(self), b.integer(0)}), {b(p[0])});
    });
  });
  auto added = add(*program);
  auto result = run(added, {integer(1'000'000)}, {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->outcome, Outcome::of_limit("depth", "recursion limit of 200000 calls reached"));
  result = run(added, {integer(100'000)}, {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->value, integer(100'000)) << outcome_text(result->outcome);
}

TEST_F(EastRuntimeTest, a_callback_that_nests_for_ever_ends_at_the_depth_limit) {
  // Callbacks of builtins use the machine stack: f(a) = ArrayMap(a, x -> f(a)).
  Builder& b = b_;
  const Type* integers = table_.array(table_.integer());
  const Type* f = table_.function({integers}, integers);
  auto program = b.program({integers}, [&](auto p) {
    return b.block([&](Statements& s) {
      Var self = s.let(b.array(f, {}));
      s(b.builtin(BuiltinId::ArrayPushLast, {f},
                  {b(self), b.lambda({integers}, [&](auto q) {
                     Expr callback = b.lambda({table_.integer(), table_.integer()}, [&](auto) {
                       Expr inner = b.call(
                           b.builtin(BuiltinId::ArrayGet, {f}, {b(self), b.integer(0)}), {b(q[0])});
                       return b.builtin(BuiltinId::ArraySize, {table_.integer()}, {inner});
                     });
                     return b.builtin(BuiltinId::ArrayMap, {table_.integer(), table_.integer()},
                                      {b(q[0]), callback});
                   })}));
      return b.call(b.builtin(BuiltinId::ArrayGet, {f}, {b(self), b.integer(0)}), {b(p[0])});
    });
  });
  auto added = add(*program);
  Heap heap;
  ArrayObject* array = heap.new_array();
  ASSERT_TRUE(heap.push(array, Slot::of(int64_t{1})));
  auto bytes = encode_beast2(integers, Slot::of(array));
  ASSERT_TRUE(bytes);
  auto result = run(added, {*bytes}, {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->outcome.kind, OutcomeKind::limit);
  EXPECT_EQ(result->outcome.which, "depth");
}

TEST_F(EastRuntimeTest, a_string_of_a_terabyte_ends_at_the_memory_limit) {
  auto added = add(*b_.program({table_.integer()}, [&](auto p) {
    return b_.builtin(BuiltinId::StringRepeat, {}, {b_.string("x"), b_(p[0])});
  }));
  auto result = run(added, {integer(1'000'000'000'000)}, {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->outcome, Outcome::of(OutcomeKind::memory, "memory limit of 4 GiB reached"));
}

TEST_F(EastRuntimeTest, an_array_that_grows_for_ever_ends_at_the_memory_limit) {
  Builder& b = b_;
  Var list;
  const Type* integer_type = table_.integer();
  auto added = add(*for_ever(
      [&](Statements& s) {
        list = s.let(b.array(integer_type, {}));
        return b.null();
      },
      [&] {
        return b.builtin(BuiltinId::ArrayPushLast, {integer_type}, {b(list), b.integer(7)});
      }));
  Limits limits;
  limits.memory_bytes_max = uint64_t{64} << 20;
  auto result = run(added, {integer(1)}, limits);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->outcome, Outcome::of(OutcomeKind::memory, "memory limit of 64 MiB reached"));
  EXPECT_LE(result->usage.peak_memory_bytes, uint64_t{130} << 20);
}

TEST_F(EastRuntimeTest, an_argument_larger_than_the_memory_limit_ends_there) {
  auto added = add(*b_.program({table_.blob()}, [&](auto p) { return b_(p[0]); }));
  Heap heap;
  BytesObject* large = heap.new_bytes(size_t{1} << 20);
  std::memset(large->data(), 7, large->size());
  auto bytes = encode_beast2(table_.blob(), Slot::of(large));
  ASSERT_TRUE(bytes);
  Limits limits;
  limits.memory_bytes_max = uint64_t{1} << 19;
  auto result = run(added, {*bytes}, limits);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->outcome.kind, OutcomeKind::memory);
}

TEST_F(EastRuntimeTest, a_result_beyond_the_output_limit_ends_there) {
  auto added = add(*b_.program({table_.integer()}, [&](auto p) {
    return b_.builtin(BuiltinId::StringRepeat, {}, {b_.string("x"), b_(p[0])});
  }));
  Limits limits;
  limits.output_bytes_max = 1000;
  auto result = run(added, {integer(100'000)}, limits);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->outcome, Outcome::of_limit("output", "output limit of 1000 B reached"));
  EXPECT_TRUE(run(added, {integer(100)}, limits)->outcome.is_value());
}

TEST_F(EastRuntimeTest, console_output_goes_to_the_log) {
  Builder& b = b_;
  auto added = add(*b.program({table_.string()}, [&](auto p) {
    return b.platform("console_log", {b(p[0])}, table_.null());
  }));
  EXPECT_EQ(added.imported.record.effects,
            (std::vector<ReachedEffect>{{"console_log", Effect::effectful}}));
  Heap heap;
  auto bytes = encode_beast2(table_.string(), Slot::of(heap.new_text("hello")));
  ASSERT_TRUE(bytes);
  LogBuffer log(1000);
  auto result = run(added, {*bytes}, {}, nullptr, &log);
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->outcome.is_value());
  EXPECT_EQ(log.entries(), (std::vector<LogEntry>{{LogStream::out, "hello\n"}}));
}

TEST_F(EastRuntimeTest, a_platform_function_that_gives_up_is_a_trap) {
  auto added =
      add(*b_.program({}, [&](auto) { return b_.platform("give_up", {}, table_.null()); }));
  auto result = run(added, {}, {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->outcome, Outcome::of(OutcomeKind::trap, "the platform gave up"));
}

TEST_F(EastRuntimeTest, an_unknown_platform_function_is_a_callee) {
  auto program = b_.program({}, [&](auto) { return b_.platform("launch", {}, table_.null()); });
  auto bytes = ir::to_beast2(*program, Dialect::b);
  ASSERT_TRUE(bytes);
  auto imported = import_program(types_, platform_, *bytes, "");
  ASSERT_TRUE(imported) << imported.error().message();
  EXPECT_EQ(imported->record.effects, (std::vector<ReachedEffect>{{"launch", Effect::unknown}}));
}

TEST_F(EastRuntimeTest, a_function_of_functions_has_unknown_effects) {
  const Type* f = table_.function({table_.integer()}, table_.integer());
  auto added = add(*b_.program(
      {f}, [&](auto p) { return b_.call(b_(p[0]), {b_.integer(1)}); }, table_.integer()));
  EXPECT_EQ(added.imported.record.effects, (std::vector<ReachedEffect>{{"*", Effect::unknown}}));
}

TEST_F(EastRuntimeTest, a_program_is_compiled_once_and_the_least_used_one_is_dropped) {
  std::vector<Added> functions;
  for (int i = 0; i < 3; i++) {
    functions.push_back(add(*b_.program({}, [&](auto) { return b_.integer(i); })));
  }
  EXPECT_EQ(runtime_.compiled_count(), 3U);
  ASSERT_TRUE(runtime_.prepare(source(functions[2].imported)));
  ASSERT_TRUE(runtime_.prepare(source(functions[1].imported)));
  EXPECT_EQ(runtime_.compiled_count(), 3U);
  ASSERT_TRUE(runtime_.prepare(source(functions[0].imported)));
  EXPECT_EQ(runtime_.compiled_count(), 4U);
  // A dropped program still runs for who has it.
  EXPECT_TRUE(run(functions[2], {}, {})->outcome.is_value());
}

TEST_F(EastRuntimeTest, code_of_another_signature_is_refused) {
  auto first = add(*b_.program({}, [&](auto) { return b_.integer(1); }));
  auto second = add(*b_.program({}, [&](auto) { return b_.string("x"); }));
  FunctionSource mixed = source(first.imported);
  mixed.code = second.imported.code;
  FunctionRecord record = first.imported.record;
  record.code = second.imported.record.code;
  mixed.record = &record;
  auto prepared = runtime_.prepare(mixed);
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, Code::corrupt);
}

TEST_F(EastRuntimeTest, typed_arguments_run_in_their_heap_without_copies) {
  auto added = add(*b_.program({table_.array(table_.integer())}, [&](auto p) {
    return b_.builtin(BuiltinId::ArraySize, {table_.integer()}, {b_(p[0])});
  }));
  Heap heap;
  ArrayObject* array = heap.new_array(5);
  Argument argument{{}, {table_.array(table_.integer()), Slot::of(array)}};
  RunRequest request;
  request.arguments = {&argument, 1};
  request.heap = &heap;
  request.name = "f";
  auto result = runtime_.run(*added.prepared, request);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->value, integer(5));
}

TEST(Import, locations_names_and_dialects_do_not_change_a_function) {
  TypeTable table;
  RecordTypes types(table);
  eval::PlatformRegistry platform;
  std::vector<Hash> ids;
  std::vector<Bytes> companions;
  for (int line : {1, 2}) {
    Builder b(table);
    b.at("f.east", line, 1);
    auto program =
        b.program({table.integer()}, [&](auto p) { return b.add(b(p[0]), b.integer(1)); });
    for (Dialect dialect : {Dialect::a, Dialect::b}) {
      auto beast2 = ir::to_beast2(*program, dialect);
      auto json = ir::to_json(*program, dialect);
      ASSERT_TRUE(beast2);
      ASSERT_TRUE(json);
      for (ByteView bytes : {ByteView(*beast2), as_bytes(*json)}) {
        auto imported = import_program(types, platform, bytes, "f.east");
        ASSERT_TRUE(imported) << imported.error().message();
        ids.push_back(imported->id);
        companions.push_back(imported->companion);
      }
    }
  }
  for (const Hash& id : ids) EXPECT_EQ(id, ids[0]);
  EXPECT_NE(companions.front(), companions.back());
}

}  // namespace
}  // namespace samara::runtime::east
