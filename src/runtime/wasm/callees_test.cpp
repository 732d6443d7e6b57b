// Modules that call functions by name, with a repository of our own making behind them.

#include "runtime/wasm/callees.hpp"

#include "runtime/wasm/runtime_test_support.hpp"

namespace samara::runtime::wasm {
namespace {

using enum ValueType;

// Answers every call with one outcome, and keeps what was asked.
class OneAnswer final : public Subcalls {
 public:
  Result<SubcallResult> call(const Subcall& call) override {
    names.emplace_back(call.name);
    for (ByteView bytes : call.arguments) arguments.emplace_back(bytes.begin(), bytes.end());
    if (error.has_value()) return std::move(*error);
    return SubcallResult{outcome, value};
  }
  std::vector<std::string> names;
  std::vector<Bytes> arguments;
  Outcome outcome = Outcome::of_value(Hash{});
  Bytes value;
  std::optional<Error> error;
};

class Watcher final : public RunObserver {
 public:
  void partial_result(ByteView bytes) override { partial.emplace_back(bytes.begin(), bytes.end()); }
  void metric(std::string_view key, double value) override { metrics.emplace_back(key, value); }
  void progress(uint32_t permille) override { steps.push_back(permille); }
  std::vector<Bytes> partial;
  std::vector<std::pair<std::string, double>> metrics;
  std::vector<uint32_t> steps;
};

class WasmCallees : public RuntimeFixture {
 protected:
  // Calls "square" with the bytes at 16, copies what it gives to 64, and publishes it.
  Bytes caller(ByteView arguments, std::string_view type, std::string_view section = "square") {
    ModuleBuilder builder;
    builder.import_function("samara", "call", builder.type({i32, i32, i32, i32}, {i64}));
    builder.import_function("samara", "call_result", builder.type({i64, i32, i32}, {i32}));
    builder.import_function("samara", "publish_result", builder.type({i32, i32}, {}));
    builder.memory(1);
    builder.data(0, as_bytes("square"));
    builder.data(16, arguments);
    builder.custom("samara.callee." + std::string(section), as_bytes(type));
    builder.export_function(
        "f", builder.function(builder.type({}, {}),
                              joined({i32_of(64), i32_of(0), i32_of(6), i32_of(16),
                                      i32_of(static_cast<int32_t>(arguments.size())), call_of(0),
                                      Bytes{op::drop}, i64_of(0), i32_of(64), i32_of(1000),
                                      call_of(1), call_of(2)})));
    return builder.bytes();
  }
  Bytes full(int64_t value) { return *encode_beast2(table_.integer(), Slot::of(value)); }
  Bytes headerless(int64_t value) {
    return *encode_beast2_value(table_.integer(), Slot::of(value));
  }
  const Type* gives_integer() { return table_.function({}, table_.integer()); }

  Result<RunResult> run(const std::shared_ptr<const Prepared>& prepared) {
    RunRequest request;
    request.name = "f";
    request.subcalls = &calls_;
    request.observer = &watcher_;
    return runtime_.run(*prepared, request);
  }

  OneAnswer calls_;
  Watcher watcher_;
};

constexpr std::string_view k_square = ".Function (inputs=[.Integer], output=.Integer)";

TEST_F(WasmCallees, values_go_there_and_come_back) {
  auto prepared = add(caller(headerless(7), k_square), {.type = gives_integer()});
  ASSERT_NE(prepared, nullptr);
  EXPECT_EQ(imported_.record.effects[0], (ReachedEffect{"samara.call", Effect::pure}));
  EXPECT_EQ(imported_.record.effects.back(), (ReachedEffect{"square", Effect::unknown}));
  std::span<const Callee> callees = runtime_.callees(*prepared);
  ASSERT_EQ(callees.size(), 1U);
  EXPECT_EQ(callees[0].name, "square");
  EXPECT_EQ(callees[0].output, table_.integer());

  calls_.value = full(49);
  auto result = run(prepared);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(integer_of(*result), 49);
  EXPECT_EQ(calls_.names, std::vector<std::string>{"square"});
  EXPECT_EQ(calls_.arguments, std::vector<Bytes>{full(7)});
  EXPECT_EQ(watcher_.partial, std::vector<Bytes>{headerless(49)});
}

TEST_F(WasmCallees, outcomes_of_the_callee_end_the_run) {
  auto prepared = add(caller(headerless(7), k_square), {.type = gives_integer()});
  calls_.outcome = Outcome::of_error("no such square", {{"square.east", 3, 5}});
  EXPECT_EQ(run(prepared)->outcome, calls_.outcome);
  calls_.outcome = Outcome::of(OutcomeKind::crash, "signal 11");
  EXPECT_EQ(run(prepared)->outcome, Outcome::of(OutcomeKind::crash, "'square': signal 11"));
  calls_.error = Error(Code::io, "the disk is gone");
  auto result = run(prepared);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message(), "the disk is gone");
}

TEST_F(WasmCallees, bytes_that_do_not_fit_are_traps) {
  auto outcome = [&](ByteView arguments, std::string_view type, std::string_view section) {
    auto prepared = add(caller(arguments, type, section), {.type = gives_integer()});
    auto result = run(prepared);
    EXPECT_TRUE(result);
    return result ? outcome_text(result->outcome) : std::string();
  };
  Bytes two = joined({headerless(1), headerless(2)});
  EXPECT_NE(outcome(two, k_square, "square").find("1 bytes follow the last argument"),
            std::string::npos);
  EXPECT_NE(outcome({}, k_square, "square").find("arguments of 'square'"), std::string::npos);
  EXPECT_NE(outcome(headerless(1), k_square, "cube").find("no section 'samara.callee.square'"),
            std::string::npos);
  EXPECT_TRUE(calls_.names.empty());
  calls_.value = *encode_beast2(table_.float_(), Slot::of(1.5));
  EXPECT_NE(outcome(headerless(1), k_square, "square").find("result of 'square'"),
            std::string::npos);
}

TEST_F(WasmCallees, declarations_must_be_types_of_functions) {
  EXPECT_NE(refusal(caller({}, ".Integer"), {.type = gives_integer()})
                .find("'samara.callee.square' is no type of functions"),
            std::string::npos);
  EXPECT_NE(refusal(caller({}, "waves"), {.type = gives_integer()}).find("is no type:"),
            std::string::npos);
  EXPECT_NE(refusal(caller({}, k_square, "samara.log"), {.type = gives_integer()})
                .find("has the name of a host function"),
            std::string::npos);
}

TEST_F(WasmCallees, measurements_and_progress_are_seen) {
  ModuleBuilder builder;
  builder.import_function("samara", "metric", builder.type({i32, i32, f64}, {}));
  builder.import_function("samara", "progress", builder.type({i32}, {}));
  builder.import_function("samara", "publish_result", builder.type({i32, i32}, {}));
  builder.memory(1);
  builder.data(0, as_bytes("load"));
  const Bytes one_and_a_half = {0x44, 0, 0, 0, 0, 0, 0, 0xF8, 0x3F};
  builder.export_function(
      "f", builder.function(
               builder.type({}, {}),
               joined({i32_of(0), i32_of(4), one_and_a_half, call_of(0), i32_of(500), call_of(1),
                       i32_of(-1), call_of(1), i32_of(0), i32_of(0), call_of(2)})));
  auto result = run(add(builder.bytes(), {.type = table_.function({}, table_.null())}));
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->outcome.is_value()) << outcome_text(result->outcome);
  ASSERT_EQ(watcher_.metrics.size(), 1U);
  EXPECT_EQ(watcher_.metrics[0], (std::pair<std::string, double>{"load", 1.5}));
  EXPECT_EQ(watcher_.steps, (std::vector<uint32_t>{500, 1000}));
}

}  // namespace
}  // namespace samara::runtime::wasm
