// The conformance suite of the interface Runtime: the same functions, in East, in C for WebAssembly
// and in C for native images, come to the same end on every implementation, with the same bytes and
// in the same words.

#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "call/log.hpp"
#include "core/sanitizers.hpp"
#include "core/sha256.hpp"
#include "lang/compile.hpp"
#include "tests/e2e/conformance_runtimes.hpp"
#include "value/text.hpp"

namespace samara {

static void PrintTo(const Outcome& outcome, std::ostream* out) { *out << outcome_text(outcome); }

}  // namespace samara

namespace samara::runtime {
namespace {

using namespace std::chrono_literals;

constexpr uint64_t k_mebibyte = 1U << 20;

struct Made {
  ImportedFunction function;
  std::shared_ptr<const Prepared> prepared;
  const Type* input = nullptr;
  const Type* output = nullptr;
};

struct RunOptions {
  Limits limits{};
  LogSink* log = nullptr;
  const std::atomic<bool>* cancel = nullptr;
};

class RuntimeConformance : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string missing = candidate().missing();
    if (!missing.empty()) GTEST_SKIP() << missing;
  }

  static ConformanceRuntime& candidate() { return conformance_runtime(GetParam()); }
  static Runtime& runtime() { return candidate().runtime(); }
  static TypeTable& types() { return conformance_types(); }
  static bool is(std::string_view prefix) {
    return std::string_view(GetParam()).starts_with(prefix);
  }

  static const Type* type(const std::string& text) {
    auto type = lang::parse_type_text(types(), text);
    EXPECT_TRUE(type) << text << ": " << type.error().message();
    return type ? *type : types().null();
  }

  static FunctionSource source(const Made& made) {
    FunctionSource out;
    out.function = made.function.id;
    out.record = &made.function.record;
    out.code = made.function.code;
    out.companion = made.function.companion;
    out.name = "f";
    return out;
  }

  /// Made once for each runtime.
  static const Made& make(const ConformanceFunction& function) {
    static std::map<std::string, Made> all;
    Made& made = all[std::string(GetParam()) + " " + function.name];
    if (made.prepared != nullptr) return made;
    made.input = type(function.input);
    made.output = type(function.output);
    auto imported = candidate().make(function, types().function({made.input}, made.output));
    EXPECT_TRUE(imported) << function.name << ": " << imported.error().message();
    if (!imported) return made;
    made.function = std::move(*imported);
    auto prepared = runtime().prepare(source(made));
    EXPECT_TRUE(prepared) << function.name << ": " << prepared.error().message();
    if (!prepared) return made;
    auto ready = candidate().get_ready(source(made));
    EXPECT_TRUE(ready) << function.name << ": " << ready.error().message();
    made.prepared = *prepared;
    return made;
  }
  static const Made& make(std::string_view name) { return make(conformance_function(name)); }

  static Bytes encoded(const Type* type, std::string_view text) {
    Heap heap;
    ParseResult parsed = parse_text(type, text, heap);
    EXPECT_TRUE(parsed) << text;
    if (!parsed) return {};
    auto bytes = encode_beast2(type, parsed.value);
    EXPECT_TRUE(bytes) << text;
    return bytes ? std::move(*bytes) : Bytes{};
  }

  static Result<RunResult> run(const Made& made, std::span<const Bytes> arguments,
                               const RunOptions& options = {}) {
    if (made.prepared == nullptr) return Error(Code::invalid_argument, "nothing was made");
    std::vector<Argument> given;
    for (const Bytes& bytes : arguments) given.push_back({bytes, {}});
    RunRequest request;
    request.arguments = given;
    request.limits = options.limits;
    request.log = options.log;
    request.cancel = options.cancel;
    request.name = "f";
    return runtime().run(*made.prepared, request);
  }
  /// With one argument, in East text.
  static Result<RunResult> run(const Made& made, std::string_view text,
                               const RunOptions& options = {}) {
    const Bytes bytes = encoded(made.input, text);
    return run(made, {&bytes, 1}, options);
  }
  static RunResult must_run(const Made& made, std::string_view text,
                            const RunOptions& options = {}) {
    auto result = run(made, text, options);
    EXPECT_TRUE(result) << result.error().message();
    return result ? std::move(*result) : RunResult{};
  }

  static void expect_value(const Made& made, std::string_view argument, std::string_view result) {
    SCOPED_TRACE(argument.substr(0, 100));
    RunResult got = must_run(made, argument);
    ASSERT_TRUE(got.outcome.is_value()) << outcome_text(got.outcome);
    EXPECT_EQ(to_hex(sha256(got.value).bytes), to_hex(sha256(encoded(made.output, result)).bytes));
  }
  static std::string error_of(const Made& made, std::span<const Bytes> arguments, Code code) {
    auto result = run(made, arguments);
    EXPECT_FALSE(result);
    if (result) return "";
    EXPECT_EQ(result.error().code, code);
    return std::string(result.error().message());
  }
};

// --- what runtimes say of themselves -------------------------------------------------------------

TEST_P(RuntimeConformance, functions_are_of_the_kind_that_the_runtime_runs) {
  const Made& made = make("fib");
  EXPECT_EQ(made.function.record.kind, runtime().kind());
  EXPECT_EQ(made.function.record.inputs, std::vector<const Type*>{made.input});
  EXPECT_EQ(made.function.record.output, made.output);
  const Placement placement = runtime().placement();
  EXPECT_FALSE(placement.place.empty());
  EXPECT_TRUE(placement.reason.starts_with("run in ")) << placement.reason;
}

TEST_P(RuntimeConformance, offers_stand_in_the_order_of_the_effects) {
  const Made& made = make("say");
  const auto& effects = made.function.record.effects;
  const auto offers = runtime().offers(made.function.record);
  ASSERT_EQ(offers.size(), effects.size());
  ASSERT_FALSE(offers.empty());
  for (size_t i = 0; i < offers.size(); i++) {
    EXPECT_EQ(offers[i].name, effects[i].name);
    EXPECT_TRUE(offers[i].offered) << offers[i].name;
  }
}

TEST_P(RuntimeConformance, damaged_code_is_refused) {
  const Made& made = make("fib");
  FunctionSource damaged = source(made);
  FunctionRecord record = made.function.record;
  for (size_t cut : {size_t{0}, size_t{1}, made.function.code.size() / 2}) {
    const Bytes bytes(made.function.code.begin(),
                      made.function.code.begin() + static_cast<ptrdiff_t>(cut));
    record.code = sha256(bytes);
    damaged.record = &record;
    damaged.code = bytes;
    auto prepared = runtime().prepare(damaged);
    EXPECT_FALSE(prepared) << cut;
  }
}

// --- values --------------------------------------------------------------------------------------

TEST_P(RuntimeConformance, values_of_every_type_come_back_as_they_went) {
  struct Sample {
    const char* type;
    std::vector<const char*> texts;
  };
  const Sample samples[] = {
      {"Null", {"null"}},
      {"Boolean", {"true", "false"}},
      {"Integer", {"0", "-1", "63", "-64", "64", "9223372036854775807", "-9223372036854775808"}},
      {"Float", {"0.0", "-0.0", "1.5", "-1e-300", "1e300", "Infinity", "-Infinity", "NaN"}},
      {"String", {R"("")", R"("abc")", R"("größer 水 😀")"}},
      {"DateTime", {"2024-01-31T12:30:00.250", "1969-12-31T23:59:59.999"}},
      {"Blob", {"0x", "0x00", "0xff00deadbeef"}},
      {"Array<Integer>", {"[]", "[1, 2, 3]"}},
      {"Array<Array<String>>", {"[]", R"([[], ["a", ""], ["b"]])"}},
      {"Set<String>", {"{}", R"({"a","b"})"}},
      {"Dict<String, Float>", {"{:}", R"({"a":1.0,"b":-0.0})"}},
      {"(a: Integer, b: (c: String, d: Boolean))", {R"((a=-5, b=(c="x", d=true)))"}},
      {"(none: Null)", {"(none=null)"}},
      {".none | .some Integer", {".none", ".some 7"}},
      {".a | .b Array<Float> | .c (x: Blob)", {".a", ".b [1.0, 2.5]", ".c (x=0x01)"}},
      {"Dict<Integer, Array<Option<String>>>", {R"({-3:[],7:[.none, .some "y"]})"}},
  };
  for (const Sample& sample : samples) {
    SCOPED_TRACE(sample.type);
    const Made& made = make(echo_of(sample.type));
    for (const char* text : sample.texts) expect_value(made, text, text);
  }
}

TEST_P(RuntimeConformance, functions_of_values_give_the_same_bytes) {
  expect_value(make("sum"), "[]", "0.0");
  expect_value(make("sum"), "[0.1, 0.2, 1e16, -1e16]", "0.0");
  expect_value(make("length"), R"("größer 水 😀")", "10");
  expect_value(make("total"), R"({"a":1,"b":-7,"水":100})", "(keys=3, total=94)");
  expect_value(make("total"), "{:}", "(keys=0, total=0)");
  expect_value(make("turn"), R"((name="größer", count=41))", R"((count=42, name="größer"))");
  expect_value(make("next"), ".none", ".none");
  expect_value(make("next"), ".some 63", ".some 64");
  expect_value(make("many"), "5", "[0, 1, 2, 3, 4]");
  expect_value(make("fib"), "20", "6765");
}

TEST_P(RuntimeConformance, large_values_pass) {
  const Made& made = make(echo_of("Blob"));
  std::string text = "0x";
  for (int i = 0; i < 1'000'000; i++) text += i % 7 == 0 ? "00" : "a5";
  expect_value(made, text, text);
}

TEST_P(RuntimeConformance, arguments_of_another_dialect_and_of_the_callers_heap_are_taken) {
  const Made& made = make("turn");
  Heap heap;
  ParseResult parsed = parse_text(made.input, R"((name="x", count=1))", heap);
  ASSERT_TRUE(parsed);
  auto old = encode_beast2(made.input, parsed.value, {.dialect = Dialect::a});
  ASSERT_TRUE(old);
  const Bytes expected = encoded(made.output, R"((count=2, name="x"))");
  auto result = run(made, {&*old, 1});
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->value, expected);

  const Argument argument{{}, {made.input, parsed.value, Dialect::b}};
  RunRequest request;
  request.arguments = {&argument, 1};
  request.heap = &heap;
  request.name = "f";
  result = runtime().run(*made.prepared, request);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->value, expected);
}

TEST_P(RuntimeConformance, wrong_arguments_are_errors_in_the_same_words) {
  const Made& made = make("sum");
  const Bytes text = encoded(types().string(), R"("x")");
  const Bytes good = encoded(made.input, "[1.0]");
  EXPECT_EQ(error_of(made, {}, Code::invalid_argument), "'f' takes 1 argument, 0 given");
  const Bytes two[] = {good, good};
  EXPECT_EQ(error_of(made, two, Code::invalid_argument), "'f' takes 1 argument, 2 given");
  EXPECT_EQ(error_of(made, {&text, 1}, Code::type_mismatch),
            "argument 1 of 'f' is String, expected Array<Float>");
  const Bytes nonsense{1, 2, 3};
  EXPECT_EQ(error_of(made, {&nonsense, 1}, Code::corrupt),
            "argument 1 of 'f' is no East value in beast2 form");
  Bytes cut = good;
  cut.pop_back();
  EXPECT_TRUE(error_of(made, {&cut, 1}, Code::corrupt).starts_with("argument 1 of 'f': "));
  expect_value(made, "[1.0]", "1.0");
}

// --- how runs end --------------------------------------------------------------------------------

TEST_P(RuntimeConformance, error_of_a_function_has_its_message) {
  const Made& made = make("fail");
  RunResult result = must_run(made, "1");
  EXPECT_EQ(result.outcome.kind, OutcomeKind::error);
  EXPECT_EQ(result.outcome.message, "no such model: größer");
  EXPECT_TRUE(result.value.empty());
  expect_value(made, "0", "0");
}

TEST_P(RuntimeConformance, deadline_ends_an_endless_loop) {
  const Made& made = make("for_ever");
  RunOptions options;
  for (auto deadline : {1ms, 60ms}) {
    options.limits.wall_max = deadline;
    RunResult result = must_run(made, "1", options);
    EXPECT_EQ(result.outcome,
              Outcome::of(OutcomeKind::timeout,
                          "deadline of " + std::to_string(deadline.count()) + " ms passed"));
    EXPECT_TRUE(result.value.empty());
    EXPECT_GE(std::chrono::nanoseconds(result.usage.wall_ns), deadline);
    EXPECT_LT(std::chrono::nanoseconds(result.usage.wall_ns), deadline + 30s);
    EXPECT_LT(result.usage.cpu_ns, result.usage.wall_ns + 1'000'000'000);
  }
}

TEST_P(RuntimeConformance, another_thread_cancels_a_run) {
  const Made& made = make("for_ever");
  std::atomic<bool> cancel{false};
  RunOptions options;
  options.cancel = &cancel;
  options.limits.wall_max = 60s;
  std::thread other([&] {
    std::this_thread::sleep_for(30ms);
    cancel = true;
  });
  RunResult result = must_run(made, "1", options);
  other.join();
  EXPECT_EQ(result.outcome, Outcome::of(OutcomeKind::cancelled, "cancelled"));
  EXPECT_LT(std::chrono::nanoseconds(result.usage.wall_ns), 50s);
}

TEST_P(RuntimeConformance, run_that_was_cancelled_before_it_began_ends_as_cancelled) {
  const Made& made = make("for_ever");
  std::atomic<bool> cancel{true};
  RunOptions options;
  options.cancel = &cancel;
  options.limits.wall_max = 60s;
  EXPECT_EQ(must_run(made, "1", options).outcome, Outcome::of(OutcomeKind::cancelled, "cancelled"));
}

TEST_P(RuntimeConformance, memory_has_a_limit) {
  const Made& made = make("hog");
  RunOptions options;
  options.limits.memory_bytes_max = 64 * k_mebibyte;
  RunResult result = must_run(made, "1", options);
  EXPECT_EQ(result.outcome.kind, OutcomeKind::memory) << outcome_text(result.outcome);
  // A native task sets its own, smaller one.
  const char* words = is("native") ? "heap of 16 MiB used up" : "memory limit of 64 MiB reached";
  EXPECT_TRUE(result.outcome.message.starts_with(words)) << result.outcome.message;
  EXPECT_GT(result.usage.peak_memory_bytes, 4 * k_mebibyte);
  EXPECT_LT(result.usage.peak_memory_bytes, 80 * k_mebibyte);
}

TEST_P(RuntimeConformance, function_that_needs_more_memory_than_it_may_have_ends_so) {
  const Made& made = make(echo_of("Blob"));
  RunOptions options;
  options.limits.memory_bytes_max = k_mebibyte;
  std::string text = "0x";
  for (int i = 0; i < 2'000'000; i++) text += "01";
  RunResult result = must_run(made, text, options);
  EXPECT_EQ(result.outcome.kind, OutcomeKind::memory) << outcome_text(result.outcome);
  EXPECT_NE(result.outcome.message.find("limit of 1 MiB reached"), std::string::npos)
      << result.outcome.message;
}

TEST_P(RuntimeConformance, recursion_has_a_limit) {
  const Made& made = make("sink");
  expect_value(made, "100", "100");
  RunResult result = must_run(made, "100000000");
  EXPECT_EQ(result.outcome.kind, OutcomeKind::limit) << outcome_text(result.outcome);
  EXPECT_EQ(result.outcome.which, "depth");
  const char* words = is("east") ? "recursion limit of 200000 calls reached" : "stack of ";
  EXPECT_TRUE(result.outcome.message.starts_with(words)) << result.outcome.message;
  expect_value(made, "100", "100");
}

TEST_P(RuntimeConformance, output_has_a_limit) {
  const Made& made = make("many");
  RunOptions options;
  options.limits.output_bytes_max = k_mebibyte;
  RunResult result = must_run(made, "1000000", options);
  EXPECT_EQ(result.outcome, Outcome::of_limit("output", "output limit of 1 MiB reached"));
  EXPECT_TRUE(result.value.empty());
  result = must_run(made, "100000", options);
  EXPECT_TRUE(result.outcome.is_value()) << outcome_text(result.outcome);
  EXPECT_EQ(result.value.size(), encoded(made.output, "[]").size() + 2 + 64 + 2 * 8128 + 3 * 91808);
}

TEST_P(RuntimeConformance, lines_go_to_the_streams_of_the_log) {
  const Made& made = make("say");
  LogBuffer log(k_mebibyte);
  RunResult result = must_run(made, "5", {.log = &log});
  ASSERT_TRUE(result.outcome.is_value()) << outcome_text(result.outcome);
  const std::vector<LogEntry> expected = {{LogStream::out, "first\n"},
                                          {LogStream::err, "second: größer\n"}};
  EXPECT_EQ(log.entries(), expected);
  // Nobody has to listen.
  EXPECT_TRUE(must_run(made, "5").outcome.is_value());
}

// --- many runs -----------------------------------------------------------------------------------

TEST_P(RuntimeConformance, usage_is_counted) {
  RunResult result = must_run(make("fib"), "24");
  ASSERT_TRUE(result.outcome.is_value()) << outcome_text(result.outcome);
  EXPECT_GT(result.usage.wall_ns, 0U);
  EXPECT_GT(result.usage.cpu_ns, 0U);
  // Only East counts its steps.
  EXPECT_EQ(result.usage.steps > 0, is("east"));
  // A process that is used again counts what it touches anew.
  const uint64_t least = is("native_reused") ? 4'096 : 100'000;
  EXPECT_GE(must_run(make("many"), "100000").usage.peak_memory_bytes, least);
}

TEST_P(RuntimeConformance, runs_overlap) {
  const Made& fib = make("fib");
  const Made& many = make("many");
  const Bytes twenty = encoded(types().integer(), "20");
  const Bytes result_of_twenty = encoded(types().integer(), "6765");
  const Bytes five = encoded(types().integer(), "5");
  const Bytes result_of_five = encoded(many.output, "[0, 1, 2, 3, 4]");
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; t++) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; i++) {
        const bool first = (t + i) % 2 == 0;
        auto result = run(first ? fib : many, {first ? &twenty : &five, 1});
        if (result && result->value == (first ? result_of_twenty : result_of_five)) right++;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right.load(), 100);
}

size_t resident_bytes() {
  malloc_trim(0);
  std::ifstream file("/proc/self/statm");
  size_t total = 0;
  size_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

size_t entries_of(const char* folder) {
  std::error_code error;
  size_t count = 0;
  for (const auto& each : std::filesystem::directory_iterator(folder, error)) {
    count += each.path().empty() ? 0U : 1U;
  }
  return count;
}

TEST_P(RuntimeConformance, a_thousand_runs_leave_nothing_behind) {
  const Made& turn = make("turn");
  const Made& fail = make("fail");
  const Bytes value = encoded(turn.input, R"((name="abc", count=1))");
  const Bytes expected = encoded(turn.output, R"((count=2, name="abc"))");
  const Bytes one = encoded(types().integer(), "1");
  auto once = [&](int i) {
    if (i % 10 == 0) {
      auto result = run(fail, {&one, 1});
      return result && result->outcome.kind == OutcomeKind::error;
    }
    auto result = run(turn, {&value, 1});
    return result && result->value == expected;
  };
  for (int i = 0; i < 100; i++) ASSERT_TRUE(once(i)) << i;
  const size_t memory = resident_bytes();
  const size_t descriptors = entries_of("/proc/self/fd");
  const size_t threads = entries_of("/proc/self/task");
  for (int i = 0; i < 1000; i++) ASSERT_TRUE(once(i)) << i;
  // The address sanitizer keeps what has been freed.
  if (!SAMARA_ADDRESS_SANITIZER) {
    EXPECT_LT(resident_bytes(), memory + k_mebibyte);
  }
  EXPECT_LE(entries_of("/proc/self/fd"), descriptors);
  EXPECT_LE(entries_of("/proc/self/task"), threads);
}

TEST_P(RuntimeConformance, function_runs_again_whatever_has_ended_the_run_before) {
  const Made& made = make("for_ever");
  RunOptions options;
  options.limits.wall_max = 5ms;
  for (int i = 0; i < 3; i++) {
    EXPECT_EQ(must_run(made, "1", options).outcome.kind, OutcomeKind::timeout);
    EXPECT_EQ(must_run(make("fail"), "1").outcome.kind, OutcomeKind::error);
    expect_value(make("fib"), "10", "55");
  }
}

INSTANTIATE_TEST_SUITE_P(Runtimes, RuntimeConformance,
                         testing::ValuesIn(conformance_runtime_names().begin(),
                                           conformance_runtime_names().end()),
                         [](const auto& named) { return std::string(named.param); });

}  // namespace
}  // namespace samara::runtime
