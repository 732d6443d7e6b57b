// Mutated WebAssembly modules: scanned, given to the engine, made instances of, their exports
// called for a moment, interpreted and a share of them as machine code. Whatever they are, nothing
// of ours crashes or hangs. Batches run in processes of their own, so that a crash is told with its
// input.
//
// SAMARA_MUTANTS: how many, instead of the few of a test run. SAMARA_SEED: other ones.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/sanitizers.hpp"
#include "core/sha256.hpp"
#include "ports/linux/clock.hpp"
#include "ports/linux/programs.hpp"
#include "ports/linux/random.hpp"
#include "runtime/wasm/host_function.hpp"
#include "runtime/wasm/machine_code.hpp"
#include "runtime/wasm/scan.hpp"
#include "runtime/wasm/staging.hpp"
#include "runtime/wasm/wamr.hpp"
#include "runtime/wasm/watchdog.hpp"
#include "tests/support/random_values.hpp"

namespace samara::runtime::wasm {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using test::Random;

Bytes read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return Bytes(text.begin(), text.end());
}

// --- what is mutated -----------------------------------------------------------------------------

// The examples, where there is a compiler; the corpora; the official suite where ../shared is.
class Seeds {
 public:
  Seeds() {
    const fs::path tests = SAMARA_TEST_DATA;
    std::error_code error;
    folder_ = fs::temp_directory_path(error) / ("samara-mutants-" + std::to_string(getpid()));
    fs::create_directories(folder_, error);
    for (const char* name : {"statistics.c", "word_count.cpp"}) {
      const std::string to = folder_ / (std::string(name) + ".wasm");
      const std::string command =
          "clang-19 --target=wasm32 -O2 -std=" + std::string(name[0] == 's' ? "c11" : "c++20") +
          " -fno-exceptions -nostdlib -Wl,--no-entry -I '" + (tests / ".." / "include").string() +
          "' -o '" + to + "' '" + (tests / ".." / "examples" / "wasm" / name).string() +
          "' 2>/dev/null";
      if (std::system(command.c_str()) == 0) add(to);
    }
    for (const char* name : {"wasm_load", "wasm_scan"}) {
      add_all(tests / "fuzz" / "corpus" / name);
    }
    const char* named = std::getenv("SAMARA_SHARED");
    const fs::path shared =
        named != nullptr ? fs::path(named) : tests.parent_path().parent_path() / "shared";
    const fs::path archive = shared / "wasm-testsuite" / "testsuite.tar.zst";
    if (!fs::exists(archive, error)) return;
    const fs::path suite = folder_ / "suite";
    const std::string command = "python3 '" + (tests / "e2e" / "wasm_suite.py").string() + "' '" +
                                archive.string() + "' '" + suite.string() + "'";
    if (std::system(command.c_str()) == 0) add_all(suite);
  }
  ~Seeds() {
    std::error_code error;
    fs::remove_all(folder_, error);
  }
  /// Those that may be run, and those that import what is not there or are no modules.
  const std::vector<Bytes>& runnable() const { return runnable_; }
  const std::vector<Bytes>& others() const { return others_; }

 private:
  void add(const fs::path& path) {
    Bytes bytes = read_file(path);
    // Large ones take the time of many small ones.
    if (bytes.size() < 8 || bytes.size() > 40'000) return;
    auto module = scan(bytes);
    const bool runs = module && check_imports(*module, Form::task);
    (runs ? runnable_ : others_).push_back(std::move(bytes));
  }
  void add_all(const fs::path& folder) {
    std::error_code error;
    std::vector<fs::path> paths;
    for (const auto& each : fs::recursive_directory_iterator(folder, error)) {
      if (each.is_regular_file(error)) paths.push_back(each.path());
    }
    std::ranges::sort(paths);
    for (const fs::path& path : paths) {
      if (folder.filename() != "suite" || path.extension() == ".wasm") add(path);
    }
  }

  fs::path folder_;
  std::vector<Bytes> runnable_;
  std::vector<Bytes> others_;
};

// Instructions of the same signature stand next to each other: one for another leaves a module
// valid, more often than not.
struct OpcodeRange {
  uint8_t first, last;
};
constexpr OpcodeRange k_alike[] = {
    {0x46, 0x4f}, {0x51, 0x5a}, {0x5b, 0x60}, {0x61, 0x66}, {0x67, 0x69}, {0x6a, 0x78},
    {0x79, 0x7b}, {0x7c, 0x8a}, {0x8b, 0x91}, {0x92, 0x98}, {0x99, 0x9f}, {0xa0, 0xa6},
    {0x2c, 0x2f}, {0x30, 0x35}, {0x20, 0x22}, {0x0c, 0x0d}, {0xa8, 0xab}, {0xb0, 0xb1},
};

void exchange_alike(Random& random, Bytes& bytes) {
  for (int tries = 0; tries < 200; tries++) {
    // Code stands behind the sections that say what there is.
    const size_t head = bytes.size() / 3;
    uint8_t& byte = bytes[head + random.below(bytes.size() - head)];
    for (const OpcodeRange& range : k_alike) {
      if (byte < range.first || byte > range.last) continue;
      byte = static_cast<uint8_t>(range.first + random.below(range.last - range.first + 1U));
      return;
    }
  }
}

void mutate_once(Random& random, Bytes& bytes, const Bytes& other) {
  constexpr uint8_t k_telling[] = {0x00, 0x01, 0x7f, 0x80, 0xff, 0x40, 0x0b, 0x10, 0xfc, 0x70};
  if (bytes.empty()) return;
  const size_t at = random.below(bytes.size());
  const size_t length = std::min<size_t>(random.below(16) + 1, bytes.size() - at);
  const auto place = bytes.begin() + static_cast<ptrdiff_t>(at);
  switch (random.below(12)) {
    case 0:
      bytes[at] ^= static_cast<uint8_t>(1U << random.below(8));
      break;
    case 1:
      bytes[at] = k_telling[random.below(std::size(k_telling))];
      break;
    case 2:
      bytes[at] = static_cast<uint8_t>(random.next());
      break;
    case 3:
      bytes.erase(place, place + static_cast<ptrdiff_t>(length));
      break;
    case 4: {
      const Bytes copy(place, place + static_cast<ptrdiff_t>(length));
      bytes.insert(place, copy.begin(), copy.end());
      break;
    }
    case 5: {
      if (other.empty()) break;
      const size_t from = random.below(other.size());
      const size_t take = std::min<size_t>(random.below(64) + 1, other.size() - from);
      const auto begin = other.begin() + static_cast<ptrdiff_t>(from);
      bytes.insert(place, begin, begin + static_cast<ptrdiff_t>(take));
      break;
    }
    case 6:  // the low bits of what may be a constant, an offset or a number of something
      if (bytes[at] < 0x80) bytes[at] = static_cast<uint8_t>(random.below(0x80));
      break;
    default:
      exchange_alike(random, bytes);
      break;
  }
}

Bytes mutant(const Seeds& seeds, uint64_t seed, uint64_t number) {
  Random random(seed ^ (number * 0x9e3779b97f4a7c15U));
  auto one_of = [&](const std::vector<Bytes>& list) { return list[random.below(list.size())]; };
  Bytes bytes = one_of(random.one_in(8) ? seeds.others() : seeds.runnable());
  // Most modules of the suite are hardly more than a head.
  for (int i = 0; i < 3; i++) {
    Bytes another = one_of(seeds.runnable());
    if (another.size() > bytes.size()) bytes = std::move(another);
  }
  const Bytes other = one_of(seeds.runnable());
  const uint64_t changes = 1 + random.below(4);
  const bool gently = random.one_in(2);
  for (uint64_t i = 0; i < changes; i++) {
    gently ? exchange_alike(random, bytes) : mutate_once(random, bytes, other);
  }
  return bytes;
}

// --- one of them ---------------------------------------------------------------------------------

// Written by the process of a batch, read by the one that waits for it.
struct Shared {
  uint64_t at = 0;  // the mutant that runs
  uint64_t scanned = 0;
  uint64_t loaded = 0;
  uint64_t instances = 0;
  uint64_t calls = 0;
  uint64_t compiled = 0;
  uint64_t code_calls = 0;
};

class Player {
 public:
  explicit Player(Shared& shared) : shared_(shared), started_(dog_.start()) {
    state_.form = Form::task;
    state_.clock = &clock_;
    state_.random = &random_;
    state_.output_bytes_max = 1U << 16;
    state_.inputs = {Bytes(100, 7)};
    limits_.memory_pages_max = 16;
    limits_.table_entries_max = 10'000;
  }

  // Whether it became an instance.
  bool play(ByteView bytes, bool as_code, Random random) {
    auto module = scan(bytes, limits_);
    if (!module || !started_) return false;
    shared_.scanned++;
    Staged staged = stage(bytes, *module);
    const Bytes as_compiled = staged.bytes;
    auto loaded = LoadedModule::load(std::move(staged.bytes));
    if (!loaded) return false;
    shared_.loaded++;
    if (!check_imports(*module, Form::task)) return false;
    if (!run(*loaded, *module, staged, random, shared_.calls)) return false;
    shared_.instances++;
    if (!as_code || !compiler_.available()) return true;
    auto code = compiler_.compile(sha256(bytes), as_compiled, host_target(), nullptr);
    if (!code) return true;  // the compiler may refuse, and may use up its time
    auto fast = LoadedModule::load_code(std::move(*code));
    if (!fast) return true;
    shared_.compiled++;
    run(*fast, *module, staged, random, shared_.code_calls);
    return true;
  }

 private:
  bool run(const std::shared_ptr<const LoadedModule>& loaded, const Module& module,
           const Staged& staged, Random random, uint64_t& calls) {
    auto instance = Instance::create(loaded, {.stack_bytes = 32U << 10, .memory_pages_max = 64});
    if (!instance) return false;
    (*instance)->attach(state_);
    Watchdog::Watch watch(dog_, **instance, {.deadline = clock_.now() + 5ms});
    auto call = [&](const std::string& name, const FunctionType& type) {
      std::vector<uint32_t> cells;
      for (ValueType parameter : type.parameters) {
        cells.push_back(static_cast<uint32_t>(random.one_in(2) ? random.below(20) : random.next()));
        const bool wide = parameter == ValueType::i64 || parameter == ValueType::f64;
        if (wide) cells.push_back(static_cast<uint32_t>(random.one_in(2) ? 0 : random.next()));
      }
      const auto count = static_cast<uint32_t>(cells.size());
      cells.resize(std::max<size_t>({2, cells.size(), 2 * type.results.size()}));
      calls++;
      if (!(*instance)->call(name, cells, count) && watch.cause() == StopCause::none) {
        (*instance)->clear_trap();
      }
    };
    for (const std::string& name : staged.initialisers) call(name, {});
    for (const Export& item : module.exports) {
      if (item.kind != ExternalKind::function || watch.cause() != StopCause::none) continue;
      const FunctionType& type = module.type_of(item.index);
      if (!numbers_only(type) || item.name.starts_with("__") ||
          item.name.find('\0') != std::string::npos) {
        continue;
      }
      call(item.name, type);
    }
    return true;
  }

  static bool numbers_only(const FunctionType& type) {
    auto number = [](ValueType value) {
      return value == ValueType::i32 || value == ValueType::i64 || value == ValueType::f32 ||
             value == ValueType::f64;
    };
    return std::ranges::all_of(type.parameters, number) &&
           std::ranges::all_of(type.results, number) && type.results.size() <= 64;
  }

  Shared& shared_;
  port::LinuxClock clock_;
  port::LinuxRandom random_;
  port::LinuxPrograms programs_;
  CodeCompiler compiler_{{.programs = &programs_,
                          .program = port::program_beside("samara-wasm-aot"),
                          .limits = {.cpu_max = 5s}}};
  Watchdog dog_{clock_};
  bool started_;
  ScanLimits limits_;
  RunState state_;
};

// --- batches -------------------------------------------------------------------------------------

class WasmMutation : public testing::Test {
 protected:
  void SetUp() override {
    if (!engine_available()) GTEST_SKIP() << "this build has no WebAssembly engine";
    void* place =
        mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(place, MAP_FAILED);
    shared_ = new (place) Shared;
  }
  void TearDown() override {
    if (shared_ != nullptr) munmap(shared_, sizeof(Shared));
  }

  /// Runs `body` in a process of its own; empty, or how that ended instead of well.
  template <typename Body>
  std::string apart(std::chrono::seconds wall_max, Body body) {
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
      body();
      _exit(0);
    }
    if (child < 0) return "no process";
    const auto end = std::chrono::steady_clock::now() + wall_max;
    int status = 0;
    while (waitpid(child, &status, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() > end) {
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        return "hangs";
      }
      std::this_thread::sleep_for(5ms);
    }
    if (WIFSIGNALED(status)) return "ends by signal " + std::to_string(WTERMSIG(status));
    if (WEXITSTATUS(status) != 0) return "exits with " + std::to_string(WEXITSTATUS(status));
    return "";
  }

  static void save(const std::string& what, const Bytes& bytes) {
    const std::string path = testing::TempDir() + "samara_mutant_" + to_hex(sha256(bytes).bytes);
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    ADD_FAILURE() << what << ", its bytes are in " << path;
  }

  Shared* shared_ = nullptr;
};

TEST_F(WasmMutation, mutated_modules_are_refused_or_run_and_never_crash) {
  const char* named = std::getenv("SAMARA_MUTANTS");
  // What a minute has room for on a busy machine.
  const uint64_t count = named != nullptr           ? std::strtoull(named, nullptr, 10)
                         : SAMARA_ADDRESS_SANITIZER ? 1'000
                                                    : 3'000;
  const uint64_t seed = test::seed_of_run(20'261'122);
  SCOPED_TRACE("SAMARA_SEED=" + std::to_string(seed));
  const Seeds seeds;
  ASSERT_GE(seeds.runnable().size(), 3U);
  ASSERT_GE(seeds.others().size(), 3U);
  constexpr uint64_t k_batch = 500;
  for (uint64_t from = 0; from < count; from += k_batch) {
    const uint64_t to = std::min(count, from + k_batch);
    const std::string end = apart(300s, [&] {
      Player player(*shared_);
      uint64_t alive = 0;
      for (uint64_t i = from; i < to; i++) {
        shared_->at = i;
        // Compiling takes fifty times as long as the rest.
        alive += player.play(mutant(seeds, seed, i), alive % 12 == 0, Random(seed + i));
      }
    });
    if (!end.empty()) {
      save("mutant " + std::to_string(shared_->at) + " " + end, mutant(seeds, seed, shared_->at));
      if (HasFailure() && from > 10 * k_batch) break;
    }
  }
  std::printf(
      "%llu mutants of %zu modules: %llu passed the scan, %llu the engine, %llu became "
      "instances, %llu calls; %llu compiled to machine code, %llu calls\n",
      static_cast<unsigned long long>(count), seeds.runnable().size() + seeds.others().size(),
      static_cast<unsigned long long>(shared_->scanned),
      static_cast<unsigned long long>(shared_->loaded),
      static_cast<unsigned long long>(shared_->instances),
      static_cast<unsigned long long>(shared_->calls),
      static_cast<unsigned long long>(shared_->compiled),
      static_cast<unsigned long long>(shared_->code_calls));
  // Mutations that hit nothing but the scan would test nothing else.
  EXPECT_GT(shared_->instances, count / 20);
}

TEST_F(WasmMutation, what_fuzzing_has_found_is_harmless_as_machine_code) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (const auto& each : fs::directory_iterator(
           fs::path(SAMARA_TEST_DATA) / "fuzz" / "corpus" / "wasm_load", error)) {
    paths.push_back(each.path());
  }
  ASSERT_GE(paths.size(), 5U);
  std::ranges::sort(paths);
  for (const fs::path& path : paths) {
    const Bytes bytes = read_file(path);
    const std::string end = apart(60s, [&] { Player(*shared_).play(bytes, true, Random(1)); });
    EXPECT_EQ(end, "") << path.filename();
  }
}

}  // namespace
}  // namespace samara::runtime::wasm
