// A kernel of bench/kernels through a Runtime of ours, for bench/macro/kernels.sh.
// usage: kernel_runner native SOURCE | wasm_interpreted MODULE | wasm_machine_code MODULE
//                      KERNEL ROUNDS REPEATS
// Prints a JSON line with the result of one round, and the nanoseconds of processor time that the
// execution record says for each repeat.

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "bench/kernels/kernels.h"
#include "ports/linux/clock.hpp"
#include "ports/linux/files.hpp"
#include "ports/linux/processes.hpp"
#include "ports/linux/programs.hpp"
#include "ports/linux/random.hpp"
#include "ports/linux/sandbox.hpp"
#include "runtime/native/build.hpp"
#include "runtime/native/import.hpp"
#include "runtime/native/native_runtime.hpp"
#include "runtime/wasm/import.hpp"
#include "runtime/wasm/machine_code.hpp"
#include "runtime/wasm/wasm_runtime.hpp"

namespace {

using namespace samara;
using namespace samara::runtime;

#define SAMARA_NAME(name) #name,
constexpr std::string_view k_kernels[] = {KERNELS(SAMARA_NAME)};
#undef SAMARA_NAME

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "kernel_runner: %s\n", why.c_str());
  std::exit(1);
}

template <typename T>
T must(Result<T> result) {
  if (!result) fail(std::string(result.error().message()));
  return std::move(*result);
}

Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return Bytes(text.begin(), text.end());
}

struct World {
  TypeTable table;
  RecordTypes types{table};
  port::LinuxFiles files;
  port::LinuxRandom random;
  port::LinuxClock clock;
  port::LinuxProcesses processes;
  port::LinuxPrograms programs;
  port::LinuxSandbox sandbox;
};

class Kernel {
 public:
  Kernel(World& world, Runtime& runtime, ImportedFunction function, std::vector<int64_t> before)
      : world_(world),
        runtime_(runtime),
        function_(std::move(function)),
        before_(std::move(before)) {
    prepared_ = must(runtime_.prepare(source()));
  }

  FunctionSource source() const {
    FunctionSource out;
    out.function = function_.id;
    out.record = &function_.record;
    out.code = function_.code;
    out.companion = function_.companion;
    return out;
  }

  // The result, and the processor time that it took.
  int64_t run(int64_t rounds, uint64_t& cpu_ns) {
    std::vector<Argument> arguments;
    arguments.reserve(before_.size() + 1);
    for (int64_t number : before_) arguments.push_back(integer(number));
    arguments.push_back(integer(rounds));
    RunRequest request;
    request.arguments = arguments;
    request.name = "kernel";
    RunResult result = must(runtime_.run(*prepared_, request));
    if (!result.outcome.is_value()) fail(outcome_text(result.outcome));
    cpu_ns = result.usage.cpu_ns;
    Heap heap;
    return must(decode_beast2(result.value, world_.table.integer(), world_.table, heap)).integer();
  }

 private:
  Argument integer(int64_t value) const {
    return {{}, {world_.table.integer(), Slot::of(value), Dialect::b}};
  }

  World& world_;
  Runtime& runtime_;
  ImportedFunction function_;
  std::vector<int64_t> before_;
  std::shared_ptr<const Prepared> prepared_;
};

void measure(Kernel kernel, int64_t rounds, int repeats) {
  uint64_t cpu_ns = 0;
  std::printf("{\"result\": %lld, \"cpu_ns\": [", static_cast<long long>(kernel.run(1, cpu_ns)));
  for (int i = 0; i < repeats; i++) {
    kernel.run(rounds, cpu_ns);
    std::printf("%s%llu", i == 0 ? "" : ", ", static_cast<unsigned long long>(cpu_ns));
  }
  std::puts("]}");
}

int64_t index_of(std::string_view name) {
  for (size_t i = 0; i < std::size(k_kernels); i++) {
    if (k_kernels[i] == name) return static_cast<int64_t>(i);
  }
  fail("there is no kernel '" + std::string(name) + "'");
}

}  // namespace

int main(int count, char** words) {
  if (count != 6) fail("five words are expected");
  const std::string mode = words[1];
  const std::string path = words[2];
  const std::string name = words[3];
  const int64_t rounds = std::atoll(words[4]);
  const int repeats = std::atoi(words[5]);
  World world;
  const Type* integer = world.table.integer();
  if (mode == "native") {
    native::NativeRuntime runtime({.types = world.types, .sandbox = world.sandbox});
    native::BuildRequest request;
    request.source = path;
    auto built = must(native::build_task(world.programs, world.files, request));
    auto function = must(native::import_image(
        world.types, built.file, {.type = world.table.function({integer, integer}, integer)}));
    measure(Kernel(world, runtime, std::move(function), {index_of(name)}), rounds, repeats);
    return 0;
  }
  wasm::CodeCompiler compiler(
      {.programs = &world.programs, .program = port::program_beside("samara-wasm-aot")});
  wasm::WasmRuntimeParts parts{world.types, world.clock, world.processes, {}};
  if (mode == "wasm_machine_code") {
    if (!compiler.available()) fail("this build runs no machine code");
    parts.compiler = &compiler;
  }
  wasm::WasmRuntime runtime(parts);
  auto function = must(wasm::import_module(world.types, read_file(path), {.export_name = name}));
  Kernel kernel(world, runtime, std::move(function), {});
  if (parts.compiler != nullptr) {
    if (auto compiled = runtime.compile(kernel.source()); !compiled) {
      fail(std::string(compiled.error().message()));
    }
  }
  measure(std::move(kernel), rounds, repeats);
}
