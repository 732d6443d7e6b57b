// Functions of the benchmark folder: every encoding of a program is one function, and each call
// through the engine gives the expected object. Skipped where ../shared (or SAMARA_SHARED) is
// absent.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/support/engine_fixture.hpp"

namespace samara::test {
namespace {

std::string folder() {
  const char* shared = std::getenv("SAMARA_SHARED");
  return (shared != nullptr ? std::string(shared) : SAMARA_TEST_DATA "/../../shared") +
         "/east-bench/";
}

Bytes read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

TEST(EastBenchIdentity, all_encodings_of_a_program_are_one_function_with_the_expected_result) {
  if (read(folder() + "manifest.json").empty())
    GTEST_SKIP() << "no benchmark folder beside the project";
  TempDirectory directory;
  EngineSetup s(directory / "repository");
  std::vector<Hash> seen;
  for (const char* name :
       {"a_loop_sum", "b_fib", "c_float_pipeline", "d_group_sum", "e_strings", "f_eval"}) {
    std::string at = folder() + name + "/";
    std::optional<Hash> function;
    for (const char* file : {"ir.a.beast2", "ir.b.beast2", "ir.a.json", "ir.b.json"}) {
      auto added = s.engine->add_function(read(at + file), {.source = file});
      ASSERT_TRUE(added) << name << " " << file << ": " << added.error().message();
      if (!function.has_value()) function = added->id;
      EXPECT_EQ(added->id, *function) << name << " " << file;
    }
    for (const Hash& other : seen) EXPECT_NE(other, *function);
    seen.push_back(*function);

    Bytes argument = read(at + "arg0.a.beast2");
    bool small = !argument.empty() && read(at + "arg1.b.beast2.gz").empty();
    if (!small) continue;  // compressed arguments are for the benchmark program
    auto result = s.call(*function, {argument});
    ASSERT_TRUE(result) << name << ": " << result.error().message();
    EXPECT_EQ(**s.engine->result_bytes(*result), read(at + "expected.b.beast2")) << name;
    auto again = s.call(*function, {read(at + "arg0.b.beast2")});
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->from_memo);
  }
}

}  // namespace
}  // namespace samara::test
