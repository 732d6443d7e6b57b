#include "tests/e2e/conformance_runtimes.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <vector>

#include "eval/platform_signatures.hpp"
#include "lang/compile.hpp"
#include "platform/standard.hpp"
#include "ports/linux/clock.hpp"
#include "ports/linux/files.hpp"
#include "ports/linux/processes.hpp"
#include "ports/linux/programs.hpp"
#include "ports/linux/random.hpp"
#include "ports/linux/sandbox.hpp"
#include "ports/linux/worker_process.hpp"
#include "runtime/east/east_runtime.hpp"
#include "runtime/east/import.hpp"
#include "runtime/native/build.hpp"
#include "runtime/native/import.hpp"
#include "runtime/native/native_runtime.hpp"
#include "runtime/wasm/import.hpp"
#include "runtime/wasm/machine_code.hpp"
#include "runtime/wasm/wasm_runtime.hpp"

namespace samara::runtime {

namespace {

// Everything below the runtimes.
struct World {
  TypeTable table;
  RecordTypes types{table};
  port::LinuxFiles files;
  port::LinuxRandom random;
  port::LinuxClock clock;
  port::LinuxProcesses processes;
  port::LinuxPrograms programs;
};

World& world() {
  static World world;
  return world;
}

// Removed when the program ends.
class Scratch {
 public:
  Scratch() {
    if (auto made = world().programs.make_scratch()) path_ = *made;
  }
  ~Scratch() {
    if (!path_.empty()) world().programs.remove_scratch(path_);
  }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

const Scratch& scratch() {
  static Scratch scratch;
  return scratch;
}

// --- East ----------------------------------------------------------------------------------------

class East final : public ConformanceRuntime {
 public:
  East() {
    auto added = platform::add_standard_platform(world().table, platform_,
                                                 {.clock = world().clock,
                                                  .random = world().random,
                                                  .files = world().files,
                                                  .working_directory = "/"});
    if (!added) std::abort();
  }
  Runtime& runtime() override { return runtime_; }
  std::string missing() override { return ""; }
  Result<ImportedFunction> make(const ConformanceFunction& function, const Type*) override {
    eval::RegistrySignatures signatures(platform_);
    lang::CompileOptions options;
    options.platform = &signatures;
    const std::string source = east_source(function);
    lang::Compilation made = lang::compile_source(world().table, source, "f.east", options);
    for (const lang::Diagnostic& each : made.diagnostics) {
      return Error(Code::check_failed, lang::render(each, "f.east", source));
    }
    return east::import_program(world().types, platform_, *made.functions[0].program, "f.east", "");
  }

 private:
  eval::PlatformRegistry platform_;
  BigStack stack_;
  east::EastRuntime runtime_{
      {world().types, platform_, world().clock, world().processes, stack_, 64}};
};

// --- WebAssembly ---------------------------------------------------------------------------------

struct WasmMode {
  bool machine_code = false;
  bool workers = false;  // in processes of their own
};

class Wasm final : public ConformanceRuntime {
 public:
  explicit Wasm(const WasmMode& mode) : mode_(mode), runtime_(parts(mode)) {}
  Runtime& runtime() override { return runtime_; }
  std::string missing() override {
    if (!wasm::engine_available()) return "this build has no WebAssembly engine";
    if (mode_.machine_code && !compiler().available()) return "this build runs no machine code";
    if (mode_.workers) {
      auto walls = runtime_.walls();
      if (!walls && walls.error().code == Code::unsupported) {
        return std::string(walls.error().message());
      }
    }
    // Nothing at all can be compiled only where there is no compiler or linker.
    auto nothing = compile("");
    return nothing ? ""
                   : "no compiler for WebAssembly (apt-get install clang-19 lld-19): " +
                         std::string(nothing.error().message());
  }
  Result<ImportedFunction> make(const ConformanceFunction& function, const Type* type) override {
    SAMARA_TRY(Bytes module, compile(wasm_source(function)));
    return wasm::import_module(world().types, module, {.type = type});
  }
  Result<void> get_ready(const FunctionSource& source) override {
    if (!mode_.machine_code) return {};
    return runtime_.compile(source);
  }

 private:
  static const wasm::CodeCompiler& compiler() {
    static const wasm::CodeCompiler compiler(
        {.programs = &world().programs, .program = port::program_beside("samara-wasm-aot")});
    return compiler;
  }
  static port::Workers& workers() {
    static port::LinuxWorkers workers(port::program_beside("samara-wasm-worker"), {},
                                      world().clock);
    return workers;
  }
  static wasm::WasmRuntimeParts parts(const WasmMode& mode) {
    wasm::WasmRuntimeParts out{world().types, world().clock, world().processes, {}};
    out.random = &world().random;
    if (mode.machine_code) out.compiler = &compiler();
    if (mode.workers) out.workers = &workers();
    return out;
  }
  static Result<Bytes> compile(const std::string& source) {
    const std::string from = scratch() / "f.c";
    const std::string to = scratch() / "f.wasm";
    std::ofstream(from) << source;
    port::ProgramOrder order;
    order.path = "clang-19";
    order.words = {"--target=wasm32",
                   "-O2",
                   "-Wall",
                   "-Wextra",
                   "-nostdlib",
                   "-Wl,--no-entry",
                   "-I" SAMARA_TEST_DATA "/../include",
                   "-o",
                   to,
                   from};
    SAMARA_TRY(port::ProgramReport report, world().programs.run(order));
    if (!report.done() || !report.messages.empty()) {
      return Error(Code::check_failed, "clang-19: " + report.messages);
    }
    std::ifstream file(to, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    return Bytes(bytes.begin(), bytes.end());
  }

  WasmMode mode_;
  wasm::WasmRuntime runtime_;
};

// --- native --------------------------------------------------------------------------------------

class Native final : public ConformanceRuntime {
 public:
  explicit Native(bool reuse) : runtime_(parts(reuse)) {}
  Runtime& runtime() override { return runtime_; }
  std::string missing() override {
    if (native::own_target().empty()) return "no native tasks on this processor";
    auto walls = sandbox().walls();
    return walls ? "" : std::string(walls.error().message());
  }
  Result<ImportedFunction> make(const ConformanceFunction& function, const Type* type) override {
    constexpr uint32_t k_mebibyte = 1U << 20;
    const std::string from = scratch() / "f.c";
    std::ofstream(from) << native_source(function);
    native::BuildRequest request;
    request.source = from;
    // Two runtimes run the same images, so that both have the same names.
    request.memory = {.image = 0,
                      .stack = k_mebibyte / 4,
                      .heap = 16 * k_mebibyte,
                      .input = 8 * k_mebibyte,
                      .output = 8 * k_mebibyte};
    SAMARA_TRY(native::BuiltTask built,
               native::build_task(world().programs, world().files, request));
    if (!built.messages.empty()) return Error(Code::check_failed, built.messages);
    return native::import_image(world().types, built.file, {.type = type});
  }

 private:
  static port::Sandbox& sandbox() {
    static port::LinuxSandbox sandbox;
    return sandbox;
  }
  static native::NativeRuntimeParts parts(bool reuse) {
    native::NativeRuntimeParts out{.types = world().types, .sandbox = sandbox()};
    out.reuse = reuse;
    return out;
  }

  native::NativeRuntime runtime_;
};

// --- the table -----------------------------------------------------------------------------------

constexpr const char* k_names[] = {"east",
                                   "wasm_interpreted",
                                   "wasm_machine_code",
                                   "wasm_worker_interpreted",
                                   "wasm_worker_machine_code",
                                   "native_fresh",
                                   "native_reused"};

std::unique_ptr<ConformanceRuntime> make_runtime(std::string_view name) {
  if (name == "east") return std::make_unique<East>();
  if (name == "wasm_interpreted") return std::make_unique<Wasm>(WasmMode{});
  if (name == "wasm_machine_code") return std::make_unique<Wasm>(WasmMode{.machine_code = true});
  if (name == "wasm_worker_interpreted") return std::make_unique<Wasm>(WasmMode{.workers = true});
  if (name == "wasm_worker_machine_code") {
    return std::make_unique<Wasm>(WasmMode{.machine_code = true, .workers = true});
  }
  if (name == "native_fresh") return std::make_unique<Native>(false);
  if (name == "native_reused") return std::make_unique<Native>(true);
  std::abort();
}

}  // namespace

TypeTable& conformance_types() { return world().table; }

std::span<const char* const> conformance_runtime_names() { return k_names; }

ConformanceRuntime& conformance_runtime(std::string_view name) {
  scratch();  // outlives them
  static std::map<std::string, std::unique_ptr<ConformanceRuntime>, std::less<>> made;
  auto found = made.find(name);
  if (found == made.end()) found = made.emplace(name, make_runtime(name)).first;
  return *found->second;
}

}  // namespace samara::runtime
