// samara-east-bench DIR: runs a folder of East benchmarks (a manifest.json and one folder each). A
// program's result must equal the expected file byte for byte; the median of five calls is
// reported.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "apps/common/corpus.hpp"
#include "eval/compile.hpp"
#include "eval/vm.hpp"
#include "ir/check.hpp"
#include "ir/decode.hpp"

namespace samara::apps {
namespace {

struct Options {
  std::string folder;
  std::string dialect = "a";
  std::string only;
  int calls = 5;
  bool json = false;
};

// Milliseconds this machine takes for a fixed loop of dependent integer work: to scale times
// between machines (bench/README.md).
double calibrate_ms() {
  double best = 1e9;
  for (int round = 0; round < 5; round++) {
    double start = now_seconds();
    uint64_t x = 88172645463325252ULL;
    for (int i = 0; i < 50'000'000; i++) {
      x ^= x << 13;
      x ^= x >> 7;
      x ^= x << 17;
    }
    double ms = (now_seconds() - start) * 1e3;
    static volatile uint64_t sink;
    sink = x;
    static_cast<void>(sink);
    best = std::min(best, ms);
  }
  return best;
}

struct Times {
  double decode_ir_ms = 0;
  double compile_ms = 0;
  double decode_arguments_ms = 0;
  std::vector<double> calls_ms;
  double median_ms = 0;
};

Result<Times> run_one(const Options& options, const nlohmann::json& bench) {
  std::string folder = options.folder + "/" + bench["name"].get<std::string>() + "/";
  std::string suffix = "." + options.dialect + ".beast2";
  Dialect dialect = options.dialect == "b" ? Dialect::b : Dialect::a;
  SAMARA_TRY(Bytes ir_bytes, read_corpus_file_or_gz(folder + "ir" + suffix));
  SAMARA_TRY(Bytes expected, read_corpus_file_or_gz(folder + "expected" + suffix));
  TypeTable types;
  eval::PlatformRegistry registry;
  Times times;
  double start = now_seconds();
  SAMARA_TRY(std::unique_ptr<ir::Program> program, ir::from_bytes(types, ir_bytes));
  times.decode_ir_ms = (now_seconds() - start) * 1e3;
  std::shared_ptr<const ir::Program> shared = std::move(program);
  start = now_seconds();
  SAMARA_TRY(std::shared_ptr<eval::CompiledProgram> compiled, eval::compile(shared, registry));
  times.compile_ms = (now_seconds() - start) * 1e3;
  const Type* type = compiled->type;
  for (int round = 0; round < options.calls; round++) {
    Heap heap;
    eval::Vm vm(heap, types, registry);
    std::vector<Slot> arguments;
    start = now_seconds();
    for (uint32_t i = 0; i < type->input_count(); i++) {
      SAMARA_TRY(Bytes bytes, read_corpus_file_or_gz(folder + "arg" + std::to_string(i) + suffix));
      double decode_start = now_seconds();
      SAMARA_TRY(Slot argument,
                 decode_beast2(bytes, type->child(i), types, heap, {.dialect = dialect}));
      if (round == 0) times.decode_arguments_ms += (now_seconds() - decode_start) * 1e3;
      arguments.push_back(argument);
    }
    Slot result;
    start = now_seconds();
    bool ok = vm.run(compiled, arguments, result);
    times.calls_ms.push_back((now_seconds() - start) * 1e3);
    if (!ok) return Error(Code::guest_failed, eval::error_text(vm.error()));
    SAMARA_TRY(Bytes encoded, encode_beast2(type->output(), result, {.dialect = dialect}));
    if (encoded != expected)
      return Error(Code::corrupt, "the result differs from the expected file");
  }
  std::vector<double> sorted = times.calls_ms;
  std::sort(sorted.begin(), sorted.end());
  times.median_ms = sorted[sorted.size() / 2];
  return times;
}

int run(const Options& options) {
  auto manifest = read_manifest(options.folder + "/manifest.json");
  if (!manifest) {
    std::fprintf(stderr, "samara-east-bench: error: %s\n",
                 std::string(manifest.error().message()).c_str());
    return 2;
  }
  double calibration = calibrate_ms();
  if (options.json) {
    nlohmann::json line = {{"type", "calibration"}, {"xorshift_50m_ms", calibration}};
    std::printf("%s\n", line.dump().c_str());
  } else {
    std::printf("calibration loop %.1f ms\n", calibration);
    std::printf("%-18s %10s %10s %10s %10s\n", "benchmark", "call ms", "decode ir", "compile",
                "arguments");
  }
  int failed = 0;
  for (const auto& bench : (*manifest)["benches"]) {
    std::string name = bench["name"];
    if (!options.only.empty() && name != options.only) continue;
    if (bench["files"].find("ir.a.beast2") == bench["files"].end()) continue;  // data only
    auto times = run_one(options, bench);
    if (!times) {
      failed++;
      std::fprintf(stderr, "%s: %s\n", name.c_str(), std::string(times.error().message()).c_str());
      continue;
    }
    if (options.json) {
      nlohmann::json line = {{"type", "benchmark"},
                             {"name", name},
                             {"dialect", options.dialect},
                             {"median_ms", times->median_ms},
                             {"calls_ms", times->calls_ms},
                             {"decode_ir_ms", times->decode_ir_ms},
                             {"compile_ms", times->compile_ms},
                             {"decode_arguments_ms", times->decode_arguments_ms}};
      std::printf("%s\n", line.dump().c_str());
    } else {
      std::printf("%-18s %10.2f %10.2f %10.2f %10.2f\n", name.c_str(), times->median_ms,
                  times->decode_ir_ms, times->compile_ms, times->decode_arguments_ms);
    }
  }
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace samara::apps

int main(int argc, char** argv) {
  samara::apps::Options options;
  CLI::App app("Runs a folder of East benchmarks and checks every result byte for byte.");
  app.add_option("folder", options.folder, "folder with manifest.json")->required();
  app.add_option("--dialect", options.dialect, "a or b")
      ->check(CLI::IsMember({"a", "b"}))
      ->capture_default_str();
  app.add_option("--only", options.only, "run this benchmark alone");
  app.add_option("--calls", options.calls, "calls for the median")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_flag("--json", options.json, "one JSON object a line");
  app.footer("example: samara-east-bench ../shared/east-bench --json");
  CLI11_PARSE(app, argc, argv);
  return samara::apps::run(options);
}
