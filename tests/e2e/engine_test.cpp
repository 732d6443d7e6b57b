// The engine on a real repository: what is run, what is answered from memory, and why.

#include "engine/engine.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "ir/encode.hpp"
#include "tests/support/engine_fixture.hpp"

namespace samara::test {
namespace {

using engine::CallArgument;
using engine::CallOptions;
using ir::Builder;
using ir::BuiltinId;
using ir::Label;
using ir::Statements;

class EngineTest : public testing::Test {
 protected:
  std::string path() const { return directory_ / "repository"; }
  EngineSetup& open(const PlatformVersions& versions = {}, engine::EngineOptions options = {}) {
    setups_.push_back(std::make_unique<EngineSetup>(path(), versions, std::move(options)));
    return *setups_.back();
  }
  static std::unique_ptr<ir::Program> add_twelve(EngineSetup& s) {
    return s.b.program({s.types.integer()},
                       [&](auto p) { return s.b.add(s.b(p[0]), s.b.integer(12)); });
  }
  // Counts in the process that runs it.
  static std::unique_ptr<ir::Program> counting(EngineSetup& s) {
    return s.b.program({s.types.integer()}, [&](auto p) {
      return s.b.platform("test_count", {s.b(p[0])}, s.types.integer());
    });
  }
  static std::unique_ptr<ir::Program> upper(EngineSetup& s) {
    return s.b.program({s.types.string()}, [&](auto p) {
      return s.b.platform("test_upper", {s.b(p[0])}, s.types.string());
    });
  }
  static std::unique_ptr<ir::Program> saying(EngineSetup& s) {
    return s.b.program({s.types.string()}, [&](auto p) {
      return s.b.platform("test_say", {s.b(p[0])}, s.types.null());
    });
  }
  static std::unique_ptr<ir::Program> failing(EngineSetup& s) {
    s.b.at("model.east", 14, 7);
    return s.b.program(
        {s.types.integer()}, [&](auto) { return s.b.error(s.b.string("no such model")); },
        s.types.integer());
  }
  static bool has_line(const std::vector<std::string>& lines, std::string_view part) {
    for (const std::string& line : lines) {
      if (line.find(part) != std::string::npos) return true;
    }
    ADD_FAILURE() << "no line with: " << part;
    for (const std::string& line : lines) ADD_FAILURE() << line;
    return false;
  }

  TempDirectory directory_;
  std::vector<std::unique_ptr<EngineSetup>> setups_;
};

TEST_F(EngineTest, the_second_run_is_answered_from_memory) {
  EngineSetup& s = open();
  Hash f = s.must_add(*counting(s));
  auto first = s.call(f, {s.encoded(30)});
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_FALSE(first->from_memo);
  EXPECT_EQ(s.integer_of(*first), 30);
  EXPECT_TRUE(has_line(first->decisions, "not answered from memory: it has never been run before"));
  auto second = s.call(f, {s.encoded(30)});
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->from_memo);
  EXPECT_EQ(second->outcome, first->outcome);
  EXPECT_EQ(second->key, first->key);
  EXPECT_EQ(second->attempt, first->attempt);
  EXPECT_EQ(s.counted.load(), 1);
  EXPECT_TRUE(
      has_line(second->decisions, "answered from memory: attempt " + first->attempt.text()));
  auto other = s.call(f, {s.encoded(31)});
  ASSERT_TRUE(other);
  EXPECT_FALSE(other->from_memo);
  EXPECT_EQ(s.counted.load(), 2);
}

TEST_F(EngineTest, another_process_gets_the_answer_from_the_repository) {
  EngineSetup& s = open();
  Hash f = s.must_add(*counting(s));
  auto first = s.call(f, {s.encoded(30)});
  ASSERT_TRUE(first);
  EngineSetup& t = open();
  auto second = t.call(f, {t.encoded(30)});
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->from_memo);
  EXPECT_EQ(t.counted.load(), 0);
  EXPECT_EQ(t.integer_of(*second), 30);
  // Once found, it is in this process's memory as well.
  EXPECT_TRUE(t.call(f, {t.encoded(30)})->from_memo);
}

TEST_F(EngineTest, all_forms_of_an_argument_are_one_call) {
  EngineSetup& s = open();
  const Type* row =
      s.types.structure({{"name", s.types.string()}, {"tags", s.types.set(s.types.string())}});
  Hash f = s.must_add(*s.b.program({row}, [&](auto p) { return s.b(p[0]); }));
  Heap heap;
  FieldsObject* value = heap.new_fields(2);
  value->fields()[0] = Slot::of(heap.new_text("x"));
  value->fields()[1] = Slot::of(heap.new_array());
  auto stored = s.engine->values().put(
      s.types.structure({{"name", s.types.string()}, {"tags", s.types.array(s.types.string())}}),
      Slot::of(value), store::Durability::cached);
  ASSERT_TRUE(stored);
  // An Array where a Set is expected: refused by name.
  std::vector<CallArgument> arguments = {CallArgument::stored(stored->id)};
  auto refused = s.engine->call(f, arguments, {.name = "same"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(),
            "argument 1 of 'same' is Struct{name: String, tags: Array<String>}, expected "
            "Struct{name: String, tags: Set<String>}");

  // Headers of dialect A and B, and keys in another order.
  Bytes b = {0x89, 0x45, 0x61, 0x73, 0x74, 0x0d, 0x0a, 0x01, 0x10, 0,   2, 4, 'n', 'a', 'm', 'e',
             0x0f, 4,    't',  'a',  'g',  's',  0x0e, 0x0f, 1,    'x', 0, 2, 1,   'p', 1,   'q'};
  Bytes a = b;
  a[8] = 0x0f;
  a[16] = 0x0e;
  a[22] = 0x0d;
  a[23] = 0x0e;
  Bytes unsorted = b;
  std::swap(unsorted[29], unsorted[31]);
  auto first = s.call(f, {b});
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(**s.engine->result_bytes(*first), b);
  for (const Bytes& bytes : {a, unsorted}) {
    auto again = s.call(f, {bytes});
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(again->key.call, first->key.call);
    EXPECT_TRUE(again->from_memo);
  }
  auto id = s.engine->values().put_encoded(a, store::Durability::cached);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->id, sha256(b));
  arguments = {CallArgument::stored(id->id)};
  EXPECT_TRUE(s.engine->call(f, arguments)->from_memo);
  Heap call_heap;
  auto loaded = s.engine->values().load(id->id, call_heap);
  ASSERT_TRUE(loaded);
  arguments = {CallArgument::typed(loaded->value.type, loaded->value.value)};
  EXPECT_TRUE(s.engine->call(f, arguments, {.heap = &call_heap})->from_memo);
}

TEST_F(EngineTest, a_function_that_is_not_pure_runs_each_time) {
  EngineSetup& s = open();
  Hash f = s.must_add(*saying(s));
  for (int round = 0; round < 2; round++) {
    auto result = s.call(f, {s.encoded("hello")});
    ASSERT_TRUE(result);
    EXPECT_FALSE(result->from_memo);
    EXPECT_TRUE(
        has_line(result->decisions, "the function is not pure: it reaches 'test_say' (effectful)"));
    auto attempts = s.engine->attempts(result->key);
    ASSERT_TRUE(attempts);
    ASSERT_EQ(attempts->size(), static_cast<size_t>(round + 1));
    EXPECT_EQ(attempts->back().record.attempt, round + 1);
    auto log = s.engine->log(attempts->back().record);
    ASSERT_TRUE(log);
    EXPECT_EQ(*log, (std::vector<LogEntry>{{LogStream::out, "hello\n"}}));
  }
  Hash g = s.must_add(
      *s.b.program({}, [&](auto) { return s.b.platform("test_once", {}, s.types.integer()); }));
  EXPECT_FALSE(s.call(g, {})->from_memo);
  EXPECT_FALSE(s.call(g, {})->from_memo);
}

TEST_F(EngineTest, a_long_log_is_an_object_and_a_longer_one_is_cut) {
  EngineSetup& s = open();
  Hash f = s.must_add(*saying(s));
  std::string text(10'000, 'x');
  auto result = s.call(f, {s.encoded(text)});
  ASSERT_TRUE(result);
  auto attempts = s.engine->attempts(result->key);
  ASSERT_TRUE(attempts);
  EXPECT_TRUE(attempts->back().record.log.object.has_value());
  EXPECT_EQ(s.engine->log(attempts->back().record)->front().text, text + "\n");
  CallOptions options;
  options.limits.log_bytes_max = 100;
  result = s.call(f, {s.encoded(text)}, options);
  ASSERT_TRUE(result);
  attempts = s.engine->attempts(result->key);
  EXPECT_EQ(attempts->back().record.log.bytes_dropped, 9'901U);
  EXPECT_EQ(s.engine->log(attempts->back().record)->front().text, text.substr(0, 100));
}

TEST_F(EngineTest, no_memo_runs_again_and_renews_the_answer) {
  EngineSetup& s = open();
  Hash f = s.must_add(*counting(s));
  ASSERT_TRUE(s.call(f, {s.encoded(1)}));
  CallOptions options;
  options.no_memo = true;
  auto again = s.call(f, {s.encoded(1)}, options);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->from_memo);
  EXPECT_EQ(s.counted.load(), 2);
  EXPECT_TRUE(has_line(again->decisions, "no_memo was asked for"));
  auto third = s.call(f, {s.encoded(1)});
  EXPECT_TRUE(third->from_memo);
  EXPECT_EQ(third->attempt, again->attempt);
}

TEST_F(EngineTest, failures_are_outcomes_and_are_not_remembered) {
  EngineSetup& s = open();
  Hash f = s.must_add(*failing(s));
  auto first = s.call(f, {s.encoded(1)});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->outcome, Outcome::of_error("no such model", {{"model.east", 14, 7}}));
  auto second = s.call(f, {s.encoded(1)});
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->from_memo);
  EXPECT_TRUE(
      has_line(second->decisions,
               "not answered from memory: the only attempt ended with error: no such model"));
  auto third = s.call(f, {s.encoded(1)});
  EXPECT_TRUE(has_line(third->decisions, "none of 2 attempts gave a value"));
  auto bytes = s.engine->result_bytes(*third);
  EXPECT_FALSE(bytes);
}

TEST_F(EngineTest, a_limit_that_struck_does_not_stand_in_the_way_of_a_later_value) {
  EngineSetup& s = open();
  Builder& b = s.b;
  Hash f = s.must_add(*b.program({s.types.integer()}, [&](auto p) {
    return b.block([&](Statements& st) {
      ir::Var sum = st.mutable_(b.integer(0));
      st(b.while_(b.builtin(BuiltinId::Less, {s.types.integer()}, {b(sum), b(p[0])}),
                  [&](Label) { return b.assign(sum, b.add(b(sum), b.integer(1))); }));
      return b(sum);
    });
  }));
  CallOptions few;
  few.limits.steps_max = 10'000;
  auto first = s.call(f, {s.encoded(1'000'000)}, few);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->outcome.which, "steps");
  auto second = s.call(f, {s.encoded(1'000'000)});
  ASSERT_TRUE(second);
  EXPECT_EQ(s.integer_of(*second), 1'000'000);
  EXPECT_EQ(second->key, first->key);
  // Limits are no part of the call: the answer is known now, whatever is allowed.
  EXPECT_TRUE(s.call(f, {s.encoded(1'000'000)}, few)->from_memo);
}

TEST_F(EngineTest, a_new_implementation_runs_again_exactly_what_reaches_it) {
  EngineSetup& s = open();
  Hash reaches = s.must_add(*upper(s));
  Hash other = s.must_add(*counting(s));
  auto first = s.call(reaches, {s.encoded("abc")});
  ASSERT_TRUE(first);
  ASSERT_TRUE(s.call(other, {s.encoded(5)}));
  EngineSetup& t = open({.upper = "2"});
  auto again = t.call(reaches, {t.encoded("abc")});
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->from_memo);
  EXPECT_NE(again->key.call, first->key.call);
  EXPECT_TRUE(has_line(again->decisions, "binding of 'test_upper' changed from '"));
  EXPECT_TRUE(has_line(again->decisions, "since the last run of the same function and arguments"));
  EXPECT_TRUE(t.call(other, {t.encoded(5)})->from_memo);
  EXPECT_EQ(t.counted.load(), 0);
  // A function that is not reached may change as well.
  EngineSetup& u = open({.upper = "2", .say = "2"});
  EXPECT_TRUE(u.call(reaches, {u.encoded("abc")})->from_memo);
  // The old call says what happened to it.
  auto why = u.engine->why(first->key);
  ASSERT_TRUE(why);
  EXPECT_TRUE(has_line(*why, "attempt 1"));
  EXPECT_TRUE(has_line(*why, "now: another call"));
}

TEST_F(EngineTest, moved_lines_and_other_names_run_nothing_again) {
  EngineSetup& s = open();
  auto program = [&](int line, std::string_view file) {
    s.b.at(file, line, 1);
    return counting(s);
  };
  Hash f = s.must_add(*program(1, "a.east"), "mean");
  ASSERT_TRUE(s.call(f, {s.encoded(1)}));
  auto moved = s.add(*program(100, "/elsewhere/b.east"), "mean");
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->id, f);
  EXPECT_FALSE(moved->replaced.has_value());
  EXPECT_TRUE(s.call(f, {s.encoded(1)})->from_memo);
  EXPECT_EQ(s.counted.load(), 1);
}

TEST_F(EngineTest, an_error_after_a_move_has_the_new_location) {
  EngineSetup& s = open();
  Hash f = s.must_add(*failing(s));
  ASSERT_TRUE(s.call(f, {s.encoded(1)}));
  s.b.at("moved.east", 3, 4);
  auto moved = s.b.program(
      {s.types.integer()}, [&](auto) { return s.b.error(s.b.string("no such model")); },
      s.types.integer());
  EXPECT_EQ(s.must_add(*moved), f);
  auto again = s.call(f, {s.encoded(1)});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->outcome.locations, (std::vector<SourceLocation>{{"moved.east", 3, 4}}));
}

TEST_F(EngineTest, functions_have_names_and_companions_until_they_are_removed) {
  EngineSetup& s = open();
  Hash f = s.must_add(*add_twelve(s), "add/twelve");
  auto listed = s.engine->functions();
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ(listed->front().name, "add/twelve");
  auto companion = s.engine->companion(f);
  ASSERT_TRUE(companion);
  ASSERT_TRUE(companion->has_value());
  EXPECT_EQ((*companion)->source, "test.east");
  EXPECT_EQ(*engine::resolve_function(*s.repository, "add/twelve"), f);
  EXPECT_EQ(*engine::resolve_function(*s.repository, f.hex().substr(0, 12)), f);
  EXPECT_EQ(*engine::resolve_object(*s.repository, "functions/add/twelve"), f);
  EXPECT_EQ(engine::resolve_function(*s.repository, "other").error().code, Code::not_found);
  Hash g = s.must_add(*counting(s), "add/twelve");
  EXPECT_NE(g, f);
  auto replaced = s.add(*add_twelve(s), "add/twelve");
  ASSERT_TRUE(replaced);
  EXPECT_EQ(replaced->replaced, g);
  ASSERT_TRUE(s.engine->remove_function("add/twelve"));
  EXPECT_TRUE(s.engine->functions()->empty());
  EXPECT_FALSE(s.engine->companion(f)->has_value());
  EXPECT_EQ(s.engine->remove_function("add/twelve").error().code, Code::not_found);
}

TEST_F(EngineTest, a_capability_that_is_not_granted_is_named) {
  EngineSetup& s = open();
  Hash f = s.must_add(
      *s.b.program({}, [&](auto) { return s.b.platform("test_guarded", {}, s.types.integer()); }));
  auto refused = s.call(f, {}, {.name = "open_vault"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::permission);
  EXPECT_EQ(refused.error().message(),
            "'open_vault' may not run: 'test_guarded' needs the capability 'vault', which is not "
            "granted");
  EngineSetup& granted = open({}, {.capabilities = {"vault"}});
  auto result = granted.call(f, {});
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(granted.integer_of(*result), 7);
}

TEST_F(EngineTest, bad_calls_are_errors_that_leave_no_record) {
  EngineSetup& s = open();
  Hash f = s.must_add(*add_twelve(s));
  EXPECT_EQ(s.call(f, {}).error().code, Code::invalid_argument);
  EXPECT_EQ(s.call(f, {s.encoded("x")}).error().code, Code::type_mismatch);
  Hash missing = sha256(as_bytes("nothing"));
  EXPECT_EQ(s.call(missing, {}).error().code, Code::not_found);
  std::vector<CallArgument> arguments = {CallArgument::stored(missing)};
  EXPECT_EQ(s.engine->call(f, arguments).error().code, Code::not_found);
  auto value = s.repository->objects().put(s.encoded(1), store::Durability::cached);
  ASSERT_TRUE(value);
  auto no_function = s.call(*value, {});
  ASSERT_FALSE(no_function);
  EXPECT_EQ(no_function.error().code, Code::corrupt);
  EXPECT_TRUE(s.engine->calls()->empty());
}

TEST_F(EngineTest, a_damaged_result_is_run_again) {
  EngineSetup& s = open();
  // The result must not be the argument, which the next call stores again.
  Hash f = s.must_add(*s.b.program({s.types.integer()}, [&](auto p) {
    return s.b.add(s.b.platform("test_count", {s.b(p[0])}, s.types.integer()), s.b.integer(1));
  }));
  auto first = s.call(f, {s.encoded(1)});
  ASSERT_TRUE(first);
  std::string hex = first->outcome.value.hex();
  std::string file = path() + "/objects/" + hex.substr(0, 2) + "/" + hex.substr(2);
  ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  ASSERT_EQ(::truncate(file.c_str(), 3), 0);
  EngineSetup& t = open();
  auto again = t.call(f, {t.encoded(1)});
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_FALSE(again->from_memo);
  EXPECT_EQ(t.counted.load(), 1);
  EXPECT_TRUE(has_line(again->decisions, "is missing or damaged"));
  EXPECT_TRUE(t.fsck().clean());
}

TEST_F(EngineTest, calls_are_listed_newest_first) {
  EngineSetup& s = open();
  Hash f = s.must_add(*add_twelve(s));
  Hash g = s.must_add(*counting(s));
  ASSERT_TRUE(s.call(f, {s.encoded(1)}));
  s.clock.sleep_until(s.clock.now() + std::chrono::milliseconds(3));
  ASSERT_TRUE(s.call(g, {s.encoded(2)}));
  s.clock.sleep_until(s.clock.now() + std::chrono::milliseconds(3));
  ASSERT_TRUE(s.call(f, {s.encoded(3)}));
  auto calls = s.engine->calls();
  ASSERT_TRUE(calls);
  ASSERT_EQ(calls->size(), 3U);
  EXPECT_EQ((*calls)[0].key.function, f);
  EXPECT_EQ((*calls)[1].key.function, g);
  EXPECT_EQ(s.engine->calls({.function = g})->size(), 1U);
  EXPECT_EQ(s.engine->calls({.calls_max = 2})->size(), 2U);
  auto key = engine::resolve_call(*s.repository, (*calls)[1].key.call.hex().substr(0, 10));
  ASSERT_TRUE(key);
  EXPECT_EQ(*key, (*calls)[1].key);
}

TEST_F(EngineTest, why_tells_of_both_runs) {
  EngineSetup& s = open();
  Hash f = s.must_add(*counting(s));
  auto result = s.call(f, {s.encoded(1)});
  ASSERT_TRUE(result);
  auto why = s.engine->why(result->key);
  ASSERT_TRUE(why);
  EXPECT_TRUE(has_line(*why, "attempt 1 (" + result->attempt.text() + ")"));
  EXPECT_TRUE(has_line(*why, "it has never been run before"));
  EXPECT_TRUE(has_line(*why, "now: answered from memory"));
  EXPECT_EQ(s.engine->why({f, f}).error().code, Code::not_found);
}

TEST_F(EngineTest, the_same_call_runs_once_however_many_ask_at_once) {
  EngineSetup& s = open();
  Builder& b = s.b;
  // Long enough that all ask before it ends.
  Hash f = s.must_add(*b.program({s.types.integer()}, [&](auto p) {
    return b.block([&](Statements& st) {
      ir::Var i = st.mutable_(b.integer(0));
      st(b.while_(b.builtin(BuiltinId::Less, {s.types.integer()}, {b(i), b.integer(300'000)}),
                  [&](Label) { return b.assign(i, b.add(b(i), b.integer(1))); }));
      return b.platform("test_count", {b(p[0])}, s.types.integer());
    });
  }));
  std::vector<std::thread> callers;
  std::atomic<int> right{0};
  Bytes argument = s.encoded(5);
  for (int i = 0; i < 4; i++) {
    callers.emplace_back([&] {
      auto result = s.call(f, {argument});
      if (result && s.integer_of(*result) == 5) right.fetch_add(1);
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(right.load(), 4);
  EXPECT_EQ(s.counted.load(), 1);
}

TEST_F(EngineTest, a_waiting_call_can_be_cancelled) {
  EngineSetup& s = open();
  Hash f = s.must_add(*add_twelve(s));
  Bytes argument = s.encoded(5);
  std::vector<CallArgument> arguments = {CallArgument::encoded(argument)};
  auto key = s.engine->key_of(f, arguments);
  ASSERT_TRUE(key);
  auto lock = s.repository->executions().lock(*key, port::LockWait::no);
  ASSERT_TRUE(lock);
  std::atomic<bool> cancel{false};
  std::thread canceller([&] {
    s.clock.sleep_until(s.clock.now() + std::chrono::milliseconds(30));
    cancel.store(true);
  });
  CallOptions options;
  options.cancel = &cancel;
  auto result = s.call(f, {argument}, options);
  canceller.join();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::cancelled);
}

TEST_F(EngineTest, garbage_collection_keeps_what_records_and_names_need) {
  EngineSetup& s = open();
  Hash f = s.must_add(*upper(s), "upper");
  auto result = s.call(f, {s.encoded("abc")});
  ASSERT_TRUE(result);
  auto loose = s.repository->objects().put(s.encoded("nobody wants me"), store::Durability::cached);
  ASSERT_TRUE(loose);
  store::GcOptions options = engine::gc_options(s.engine->record_types());
  options.grace = {};
  // What was stored in the tick of the clock in which a collector starts is young.
  s.clock.sleep_until(s.clock.now() + std::chrono::milliseconds(30));
  auto report = s.repository->collect_garbage(options);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_FALSE(*s.repository->objects().contains(*loose));
  EngineSetup& t = open();
  EXPECT_TRUE(t.call(f, {t.encoded("abc")})->from_memo);
  CallOptions again;
  again.no_memo = true;
  ASSERT_TRUE(t.call(f, {t.encoded("abc")}, again));
  EXPECT_TRUE(t.fsck().clean());
}

TEST_F(EngineTest, function_values_can_be_stored_and_passed) {
  EngineSetup& s = open();
  const Type* f = s.types.function({s.types.integer()}, s.types.integer());
  // Gives a function, and takes one.
  Hash maker = s.must_add(*s.b.program({s.types.integer()}, [&](auto p) {
    return s.b.lambda({s.types.integer()}, [&](auto q) { return s.b.add(s.b(p[0]), s.b(q[0])); });
  }));
  Hash taker = s.must_add(*s.b.program(
      {f}, [&](auto p) { return s.b.call(s.b(p[0]), {s.b.integer(100)}); }, s.types.integer()));
  auto made = s.call(maker, {s.encoded(23)});
  ASSERT_TRUE(made);
  ASSERT_TRUE(made->outcome.is_value()) << outcome_text(made->outcome);
  EXPECT_EQ(*s.engine->values().type_of(made->outcome.value), f);
  std::vector<CallArgument> arguments = {CallArgument::stored(made->outcome.value)};
  auto taken = s.engine->call(taker, arguments);
  ASSERT_TRUE(taken) << taken.error().message();
  EXPECT_EQ(s.integer_of(*taken), 123);
  EXPECT_FALSE(s.engine->call(taker, arguments)->from_memo);  // its effects are unknown
  Heap heap;
  auto loaded = s.engine->values().load(made->outcome.value, heap);
  ASSERT_TRUE(loaded);
  auto again = s.engine->values().put(loaded->value.type, loaded->value.value,
                                      store::Durability::cached, loaded->functions.get());
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->id, made->outcome.value);
}

TEST_F(EngineTest, answers_beyond_the_memory_of_the_process_come_from_the_repository) {
  EngineSetup& s = open({}, {.memo_entries_max = 2});
  Hash f = s.must_add(*counting(s));
  for (int64_t i = 0; i < 5; i++) ASSERT_TRUE(s.call(f, {s.encoded(i)}));
  for (int64_t i = 0; i < 5; i++) {
    auto result = s.call(f, {s.encoded(i)});
    ASSERT_TRUE(result);
    EXPECT_TRUE(result->from_memo);
    EXPECT_EQ(s.integer_of(*result), i);
  }
  EXPECT_EQ(s.counted.load(), 5);
}

}  // namespace
}  // namespace samara::test
