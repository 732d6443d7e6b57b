// Images with damage, run: whatever the validator lets pass is called in the sandbox, where it may
// do what it likes to itself. Ours must neither crash nor leak, and each run must end as an
// outcome. SAMARA_MUTATED_IMAGES: how many; SAMARA_MUTATION_SEED: another sequence.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>

#include "core/sanitizers.hpp"
#include "core/sha256.hpp"
#include "image/container.hpp"
#include "image/writer.hpp"
#include "tests/e2e/native_task.hpp"

namespace samara::runtime::native {
namespace {

using namespace std::chrono_literals;

uint64_t number_from(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// One that uses data, heap, constructors, the host's functions and relocations.
constexpr const char* k_source = R"(#include <algorithm>
#include <samara/guest/task.hpp>
using samara::guest::List;
struct Table {
  int64_t rows[32];
  const char* names[4] = {"a", "b", "c", "d"};
  Table() { for (int64_t i = 0; i < 32; i++) rows[i] = i * i; }
};
static Table table;
static int64_t twice(int64_t n) { return 2 * n; }
static int64_t square(int64_t n) { return n * n; }
static int64_t (*steps[])(int64_t) = {twice, square};
int64_t mix(const int64_t& n) {
  List<int64_t> all;
  for (int64_t i = 0; i < 50; i++) all.push_back(steps[i & 1](table.rows[(n + i) & 31]));
  std::sort(all.begin(), all.end());
  samara::guest::host->log(0, table.names[n & 3], 1);
  samara::guest::host->metric("sum", 3, static_cast<double>(all[7]));
  return all[n & 31];
}
SAMARA_TASK(mix)
)";

class NativeMutation : public NativeTest {
 protected:
  using Random = std::mt19937_64;

  static size_t below(Random& random, size_t bound) {
    return static_cast<size_t>(random() % bound);
  }

  // Damage in the image, sometimes in the rest; the hash of the image is made right again, so that
  // the rules behind it have something to do.
  static Bytes mutate(const Bytes& good, Random& random) {
    Bytes out = good;
    image::Container container;
    if (image::read_container(good, container)) return out;
    const ByteView image = container.image();
    const auto start = static_cast<size_t>(image.data() - good.data());
    const size_t changes = 1 + below(random, 6);
    for (size_t i = 0; i < changes; i++) {
      const bool in_image = below(random, 10) != 0;
      const size_t at = in_image ? start + below(random, image.size()) : below(random, start);
      switch (below(random, 4)) {
        case 0:
          out[at] ^= static_cast<uint8_t>(1U << below(random, 8));
          break;
        case 1:
          out[at] = static_cast<uint8_t>(random());
          break;
        case 2:  // a piece from elsewhere
          for (size_t j = 0, from = below(random, good.size() - 16); j < 16 && at + j < good.size();
               j++) {
            out[at + j] = good[from + j];
          }
          break;
        default:  // numbers at the edges
          out[at] = below(random, 2) == 0 ? 0 : 0xff;
      }
    }
    const Hash before = sha256(image);
    const Hash after = sha256(ByteView(out).subspan(start, image.size()));
    auto found = std::search(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(start),
                             before.bytes.begin(), before.bytes.end());
    if (found != out.begin() + static_cast<std::ptrdiff_t>(start)) {
      std::copy(after.bytes.begin(), after.bytes.end(), found);
    }
    return out;
  }

  Result<RunResult> run_image(NativeRuntime& runtime, ByteView file) {
    SAMARA_TRY(ImportedFunction function,
               import_image(world().types, file,
                            {.type = types().function({types().integer()}, types().integer())}));
    FunctionSource source;
    source.function = function.id;
    source.record = &function.record;
    source.code = function.code;
    source.companion = function.companion;
    SAMARA_TRY(auto prepared, runtime.prepare(source));
    const Argument argument{{}, integer(5)};
    RunRequest request;
    request.arguments = {&argument, 1};
    request.limits.wall_max = 10ms;
    request.name = "mutant";
    auto out = runtime.run(*prepared, request);
    if (!out) return std::move(out).error().with_context("run");
    return out;
  }

  static size_t children() {
    size_t out = 0;
    for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
      std::ifstream file(thread.path() / "children");
      for (pid_t child = 0; file >> child;) out++;
    }
    return out;
  }
  static size_t descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<size_t>(std::distance(begin(all), end(all)));
  }
};

TEST_F(NativeMutation, damaged_images_are_refused_or_end_as_outcomes) {
  const uint64_t count =
      number_from("SAMARA_MUTATED_IMAGES", SAMARA_ADDRESS_SANITIZER ? 300 : 4000);
  const uint64_t seed = number_from("SAMARA_MUTATION_SEED", 20'251);
  Random random(seed);
  BuildRequest request;
  request.memory = {.image = 0, .stack = 65536, .heap = 1U << 20, .input = 4096, .output = 65536};
  request.capabilities = image::k_capabilities_known & 0x63;  // all that are offered
  auto built = build(k_source, request, false);
  ASSERT_TRUE(built) << built.error().message();
  auto stripped = image::without_debug(built->file);
  ASSERT_TRUE(stripped) << stripped.error().message();

  std::map<std::string, uint64_t> ends;
  size_t processes = 0;
  size_t files = 0;
  for (uint64_t i = 0; i < count; i++) {
    // One in four in a process that stays; each has a sandbox that knows nothing of the image.
    NativeRuntime runtime(
        {.types = world().types, .sandbox = world().sandbox, .reuse = i % 4 == 0});
    const Bytes file = mutate(*stripped, random);
    auto result = run_image(runtime, file);
    if (!result) {
      ASSERT_NE(result.error().message().find("run: "), 0U)
          << "seed " << seed << ", image " << i << ": " << result.error().message();
      ends["refused"]++;
    } else {
      ends[std::string(outcome_name(result->outcome.kind))]++;
    }
    if (i % 100 == 99) {
      auto honest = run_image(runtime, *stripped);
      ASSERT_TRUE(honest) << honest.error().message();
      ASSERT_TRUE(honest->outcome.is_value())
          << "seed " << seed << ", image " << i << ": " << outcome_text(honest->outcome);
      EXPECT_EQ(integer_of(*honest), 50);
      if (processes == 0) processes = children();
      if (files == 0) files = descriptors();
      EXPECT_LE(children(), processes + 1);
      EXPECT_LE(descriptors(), files + 3);
    }
  }
  for (const auto& [end, number] : ends) {
    std::printf("  %s: %llu\n", end.c_str(), static_cast<unsigned long long>(number));
  }
  // Most are refused; that some run is the point.
  EXPECT_GT(count - ends["refused"], count / 10);
}

}  // namespace
}  // namespace samara::runtime::native
