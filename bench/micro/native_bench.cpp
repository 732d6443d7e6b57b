// What the sandbox of native tasks costs.
//   floor             a fork server that does nothing: a message, fork, exit, wait, a message back.
//                     Anchor of fresh: at most 1.15 times.
//   fresh/reused      4 KiB in and 4 KiB out through NativeRuntime, in a process of its own each
//                     time, or one that stays. Anchor of reused: at most 12 microseconds.
//   fresh_spaced      the same as fresh with a millisecond between the runs: the next process is
//   then
//                     made already.
//   fib_task/plain    fib(30) in a task and as a function of this program, same compiler and frame
//                     pointers in both: processor time. Anchor: 1.00 times.
// The compiler of this machine makes the tasks: bench/README.md says how to read the numbers.

#include <benchmark/benchmark.h>
#include <dlfcn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>

#include "ports/linux/files.hpp"
#include "ports/linux/programs.hpp"
#include "ports/linux/sandbox.hpp"
#include "runtime/native/build.hpp"
#include "runtime/native/import.hpp"
#include "runtime/native/native_runtime.hpp"

#define SAMARA_GUEST_NO_HELPERS
#include "samara/guest/task.h"

namespace samara::runtime::native {
namespace {

constexpr const char* k_echo = R"(#include <samara/guest/task.h>
int32_t samara_task(const samara_host* host, samara_call* call) {
  samara_reader in = samara_arguments(call);
  size_t length = 0;
  const uint8_t* bytes = samara_read_bytes(&in, &length);
  (void)host;
  if (!samara_read_all(&in)) return SAMARA_BAD_INPUT;
  samara_writer out = samara_result(call);
  samara_write_bytes(&out, bytes, length);
  return samara_finish(&out);
}
)";

constexpr const char* k_fib = R"(#include <samara/guest/task.h>
static int64_t fib(int64_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
int32_t samara_task(const samara_host* host, samara_call* call) {
  samara_reader in = samara_arguments(call);
  int64_t n = samara_read_integer(&in);
  (void)host;
  samara_writer out = samara_result(call);
  samara_write_integer(&out, fib(n));
  return samara_finish(&out);
}
)";

struct World {
  TypeTable table;
  RecordTypes types{table};
  port::LinuxFiles files;
  port::LinuxPrograms programs;
  port::LinuxSandbox sandbox;
};

World& world() {
  static World world;
  return world;
}

struct Task {
  ImportedFunction function;
  std::shared_ptr<const Prepared> prepared;
};

BuildRequest build_request(const std::string& source) {
  BuildRequest out;
  out.source = source;
  return out;
}

Task make(NativeRuntime& runtime, const char* source, const Type* type) {
  const std::string path = "/tmp/samara_native_bench_" + std::to_string(getpid()) + ".c";
  std::ofstream(path) << source;
  auto built = build_task(world().programs, world().files, build_request(path));
  unlink(path.c_str());
  Task out;
  if (!built) return out;
  auto imported = import_image(world().types, built->file, {.type = type});
  if (!imported) return out;
  out.function = std::move(*imported);
  FunctionSource function;
  function.record = &out.function.record;
  function.code = out.function.code;
  if (auto prepared = runtime.prepare(function)) out.prepared = *prepared;
  return out;
}

void floor(benchmark::State& state) {
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets) != 0) return state.SkipWithError("no socket");
  const pid_t server = fork();
  if (server == 0) {
    close(sockets[0]);
    char byte = 0;
    while (read(sockets[1], &byte, 1) == 1) {
      const pid_t child = fork();
      if (child == 0) _exit(0);
      int status = 0;
      waitpid(child, &status, 0);
      if (write(sockets[1], &byte, 1) != 1) break;
    }
    _exit(0);
  }
  close(sockets[1]);
  char byte = 0;
  for (auto _ : state) {
    if (write(sockets[0], &byte, 1) != 1 || read(sockets[0], &byte, 1) != 1) break;
  }
  close(sockets[0]);
  waitpid(server, nullptr, 0);
}

void echo(benchmark::State& state, bool reuse, bool pause = false) {
  NativeRuntime runtime({.types = world().types, .sandbox = world().sandbox, .reuse = reuse});
  const Type* blob = world().table.blob();
  Task task = make(runtime, k_echo, world().table.function({blob}, blob));
  if (task.prepared == nullptr) return state.SkipWithError("the task cannot be built");
  Bytes encoded{0x80, 0x20};
  encoded.resize(2 + 4096, 7);
  Heap heap;
  auto value = decode_beast2_value(encoded, blob, heap);
  const Argument argument{{}, {blob, *value}};
  for (auto _ : state) {
    if (pause) usleep(1000);
    const auto begin = std::chrono::steady_clock::now();
    RunRequest request;
    request.arguments = {&argument, 1};
    auto result = runtime.run(*task.prepared, request);
    if (!result || !result->outcome.is_value()) return state.SkipWithError("the run failed");
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    if (pause) state.SetIterationTime(took.count());
  }
}

void fresh_spaced(benchmark::State& state) { echo(state, false, true); }
void fresh(benchmark::State& state) { echo(state, false); }
void reused(benchmark::State& state) { echo(state, true); }

void fib_task(benchmark::State& state) {
  NativeRuntime runtime({.types = world().types, .sandbox = world().sandbox, .reuse = true});
  const Type* integer = world().table.integer();
  Task task = make(runtime, k_fib, world().table.function({integer}, integer));
  if (task.prepared == nullptr) return state.SkipWithError("the task cannot be built");
  const Argument argument{{}, {integer, Slot::of(int64_t{30})}};
  for (auto _ : state) {
    RunRequest request;
    request.arguments = {&argument, 1};
    auto result = runtime.run(*task.prepared, request);
    if (!result || !result->outcome.is_value()) return state.SkipWithError("the run failed");
    state.SetIterationTime(static_cast<double>(result->usage.cpu_ns) * 1e-9);
  }
}

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// The same source, compiled like any other program, in this process.
void fib_plain(benchmark::State& state) {
  const std::string base = "/tmp/samara_native_plain_" + std::to_string(getpid());
  std::ofstream(base + ".c") << k_fib;
  // From the folder of this file to that of the guest's headers.
  std::string include = __FILE__;
  include = "-I" + include.substr(0, include.rfind("bench/micro")) + "include";
  auto compiled =
      world().programs.run({.path = "gcc",
                            .words = {"-O2", "-fPIC", "-fno-omit-frame-pointer", "-shared", include,
                                      base + ".c", "-o", base + ".so"},
                            .input = {}});
  void* library = compiled && compiled->done() ? dlopen((base + ".so").c_str(), RTLD_NOW) : nullptr;
  unlink((base + ".c").c_str());
  unlink((base + ".so").c_str());
  if (library == nullptr) return state.SkipWithError("it cannot be built");
  auto* task =
      reinterpret_cast<int32_t (*)(const void*, samara_call*)>(dlsym(library, "samara_task"));
  const uint8_t in[] = {60};  // 30
  uint8_t out[16];
  for (auto _ : state) {
    samara_call call{};
    call.in = in;
    call.in_len = sizeof in;
    call.out = out;
    call.out_cap = sizeof out;
    const double before = processor_seconds();
    if (task(nullptr, &call) != 0) return state.SkipWithError("the call failed");
    state.SetIterationTime(processor_seconds() - before);
    benchmark::ClobberMemory();
  }
  dlclose(library);
}

double least(const std::vector<double>& all) { return *std::min_element(all.begin(), all.end()); }

BENCHMARK(floor)->UseRealTime()->ComputeStatistics("min", least);
BENCHMARK(fresh)->UseRealTime()->ComputeStatistics("min", least);
BENCHMARK(fresh_spaced)->UseManualTime()->ComputeStatistics("min", least);
BENCHMARK(reused)->UseRealTime()->ComputeStatistics("min", least);
BENCHMARK(fib_task)->UseManualTime()->ComputeStatistics("min", least);
BENCHMARK(fib_plain)->UseManualTime()->ComputeStatistics("min", least);

}  // namespace
}  // namespace samara::runtime::native
