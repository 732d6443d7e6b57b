// Programs: what they see of the world that WASI describes, in modules put together by hand.

#include "runtime/wasm/runtime_test_support.hpp"

namespace samara::runtime::wasm {
namespace {

using enum ValueType;
using namespace std::chrono_literals;

class WasmCommand : public RuntimeFixture {
 protected:
  // A program of one function whose imports are made first.
  class Program {
   public:
    uint32_t import(std::string_view name, std::vector<ValueType> parameters) {
      builder_.import_function(k_wasi_module_name, name,
                               builder_.type(std::move(parameters), {i32}));
      return imports_++;
    }
    // `list` stands at address 0: a piece of memory for fd_read and fd_write.
    Bytes bytes(const Bytes& body, uint32_t piece_at, uint32_t piece_size) {
      builder_.memory(1);
      builder_.export_item("memory", ExternalKind::memory, 0);
      Bytes list;
      for (uint32_t value : {piece_at, piece_size}) {
        for (unsigned i = 0; i < 4; i++) list.push_back(static_cast<uint8_t>(value >> (8 * i)));
      }
      builder_.data(0, list);
      builder_.export_function("_start", builder_.function(builder_.type({}, {}), body));
      return builder_.bytes();
    }

   private:
    ModuleBuilder builder_;
    uint32_t imports_ = 0;
  };

  static Bytes dropped(const Bytes& call) { return joined({call, code({op::drop})}); }
  static Bytes on_file(int32_t file, uint32_t function) {
    return dropped(joined({i32_of(file), i32_of(0), i32_of(1), i32_of(8), call_of(function)}));
  }

  // Reads once, and writes as much.
  static Bytes echo() {
    Program program;
    uint32_t read = program.import("fd_read", {i32, i32, i32, i32});
    uint32_t write = program.import("fd_write", {i32, i32, i32, i32});
    Bytes take_size =
        joined({i32_of(4), i32_of(8), code({op::i32_load, 2, 0, op::i32_store, 2, 0})});
    return program.bytes(joined({on_file(0, read), take_size, on_file(1, write)}), 64, 1000);
  }

  static Bytes exits(int32_t status) {
    ModuleBuilder builder;
    builder.import_function(k_wasi_module_name, "proc_exit", builder.type({i32}, {}));
    builder.export_function(
        "_start", builder.function(builder.type({}, {}),
                                   joined({i32_of(status), call_of(0), code({op::unreachable})})));
    return builder.bytes();
  }

  std::vector<TypedValue> given(std::string_view words, std::string_view input) {
    return {value(table_.array(table_.string()), words), value(table_.blob(), input)};
  }
};

TEST_F(WasmCommand, standard_input_goes_to_standard_output) {
  auto prepared = add(echo());
  EXPECT_EQ(signature_text(imported_.record), "(Array<String>, Blob) -> Blob");
  EXPECT_EQ(imported_.record.effect(), Effect::pure);
  RunResult result = call(prepared, given("[]", "0x0102ff"));
  EXPECT_EQ(text_of_result(result, table_.blob()), "0x0102ff");
  EXPECT_EQ(text_of_result(call(prepared, given("[]", "0x")), table_.blob()), "0x");
}

TEST_F(WasmCommand, types_of_a_program_can_be_given) {
  const Type* text = table_.string();
  auto prepared = add(echo(), {.type = table_.function({text}, text)});
  TypedValue hello = value(text, "\"zwölf\"");
  EXPECT_EQ(text_of_result(call(prepared, {&hello, 1}), text), "\"zwölf\"");
  auto mixed = add(echo(), {.type = table_.function({table_.blob()}, text)});
  TypedValue bytes = value(table_.blob(), "0x41ff");
  EXPECT_EQ(call(mixed, {&bytes, 1}).outcome,
            Outcome::of(OutcomeKind::trap,
                        "standard output is no UTF-8 at byte 1: let the function give Blob"));
  auto silent = add(echo(), {.type = table_.function({}, table_.null())});
  EXPECT_EQ(text_of_result(call(silent), table_.null()), "null");
  EXPECT_NE(refusal(echo(), {.type = table_.function({table_.integer()}, text)})
                .find("a command takes its words as Array<String>"),
            std::string::npos);
}

TEST_F(WasmCommand, words_follow_the_name_of_the_program) {
  Program program;
  uint32_t sizes = program.import("args_sizes_get", {i32, i32});
  uint32_t get = program.import("args_get", {i32, i32});
  uint32_t write = program.import("fd_write", {i32, i32, i32, i32});
  Bytes body =
      joined({dropped(joined({i32_of(92), i32_of(96), call_of(sizes)})),
              dropped(joined({i32_of(100), i32_of(200), call_of(get)})), on_file(1, write)});
  // The number of words and their bytes, then their addresses.
  auto prepared = add(program.bytes(body, 92, 20));
  EXPECT_EQ(text_of_result(call(prepared, given(R"(["a", "bc"])", "0x")), table_.blob()),
            "0x030000000d000000c8000000d0000000d2000000");
  Program texts;
  get = texts.import("args_get", {i32, i32});
  write = texts.import("fd_write", {i32, i32, i32, i32});
  body = joined({dropped(joined({i32_of(100), i32_of(200), call_of(get)})), on_file(1, write)});
  auto named = add(texts.bytes(body, 200, 13));
  EXPECT_EQ(text_of_result(call(named, given(R"(["a", "bc"])", "0x")), table_.blob()),
            "0x636f6d6d616e64006100626300");
}

TEST_F(WasmCommand, status_other_than_zero_is_an_error) {
  auto good = add(exits(0), {.type = table_.function({}, table_.null())});
  EXPECT_TRUE(call(good).outcome.is_value());
  auto bad = add(exits(3), {.type = table_.function({}, table_.null())});
  EXPECT_EQ(call(bad).outcome, Outcome::of_error("the program has ended with status 3", {}));
}

TEST_F(WasmCommand, status_zero_is_no_result_of_another_function) {
  ModuleBuilder builder;
  builder.import_function(k_wasi_module_name, "proc_exit", builder.type({i32}, {}));
  builder.export_function(
      "f", builder.function(builder.type({}, {i64}), joined({i32_of(0), call_of(0), i64_of(7)})));
  EXPECT_EQ(call(add(builder.bytes())).outcome,
            Outcome::of_error("the program has ended with status 0", {}));
}

TEST_F(WasmCommand, standard_error_is_kept_as_log) {
  Program program;
  uint32_t write = program.import("fd_write", {i32, i32, i32, i32});
  auto prepared = add(program.bytes(on_file(2, write), 0, 4));
  EXPECT_EQ(text_of_result(call(prepared, given("[]", "0x")), table_.blob()), "0x");
  ASSERT_EQ(log_.entries().size(), 1U);
  EXPECT_EQ(log_.entries()[0].stream, LogStream::err);
}

TEST_F(WasmCommand, endless_output_reaches_the_limit) {
  Program program;
  uint32_t write = program.import("fd_write", {i32, i32, i32, i32});
  Bytes body = joined({code({op::loop, op::none}), on_file(1, write), code({op::br, 0, op::end})});
  auto prepared = add(program.bytes(body, 0, 60'000));
  EXPECT_EQ(call(prepared, given("[]", "0x"), {.output_bytes_max = 1U << 20}).outcome,
            Outcome::of_limit("output", "output limit of 1 MiB reached"));
}

TEST_F(WasmCommand, pieces_outside_of_the_memory_trap) {
  for (uint32_t at : {65'530U, 0xFFFF'FFF0U}) {
    Program program;
    uint32_t read = program.import("fd_read", {i32, i32, i32, i32});
    auto prepared = add(program.bytes(on_file(0, read), at, 100));
    EXPECT_EQ(call(prepared, given("[]", "0x01")).outcome,
              Outcome::of(OutcomeKind::trap, "out of bounds memory access"));
  }
}

TEST_F(WasmCommand, there_are_no_files) {
  ModuleBuilder builder;
  std::vector<ValueType> opening{i32, i32, i32, i32, i32, i64, i64, i32, i32};
  builder.import_function(k_wasi_module_name, "path_open", builder.type(opening, {i32}));
  builder.import_function(k_wasi_module_name, "fd_prestat_get", builder.type({i32, i32}, {i32}));
  builder.memory(1);
  Bytes open = joined({i32_of(3), i32_of(0), i32_of(0), i32_of(1), i32_of(0), i64_of(0), i64_of(0),
                       i32_of(0), i32_of(0), call_of(0)});
  builder.export_function("open", builder.function(builder.type({}, {i32}), open));
  builder.export_function(
      "preopened",
      builder.function(builder.type({}, {i32}), joined({i32_of(3), i32_of(0), call_of(1)})));
  Bytes module = builder.bytes();
  EXPECT_EQ(integer_of(call(add(module, {.export_name = "open"}))), 76);
  EXPECT_EQ(integer_of(call(add(module, {.export_name = "preopened"}))), 8);
}

TEST_F(WasmCommand, clock_and_random_bytes_need_capabilities) {
  Program program;
  program.import("clock_time_get", {i32, i64, i32});
  program.import("random_get", {i32, i32});
  add(program.bytes({}, 0, 0));
  std::vector<Offer> offers = runtime_.offers(imported_.record);
  ASSERT_EQ(offers.size(), 2U);
  EXPECT_EQ(offers[0].name, "wasi_snapshot_preview1.clock_time_get");
  EXPECT_EQ(offers[0].capability, "time");
  EXPECT_EQ(offers[1].capability, "random");
  EXPECT_EQ(imported_.record.effect(), Effect::idempotent);
}

TEST_F(WasmCommand, ten_thousand_programs_take_no_more_memory) {
  auto prepared = add(echo());
  auto words = encode_beast2(imported_.record.inputs[0], Slot::of(heap_.new_array()));
  auto input = encode_beast2(table_.blob(), value(table_.blob(), "0x0102").value);
  ASSERT_TRUE(words);
  ASSERT_TRUE(input);
  std::vector<Argument> arguments{{*words, {}}, {*input, {}}};
  expect_no_growth([&] {
    RunRequest request;
    request.arguments = arguments;
    auto result = runtime_.run(*prepared, request);
    ASSERT_TRUE(result);
    ASSERT_EQ(result->value, *input);
  });
}

}  // namespace
}  // namespace samara::runtime::wasm
