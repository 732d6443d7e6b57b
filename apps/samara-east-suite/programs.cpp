// Random programs: the result's bytes, or the error's message and whole location stack, must be
// those of the manifest.

#include <algorithm>
#include <cstdio>

#include "apps/common/corpus.hpp"
#include "eval/compile.hpp"
#include "eval/vm.hpp"
#include "ir/check.hpp"
#include "ir/decode.hpp"
#include "judge.hpp"
#include "runner.hpp"

namespace samara::apps {
namespace {

// A program that runs longer than this is a failure (the reference needs 0.2 s for the slowest).
constexpr double k_seconds_max = 10.0;

struct Timing {
  std::vector<double> load_ms;  // decode, check, compile
  std::vector<double> run_ms;
};

std::string stack_text(const std::vector<ir::Location>& stack) {
  std::string out = "[";
  for (const ir::Location& at : stack) {
    if (out.size() > 1) out += ", ";
    out += at.filename + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
  }
  return out + "]";
}

// Empty when the program did what the manifest says, else why not.
std::string judge(const SuiteOptions& options, const nlohmann::json& entry, TypeTable& types,
                  ir::ProgramReader& reader, const eval::PlatformRegistry& registry,
                  Timing& timing) {
  std::string folder = options.folder + "/" + entry["name"].get<std::string>() + "/";
  std::string suffix = "." + options.dialect + ".beast2";
  Dialect dialect = options.dialect == "b" ? Dialect::b : Dialect::a;
  auto text = [](const Error& error) { return std::string(error.message()); };
  auto bytes = read_corpus_file(folder + "ir" + suffix);
  if (!bytes) return text(bytes.error());
  double start = now_seconds();
  auto program = reader.read(*bytes);
  if (!program) return "decode: " + text(program.error());
  auto checked = check_program(**program, registry);
  if (!checked) return "check: " + text(checked.error());
  std::shared_ptr<const ir::Program> shared = std::move(*program);
  auto compiled = eval::compile(shared, registry);
  if (!compiled) return "compile: " + text(compiled.error());
  timing.load_ms.push_back((now_seconds() - start) * 1e3);

  Heap heap;
  double deadline = now_seconds() + k_seconds_max;
  eval::Vm vm(heap, types, registry,
              {.stack_slots = size_t{1} << 20,
               .deadline_passed = [deadline] { return now_seconds() > deadline; }});
  const Type* type = (*compiled)->type;
  std::vector<Slot> arguments;
  for (uint32_t i = 0; i < type->input_count(); i++) {
    auto argument_bytes = read_corpus_file(folder + "arg" + std::to_string(i) + suffix);
    if (!argument_bytes) return text(argument_bytes.error());
    auto value = decode_beast2(*argument_bytes, type->child(i), types, heap,
                               {.dialect = dialect, .functions = &vm.function_hooks()});
    if (!value) return "argument " + std::to_string(i) + ": " + text(value.error());
    arguments.push_back(*value);
  }
  Slot result;
  start = now_seconds();
  bool ok = vm.run(*compiled, arguments, result);
  timing.run_ms.push_back((now_seconds() - start) * 1e3);
  const auto& expected = entry["expected"];
  if (expected["kind"] == "result") {
    if (!ok) {
      eval::EastError error = vm.error();
      return "expected a result, got " + std::string(eval::failure_name(vm.failure())) + ": " +
             error.message + " at " + stack_text(error.stack);
    }
    auto want = read_corpus_file(folder + "expected" + suffix);
    if (!want) return text(want.error());
    auto encoded = encode_beast2(type->output(), result,
                                 {.dialect = dialect, .functions = &vm.function_hooks()});
    if (!encoded) return "result: " + text(encoded.error());
    if (*encoded != *want) {
      size_t at = 0;
      while (at < encoded->size() && at < want->size() && (*encoded)[at] == (*want)[at]) at++;
      return "result differs at byte " + std::to_string(at) + " of " + std::to_string(want->size());
    }
    return {};
  }
  if (ok)
    return "expected the error '" + expected["message"].get<std::string>() + "', got a result";
  eval::EastError error = vm.error();
  if (vm.failure() != eval::FailureKind::error) {
    return "expected an error, got " + std::string(eval::failure_name(vm.failure())) + ": " +
           error.message;
  }
  if (error.message != expected["message"].get<std::string>()) {
    return "expected the error '" + expected["message"].get<std::string>() + "', got '" +
           error.message + "'";
  }
  std::vector<ir::Location> want;
  for (const auto& at : expected["locations"])
    want.push_back({at["filename"], at["line"], at["column"]});
  if (want != error.stack)
    return "expected the stack " + stack_text(want) + ", got " + stack_text(error.stack);
  return {};
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int run_programs(const SuiteOptions& options) {
  auto manifest = read_manifest(options.folder + "/manifest.json");
  if (!manifest) {
    std::fprintf(stderr, "samara-east-suite: error: %s\n",
                 std::string(manifest.error().message()).c_str());
    return 2;
  }
  int passed = 0, failed = 0, defects = 0, defects_match = 0;
  Timing timing;
  double start = now_seconds();
  eval::PlatformRegistry registry;
  // As in a worker: types and the reader's plans serve all programs of the process.
  TypeTable types;
  ir::ProgramReader reader(types);
  for (const auto& entry : (*manifest)["programs"]) {
    std::string name = entry["name"];
    if (!options.only.empty() && name != options.only) continue;
    const auto& dialects = entry["dialects"];
    if (std::find(dialects.begin(), dialects.end(), options.dialect) == dialects.end()) continue;
    std::string why = judge(options, entry, types, reader, registry, timing);
    bool defect = entry.contains("reference_defect");
    if (defect) {
      defects++;
      if (why.empty()) defects_match++;
    } else {
      (why.empty() ? passed : failed)++;
    }
    if (!why.empty() && !options.quiet) {
      if (options.json) {
        nlohmann::json line = {
            {"type", "failure"}, {"name", name}, {"why", why}, {"reference_defect", defect}};
        std::printf("%s\n",
                    line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
      } else {
        std::printf("%s: %s%s\n", name.c_str(), why.c_str(), defect ? " (reference defect)" : "");
      }
    }
  }
  if (options.timings) {
    std::printf("median decode+check+compile %.3f ms, median run %.4f ms, all %.3f s\n",
                median(timing.load_ms), median(timing.run_ms), now_seconds() - start);
  }
  if (defects != 0) std::printf("%d of %d defect-tagged programs match\n", defects_match, defects);
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace samara::apps
