// Worker processes: killed, hung, hostile; many runs, many threads, the end of the host.

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>

#include <fstream>
#include <functional>
#include <thread>

#include "core/sanitizers.hpp"
#include "ports/linux/clock.hpp"
#include "ports/linux/programs.hpp"
#include "ports/linux/worker_process.hpp"
#include "runtime/wasm/channel.hpp"
#include "runtime/wasm/runtime_test_support.hpp"

namespace samara::runtime::wasm {
namespace {

using enum ValueType;
using namespace std::chrono_literals;

constexpr auto k_long = 60s;  // longer than a loaded machine takes

std::string file_text(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> entries_of(const char* folder) {
  std::vector<std::string> out;
  if (DIR* open = ::opendir(folder)) {
    while (const dirent* entry = ::readdir(open)) out.emplace_back(entry->d_name);
    ::closedir(open);
  }
  return out;
}

// Processes that this one has started and that are not gone.
std::vector<pid_t> children() {
  std::vector<pid_t> out;
  for (const std::string& name : entries_of("/proc")) {
    const pid_t pid = atoi(name.c_str());
    if (pid <= 0) continue;
    const std::string stat = file_text("/proc/" + name + "/stat");
    const size_t after_name = stat.rfind(')');
    if (after_name == std::string::npos) continue;
    char state = 0;
    int parent = 0;
    if (sscanf(stat.c_str() + after_name + 1, " %c %d", &state, &parent) != 2) continue;
    if (parent == getpid() && state != 'Z') out.push_back(pid);
  }
  return out;
}

bool wait_until(const std::function<bool()>& condition) {
  for (int i = 0; i < 6'000; i++) {
    if (condition()) return true;
    usleep(10'000);
  }
  return false;
}

size_t resident_of(pid_t pid) {
  size_t total = 0;
  size_t resident = 0;
  std::ifstream("/proc/" + std::to_string(pid) + "/statm") >> total >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

class WasmWorker : public RuntimeFixture {
 protected:
  static Bytes identity() {
    ModuleBuilder builder;
    builder.export_function("f",
                            builder.function(builder.type({i64}, {i64}), code({op::local_get, 0})));
    return builder.bytes();
  }
  static Bytes endless() {
    ModuleBuilder builder;
    builder.export_function(
        "f", builder.function(builder.type({i64}, {i64}),
                              code({op::loop, op::none, op::br, 0, op::end, op::local_get, 0})));
    return builder.bytes();
  }
  Limits lasting(std::chrono::nanoseconds wall) {
    Limits limits;
    limits.wall_max = wall;
    return limits;
  }
};

TEST_F(WasmWorker, placement_is_told) {
  EXPECT_EQ(runtime_.placement().place, "worker");
  EXPECT_NE(runtime_.placement().reason.find("in a worker process"), std::string::npos);
}

TEST_F(WasmWorker, one_worker_serves_run_after_run) {
  for (int64_t i = 0; i < 20; i++) {
    EXPECT_EQ(integer_of(go(identity(), {integer(i)}, table_.integer())), i);
  }
  EXPECT_EQ(children().size(), 1U);
  EXPECT_EQ(runtime_.idle_workers(), 1U);
}

TEST_F(WasmWorker, killed_in_the_middle_of_a_run_is_a_crash_and_the_next_run_is_right) {
  RunResult result;
  std::thread runs(
      [&] { result = go(endless(), {integer(1)}, table_.integer(), lasting(k_long)); });
  // Once it computes.
  ASSERT_TRUE(wait_until([&] { return runtime_.idle_workers() == 0 && !children().empty(); }));
  usleep(100'000);
  for (pid_t pid : children()) ::kill(pid, SIGKILL);
  runs.join();
  EXPECT_EQ(result.outcome.kind, OutcomeKind::crash);
  EXPECT_NE(result.outcome.message.find("SIGKILL"), std::string::npos) << result.outcome.message;
  EXPECT_EQ(integer_of(go(identity(), {integer(7)}, table_.integer())), 7);
}

TEST_F(WasmWorker, killed_while_it_waits_is_replaced) {
  EXPECT_EQ(integer_of(go(identity(), {integer(7)}, table_.integer())), 7);
  for (pid_t pid : children()) ::kill(pid, SIGKILL);
  EXPECT_EQ(integer_of(go(identity(), {integer(8)}, table_.integer())), 8);
  EXPECT_EQ(children().size(), 1U);
}

TEST_F(WasmWorker, endless_loop_in_machine_code_ends_at_the_deadline) {
  port::LinuxPrograms programs;
  CodeCompiler compiler(
      {.programs = &programs, .program = port::program_beside("samara-wasm-aot")});
  if (!compiler.available()) GTEST_SKIP() << "no compiler to machine code, or no guard pages";
  WasmRuntimeParts parts{types_,   clock_,    processes_,    {}, 64U << 10, 64,
                         &random_, &compiler, test_workers()};
  WasmRuntime runtime(parts);
  for (bool loops : {false, true}) {
    const Bytes module = loops ? endless() : identity();
    FunctionRecord record;
    record.kind = k_kind_wasm;
    record.code = sha256(module);
    record.inputs = {table_.integer()};
    record.output = table_.integer();
    FunctionSource source;
    source.record = &record;
    source.code = module;
    source.name = "f";
    auto prepared = runtime.prepare(source);
    ASSERT_TRUE(prepared) << prepared.error().message();
    auto compiled = runtime.compile(source);
    ASSERT_TRUE(compiled) << compiled.error().message();
    Argument argument;
    argument.value = integer(5);
    RunRequest request;
    request.arguments = {&argument, 1};
    request.limits.wall_max = loops ? std::chrono::nanoseconds(100ms) : k_long;
    auto result = runtime.run(**prepared, request);
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_EQ(result->outcome.kind, loops ? OutcomeKind::timeout : OutcomeKind::value);
    ASSERT_EQ(result->decisions.size(), 1U);
    EXPECT_TRUE(result->decisions[0].starts_with("machine code for ")) << result->decisions[0];
    EXPECT_EQ(runtime.idle_workers(), 1U);  // it ended by itself: nobody had to kill it
  }
}

TEST_F(WasmWorker, ten_thousand_runs_take_no_more_memory_descriptors_or_processes) {
  auto prepared = prepare(identity(), {table_.integer()}, table_.integer());
  ASSERT_TRUE(prepared);
  const TypedValue one = integer(1);
  auto once = [&] { ASSERT_TRUE(run(**prepared, {&one, 1})); };
  for (int i = 0; i < 1'000; i++) once();
  ASSERT_EQ(children().size(), 1U);
  const pid_t worker = children()[0];
  const size_t worker_before = resident_of(worker);
  const size_t descriptors = entries_of("/proc/self/fd").size();
  malloc_trim(0);
  const size_t before = resident_bytes();
  for (int i = 0; i < 10'000; i++) once();
  malloc_trim(0);
  EXPECT_EQ(children(), std::vector<pid_t>{worker});
  EXPECT_EQ(entries_of("/proc/self/fd").size(), descriptors);
  if (!SAMARA_ADDRESS_SANITIZER) {
    EXPECT_LT(resident_bytes(), before + (size_t{1} << 20));
    EXPECT_LT(resident_of(worker), worker_before + (size_t{1} << 20));
  }
}

TEST_F(WasmWorker, workers_come_and_go_without_a_trace) {
  const size_t descriptors = entries_of("/proc/self/fd").size();
  for (int i = 0; i < 20; i++) {
    EXPECT_EQ(integer_of(go(identity(), {integer(i)}, table_.integer())), i);
    for (pid_t pid : children()) ::kill(pid, SIGKILL);
  }
  // One may be there, and has three: bell, process, life.
  EXPECT_LE(entries_of("/proc/self/fd").size(), descriptors + 3);
}

TEST_F(WasmWorker, threads_have_workers_of_their_own) {
  auto prepared = prepare(identity(), {table_.integer()}, table_.integer());
  ASSERT_TRUE(prepared);
  std::vector<std::thread> threads;
  for (int64_t t = 0; t < 6; t++) {
    threads.emplace_back([&, t] {
      Heap heap;
      for (int64_t i = 0; i < 100; i++) {
        const TypedValue value{table_.integer(), Slot::of(100 * t + i), Dialect::b};
        auto result = run(**prepared, {&value, 1});
        ASSERT_TRUE(result) << result.error().message();
        auto got = decode_beast2(result->value, table_.integer(), table_, heap);
        ASSERT_TRUE(got);
        ASSERT_EQ(got->integer(), 100 * t + i);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(runtime_.idle_workers(), 4U);
}

TEST_F(WasmWorker, more_modules_than_a_worker_keeps_are_loaded_again) {
  std::vector<std::shared_ptr<const Prepared>> all;
  for (int64_t i = 0; i < 80; i++) {
    ModuleBuilder builder;
    builder.export_function("f", builder.function(builder.type({}, {i64}), i64_of(i)));
    auto prepared = prepare(builder.bytes(), {}, table_.integer());
    ASSERT_TRUE(prepared);
    all.push_back(*prepared);
  }
  for (int round = 0; round < 2; round++) {
    for (int64_t i = 0; i < 80; i++) {
      auto result = run(*all[static_cast<size_t>(i)], {});
      ASSERT_TRUE(result);
      EXPECT_EQ(integer_of(*result), i);
    }
  }
}

TEST_F(WasmWorker, values_larger_than_the_shared_memory_pass_both_ways) {
  ModuleBuilder builder;  // gives its arguments back
  builder.memory(100);
  builder.export_item("memory", ExternalKind::memory, 0);
  builder.export_function("samara_alloc", builder.function(builder.type({i32}, {i32}), i32_of(16)));
  builder.export_function(
      "f", builder.function(
               builder.type({i32, i32}, {i64}),
               joined({code({op::local_get, 0, op::i64_extend_i32_u}), i64_of(32),
                       code({op::i64_shl, op::local_get, 1, op::i64_extend_i32_u, op::i64_or})})));
  auto prepared = add(builder.bytes(), {.type = table_.function({table_.blob()}, table_.blob())});
  std::string text(5U << 20, 'x');
  TypedValue blob{table_.blob(), Slot::of(heap_.new_bytes(as_bytes(text))), Dialect::b};
  RunResult result = call(prepared, {&blob, 1}, lasting(k_long));
  EXPECT_EQ(bytes_of(value_of(result, table_.blob())).size(), text.size());
}

TEST_F(WasmWorker, missing_program_is_named) {
  port::LinuxClock clock;
  port::LinuxWorkers none("", {}, clock);
  WasmRuntimeParts parts{types_, clock_, processes_, {}};
  parts.workers = &none;
  WasmRuntime runtime(parts);
  auto walls = runtime.walls();
  ASSERT_FALSE(walls);
  EXPECT_EQ(walls.error().code, Code::not_found);
  EXPECT_NE(walls.error().message().find("--in-process"), std::string::npos);
}

TEST_F(WasmWorker, ends_with_its_host) {
  int both[2];
  ASSERT_EQ(::pipe(both), 0);
  const pid_t host = ::fork();
  if (host == 0) {
    port::LinuxClock clock;
    port::LinuxWorkers workers(port::program_beside("samara-wasm-worker"), {}, clock);
    auto worker = workers.start();
    if (worker) {
      Message hello;  // it is behind its walls then
      Channel(**worker, clock, Side::host).receive(hello, 1U << 16, clock.now() + k_long);
    }
    const std::vector<pid_t> mine = children();
    const pid_t pid = mine.size() == 1 ? mine[0] : -1;
    static_cast<void>(::write(both[1], &pid, sizeof pid) + 1);
    ::_exit(0);
  }
  ::close(both[1]);
  pid_t pid = -1;
  ASSERT_EQ(::read(both[0], &pid, sizeof pid), static_cast<ssize_t>(sizeof pid));
  ::close(both[0]);
  ::waitpid(host, nullptr, 0);
  ASSERT_GT(pid, 0);
  const std::string stat = "/proc/" + std::to_string(pid) + "/stat";
  EXPECT_TRUE(wait_until([&] {
    const std::string text = file_text(stat);
    return text.empty() || text.find(") Z ") != std::string::npos;
  }));
}

// --- hostile -------------------------------------------------------------------------------------

class HostileWorker : public RuntimeFixture {
 protected:
  struct Sink final : RunObserver, Subcalls {
    void partial_result(ByteView bytes) override { partial.assign(bytes.begin(), bytes.end()); }
    void metric(std::string_view key, double value) override {
      metrics.emplace_back(std::string(key), value);
    }
    void progress(uint32_t permille) override { progresses.push_back(permille); }
    Result<SubcallResult> call(const Subcall& call) override {
      name = call.name;
      wall_max = call.wall_max;
      for (ByteView argument : call.arguments) {
        arguments.emplace_back(argument.begin(), argument.end());
      }
      SubcallResult out;
      out.outcome = Outcome::of_value(Hash{});
      out.value = {84};  // Integer 42, headerless: what this worker gives back
      return out;
    }

    Bytes partial;
    std::vector<std::pair<std::string, double>> metrics;
    std::vector<uint32_t> progresses;
    std::string name;
    std::vector<Bytes> arguments;
    std::chrono::nanoseconds wall_max{0};
  };

  Result<RunResult> run_with(std::string how, Sink* sink = nullptr,
                             std::chrono::nanoseconds wall = k_long) {
    port::LinuxClock clock;
    port::LinuxWorkers workers(port::program_beside("hostile_worker"), {std::move(how)}, clock);
    WasmRuntimeParts parts{types_, clock_, processes_, {}};
    parts.workers = &workers;
    WasmRuntime runtime(parts);
    ModuleBuilder builder;
    builder.export_function("f", builder.function(builder.type({}, {i64}), i64_of(1)));
    const Bytes module = builder.bytes();
    FunctionRecord record;
    record.kind = k_kind_wasm;
    record.code = sha256(module);
    record.output = table_.integer();
    FunctionSource source;
    source.record = &record;
    source.code = module;
    source.name = "f";
    SAMARA_TRY(auto prepared, runtime.prepare(source));
    RunRequest request;
    request.limits.wall_max = wall;
    request.log = &log_;
    request.observer = sink;
    request.subcalls = sink;
    return runtime.run(*prepared, request);
  }
  Outcome outcome_with(const std::string& how, std::chrono::nanoseconds wall = k_long) {
    auto result = run_with(how, nullptr, wall);
    EXPECT_TRUE(result) << how << ": " << result.error().message();
    return result ? result->outcome : Outcome();
  }
};

TEST_F(HostileWorker, what_cannot_be_said_ends_it_and_the_run) {
  const size_t descriptors = entries_of("/proc/self/fd").size();
  for (const char* how : {"kind", "answer", "short", "lost", "late", "text", "value", "length",
                          "positions", "scribble", "unasked"}) {
    Outcome outcome = outcome_with(how);
    EXPECT_EQ(outcome.kind, OutcomeKind::crash) << how << ": " << outcome_text(outcome);
    EXPECT_EQ(outcome.message, "the worker process said what it never says, and was killed") << how;
  }
  EXPECT_EQ(entries_of("/proc/self/fd").size(), descriptors);
  EXPECT_TRUE(children().empty());
}

TEST_F(HostileWorker, endless_talk_ends_at_the_deadline) {
  EXPECT_EQ(outcome_with("stream", 300ms).kind, OutcomeKind::timeout);
  EXPECT_LE(log_.bytes(), 1U << 20);
  EXPECT_EQ(outcome_with("trickle", 300ms).kind, OutcomeKind::timeout);
  EXPECT_EQ(outcome_with("hang", 100ms).kind, OutcomeKind::timeout);
}

TEST_F(HostileWorker, its_end_is_told_as_the_kernel_has_it) {
  EXPECT_EQ(outcome_with("exit").message, "the worker process left with code 3");
  EXPECT_EQ(outcome_with("abort").message, "the worker process was ended by SIGABRT");
}

TEST_F(HostileWorker, walls_hold) {
#if SAMARA_ADDRESS_SANITIZER || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "no system call filter under sanitizers";
#endif
  for (const char* how : {"socket", "thread", "execute"}) {
    EXPECT_NE(outcome_with(how).message.find("SIGSYS"), std::string::npos) << how;
  }
  EXPECT_EQ(outcome_with("file").message, "the worker process left with code 42");
}

TEST_F(HostileWorker, bad_beginnings_are_errors) {
  for (const char* how : {"early", "greeting"}) {
    auto result = run_with(how);
    ASSERT_FALSE(result) << how;
    EXPECT_EQ(result.error().code, Code::io) << how;
  }
  auto load = run_with("load");
  ASSERT_FALSE(load);
  EXPECT_EQ(load.error().code, Code::guest_failed);
  auto open = run_with("open");
  ASSERT_FALSE(open);
  EXPECT_EQ(open.error().code, Code::unsupported);
}

TEST_F(HostileWorker, what_a_run_shows_and_calls_passes_through) {
  Sink sink;
  auto result = run_with("talk", &sink);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(integer_of(*result), 42);
  EXPECT_EQ(sink.metrics, (std::vector<std::pair<std::string, double>>{{"temperature", 1.5}}));
  EXPECT_EQ(sink.progresses, std::vector<uint32_t>{500});
  EXPECT_EQ(sink.partial, Bytes{2});
  EXPECT_EQ(sink.name, "other");
  EXPECT_EQ(sink.arguments, (std::vector<Bytes>{{7, 8}}));
  EXPECT_GT(sink.wall_max.count(), 0);
  EXPECT_LE(sink.wall_max, k_long);  // no longer than the caller itself has
}

}  // namespace
}  // namespace samara::runtime::wasm
