// samara build for machines that this one is not: made by Debian's cross compilers, taken by the
// validator for exactly their target.

#include "image/container.hpp"
#include "image/load.hpp"
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

// Runs a loaded image as a node would, but without walls: memory at the base, constructors, entry.
// A program for the other processor, which QEMU runs; without a C library.
constexpr const char* k_harness = R"(#include <samara/guest/task.h>
#define TEXT_OF(name) #name
#define TEXT(name) TEXT_OF(name)
__asm__(".section .rodata\n"
        "image: .incbin \"" TEXT(IMAGE) "\"\nimage_end:\n"
        "input: .incbin \"" TEXT(INPUT) "\"\ninput_end:\n.text\n"
        ".globl _start\n_start: bl start\n");
extern const uint8_t image[], image_end[], input[], input_end[];
static long call3(long number, long a, long b, long c) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = 0x32;  // private, anonymous, fixed: only mmap reads these
  register long x4 __asm__("x4") = -1;
  register long x5 __asm__("x5") = 0;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return x0;
}
static uint8_t heap[1 << 20] __attribute__((aligned(4096)));
static uint8_t out[1 << 16];
static size_t used;
static void* alloc(size_t size, size_t align) {
  used = (used + align - 1) & -align;
  void* here = heap + used;
  used += size;
  return used <= sizeof heap ? here : 0;
}
static void release(void* memory) { (void)memory; }
static void fail(int32_t code, const char* text, size_t length) {
  (void)text; (void)length;
  for (;;) call3(93, code, 0, 0);
}
void start(void) {
  uint8_t* base = (uint8_t*)BASE;
  if (call3(222, BASE, image_end - image, 7) != BASE) fail(1, 0, 0);
  memcpy(base, image, (size_t)(image_end - image));
  samara_host host = {sizeof host, 1, 0};
  host.alloc = alloc;
  host.free = release;
  host.fail = fail;
  samara_call call = {input, (size_t)(input_end - input), out, sizeof out};
  void (**constructors)(void) = (void (**)(void))(base + INIT);
  for (long i = 0; i < INITS; i++) constructors[i]();
  int32_t code = ((int32_t (*)(const samara_host*, samara_call*))(base + ENTRY))(&host, &call);
  if (code != 0) fail(2, 0, 0);
  call3(64, 1, (long)out, (long)call.out_len);
  fail(0, 0, 0);
}
)";

class OtherProcessor : public NativeTest {
 protected:
  static Result<Bytes> run_program(const std::string& path, std::vector<std::string> words) {
    auto ran = world().programs.run({.path = path, .words = std::move(words), .input = {}});
    if (!ran) return std::move(ran).error();
    if (!ran->done()) return Error(Code::check_failed, ran->messages + std::to_string(ran->code));
    return std::move(ran->output);
  }
};

// The same task, compiled for both, gives the same bytes.
TEST_F(OtherProcessor, task_for_aarch64_computes_what_it_does_here) {
#if defined(__aarch64__)
  GTEST_SKIP() << "it is this processor";
#endif
  for (const char* tool : {"qemu-aarch64", "aarch64-linux-gnu-g++"}) {
    auto here = run_program(tool, {"--version"});
    if (!here) GTEST_SKIP() << here.error().message();
  }
  BuildRequest request;
  request.target = "aarch64-linux-samara";
  auto built = build(k_templates, request, false);
  ASSERT_TRUE(built) << built.error().message();
  image::Offer offer = offer_of_this_machine();
  offer.target = image::find_target(request.target);
  image::ValidImage valid;
  ASSERT_FALSE(image::validate(built->file, offer, trust_everything(), valid));
  constexpr uint64_t k_base = 0x5500000000;
  Bytes memory(image::memory_size(valid.layout, offer.target->page));
  ASSERT_TRUE(image::load_image(valid.container.image(), valid.layout, memory, k_base));

  // [3, -1, 40, 5, 5, 7, 2, 9, 11]
  const Bytes input{0, 9, 6, 1, 80, 10, 10, 14, 4, 18, 22};
  const std::string base = testing::TempDir() + "samara_other_" + std::to_string(getpid());
  auto write = [](const std::string& path, ByteView bytes) {
    std::ofstream(path, std::ios::binary) << as_text(bytes);
  };
  write(base + ".image", memory);
  write(base + ".in", input);
  write(base + ".c", as_bytes(k_harness));
  auto define = [](const char* name, const auto& value) {
    return std::string("-D") + name + "=" + value;
  };
  auto compiled =
      run_program("aarch64-linux-gnu-gcc",
                  {"-O1", "-static", "-fno-pic", "-no-pie", "-nostdlib", "-ffreestanding",
                   "-I" SAMARA_TEST_DATA "/../include", define("IMAGE", base + ".image"),
                   define("INPUT", base + ".in"), define("BASE", std::to_string(k_base)),
                   define("INIT", std::to_string(valid.layout.init_array)),
                   define("INITS", std::to_string(valid.layout.init_count)),
                   define("ENTRY", std::to_string(valid.layout.entry)), base + ".c", "-o", base});
  ASSERT_TRUE(compiled) << compiled.error().message();
  auto output = run_program("qemu-aarch64", {base});
  for (const char* suffix : {".image", ".in", ".c", ""}) std::remove((base + suffix).c_str());
  ASSERT_TRUE(output) << output.error().message();

  NativeRuntime runtime({.types = world().types, .sandbox = world().sandbox});
  const Type* integers = types().array(types().integer());
  NativeTask here = make(runtime, k_templates, types().function({integers}, integers), {}, false);
  Heap heap;
  auto argument = decode_beast2_value(input, integers, heap);
  ASSERT_TRUE(argument);
  auto result = run(runtime, here, {{integers, *argument}});
  ASSERT_TRUE(result) << result.error().message();
  ASSERT_TRUE(result->outcome.is_value()) << outcome_text(result->outcome);
  auto value = decode_beast2_value(*output, integers, heap);
  ASSERT_TRUE(value) << value.error().message();
  auto bytes = encode_beast2(integers, *value);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes, result->value);
}

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
