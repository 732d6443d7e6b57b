// WebAssembly: a call from the cache of translated modules, with and without a page of memory, in
// this process and through a worker process that is there already; in this process the same with
// scan, translation and instance each time; the parts; fib 32 in the interpreter.
// To beat: 10 and 50 microseconds for the first two (the bare engine: 5 and 42), and 15 more
// through the worker, samara-wasm-worker, which is taken from beside this program.
//
// Run: bench_wasm --benchmark_repetitions=9

#include <benchmark/benchmark.h>

#include <chrono>

#include "core/sha256.hpp"
#include "ports/linux/programs.hpp"
#include "ports/linux/worker_process.hpp"
#include "runtime/wasm/module_builder.hpp"
#include "runtime/wasm/signature.hpp"
#include "runtime/wasm/staging.hpp"
#include "runtime/wasm/wasm_runtime.hpp"

namespace {

using namespace samara;
using namespace samara::runtime;
using namespace samara::runtime::wasm;

class SteadyClock final : public port::Clock {
 public:
  port::Instant now() override {
    return port::Instant(std::chrono::steady_clock::now().time_since_epoch());
  }
  port::WallTime wall() override { return {}; }
  void sleep_until(port::Instant) override {}
};

class NoProcesses final : public port::Processes {
 public:
  port::ProcessId self() override { return {}; }
  bool alive(const port::ProcessId&) override { return true; }
  std::chrono::nanoseconds thread_cpu() override { return {}; }
};

Bytes module_of(Bytes body, bool memory) {
  ModuleBuilder builder;
  if (memory) builder.memory(1);
  builder.export_function(
      "f", builder.function(builder.type({ValueType::i64}, {ValueType::i64}), std::move(body)));
  return builder.bytes();
}

Bytes identity() { return code({op::local_get, 0}); }

Bytes fib() {
  return code({op::local_get,
               0,
               op::i64_const,
               2,
               op::i64_lt_s,
               op::if_,
               0x7E,
               op::local_get,
               0,
               op::else_,
               op::local_get,
               0,
               op::i64_const,
               1,
               op::i64_sub,
               op::call,
               0,
               op::local_get,
               0,
               op::i64_const,
               2,
               op::i64_sub,
               op::call,
               0,
               op::i64_add,
               op::end});
}

enum class Place : uint8_t { here, worker };

void run_function(benchmark::State& state, const Bytes& module, int64_t argument,
                  Place place = Place::here) {
  TypeTable table;
  RecordTypes types(table);
  SteadyClock clock;
  NoProcesses processes;
  port::LinuxWorkers workers(port::program_beside("samara-wasm-worker"), {}, clock);
  WasmRuntimeParts parts{types, clock, processes, {}, 64U << 10, 64};
  if (place == Place::worker) parts.workers = &workers;
  WasmRuntime runtime(parts);
  FunctionRecord record;
  record.kind = k_kind_wasm;
  record.code = sha256(module);
  record.inputs = {table.integer()};
  record.output = table.integer();
  FunctionSource source;
  source.record = &record;
  source.code = module;
  Argument given;
  given.value = {table.integer(), Slot::of(argument), Dialect::b};
  RunRequest request;
  request.arguments = {&given, 1};
  for (auto _ : state) {
    auto prepared = runtime.prepare(source);
    if (!prepared) return state.SkipWithError("the module is not taken");
    auto result = runtime.run(**prepared, request);
    if (!result || !result->outcome.is_value()) return state.SkipWithError("the run failed");
  }
}

void cached_tiny(benchmark::State& state) { run_function(state, module_of(identity(), false), 1); }
void cached_page(benchmark::State& state) { run_function(state, module_of(identity(), true), 1); }
void interpreted_fib_32(benchmark::State& state) {
  run_function(state, module_of(fib(), false), 32);
}
void worker_tiny(benchmark::State& state) {
  run_function(state, module_of(identity(), false), 1, Place::worker);
}
void worker_page(benchmark::State& state) {
  run_function(state, module_of(identity(), true), 1, Place::worker);
}
BENCHMARK(cached_tiny)->UseRealTime();
BENCHMARK(cached_page)->UseRealTime();
BENCHMARK(worker_tiny)->UseRealTime();
BENCHMARK(worker_page)->UseRealTime();
BENCHMARK(interpreted_fib_32)->Unit(benchmark::kMillisecond);

void from_bytes(benchmark::State& state) {
  if (!engine_available()) return state.SkipWithError("no engine in this build");
  Bytes bytes = module_of(identity(), state.range(0) != 0);
  for (auto _ : state) {
    auto module = scan(bytes);
    auto loaded = LoadedModule::load(stage(bytes, *module).bytes);
    auto instance = Instance::create(*loaded, {});
    uint32_t cells[2] = {};
    benchmark::DoNotOptimize((*instance)->call("f", cells, 2));
  }
}
BENCHMARK(from_bytes)->ArgName("pages")->Arg(0)->Arg(1);

void scan_alone(benchmark::State& state) {
  Bytes bytes = module_of(fib(), true);
  for (auto _ : state) benchmark::DoNotOptimize(scan(bytes));
}
BENCHMARK(scan_alone);

}  // namespace
