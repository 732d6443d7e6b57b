// Native tasks from source to result: built with the compiler of this machine, imported, prepared
// and run in their sandbox.

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

#include "core/sanitizers.hpp"
#include "image/container.hpp"
#include "image/ed25519_host.hpp"
#include "image/writer.hpp"
#include "tests/e2e/native_task.hpp"

namespace samara::runtime::native {
namespace {

using namespace std::chrono_literals;

// BODY has `in`, `out`, `host` and `call`, and one Integer argument `n`.
std::string integer_task(const std::string& body, const std::string& before = "") {
  return "#include <samara/guest/task.h>\n" + before +
         "\nint32_t samara_task(const samara_host* host, samara_call* call) {\n"
         "  (void)host;\n"
         "  samara_reader in = samara_arguments(call);\n"
         "  int64_t n = samara_read_integer(&in);\n"
         "  if (!samara_read_all(&in)) return SAMARA_BAD_INPUT;\n"
         "  samara_writer out = samara_result(call);\n" +
         body + "\n  return samara_finish(&out);\n}\n";
}

std::string example(const std::string& name) {
  std::ifstream file(std::string(SAMARA_TEST_DATA) + "/../examples/native/" + name);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class NativeRuntimeTest : public NativeTest {
 protected:
  const Type* of_integer() { return types().function({types().integer()}, types().integer()); }
  NativeRuntime runtime_{{.types = world().types, .sandbox = world().sandbox}};
};

TEST_F(NativeRuntimeTest, function_in_c_is_called) {
  NativeTask task = make(runtime_, example("fib.c"), of_integer());
  auto result = run(runtime_, task, {integer(20)});
  ASSERT_TRUE(result) << result.error().message();
  ASSERT_TRUE(result->outcome.is_value()) << outcome_text(result->outcome);
  EXPECT_EQ(integer_of(*result), 6765);
  EXPECT_GT(result->usage.wall_ns, 0U);
  EXPECT_GT(result->usage.peak_memory_bytes, 0U);
}

TEST_F(NativeRuntimeTest, function_in_cpp_with_the_standard_library_is_called) {
  const Type* floats = types().array(types().float_());
  NativeTask task =
      make(runtime_, example("statistics.cpp"), types().function({floats}, floats), {}, false);
  Heap heap;
  auto samples = decode_beast2_value(Bytes{0, 3, 0, 0, 0, 0, 0,    0,    8, 0x40,  // 3, 1, 2
                                           0, 0, 0, 0, 0, 0, 0xf0, 0x3f,           //
                                           0, 0, 0, 0, 0, 0, 0,    0x40},
                                     floats, heap);
  ASSERT_TRUE(samples);
  auto result = run(runtime_, task, {{floats, *samples}});
  ASSERT_TRUE(result) << result.error().message();
  ASSERT_TRUE(result->outcome.is_value()) << outcome_text(result->outcome);
  const Bytes sorted{0, 5, 0,    0,    0, 0,    0, 0, 0xf0, 0x3f, 0, 0,    0, 0,
                     0, 0, 0xf0, 0x3f, 0, 0,    0, 0, 0,    0,    0, 0x40, 0, 0,
                     0, 0, 0,    0,    0, 0x40, 0, 0, 0,    0,    0, 0,    8, 0x40};
  auto expected = decode_beast2_value(sorted, floats, heap);
  ASSERT_TRUE(expected);
  auto bytes = encode_beast2(floats, *expected);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(result->value, *bytes);
}

TEST_F(NativeRuntimeTest, arguments_of_all_kinds_pass_in_their_order) {
  const Type* blob = types().blob();
  const Type* text = types().string();
  NativeTask task = make(
      runtime_, R"(#include <samara/guest/task.hpp>
using namespace samara::guest;
Text choose(bool first, const Text& a, Blob b, const double& number, int64_t least) {
  if (number < 0.5 || least != -7 || b.size != 3 || b.data[2] != 9) fail(2, "wrong");
  return first ? a : Text{};
}
SAMARA_TASK(choose)
)",
      types().function({types().boolean(), text, blob, types().float_(), types().integer()}, text),
      {}, false);
  Heap heap;
  auto word = decode_beast2_value(Bytes{3, 'a', 'b', 'c'}, text, heap);
  auto bytes = decode_beast2_value(Bytes{3, 7, 8, 9}, blob, heap);
  ASSERT_TRUE(word && bytes);
  auto result = run(runtime_, task,
                    {{types().boolean(), Slot::of(true)},
                     {text, *word},
                     {blob, *bytes},
                     {types().float_(), Slot::of(0.75)},
                     integer(-7)});
  ASSERT_TRUE(result) << result.error().message();
  ASSERT_TRUE(result->outcome.is_value()) << outcome_text(result->outcome);
  auto expected = encode_beast2(text, *word);
  ASSERT_TRUE(expected);
  EXPECT_EQ(result->value, *expected);
}

TEST_F(NativeRuntimeTest, error_of_a_task_has_its_text) {
  const Type* floats = types().array(types().float_());
  NativeTask task =
      make(runtime_, example("statistics.cpp"), types().function({floats}, floats), {}, false);
  Heap heap;
  auto nothing = decode_beast2_value(Bytes{0, 0}, floats, heap);
  ASSERT_TRUE(nothing);
  auto result = run(runtime_, task, {{floats, *nothing}});
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->outcome, Outcome::of_error("no samples", {}));
}

TEST_F(NativeRuntimeTest, code_of_a_task_is_an_error) {
  NativeTask task = make(runtime_, integer_task("return 7;"), of_integer());
  auto result = run(runtime_, task, {integer(1)});
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->outcome, Outcome::of_error("task ended with code 7", {}));
}

TEST_F(NativeRuntimeTest, arguments_of_another_form_are_an_error_of_the_task) {
  NativeTask task =
      make(runtime_, example("fib.c"), types().function({types().string()}, types().integer()));
  Heap heap;
  auto text = decode_beast2_value(Bytes{3, 'a', 'b', 'c'}, types().string(), heap);
  ASSERT_TRUE(text);
  auto result = run(runtime_, task, {{types().string(), *text}});
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->outcome, Outcome::of_error("the task does not take these arguments", {}));
}

TEST_F(NativeRuntimeTest, result_of_another_type_is_a_trap) {
  NativeTask task =
      make(runtime_, example("fib.c"), types().function({types().integer()}, types().string()));
  auto result = run(runtime_, task, {integer(20)});
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->outcome.kind, OutcomeKind::trap);
  EXPECT_NE(result->outcome.message.find("the result is no String"), std::string::npos)
      << result->outcome.message;
}

TEST_F(NativeRuntimeTest, wrong_arguments_are_refused_before_the_run) {
  NativeTask task = make(runtime_, example("fib.c"), of_integer());
  auto two = run(runtime_, task, {integer(1), integer(2)});
  ASSERT_FALSE(two);
  EXPECT_EQ(two.error().message(), "'task' takes 1 argument, 2 given");
  auto number = run(runtime_, task, {{types().float_(), Slot::of(1.5)}});
  ASSERT_FALSE(number);
  EXPECT_EQ(number.error().message(), "argument 1 of 'task' is Float, expected Integer");
}

TEST_F(NativeRuntimeTest, log_and_metrics_are_console_output) {
  NativeTask task =
      make(runtime_,
           integer_task("host->log(0, \"first\", 5); host->log(3, \"second\", 6);"
                        "host->metric(\"speed\", 5, 2.5); host->metric(\"speed\", 5, 3.5);"
                        "samara_write_integer(&out, n);"),
           of_integer());
  TextLog log;
  auto result = run(runtime_, task, {integer(1)}, {}, &log);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_TRUE(result->outcome.is_value()) << outcome_text(result->outcome);
  EXPECT_EQ(log.text, "first\n!second\nmetric speed = 3.500000\n");
}

class Observer final : public RunObserver {
 public:
  void partial_result(ByteView) override {}
  void metric(std::string_view key, double value) override {
    told.push_back(std::string(key) + " " + std::to_string(static_cast<int>(value)));
  }
  void progress(uint32_t permille) override {
    told.push_back(std::to_string(permille));
    if (permille == 500) half.store(true);
  }
  std::vector<std::string> told;
  std::atomic<bool> half{false};  // the cancellation of a run, read by the one that waits for it
};

TEST_F(NativeRuntimeTest, observer_is_told_while_the_task_runs) {
  const std::string source = integer_task(
      "host->metric(\"level\", 5, 1); host->progress(500);"
      "while (n == 1) __asm__ volatile(\"\");"
      "host->metric(\"level\", 5, 2); host->metric(\"more\", 4, 3); host->progress(1000);"
      "samara_write_integer(&out, n);");
  for (bool reuse : {false, true}) {
    NativeRuntime runtime({.types = world().types, .sandbox = world().sandbox, .reuse = reuse});
    NativeTask task = make(runtime, source, of_integer());
    // A task that goes on for ever is ended by what it has told.
    Observer live;
    const Argument one{{}, integer(1)};
    RunRequest request;
    request.arguments = {&one, 1};
    request.observer = &live;
    request.cancel = &live.half;
    auto result = runtime.run(*task.prepared, request);
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_EQ(result->outcome.kind, OutcomeKind::cancelled) << outcome_text(result->outcome);
    std::sort(live.told.begin(), live.told.end());  // seen in one look, or in two
    EXPECT_EQ(live.told, (std::vector<std::string>{"500", "level 1"}));
    // What was not seen live is told at the end.
    Observer late;
    const Argument two{{}, integer(2)};
    request.arguments = {&two, 1};
    request.observer = &late;
    request.cancel = nullptr;
    result = runtime.run(*task.prepared, request);
    ASSERT_TRUE(result) << result.error().message();
    ASSERT_TRUE(result->outcome.is_value()) << outcome_text(result->outcome);
    for (const char* last : {"1000", "level 2", "more 3"}) {
      EXPECT_NE(std::find(late.told.begin(), late.told.end(), last), late.told.end()) << last;
    }
  }
}

TEST_F(NativeRuntimeTest, capability_that_is_not_held_is_refused) {
  const std::string source = integer_task(
      "uint8_t bytes[4]; if (host->random(bytes, 4) != 0) return SAMARA_PERMISSION;"
      "samara_write_integer(&out, host->time_unix_us());");
  NativeTask without = make(runtime_, source, of_integer());
  auto refused = run(runtime_, without, {integer(1)});
  ASSERT_TRUE(refused) << refused.error().message();
  EXPECT_EQ(refused->outcome, Outcome::of_error("the task lacks the capability 'random'", {}));

  BuildRequest request;
  request.capabilities = image::k_capability_random | image::k_capability_clock;
  NativeTask with = make(runtime_, source, of_integer(), request);
  auto given = run(runtime_, with, {integer(1)});
  ASSERT_TRUE(given) << given.error().message();
  ASSERT_TRUE(given->outcome.is_value()) << outcome_text(given->outcome);
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  EXPECT_NEAR(static_cast<double>(integer_of(*given)), static_cast<double>(now), 60e6);
}

TEST_F(NativeRuntimeTest, telemetry_shows_the_node) {
  BuildRequest request;
  request.capabilities = image::k_capability_telemetry;
  NativeTask task =
      make(runtime_,
           integer_task("double uptime = 0; int32_t code = host->telemetry(n, &uptime);"
                        "if (code != 0) return 1;"
                        "samara_write_integer(&out, (int64_t)uptime);"),
           of_integer(), request);
  auto uptime = run(runtime_, task, {integer(0)});
  ASSERT_TRUE(uptime) << uptime.error().message();
  EXPECT_GT(integer_of(*uptime), 0) << outcome_text(uptime->outcome);
  auto memory = run(runtime_, task, {integer(1)});
  ASSERT_TRUE(memory) << memory.error().message();
  EXPECT_GT(integer_of(*memory), 1 << 20);
  auto unknown = run(runtime_, task, {integer(99)});
  ASSERT_TRUE(unknown) << unknown.error().message();
  EXPECT_EQ(unknown->outcome, Outcome::of_error("task ended with code 1", {}));
}

TEST_F(NativeRuntimeTest, effects_follow_the_manifest) {
  BuildRequest pure;
  pure.pure = true;
  NativeTask a = make(runtime_, example("fib.c"), of_integer(), pure);
  EXPECT_EQ(a.function.record.effect(), Effect::pure);
  EXPECT_TRUE(runtime_.offers(a.function.record).empty());

  BuildRequest random;
  random.capabilities = image::k_capability_log | image::k_capability_random;
  NativeTask b = make(runtime_, example("fib.c"), of_integer(), random);
  ASSERT_EQ(b.function.record.effects.size(), 2U);
  EXPECT_EQ(b.function.record.effects[0].name, "native.random");
  EXPECT_EQ(b.function.record.effects[1].name, "native.undeclared");
  auto offers = runtime_.offers(b.function.record);
  ASSERT_EQ(offers.size(), 2U);
  EXPECT_TRUE(offers[0].offered);
  EXPECT_EQ(offers[0].capability, "random");
  EXPECT_NE(offers[0].implementation, Hash{});
  EXPECT_EQ(offers[1].effect, Effect::unknown);
}

TEST_F(NativeRuntimeTest, record_that_hides_effects_is_refused) {
  BuildRequest request;
  request.capabilities = image::k_capability_random;
  NativeTask task = make(runtime_, example("fib.c"), of_integer(), request);
  FunctionRecord record = task.function.record;
  record.effects.clear();
  FunctionSource source;
  source.record = &record;
  source.code = task.function.code;
  auto prepared = runtime_.prepare(source);
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, Code::check_failed);
}

TEST_F(NativeRuntimeTest, id_does_not_depend_on_debug_data) {
  auto built = build(example("fib.c"), {});
  ASSERT_TRUE(built) << built.error().message();
  auto bare = image::without_debug(built->file);
  ASSERT_TRUE(bare);
  ASSERT_LT(bare->size(), built->file.size());
  auto with = import_image(world().types, built->file, {.type = of_integer()});
  auto without = import_image(world().types, *bare, {.type = of_integer()});
  ASSERT_TRUE(with && without);
  EXPECT_EQ(with->id, without->id);
}

TEST_F(NativeRuntimeTest, types_must_be_those_that_the_image_was_built_for) {
  BuildRequest request;
  request.type = of_integer();
  auto built = build(example("fib.c"), request);
  ASSERT_TRUE(built) << built.error().message();
  EXPECT_TRUE(import_image(world().types, built->file, {.type = of_integer()}));
  const Type* other = types().function({types().float_()}, types().integer());
  auto refused = import_image(world().types, built->file, {.type = other});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::type_mismatch);
  auto own = import_image(world().types, built->file, {});
  ASSERT_TRUE(own) << own.error().message();
  EXPECT_EQ(own->record.inputs, std::vector<const Type*>{types().integer()});
  auto untyped = build(example("fib.c"), {});
  ASSERT_TRUE(untyped);
  auto none = import_image(world().types, untyped->file, {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::invalid_argument);
}

TEST_F(NativeRuntimeTest, damaged_image_is_refused_with_its_rule) {
  auto built = build(example("fib.c"), {});
  ASSERT_TRUE(built) << built.error().message();
  image::Container container;
  ASSERT_FALSE(image::read_container(built->file, container));
  built->file[container.image_part.offset + 100] ^= 1;
  auto refused = import_image(world().types, built->file, {.type = of_integer()});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("rule S04"), std::string::npos);
}

TEST_F(NativeRuntimeTest, unsigned_image_is_refused_where_signatures_are_asked_for) {
  NativeTask task = make(runtime_, example("fib.c"), of_integer());
  NativeRuntimeParts parts{.types = world().types, .sandbox = world().sandbox};
  parts.trust.signatures_needed = 1;
  NativeRuntime strict(parts);
  FunctionSource source;
  source.record = &task.function.record;
  source.code = task.function.code;
  auto prepared = strict.prepare(source);
  ASSERT_FALSE(prepared);
  EXPECT_NE(prepared.error().message().find("rule S01"), std::string::npos)
      << prepared.error().message();
}

TEST_F(NativeRuntimeTest, limits_of_the_caller_hold) {
  NativeTask task = make(runtime_, integer_task("for (;;) __asm__ volatile(\"\");"), of_integer());
  Limits limits;
  limits.wall_max = 50ms;
  const auto before = std::chrono::steady_clock::now();
  auto result = run(runtime_, task, {integer(1)}, limits);
  const auto took = std::chrono::steady_clock::now() - before;
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->outcome, Outcome::of(OutcomeKind::timeout, "deadline of 50 ms passed"));
  EXPECT_LT(took, 1s);
  limits = {};
  limits.memory_bytes_max = 1000;
  auto memory = run(runtime_, task, {integer(1)}, limits);
  ASSERT_TRUE(memory) << memory.error().message();
  EXPECT_EQ(memory->outcome.kind, OutcomeKind::memory);
}

TEST_F(NativeRuntimeTest, result_above_the_limit_is_a_limit) {
  NativeTask task =
      make(runtime_, integer_task("for (int64_t i = 0; i < n; i++) samara_write_integer(&out, i);"),
           of_integer());
  Limits limits;
  limits.output_bytes_max = 100;
  auto result = run(runtime_, task, {integer(1000)}, limits);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->outcome.kind, OutcomeKind::limit);
  EXPECT_EQ(result->outcome.which, "output");
}

TEST_F(NativeRuntimeTest, run_can_be_cancelled) {
  NativeTask task = make(runtime_, integer_task("for (;;) __asm__ volatile(\"\");"), of_integer());
  std::atomic<bool> cancel{false};  // alone; orders nothing
  std::thread other([&] {
    std::this_thread::sleep_for(20ms);
    cancel = true;
  });
  auto result = run(runtime_, task, {integer(1)}, {}, nullptr, &cancel);
  other.join();
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->outcome.kind, OutcomeKind::cancelled);
}

TEST_F(NativeRuntimeTest, each_run_begins_with_fresh_data) {
  const std::string source = integer_task("samara_write_integer(&out, seen++ + zeroed[5]++);",
                                          "static int64_t seen = 5; static int64_t zeroed[1000];");
  for (bool reuse : {false, true}) {
    NativeRuntime runtime({.types = world().types, .sandbox = world().sandbox, .reuse = reuse});
    NativeTask task = make(runtime, source, of_integer());
    for (int i = 0; i < 5; i++) {
      auto result = run(runtime, task, {integer(1)});
      ASSERT_TRUE(result) << result.error().message();
      EXPECT_EQ(integer_of(*result), 5) << reuse << outcome_text(result->outcome);
    }
  }
}

TEST_F(NativeRuntimeTest, reused_process_survives_errors_and_crashes_of_earlier_runs) {
  NativeRuntime runtime({.types = world().types, .sandbox = world().sandbox, .reuse = true});
  NativeTask task = make(runtime,
                         integer_task("if (n == 1) host->fail(3, \"three\", 5);"
                                      "if (n == 2) *(volatile int*)0 = 1;"
                                      "if (n == 3) for (;;) __asm__ volatile(\"\");"
                                      "samara_write_integer(&out, n);"),
                         of_integer());
  Limits limits;
  limits.wall_max = 100ms;
  for (int round = 0; round < 3; round++) {
    for (int64_t n : {4, 1, 4, 2, 4, 3, 4}) {
      auto result = run(runtime, task, {integer(n)}, limits);
      ASSERT_TRUE(result) << result.error().message();
      const OutcomeKind expected[] = {OutcomeKind::value, OutcomeKind::error, OutcomeKind::crash,
                                      OutcomeKind::timeout, OutcomeKind::value};
      EXPECT_EQ(result->outcome.kind, expected[n]) << outcome_text(result->outcome);
    }
  }
}

TEST_F(NativeRuntimeTest, many_threads_run_at_once) {
  NativeTask task = make(runtime_, example("fib.c"), of_integer());
  std::vector<std::thread> threads;
  std::atomic<int> right{0};  // alone; orders nothing
  for (int i = 0; i < 6; i++) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < 20; j++) {
        auto result = run(runtime_, task, {integer(10 + i)});
        const int64_t expected[] = {55, 89, 144, 233, 377, 610};
        if (result && result->outcome.is_value() && integer_of(*result) == expected[i]) right++;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right.load(), 120);
}

// Children of this process, by the kernel's list.
std::vector<pid_t> children() {
  std::vector<pid_t> out;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(thread.path() / "children");
    pid_t child = 0;
    while (file >> child) out.push_back(child);
  }
  return out;
}

TEST_F(NativeRuntimeTest, zygote_that_dies_is_started_again) {
  for (bool reuse : {false, true}) {
    NativeRuntime runtime({.types = world().types, .sandbox = world().sandbox, .reuse = reuse});
    NativeTask task = make(runtime, example("fib.c"), of_integer());
    for (int round = 0; round < 3; round++) {
      auto result = run(runtime, task, {integer(20)});
      ASSERT_TRUE(result) << result.error().message();
      EXPECT_EQ(integer_of(*result), 6765);
      const std::vector<pid_t> zygotes = children();
      EXPECT_FALSE(zygotes.empty());
      for (pid_t zygote : zygotes) kill(zygote, SIGKILL);
    }
  }
}

TEST_F(NativeRuntimeTest, sandbox_takes_its_processes_along) {
  const size_t before = children().size();
  {
    port::LinuxSandbox sandbox;
    NativeRuntime runtime({.types = world().types, .sandbox = sandbox, .reuse = true});
    NativeTask task = make(runtime, example("fib.c"), of_integer());
    ASSERT_TRUE(run(runtime, task, {integer(1)}));
    EXPECT_EQ(children().size(), before + 1);
  }
  EXPECT_EQ(children().size(), before);
}

// A folder below each hierarchy that can count memory or processes; gone with the test.
class OwnGroups {
 public:
  OwnGroups() {
    for (const char* root : {"/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids"}) {
      const std::string folder = root + ("/samara-test-" + std::to_string(getpid()));
      std::error_code failed;
      if (!std::filesystem::exists(std::string(root) + "/cgroup.procs", failed)) continue;
      if (!std::filesystem::create_directory(folder, failed)) continue;
      folders_.push_back(folder);
      names_ += (names_.empty() ? "" : ":") + folder;
    }
  }
  ~OwnGroups() {
    for (const std::string& folder : folders_) rmdir(folder.c_str());
  }
  const std::string& names() const { return names_; }
  size_t groups() const {
    size_t out = 0;
    for (const std::string& folder : folders_) {
      for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.is_directory()) out++;
      }
    }
    return out;
  }
  size_t folders() const { return folders_.size(); }

 private:
  std::vector<std::string> folders_;
  std::string names_;
};

TEST_F(NativeRuntimeTest, control_groups_hold_the_processes_and_go_with_them) {
  OwnGroups groups;
  if (groups.folders() == 0) GTEST_SKIP() << "no control group can be made here";
  {
    port::LinuxSandbox sandbox({.cgroups = groups.names()});
    NativeRuntime runtime({.types = world().types, .sandbox = sandbox});
    // All of the heap is used, and no more than that is given.
    BuildRequest request;
    request.memory.heap = 8U << 20;
    NativeTask task = make(runtime,
                           integer_task("size_t size = 6 << 20; char* all = host->alloc(size, 16);"
                                        "for (size_t i = 0; i < size; i += 4096) all[i] = 1;"
                                        "samara_write_integer(&out, n);"),
                           of_integer(), request);
    auto result = run(runtime, task, {integer(7)});
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_EQ(integer_of(*result), 7) << outcome_text(result->outcome);
    EXPECT_EQ(groups.groups(), groups.folders());
    auto walls = sandbox.walls();
    ASSERT_TRUE(walls);
    for (const port::SandboxWall& wall : *walls) {
      if (wall.name.ends_with("control group"))
        RecordProperty(wall.name, wall.stands ? "yes" : "no");
    }
  }
  EXPECT_EQ(groups.groups(), 0U);
}

TEST_F(NativeRuntimeTest, control_group_that_cannot_be_used_is_an_error) {
  port::LinuxSandbox sandbox({.cgroups = "/proc/no/such/group"});
  auto walls = sandbox.walls();
  ASSERT_FALSE(walls);
  EXPECT_NE(walls.error().message().find("cannot make the control group '/proc/no/such/group/"),
            std::string::npos)
      << walls.error().message();
}

struct Footprint {
  size_t processes = 0;
  size_t descriptors = 0;
  long resident_kib = 0;
};

Footprint footprint() {
  Footprint out;
  out.processes = children().size();
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    out.descriptors++;
  }
  std::ifstream file("/proc/self/statm");
  long size = 0;
  file >> size >> out.resident_kib;
  out.resident_kib *= sysconf(_SC_PAGESIZE) / 1024;
  return out;
}

TEST_F(NativeRuntimeTest, ten_thousand_runs_leave_nothing_behind) {
  const int runs = SAMARA_ADDRESS_SANITIZER ? 1000 : 10'000;
  for (bool reuse : {true, false}) {
    NativeRuntime runtime({.types = world().types, .sandbox = world().sandbox, .reuse = reuse});
    NativeTask task = make(runtime,
                           integer_task("if (n % 10 == 7) *(volatile int*)0 = 1;"
                                        "samara_write_integer(&out, n);"),
                           of_integer());
    Footprint before;
    for (int i = 0; i < runs; i++) {
      if (i == runs / 10) before = footprint();
      auto result = run(runtime, task, {integer(i)});
      ASSERT_TRUE(result) << result.error().message();
      ASSERT_EQ(result->outcome.is_value(), i % 10 != 7) << outcome_text(result->outcome);
    }
    const Footprint after = footprint();
    EXPECT_EQ(after.descriptors, before.descriptors);
    EXPECT_EQ(after.processes, before.processes);
    EXPECT_LT(after.resident_kib, before.resident_kib + 2048);
  }
}

TEST_F(NativeRuntimeTest, image_for_a_device_is_built_and_refused_here) {
  BuildRequest request;
  request.target = "thumbv7m-none-samara";
  auto built = build(example("fib.c"), request);
  if (!built && built.error().code == Code::not_found) GTEST_SKIP() << built.error().message();
  ASSERT_TRUE(built) << built.error().message();
  auto imported = import_image(world().types, built->file, {.type = of_integer()});
  ASSERT_TRUE(imported) << imported.error().message();
  FunctionSource source;
  source.record = &imported->record;
  source.code = imported->code;
  auto prepared = runtime_.prepare(source);
  ASSERT_FALSE(prepared);
  EXPECT_NE(prepared.error().message().find("rule C04"), std::string::npos);
}

TEST_F(NativeRuntimeTest, clang_builds_the_same_tasks) {
  BuildRequest request;
  request.compiler = "clang-19";
  auto built = build(example("statistics.cpp"), request, false);
  if (!built && built.error().code == Code::not_found) GTEST_SKIP() << built.error().message();
  ASSERT_TRUE(built) << built.error().message();
}

TEST_F(NativeRuntimeTest, messages_of_the_compiler_are_the_error) {
  auto built = build("#include <samara/guest/task.h>\nint broken(\n", {});
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().code, Code::check_failed);
  EXPECT_NE(built.error().message().find("error:"), std::string::npos);
}

}  // namespace
}  // namespace samara::runtime::native
