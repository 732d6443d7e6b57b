// The official WebAssembly test suite: what is not valid is refused; modules that need no proposal
// which the engine lacks pass the scan, and without imports also the calls of the suite. Skipped
// where ../shared (or SAMARA_SHARED) is absent.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "core/sha256.hpp"
#include "ports/linux/programs.hpp"
#include "runtime/wasm/machine_code.hpp"
#include "runtime/wasm/module_builder.hpp"
#include "runtime/wasm/scan.hpp"
#include "runtime/wasm/staging.hpp"
#include "runtime/wasm/wamr.hpp"

namespace samara::runtime::wasm {
namespace {

namespace fs = std::filesystem;

Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return Bytes(text.begin(), text.end());
}

// Where the engine differs from the suite. It refuses valid modules: names with characters that
// Unicode does not assign, and constants that read a global of the module itself.
constexpr std::string_view k_refused_by_engine[] = {"custom.0.wasm", "names.2.wasm", "data.9.wasm",
                                                    "data.10.wasm"};
// Staging exports a start function, which makes it one that may be referred to.
constexpr std::string_view k_mended_by_staging = "ref_func.5.wasm";

// Its folder is removed with it.
class Suite {
 public:
  Suite() {
    const char* named = std::getenv("SAMARA_SHARED");
    fs::path tests = SAMARA_TEST_DATA;
    fs::path shared =
        named != nullptr ? fs::path(named) : tests.parent_path().parent_path() / "shared";
    fs::path archive = shared / "wasm-testsuite" / "testsuite.tar.zst";
    std::error_code error;
    if (!fs::exists(archive, error)) return;
    folder_ = fs::temp_directory_path(error) / ("samara-wasm-suite-" + std::to_string(getpid()));
    std::string command = "python3 '" + (tests / "e2e" / "wasm_suite.py").string() + "' '" +
                          archive.string() + "' '" + folder_.string() + "'";
    converted_ = std::system(command.c_str()) == 0;
  }
  ~Suite() {
    std::error_code error;
    if (!folder_.empty()) fs::remove_all(folder_, error);
  }
  bool found() const { return !folder_.empty(); }
  bool converted() const { return converted_; }
  std::ifstream lines() const { return std::ifstream(folder_ / "lines"); }

 private:
  fs::path folder_;
  bool converted_ = false;
};

struct Counts {
  unsigned valid = 0;
  unsigned unsupported = 0;
  unsigned refused = 0;
  unsigned calls = 0;
  unsigned skipped = 0;
  unsigned compiled = 0;
};

class Player {
 public:
  Player() = default;
  /// Makes the calls in machine code.
  explicit Player(const CodeCompiler& compiler) : compiler_(&compiler) {}

  void play(std::istream& lines) {
    std::string line;
    while (std::getline(lines, line)) {
      std::istringstream words(line);
      std::string what;
      words >> what;
      if (what == "valid" || what == "refused") {
        std::string path;
        words >> path;
        where_ = fs::path(path).filename().string();
        if (what == "valid") {
          take(path);
        } else {
          refuse(path);
        }
      } else if (what == "skipped" || instance_ == nullptr) {
        counts.skipped++;
      } else {
        call(what == "trap", words);
      }
    }
  }

  Counts counts;

 private:
  void take(const std::string& path) {
    instance_ = nullptr;
    Bytes bytes = read_file(path);
    auto module = scan(bytes);
    if (!module) {
      EXPECT_EQ(module.error().code, Code::unsupported)
          << where_ << ": " << module.error().message();
      counts.unsupported++;
      return;
    }
    counts.valid++;
    if (!engine_available()) return;
    module_ = std::move(*module);
    Staged staged = stage(bytes, module_);
    const Bytes as_compiled = staged.bytes;
    auto loaded = LoadedModule::load(std::move(staged.bytes));
    if (!loaded) {
      EXPECT_NE(std::ranges::find(k_refused_by_engine, where_), std::end(k_refused_by_engine))
          << where_ << ": " << loaded.error().message();
      return;
    }
    if (!module_.imports.empty()) return;
    if (compiler_ != nullptr) {
      // What calls nothing is only taken or refused, which the interpreter has shown.
      if (module_.exports.empty()) return;
      auto code = compiler_->compile(sha256(bytes), as_compiled, host_target(), nullptr);
      if (!code) {
        ADD_FAILURE() << where_ << ": " << code.error().message();
        return;
      }
      counts.compiled++;
      loaded = LoadedModule::load_code(std::move(*code));
      if (!loaded) {
        ADD_FAILURE() << where_ << ": " << loaded.error().message();
        return;
      }
    }
    auto instance = Instance::create(*loaded, {.stack_bytes = 256U << 10});
    if (!instance) {
      ADD_FAILURE() << where_ << ": " << instance.error().message();
      return;
    }
    instance_ = std::move(*instance);
    uint32_t none[2] = {};
    for (const std::string& name : staged.initialisers) instance_->call(name, none, 0);
  }

  void refuse(const std::string& path) {
    Bytes bytes = read_file(path);
    counts.refused++;
    auto module = scan(bytes);
    if (!module || !engine_available() || where_ == k_mended_by_staging) return;
    EXPECT_FALSE(LoadedModule::load(stage(bytes, *module).bytes)) << where_;
  }

  void call(bool trap_expected, std::istream& words) {
    std::string digits;
    words >> digits;
    auto decoded = from_hex(digits);
    std::string name(decoded->begin(), decoded->end());
    if (module_.find_export(name) == nullptr) {
      ADD_FAILURE() << where_ << ": no export " << name;
      return;
    }
    std::vector<std::string> arguments;
    std::vector<std::string> expected;
    bool results = false;
    for (std::string word; words >> word;) {
      if (word == "=") {
        results = true;
      } else {
        (results ? expected : arguments).push_back(word);
      }
    }
    std::vector<uint32_t> cells;
    for (const std::string& word : arguments) cells.push_back(number(word));
    auto count = static_cast<uint32_t>(cells.size());
    cells.resize(std::max({size_t{2}, cells.size(), expected.size()}));
    counts.calls++;
    bool returned = instance_->call(name, cells, count);
    if (!returned) {
      EXPECT_TRUE(trap_expected) << where_ << ": " << name << ": " << instance_->trap();
      instance_->clear_trap();
      return;
    }
    EXPECT_FALSE(trap_expected) << where_ << ": " << name;
    for (size_t i = 0; i < expected.size() && !trap_expected; i++) {
      // Any NaN will do: rounding instructions of the engine hand on a signalling one as it is.
      if (expected[i] == "nan32") {
        EXPECT_TRUE(std::isnan(std::bit_cast<float>(cells[i]))) << where_ << ": " << name;
      } else if (expected[i] == "nan64") {
        uint64_t bits = uint64_t{cells[i + 1]} << 32 | cells[i];
        EXPECT_TRUE(std::isnan(std::bit_cast<double>(bits))) << where_ << ": " << name;
        i++;
      } else {
        EXPECT_EQ(cells[i], number(expected[i])) << where_ << ": " << name << " cell " << i;
      }
    }
  }

  static uint32_t number(const std::string& word) {
    return static_cast<uint32_t>(std::strtoul(word.c_str(), nullptr, 10));
  }

  std::string where_;
  Module module_;
  std::unique_ptr<Instance> instance_;
  const CodeCompiler* compiler_ = nullptr;
};

TEST(WasmSuite, modules_are_taken_and_refused_and_calls_give_what_the_suite_says) {
  Suite suite;
  if (!suite.found()) GTEST_SKIP() << "no ../shared/wasm-testsuite";
  ASSERT_TRUE(suite.converted());
  std::ifstream lines = suite.lines();
  Player player;
  player.play(lines);
  const Counts& counts = player.counts;
  std::printf(
      "%u valid modules taken, %u need what the engine lacks, %u not valid refused, %u calls "
      "right, "
      "%u without a way to make them\n",
      counts.valid, counts.unsupported, counts.refused, counts.calls, counts.skipped);
  EXPECT_GT(counts.valid, 1'000U);
  EXPECT_GT(counts.refused, 2'000U);
}

TEST(WasmSuite, machine_code_gives_what_the_suite_says) {
  port::LinuxPrograms programs;
  CodeCompiler compiler(
      {.programs = &programs, .program = port::program_beside("samara-wasm-aot")});
  if (!compiler.available()) GTEST_SKIP() << "this build runs no machine code";
  Suite suite;
  if (!suite.found()) GTEST_SKIP() << "no ../shared/wasm-testsuite";
  ASSERT_TRUE(suite.converted());
  std::ifstream lines = suite.lines();
  Player player(compiler);
  player.play(lines);
  std::printf("%u modules compiled, %u calls right\n", player.counts.compiled, player.counts.calls);
  EXPECT_GT(player.counts.compiled, 100U);
  EXPECT_GT(player.counts.calls, 20'000U);
}

TEST(WasmTargets, every_one_is_compiled_for) {
  port::LinuxPrograms programs;
  CodeCompiler compiler(
      {.programs = &programs, .program = port::program_beside("samara-wasm-aot")});
  if (!compiler.available()) GTEST_SKIP() << "this build runs no machine code";
  // Calls, loads, stores and floats.
  const ValueType f64 = ValueType::f64;
  ModuleBuilder builder;
  builder.memory(1);
  const uint32_t sum =
      builder.function(builder.type({f64, f64}, {f64}),
                       code({op::local_get, 0, op::local_get, 1, 0xA0 /* f64.add */}));
  builder.export_function(
      "f", builder.function(builder.type({f64}, {f64}),
                            code({op::local_get, 0, op::i32_const, 8, 0x2B /* f64.load */, 3, 0,
                                  op::call, static_cast<uint8_t>(sum)})));
  const Bytes bytes = builder.bytes();
  ASSERT_TRUE(scan(bytes));
  for (const char* name : {"x86_64", "aarch64", "thumbv7em", "riscv32"}) {
    auto target = target_named(name);
    ASSERT_TRUE(target.has_value()) << name;
    auto made = compiler.compile(sha256(bytes), bytes, *target, nullptr);
    ASSERT_TRUE(made) << name << ": " << made.error().message();
    const std::string text(made->begin(), made->end());
    EXPECT_EQ(text.substr(0, 4), std::string("\0aot", 4)) << name;
    EXPECT_NE(text.find(target->arch), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace samara::runtime::wasm
