// Tasks as compilers make them: built with the recipe of docs/formats/native-image.md, section 4,
// packed, validated, loaded into memory and looked at without running them. A compiler that is
// missing skips.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "image/load.hpp"
#include "image/validate.hpp"
#include "image/writer.hpp"

namespace samara::image {
namespace {

// MORE declares something and EXTRA uses it.
constexpr std::string_view k_source = R"(
MORE
extern "C" int samara_task(const void* host, void* call);
namespace {
int counter = 3;
int zeroed[1000];
struct Sum { int value; Sum(); };
Sum::Sum() : value(counter + 1) {}
Sum sum;
template <typename T> T larger(T a, T b) { return a < b ? b : a; }
int add(int x) { return larger(x + counter, 7); }
int twice(int x) { return larger(x * 2, 9); }
int (*const volatile table[])(int) = {add, twice};
const char* volatile names[] = {"first", "second"};
int* volatile end = zeroed + 1000;
}
extern "C" __attribute__((visibility("default"))) int samara_task(const void* host, void* call) {
  int* in = static_cast<int*>(call);
  zeroed[in[0] & 511]++;
  return table[in[0] & 1](sum.value) + names[in[1] & 1][0] + zeroed[5] + (end - zeroed) +
         (host != nullptr) + EXTRA;
}
)";

struct Compiler {
  const char* triple;
  const char* command;
  const char* compile;
  const char* link;
};

constexpr Compiler k_compilers[] = {
    {"x86_64-linux-samara", "g++", "-m64 -fno-gnu-unique",
     "-Wl,-z,max-page-size=4096,-z,noseparate-code"},
    {"thumbv7m-none-samara", "arm-none-eabi-g++", "-mcpu=cortex-m3 -mthumb -fno-gnu-unique",
     "-Wl,-z,max-page-size=4096 -lgcc"},
    {"aarch64-linux-samara", "aarch64-linux-gnu-g++", "-fno-gnu-unique",
     "-Wl,-z,max-page-size=65536,-z,noseparate-code"},
};

struct Compiled {
  Bytes elf;  // empty when the compiler or linker fails
  std::string log;
};

std::string read_text(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class CompiledTask : public testing::TestWithParam<Compiler> {
 protected:
  Compiled compile(const std::string& options, const std::string& more = "",
                   const std::string& extra = "0") {
    const std::string base =
        testing::TempDir() + "samara_task_" + std::to_string(getpid()) + "_" + GetParam().triple;
    std::ofstream(base + ".cpp") << "#define MORE " << more << "\n#define EXTRA " << extra << "\n"
                                 << k_source;
    const std::string command =
        std::string(GetParam().command) +
        " -O2 -std=c++20 -fPIC -fvisibility=hidden -ffreestanding -fno-exceptions -fno-rtti"
        " -fno-threadsafe-statics -fno-asynchronous-unwind-tables " +
        GetParam().compile + " " + base +
        ".cpp -shared -nostdlib -nostartfiles -Wl,-Bsymbolic,--no-undefined,--hash-style=sysv,"
        "--build-id=none,-e,samara_task,-z,norelro " +
        GetParam().link + " " + options + " -o " + base + ".so 2>" + base + ".log";
    Compiled out;
    const bool compiled = std::system(command.c_str()) == 0;
    out.log = read_text(base + ".log");
    if (compiled) {
      const std::string elf = read_text(base + ".so");
      out.elf.assign(elf.begin(), elf.end());
    }
    for (const char* end : {".cpp", ".so", ".log"}) std::remove((base + end).c_str());
    return out;
  }
  void SetUp() override {
    const std::string probe = std::string(GetParam().command) + " --version >/dev/null 2>&1";
    if (std::system(probe.c_str()) != 0) GTEST_SKIP() << GetParam().command << " is not installed";
  }
  const Target& target() const { return *find_target(GetParam().triple); }
  Result<Bytes> packed(ByteView elf) const {
    PackInput input;
    input.target = &target();
    input.name = "compiled";
    input.memory = {.image = 0, .stack = 8192, .heap = 0, .input = 4096, .output = 4096};
    input.deadline_ms = 100;
    input.deadline_ms_max = 1000;
    return pack(input, elf, elf);
  }
};

TEST_P(CompiledTask, is_packed_validated_and_loaded) {
  const Compiled task = compile("");
  ASSERT_FALSE(task.elf.empty()) << task.log;
  const auto file = packed(task.elf);
  ASSERT_TRUE(file) << file.error().message();

  const Offer offer{
      .target = &target(),
      .memory_max = {.image = 1U << 20, .stack = 8192, .heap = 0, .input = 4096, .output = 4096},
      .memory_total_max = 2U << 20,
      .deadline_ms_max = 1000};
  TrustPolicy policy;
  policy.signatures_needed = 0;
  ValidImage valid;
  const Refusal refusal = validate(*file, offer, policy, valid);
  ASSERT_FALSE(refusal) << refusal_error(refusal).message();
  const Layout& layout = valid.layout;
  EXPECT_EQ(layout.init_count, 1U);
  EXPECT_GE(layout.relocation_count, 6U);  // constructor, two functions, two names, the end
  EXPECT_GT(layout.data.memory_size, layout.data.file_size);
  EXPECT_LT(valid.container.image().size(), task.elf.size());  // no section headers

  // Loaded at two bases, the images differ in the relocated words alone, each by the distance.
  const uint64_t low = 0x10000;
  const uint64_t high = 0x20000000;
  std::vector<uint8_t> at_low(memory_size(layout, target().page));
  std::vector<uint8_t> at_high(at_low.size());
  ASSERT_TRUE(load_image(valid.container.image(), layout, at_low, low));
  ASSERT_TRUE(load_image(valid.container.image(), layout, at_high, high));
  uint32_t moved = 0;
  const uint32_t word = target().word_bytes;
  const auto word_at = [&](const std::vector<uint8_t>& memory, size_t at) {
    uint64_t value = 0;
    std::memcpy(&value, memory.data() + at, word);
    return value;
  };
  bool first_name = false;
  bool end_of_zeroed = false;
  for (size_t at = 0; at + word <= at_low.size(); at += word) {
    const uint64_t low_word = word_at(at_low, at);
    const uint64_t high_word = word_at(at_high, at);
    if (low_word == high_word) continue;
    moved++;
    EXPECT_GE(at, layout.data.address);
    EXPECT_EQ(high_word - low_word, high - low) << at;
    const uint64_t to = low_word - low;
    ASSERT_LE(to, layout.span);
    end_of_zeroed = end_of_zeroed || to + 16 >= layout.span;
    first_name =
        first_name || (to + 6 <= at_low.size() &&
                       std::equal(at_low.begin() + static_cast<ptrdiff_t>(to),
                                  at_low.begin() + static_cast<ptrdiff_t>(to) + 6, "first"));
  }
  EXPECT_EQ(moved, layout.relocation_count);
  EXPECT_TRUE(first_name);
  EXPECT_TRUE(end_of_zeroed);
}

TEST_P(CompiledTask, data_that_the_linker_marks_for_relocation_alone_is_kept_apart) {
  const Compiled task = compile("-Wl,-z,relro");
  ASSERT_FALSE(task.elf.empty()) << task.log;
  const auto file = packed(task.elf);
  ASSERT_TRUE(file) << file.error().message();
  Container container;
  ASSERT_FALSE(read_container(*file, container));
  Layout layout;
  ASSERT_FALSE(check_image(container.image(),
                           {.target = &target(),
                            .entry = container.manifest.entry,
                            .span_max = 1U << 20,
                            .memory_max = 1U << 20},
                           layout));
  if (target().thumb) {
    EXPECT_EQ(layout.relro_end, 0U);  // the linker for bare metal does not know of it
    return;
  }
  EXPECT_GT(layout.relro_end, layout.data.address);
  EXPECT_LE(layout.relro_end, layout.data.end());
  EXPECT_EQ(regions(layout, target().page)[1].rights, Rights::read);
}

TEST_P(CompiledTask, call_of_a_library_is_not_linked) {
  const Compiled task = compile("", "extern \"C\" int getpid();", "getpid()");
  EXPECT_TRUE(task.elf.empty());
  EXPECT_NE(task.log.find("undefined reference to `getpid'"), std::string::npos) << task.log;
}

TEST_P(CompiledTask, call_of_a_library_that_is_linked_all_the_same_is_refused) {
  const Compiled task = compile("-Wl,-z,undefs", "extern \"C\" int getpid();", "getpid()");
  ASSERT_FALSE(task.elf.empty()) << task.log;
  const auto file = packed(task.elf);
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().message().find("rule D02"), std::string_view::npos)
      << file.error().message();
}

TEST_P(CompiledTask, variable_of_another_library_is_refused) {
  const Compiled task = compile(
      "-Wl,-z,undefs", "extern \"C\" __attribute__((visibility(\"default\"))) int environ_count;",
      "environ_count");
  ASSERT_FALSE(task.elf.empty()) << task.log;
  const auto file = packed(task.elf);
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().message().find("rule R01"), std::string_view::npos)
      << file.error().message();
}

TEST_P(CompiledTask, thread_local_variable_is_refused) {
  const Compiled task =
      compile("-ftls-model=initial-exec", "static thread_local int local = 5;", "local++");
  if (GetParam().triple == std::string_view("thumbv7m-none-samara")) {
    // Where there are no threads the linker lacks the function that finds the variable.
    EXPECT_NE(task.log.find("__aeabi_read_tp"), std::string::npos) << task.log;
    return;
  }
  ASSERT_FALSE(task.elf.empty()) << task.log;
  const auto file = packed(task.elf);
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().message().find("rule P01"), std::string_view::npos)
      << file.error().message();
}

TEST_P(CompiledTask, executable_stack_is_refused) {
  const Compiled task = compile("-Wl,-z,execstack");
  ASSERT_FALSE(task.elf.empty()) << task.log;
  const auto file = packed(task.elf);
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().message().find("rule P03"), std::string_view::npos)
      << file.error().message();
}

TEST_P(CompiledTask, code_and_data_in_one_segment_are_refused) {
  const Compiled task = compile("-Wl,-N");
  ASSERT_FALSE(task.elf.empty()) << task.log;
  const auto file = packed(task.elf);
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().message().find("rule P03"), std::string_view::npos)
      << file.error().message();
}

TEST_P(CompiledTask, image_that_names_itself_a_library_is_refused) {
  const Compiled task = compile("-Wl,-soname,libtask.so");
  ASSERT_FALSE(task.elf.empty()) << task.log;
  const auto file = packed(task.elf);
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().message().find("rule D02"), std::string_view::npos)
      << file.error().message();
}

INSTANTIATE_TEST_SUITE_P(Compilers, CompiledTask, testing::ValuesIn(k_compilers),
                         [](const auto& instance) {
                           std::string name(instance.param.triple);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace samara::image
