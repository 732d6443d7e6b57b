// The forms bytes, task and command, and their host functions, in modules put together by hand.

#include "runtime/wasm/runtime_test_support.hpp"

namespace samara::runtime::wasm {
namespace {

using enum ValueType;
using namespace std::chrono_literals;

constexpr int32_t k_arguments_at = 1024;

class WasmForms : public RuntimeFixture {
 protected:
  const Type* strings() { return table_.array(table_.string()); }
  const Type* function(std::vector<const Type*> inputs, const Type* output) {
    return table_.function(std::move(inputs), output);
  }
};

// What a module of the form bytes exports beside its function; the allocator always gives the same
// place.
void add_bytes_exports(ModuleBuilder& builder, int32_t place = k_arguments_at) {
  builder.memory(1);
  builder.export_item("memory", ExternalKind::memory, 0);
  builder.export_function("samara_alloc",
                          builder.function(builder.type({i32}, {i32}), i32_of(place)));
}

// address << 32 | length, of two i32 on the stack of expressions.
Bytes packed(const Bytes& address, const Bytes& length) {
  return joined({address, code({op::i64_extend_i32_u}), i64_of(32), code({op::i64_shl}), length,
                 code({op::i64_extend_i32_u, op::i64_or})});
}

// The function gives `result` whatever it takes.
Bytes bytes_module(const Bytes& result, int32_t place = k_arguments_at) {
  ModuleBuilder builder;
  add_bytes_exports(builder, place);
  builder.export_function("f", builder.function(builder.type({i32, i32}, {i64}), result));
  return builder.bytes();
}

// Gives its arguments back.
Bytes echo() { return bytes_module(packed(code({op::local_get, 0}), code({op::local_get, 1}))); }

Bytes constant_result(ByteView bytes) {
  ModuleBuilder builder;
  add_bytes_exports(builder);
  builder.data(16, bytes);
  builder.export_function(
      "f", builder.function(builder.type({i32, i32}, {i64}),
                            packed(i32_of(16), i32_of(static_cast<int32_t>(bytes.size())))));
  return builder.bytes();
}

// --- bytes ---------------------------------------------------------------------------------------

TEST_F(WasmForms, encoded_arguments_go_in_and_come_out) {
  auto prepared = add(echo(), {.type = function({strings()}, strings())});
  TypedValue words = value(strings(), R"(["one", "", "zwölf"])");
  RunResult result = call(prepared, {&words, 1});
  EXPECT_EQ(text_of_result(result, strings()), R"(["one", "", "zwölf"])");
  auto expected = encode_beast2(words.type, words.value);
  ASSERT_TRUE(expected);
  EXPECT_EQ(result.value, *expected);
}

TEST_F(WasmForms, arguments_stand_one_after_another) {
  const Type* pair =
      table_.structure({{"a", table_.integer()}, {"b", table_.string()}, {"c", table_.float_()}});
  auto prepared =
      add(echo(), {.type = function({table_.integer(), table_.string(), table_.float_()}, pair)});
  std::vector<TypedValue> given{integer(-7), value(table_.string(), "\"x\""), number(0.5)};
  EXPECT_EQ(text_of_result(call(prepared, given), pair), "(a=-7, b=\"x\", c=0.5)");
}

TEST_F(WasmForms, function_without_arguments_needs_no_room) {
  auto prepared = add(constant_result(Bytes{0x54}), {.type = function({}, table_.integer())});
  EXPECT_EQ(integer_of(call(prepared)), 42);
  auto nothing = add(bytes_module(i64_of(0), 0), {.type = function({}, table_.null())});
  EXPECT_EQ(text_of_result(call(nothing), table_.null()), "null");
}

TEST_F(WasmForms, module_can_say_its_type) {
  Bytes module = echo();
  auto with = [&](std::string_view section, std::string_view text) {
    Bytes content;
    append_name(content, section);
    append_bytes(content, as_bytes(text));
    Bytes out = module;
    append_section(out, 0, content);
    return out;
  };
  std::string_view text = ".Function (inputs=[.Blob], output=.Blob)";
  for (std::string_view name : {"samara.type", "samara.type.f"}) {
    add(with(name, text));
    EXPECT_EQ(signature_text(imported_.record), "(Blob) -> Blob");
  }
  add(with("samara.type", text), {.type = function({strings()}, strings())});
  EXPECT_EQ(signature_text(imported_.record), "(Array<String>) -> Array<String>");
  EXPECT_EQ(refusal(with("samara.type.g", text)).find("export 'f' does not say the type"), 0U);
  EXPECT_EQ(refusal(with("samara.type", ".Blobb"))
                .find("the module's section 'samara.type' is no "
                      "type: "),
            0U);
  EXPECT_EQ(refusal(with("samara.type", ".Blob")),
            "the type of a function must be one of functions");
}

TEST_F(WasmForms, form_is_decided_at_import_and_stands_in_the_hash) {
  const Type* type = function({table_.integer(), table_.integer()}, table_.integer());
  add(echo(), {.type = type});
  Hash encoded = imported_.record.code;
  EXPECT_EQ(imported_.code, with_form(echo(), Form::bytes));
  auto numbers = add(with_form(echo(), Form::scalars), {.type = type});
  EXPECT_NE(imported_.record.code, encoded);
  std::vector<TypedValue> given{integer(1), integer(2)};
  EXPECT_EQ(integer_of(call(numbers, given)), int64_t{1} << 32 | 2);
  // Imported again, nothing is added.
  add(with_form(echo(), Form::bytes), {.type = type});
  EXPECT_EQ(imported_.record.code, encoded);
  EXPECT_EQ(refusal(with_form(echo(), Form::task), {.type = type}),
            "export 'f' is (i32, i32) -> i64, a function of the form 'task' is () -> ()");
}

TEST_F(WasmForms, unknown_form_is_refused) {
  ModuleBuilder builder;
  builder.export_function("f", builder.function(builder.type({}, {}), {}));
  builder.custom("samara.form", as_bytes("waves"));
  EXPECT_NE(refusal(builder.bytes()).find("holds an unknown word"), std::string::npos);
}

TEST_F(WasmForms, what_the_form_needs_must_be_exported) {
  const Type* type = function({table_.string()}, table_.string());
  ModuleBuilder bare;
  bare.export_function("f", bare.function(bare.type({i32, i32}, {i64}), i64_of(0)));
  bare.custom("samara.form", as_bytes("bytes"));
  EXPECT_EQ(refusal(bare.bytes(), {.type = type}),
            "a module of the form 'bytes' exports its memory as 'memory', this one does not");
  bare.memory(1);
  bare.export_item("memory", ExternalKind::memory, 0);
  EXPECT_EQ(refusal(bare.bytes(), {.type = type}),
            "a module of the form 'bytes' exports 'samara_alloc' of (i32) -> i32, this one does "
            "not");
  EXPECT_NE(refusal(echo(), {.type = function({type}, table_.null())})
                .find("functions cannot pass to or from a module"),
            std::string::npos);
}

TEST_F(WasmForms, result_must_be_inside_of_the_memory) {
  for (int64_t raw : {int64_t{65'536} << 32 | 1, int64_t{65'537} << 32, int64_t{-1},
                      int64_t{1} << 32 | 0xFFFF'FFFF}) {
    auto prepared = add(bytes_module(i64_of(raw)), {.type = function({}, table_.blob())});
    RunResult result = call(prepared);
    EXPECT_EQ(result.outcome.kind, OutcomeKind::trap) << raw;
    EXPECT_NE(result.outcome.message.find("is not inside of the memory"), std::string::npos);
  }
}

TEST_F(WasmForms, result_of_another_type_is_a_trap) {
  auto past = add(constant_result(Bytes{0x03, 'a', 'b'}), {.type = function({}, table_.string())});
  EXPECT_EQ(call(past).outcome,
            Outcome::of(OutcomeKind::trap,
                        "the result is no String: Buffer underflow reading string at offset 0, "
                        "length 3"));
  auto rest = add(constant_result(Bytes{0x02, 0x02}), {.type = function({}, table_.integer())});
  EXPECT_EQ(call(rest).outcome.kind, OutcomeKind::trap);
  auto text = add(constant_result(Bytes{0x01, 0xFF}), {.type = function({}, table_.string())});
  EXPECT_EQ(call(text).outcome.kind, OutcomeKind::trap);
  // A thousand million elements that take no bytes.
  const Type* nulls = table_.array(table_.null());
  Bytes many{0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0x03};
  EXPECT_EQ(call(add(constant_result(many), {.type = function({}, nulls)})).outcome.kind,
            OutcomeKind::trap);
}

TEST_F(WasmForms, result_is_written_anew_in_canonical_form) {
  auto prepared = add(constant_result(Bytes{0xD4, 0x00}), {.type = function({}, table_.integer())});
  RunResult result = call(prepared);
  auto expected = encode_beast2(table_.integer(), Slot::of(int64_t{42}));
  ASSERT_TRUE(expected);
  EXPECT_EQ(result.value, *expected);
}

TEST_F(WasmForms, large_results_reach_the_output_limit) {
  auto prepared = add(constant_result(Bytes(200, 0)), {.type = function({}, table_.blob())});
  EXPECT_EQ(call(prepared, {}, {.output_bytes_max = 100}).outcome,
            Outcome::of_limit("output", "output limit of 100 B reached"));
}

TEST_F(WasmForms, allocator_without_room_ends_the_run) {
  const Type* type = function({table_.blob()}, table_.null());
  TypedValue blob = value(table_.blob(), "0x010203");
  auto none = add(bytes_module(i64_of(0), 0), {.type = type});
  EXPECT_EQ(
      call(none, {&blob, 1}).outcome,
      Outcome::of(OutcomeKind::memory, "the module has no room for the arguments, which take 4 B"));
  for (int32_t place : {65'533, 65'536, -1}) {
    auto outside = add(bytes_module(i64_of(0), place), {.type = type});
    EXPECT_EQ(call(outside, {&blob, 1}).outcome.kind, OutcomeKind::trap) << place;
  }
  auto last = add(bytes_module(i64_of(0), 65'532), {.type = type});
  EXPECT_TRUE(call(last, {&blob, 1}).outcome.is_value());
}

TEST_F(WasmForms, endless_allocator_ends_at_the_deadline) {
  ModuleBuilder builder;
  builder.memory(1);
  builder.export_item("memory", ExternalKind::memory, 0);
  builder.export_function(
      "samara_alloc",
      builder.function(builder.type({i32}, {i32}),
                       code({op::loop, op::none, op::br, 0, op::end, op::unreachable})));
  builder.export_function("f", builder.function(builder.type({i32, i32}, {i64}), i64_of(0)));
  auto prepared = add(builder.bytes(), {.type = function({table_.integer()}, table_.null())});
  TypedValue one = integer(1);
  EXPECT_EQ(call(prepared, {&one, 1}, {.wall_max = 20ms}).outcome.kind, OutcomeKind::timeout);
}

TEST_F(WasmForms, values_count_against_the_memory_limit) {
  auto prepared = add(echo(), {.type = function({strings()}, strings())});
  std::string text = "[\"x\"";
  for (int i = 0; i < 5'000; i++) text += ", \"some words for an array\"";
  TypedValue words = value(strings(), text + "]");
  auto encoded = encode_beast2(words.type, words.value);
  ASSERT_TRUE(encoded);
  std::vector<Argument> given{{*encoded, {}}};
  RunRequest request;
  request.arguments = given;
  request.limits.memory_bytes_max = 100'000;
  auto result = runtime_.run(*prepared, request);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->outcome.kind, OutcomeKind::memory);
}

TEST_F(WasmForms, ten_thousand_encoded_runs_take_no_more_memory) {
  auto prepared = add(echo(), {.type = function({strings()}, strings())});
  auto encoded = encode_beast2(strings(), value(strings(), R"(["one", "two"])").value);
  ASSERT_TRUE(encoded);
  std::vector<Argument> given{{*encoded, {}}};
  expect_no_growth([&] {
    RunRequest request;
    request.arguments = given;
    auto result = runtime_.run(*prepared, request);
    ASSERT_TRUE(result);
    ASSERT_EQ(result->value, *encoded);
  });
}

// --- tasks and the host functions of "samara" ----------------------------------------------------

// Reads input 0 to address 64 and publishes it.
Bytes relay() {
  ModuleBuilder builder;
  builder.import_function("samara", "input", builder.type({i32, i64, i32, i32}, {i32}));
  builder.import_function("samara", "publish_result", builder.type({i32, i32}, {}));
  builder.memory(1);
  builder.export_function(
      "f",
      builder.function(builder.type({}, {}), joined({i32_of(64), i32_of(0), i64_of(0), i32_of(64),
                                                     i32_of(1000), call_of(0), call_of(1)})));
  return builder.bytes();
}

TEST_F(WasmForms, task_reads_its_input_and_publishes_its_result) {
  auto prepared = add(relay(), {.type = function({strings()}, strings())});
  EXPECT_EQ(custom_text(imported_.code, *scan(imported_.code), "samara.form"), "task");
  EXPECT_EQ(imported_.record.effect(), Effect::pure);
  TypedValue words = value(strings(), R"(["a", "b"])");
  EXPECT_EQ(text_of_result(call(prepared, {&words, 1}), strings()), R"(["a", "b"])");
  EXPECT_EQ(refusal(relay()).find("export 'f' does not say the type"), 0U);
}

// Calls one host function with these arguments, and drops what it gives.
Bytes calls_host(std::string_view name, std::vector<ValueType> parameters,
                 std::vector<ValueType> results, const Bytes& arguments,
                 std::string_view module = "samara", std::string_view memory = {}) {
  ModuleBuilder builder;
  bool gives = !results.empty();
  builder.import_function(module, name, builder.type(std::move(parameters), std::move(results)));
  builder.memory(1);
  if (!memory.empty()) builder.data(16, as_bytes(memory));
  builder.export_function(
      "f", builder.function(builder.type({}, {}),
                            joined({arguments, call_of(0), gives ? Bytes{op::drop} : Bytes{}})));
  return builder.bytes();
}

// Publishes the byte at `address`, 84 at 16, by a tail call.
Bytes leaves_publishing(int32_t address) {
  constexpr uint8_t k_return_call = 0x12;
  ModuleBuilder builder;
  builder.import_function("samara", "publish_result", builder.type({i32, i32}, {}));
  builder.memory(1);
  builder.data(16, Bytes{84});
  builder.export_function(
      "f", builder.function(builder.type({}, {}),
                            joined({i32_of(address), i32_of(1), Bytes{k_return_call, 0}})));
  return builder.bytes();
}

TEST_F(WasmForms, tail_call_to_a_host_function_from_outside) {
  const Type* type = function({}, table_.integer());
  EXPECT_EQ(integer_of(call(add(leaves_publishing(16), {.type = type}))), 42);
  EXPECT_EQ(call(add(leaves_publishing(65'536), {.type = type})).outcome.message,
            "out of bounds memory access");
}

TEST_F(WasmForms, task_that_publishes_nothing_has_no_result) {
  Bytes module = with_form(calls_host("input_size", {i32}, {i64}, i32_of(0)), Form::task);
  auto prepared = add(module, {.type = function({table_.integer()}, table_.integer())});
  TypedValue one = integer(1);
  EXPECT_EQ(call(prepared, {&one, 1}).outcome,
            Outcome::of(OutcomeKind::trap, "the task has published no result"));
  auto none = add(module, {.type = function({}, table_.null())});
  EXPECT_EQ(call(none).outcome,
            Outcome::of(OutcomeKind::trap, "samara: there is no input of that number"));
}

TEST_F(WasmForms, published_bytes_must_be_inside_of_the_memory_and_the_limit) {
  auto publish = [](int32_t at, int32_t size) {
    return calls_host("publish_result", {i32, i32}, {}, joined({i32_of(at), i32_of(size)}));
  };
  const Type* type = function({}, table_.blob());
  EXPECT_EQ(call(add(publish(65'000, 1000), {.type = type})).outcome.message,
            "out of bounds memory access");
  EXPECT_EQ(call(add(publish(-1, 1), {.type = type})).outcome.message,
            "out of bounds memory access");
  EXPECT_EQ(call(add(publish(0, 1000), {.type = type}), {}, {.output_bytes_max = 100}).outcome.kind,
            OutcomeKind::limit);
}

TEST_F(WasmForms, functions_of_tasks_are_for_tasks) {
  Bytes module = with_form(
      calls_host("publish_result", {i32, i32}, {}, joined({i32_of(0), i32_of(0)})), Form::scalars);
  EXPECT_NE(refusal(module).find("'samara.publish_result' is imported, which is for tasks"),
            std::string::npos);
}

TEST_F(WasmForms, log_lines_are_kept_and_count_as_an_effect) {
  auto prepared = add(calls_host("log", {i32, i32, i32}, {},
                                 joined({i32_of(2), i32_of(16), i32_of(5)}), "samara", "hello"));
  EXPECT_EQ(imported_.record.effects,
            (std::vector<ReachedEffect>{{"samara.log", Effect::effectful}}));
  EXPECT_TRUE(call(prepared).outcome.is_value());
  EXPECT_EQ(log_.entries(), (std::vector<LogEntry>{{LogStream::err, "hello\n"}}));
  std::vector<Offer> offers = runtime_.offers(imported_.record);
  ASSERT_EQ(offers.size(), 1U);
  EXPECT_TRUE(offers[0].offered);
  EXPECT_EQ(offers[0].capability, "");
  EXPECT_NE(offers[0].implementation, Hash{});
}

TEST_F(WasmForms, addresses_outside_of_the_memory_trap) {
  auto prepared =
      add(calls_host("log", {i32, i32, i32}, {}, joined({i32_of(0), i32_of(65'535), i32_of(2)})));
  EXPECT_EQ(call(prepared).outcome, Outcome::of(OutcomeKind::trap, "out of bounds memory access"));
  EXPECT_TRUE(log_.entries().empty());
}

TEST_F(WasmForms, endless_log_ends_at_the_deadline_within_the_log_limit) {
  ModuleBuilder builder;
  builder.import_function("samara", "log", builder.type({i32, i32, i32}, {}));
  builder.memory(1);
  builder.export_function(
      "f", builder.function(builder.type({}, {}),
                            joined({code({op::loop, op::none}), i32_of(0), i32_of(0),
                                    i32_of(60'000), call_of(0), code({op::br, 0, op::end})})));
  EXPECT_EQ(call(add(builder.bytes()), {}, {.wall_max = 30ms}).outcome.kind, OutcomeKind::timeout);
  EXPECT_LE(log_.bytes(), 1U << 20);
  EXPECT_GT(log_.bytes_dropped(), 0U);
}

TEST_F(WasmForms, failing_is_an_error_with_its_message) {
  auto prepared = add(
      calls_host("fail", {i32, i32}, {}, joined({i32_of(16), i32_of(9)}), "samara", "no sample"));
  EXPECT_EQ(imported_.record.effect(), Effect::pure);
  EXPECT_EQ(call(prepared).outcome, Outcome::of_error("no sample", {}));
}

TEST_F(WasmForms, random_bytes_and_the_clock_need_capabilities) {
  auto random = add(calls_host("random", {i32, i32}, {}, joined({i32_of(0), i32_of(8)})));
  EXPECT_EQ(runtime_.offers(imported_.record)[0].capability, "random");
  EXPECT_TRUE(call(random).outcome.is_value());
  // A worker takes them from the system.
  if (test_workers() == nullptr) {
    EXPECT_EQ(random_.next_u64(), 0x08090A0B0C0D0E0FU);
  }
  add(calls_host("clock", {}, {i64}, {}));
  EXPECT_EQ(runtime_.offers(imported_.record)[0].capability, "time");
  EXPECT_EQ(runtime_.offers(imported_.record)[0].effect, Effect::idempotent);
}

TEST_F(WasmForms, runtime_without_random_bytes_does_not_offer_them) {
  add(calls_host("random", {i32, i32}, {}, joined({i32_of(0), i32_of(8)})));
  WasmRuntime without{{types_, clock_, processes_, {}}};
  EXPECT_FALSE(without.offers(imported_.record)[0].offered);
  FunctionSource source;
  source.record = &imported_.record;
  source.code = imported_.code;
  EXPECT_EQ(without.prepare(source).error().code, Code::not_found);
}

TEST_F(WasmForms, function_object_must_list_what_the_module_imports) {
  add(calls_host("random", {i32, i32}, {}, joined({i32_of(0), i32_of(8)})));
  imported_.record.effects.clear();
  auto prepared = prepare_imported();
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().message(),
            "the function object does not list the imports of its module: add it anew");
}

TEST_F(WasmForms, imports_must_have_the_type_that_is_offered) {
  Bytes module = calls_host("log", {i32, i32}, {}, joined({i32_of(0), i32_of(8)}));
  EXPECT_NE(refusal(module).find("function 'samara.log' is imported as (i32, i32) -> (), but it is "
                                 "(i32, i32, i32) -> (): declare it so"),
            std::string::npos);
  ModuleBuilder memory;
  memory.import_function("samara", "memory", memory.type({}, {}));
  memory.export_function("f", memory.function(memory.type({}, {}), {}));
  EXPECT_NE(refusal(memory.bytes()).find("is not offered"), std::string::npos);
}

TEST_F(WasmForms, every_host_function_is_linked_with_its_type) {
  for (const HostFunction& host : host_functions()) {
    ModuleBuilder builder;
    FunctionType type = type_of(host);
    builder.import_function(host.module, host.name, builder.type(type.parameters, type.results));
    builder.memory(1);
    Bytes body;
    for (ValueType parameter : type.parameters) {
      const Bytes one_and_a_half = {0x44, 0, 0, 0, 0, 0, 0, 0xF8, 0x3F};
      append_bytes(body, parameter == f64   ? one_and_a_half
                         : parameter == i64 ? i64_of(-1)
                                            : i32_of(-1));
    }
    append_bytes(body, call_of(0));
    if (!type.results.empty()) body.push_back(op::drop);
    builder.export_function("f", builder.function(builder.type({}, {}), body));
    auto prepared =
        add(with_form(builder.bytes(), Form::task), {.type = function({}, table_.null())});
    RunResult result = call(prepared);
    // Hostile arguments are answered or trap; nothing else happens.
    EXPECT_EQ(result.outcome.message.find("unlinked"), std::string::npos) << full_name(host);
  }
}

TEST_F(WasmForms, ten_thousand_tasks_take_no_more_memory) {
  auto prepared = add(relay(), {.type = function({strings()}, strings())});
  TypedValue words = value(strings(), R"(["a", "b"])");
  auto expected = encode_beast2(words.type, words.value);
  ASSERT_TRUE(expected);
  std::vector<Argument> given{{*expected, {}}};
  expect_no_growth([&] {
    RunRequest request;
    request.arguments = given;
    auto result = runtime_.run(*prepared, request);
    ASSERT_TRUE(result);
    ASSERT_EQ(result->value, *expected);
  });
}

}  // namespace
}  // namespace samara::runtime::wasm
