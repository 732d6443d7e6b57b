// samara build for machines that this one is not: made by Debian's cross compilers, taken by the
// validator for exactly their target.

#include "image/container.hpp"
#include "image/validate.hpp"
#include "runtime/native/lines.hpp"
#include "tests/e2e/native_task.hpp"

namespace samara::runtime::native {
namespace {

std::string example(const std::string& name) {
  std::ifstream file(std::string(SAMARA_TEST_DATA) + "/../examples/native/" + name);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

constexpr const char* k_templates = R"(#include <algorithm>
#include <array>
#include <numeric>
#include <samara/guest/task.hpp>
using samara::guest::List;
template <typename T, size_t N>
struct Ring {
  std::array<T, N> items{};
  size_t next = 0;
  void put(T value) { items[next++ % N] = value; }
};
struct Table {
  int64_t rows[16];
  Table() { std::iota(std::begin(rows), std::end(rows), 1); }
};
static Table table;
List<int64_t> mix(const List<int64_t>& in) {
  Ring<int64_t, 8> ring;
  for (int64_t item : in) ring.put(item * table.rows[item & 15]);
  std::sort(ring.items.begin(), ring.items.end(), [](auto a, auto b) { return a > b; });
  auto last = std::unique(ring.items.begin(), ring.items.end());
  List<int64_t> out;
  std::for_each(ring.items.begin(), last, [&](int64_t item) { out.push_back(item); });
  out.push_back(std::accumulate(ring.items.begin(), last, int64_t{0}));
  return out;
}
SAMARA_TASK(mix)
)";

class NativeBuild : public NativeTest, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {}

  /// Skips where the compiler is missing; else a container that its target takes, and no other.
  void expect_valid(const std::string& source, bool c) {
    BuildRequest request;
    request.target = GetParam();
    auto built = build(source, request, c);
    if (!built && built.error().code == Code::not_found) {
      GTEST_SKIP() << built.error().message();
    }
    ASSERT_TRUE(built) << built.error().message();
    EXPECT_EQ(built->messages, "");
    const image::Target* targets[] = {image::find_target("x86_64-linux-samara"),
                                      image::find_target("aarch64-linux-samara"),
                                      image::find_target("thumbv7m-none-samara")};
    for (const image::Target* target : targets) {
      image::Offer offer = offer_of_this_machine();
      offer.target = target;
      image::ValidImage valid;
      const auto refusal = image::validate(built->file, offer, trust_everything(), valid);
      const bool own = target == image::find_target(GetParam());
      EXPECT_EQ(!refusal, own) << target->triple << ": " << image::refusal_error(refusal).message();
      if (!own) continue;
      // The debug data has lines for the entry; with the Thumb bit or without.
      const ByteView debug = valid.container.part(valid.container.debug_part);
      const uint64_t entry = valid.layout.entry & ~uint64_t{1};
      EXPECT_TRUE(find_lines(debug, {&entry, 1})[0]);
    }
  }
};

TEST_P(NativeBuild, task_in_c_is_built_and_valid) { expect_valid(example("fib.c"), true); }

TEST_P(NativeBuild, task_with_algorithms_of_the_library_is_built_and_valid) {
  expect_valid(example("statistics.cpp"), false);
}

TEST_P(NativeBuild, task_with_templates_and_constructors_is_built_and_valid) {
  expect_valid(k_templates, false);
}

INSTANTIATE_TEST_SUITE_P(Targets, NativeBuild,
                         testing::Values("x86_64-linux-samara", "aarch64-linux-samara",
                                         "thumbv7m-none-samara"),
                         [](const auto& instance) {
                           const std::string triple = instance.param;
                           return triple.substr(0, triple.find('-'));
                         });

// A machine on which no program is found.
class NoPrograms final : public port::Programs {
 public:
  Result<port::ProgramReport> run(const port::ProgramOrder& order) override {
    return Error(Code::not_found, "cannot start '" + order.path + "'");
  }
  Result<std::string> make_scratch() override { return real_.make_scratch(); }
  void remove_scratch(const std::string& folder) override { real_.remove_scratch(folder); }

 private:
  port::LinuxPrograms real_;
};

TEST(NativeBuildErrors, missing_compiler_is_told_with_the_package_that_has_it) {
  NoPrograms programs;
  port::LinuxFiles files;
  const std::string path = testing::TempDir() + "samara_build_" + std::to_string(getpid());
  for (const char* suffix : {".c", ".cpp"}) {
    std::ofstream(path + suffix) << "int x;\n";
    BuildRequest request;
    request.source = path + suffix;
    request.target = "aarch64-linux-samara";
    auto built = build_task(programs, files, request);
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().code, Code::not_found);
#if !defined(__aarch64__)
    const std::string tool = suffix == std::string(".c") ? "gcc" : "g++";
    EXPECT_EQ(built.error().message(), "there is no compiler 'aarch64-linux-gnu-" + tool +
                                           "' for 'aarch64-linux-samara': install Debian's "
                                           "package " +
                                           tool + "-aarch64-linux-gnu");
#endif
    // Who names a compiler is told about that one.
    request.compiler = "no-such-cc";
    built = build_task(programs, files, request);
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().message(), "cannot start 'no-such-cc'");
    std::remove((path + suffix).c_str());
  }
}

}  // namespace
}  // namespace samara::runtime::native
