// Conformance suites. A test passes when its body returned normally, testFail was never called, and
// testPass was called exactly as often as the manifest says.

#include <cstdio>
#include <optional>

#include "apps/common/corpus.hpp"
#include "eval/compile.hpp"
#include "eval/vm.hpp"
#include "ir/check.hpp"
#include "ir/decode.hpp"
#include "judge.hpp"
#include "runner.hpp"

namespace samara::apps {
namespace {

struct TestRecord {
  std::string name;
  int64_t passes = 0;
  std::optional<std::string> failure;
};

struct SuiteState {
  std::vector<TestRecord> tests;
  bool inside_test = false;
};

// testFail ends the body by an abort, which East code cannot catch, and is noted besides: nothing
// the program does clears it.
eval::PlatformRegistry make_registry(TypeTable& types, SuiteState& state) {
  eval::PlatformRegistry registry;
  const Type* body = types.async_function({}, types.null());
  auto must = [](Result<void> result) { SAMARA_ASSERT(result.has_value()); };
  must(registry.add({.name = "testPass",
                     .inputs = {},
                     .output = types.null(),
                     .effect = eval::Effect::effectful,
                     .is_async = false,
                     .capability = "",
                     .implementation = {},
                     .call = [&state](eval::Vm&, std::span<const Slot>, Slot&) {
                       if (!state.tests.empty()) state.tests.back().passes++;
                       return true;
                     }}));
  must(registry.add({.name = "testFail",
                     .inputs = {types.string()},
                     .output = types.null(),
                     .effect = eval::Effect::effectful,
                     .is_async = false,
                     .capability = "",
                     .implementation = {},
                     .call = [&state](eval::Vm& vm, std::span<const Slot> args, Slot&) {
                       std::string message(text_of(args[0]));
                       if (!state.tests.empty() && !state.tests.back().failure.has_value()) {
                         state.tests.back().failure = message;
                       }
                       return vm.fail(eval::FailureKind::aborted, message);
                     }}));
  must(registry.add({.name = "test",
                     .inputs = {types.string(), body},
                     .output = types.null(),
                     .effect = eval::Effect::effectful,
                     .is_async = true,
                     .capability = "",
                     .implementation = {},
                     .call = [&state](eval::Vm& vm, std::span<const Slot> args, Slot&) {
                       state.tests.push_back(
                           {.name = std::string(text_of(args[0])), .passes = 0, .failure = {}});
                       Slot result;
                       if (!vm.call(args[1], std::span<const Slot>{}, result)) {
                         auto& test = state.tests.back();
                         if (!test.failure.has_value()) test.failure = eval::error_text(vm.error());
                         vm.clear_failure();
                       }
                       return true;
                     }}));
  must(registry.add({.name = "describe",
                     .inputs = {types.string(), body},
                     .output = types.null(),
                     .effect = eval::Effect::effectful,
                     .is_async = true,
                     .capability = "",
                     .implementation = {},
                     .call = [](eval::Vm& vm, std::span<const Slot> args, Slot&) {
                       Slot result;
                       return vm.call(args[1], std::span<const Slot>{}, result);
                     }}));
  return registry;
}

struct Tally {
  int passed = 0;
  int failed = 0;
  int skipped = 0;
};

void report(const SuiteOptions& options, const std::string& suite, const std::string& test,
            const std::string& why) {
  if (options.quiet) return;
  if (options.json) {
    nlohmann::json line = {{"type", "failure"}, {"suite", suite}, {"test", test}, {"why", why}};
    std::printf("%s\n",
                line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  } else {
    std::printf("%s: %s: %s\n", suite.c_str(), test.c_str(), why.c_str());
  }
}

Result<void> run_suite(const SuiteOptions& options, const nlohmann::json& suite, Tally& tally) {
  std::string name = suite["suite"];
  double start = now_seconds();
  SAMARA_TRY(Bytes bytes, read_corpus_file(options.folder + "/" +
                                           suite[options.dialect]["file"].get<std::string>()));
  TypeTable types;
  SuiteState state;
  eval::PlatformRegistry registry = make_registry(types, state);
  double read = now_seconds();
  SAMARA_TRY(std::unique_ptr<ir::Program> program, ir::from_bytes(types, bytes));
  double decoded = now_seconds();
  SAMARA_CHECK(check_program(*program, registry));
  double checked = now_seconds();
  std::shared_ptr<const ir::Program> shared = std::move(program);
  SAMARA_TRY(std::shared_ptr<eval::CompiledProgram> compiled, eval::compile(shared, registry));
  double compiled_at = now_seconds();
  Heap heap;
  eval::Vm vm(heap, types, registry);
  Slot result;
  bool ok = vm.run(compiled, {}, result);
  double ran = now_seconds();
  if (options.timings) {
    std::fprintf(stderr, "%s: read %.2f decode %.2f check %.2f compile %.2f run %.2f ms\n",
                 name.c_str(), (read - start) * 1e3, (decoded - read) * 1e3,
                 (checked - decoded) * 1e3, (compiled_at - checked) * 1e3,
                 (ran - compiled_at) * 1e3);
  }
  if (!ok)
    report(options, name, "(suite)", "the root call failed: " + eval::error_text(vm.error()));
  const auto& expected = suite["tests"];
  for (size_t i = 0; i < expected.size(); i++) {
    std::string test = expected[i]["name"];
    if (options.dialect == "b" && expected[i].value("a_only", false)) {
      tally.skipped++;
      continue;
    }
    std::string why;
    if (i >= state.tests.size()) {
      why = "did not run";
    } else if (state.tests[i].name != test) {
      why = "another test ran in its place: '" + state.tests[i].name + "'";
    } else if (state.tests[i].failure.has_value()) {
      why = *state.tests[i].failure;
    } else if (state.tests[i].passes != expected[i]["assertions"].get<int64_t>()) {
      why = std::to_string(state.tests[i].passes) + " assertions, expected " +
            std::to_string(expected[i]["assertions"].get<int64_t>());
    }
    if (why.empty()) {
      tally.passed++;
    } else {
      tally.failed++;
      report(options, name, test, why);
    }
  }
  for (size_t i = expected.size(); i < state.tests.size(); i++) {
    tally.failed++;
    report(options, name, state.tests[i].name, "is not in the manifest");
  }
  if (!ok && tally.failed == 0) tally.failed++;
  return {};
}

}  // namespace

int run_suites(const SuiteOptions& options) {
  auto manifest = read_manifest(options.folder + "/manifest.json");
  if (!manifest) {
    std::fprintf(stderr, "samara-east-suite: error: %s\n",
                 std::string(manifest.error().message()).c_str());
    return 2;
  }
  Tally tally;
  bool any = false;
  for (const auto& suite : (*manifest)["suites"]) {
    std::string name = suite["suite"];
    if (!options.only.empty() && name != options.only) continue;
    any = true;
    auto done = run_suite(options, suite, tally);
    if (!done) {
      report(options, name, "(suite)", std::string(done.error().message()));
      tally.failed += static_cast<int>(suite["tests"].size());
    }
  }
  if (!any) {
    std::fprintf(stderr, "samara-east-suite: error: no suite '%s' in the manifest\n",
                 options.only.c_str());
    return 2;
  }
  if (tally.skipped != 0) {
    std::printf("%d passed, %d failed, %d skipped\n", tally.passed, tally.failed, tally.skipped);
  } else {
    std::printf("%d passed, %d failed\n", tally.passed, tally.failed);
  }
  return tally.failed == 0 ? 0 : 1;
}

}  // namespace samara::apps
