// The programs in examples/east and tests/e2e/programs are what their builders make. With
// SAMARA_UPDATE set, the files are written anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "examples/east/programs.hpp"
#include "ir/check.hpp"
#include "ir/decode.hpp"
#include "ir/encode.hpp"
#include "tests/e2e/programs/programs.hpp"

namespace samara {
namespace {

using Make = std::unique_ptr<ir::Program> (*)(TypeTable&);

struct Case {
  const char* file;
  Make make;
};

constexpr Case k_cases[] = {
    {"examples/east/revenue.json", examples::revenue},
    {"examples/east/sum_to.json", examples::sum_to},
    {"examples/east/mean.json", examples::mean},
    {"examples/east/hello.json", examples::hello},
    {"examples/east/count_lines.json", examples::count_lines},
    {"tests/e2e/programs/spin.json", e2e::spin},
    {"tests/e2e/programs/deep.json", e2e::deep},
    {"tests/e2e/programs/grow.json", e2e::grow},
    {"tests/e2e/programs/unknown_platform.json", e2e::unknown_platform},
    {"tests/e2e/programs/now.json", e2e::now},
    {"tests/e2e/programs/ill_typed.json", e2e::ill_typed},
};

class Examples : public ::testing::TestWithParam<Case> {};

TEST_P(Examples, the_file_is_what_the_builder_makes) {
  TypeTable types;
  auto program = GetParam().make(types);
  auto json = ir::to_json(*program, Dialect::b);
  ASSERT_TRUE(json);
  *json += "\n";
  std::string path = std::string(SAMARA_TEST_DATA) + "/../" + GetParam().file;
  if (std::getenv("SAMARA_UPDATE") != nullptr) std::ofstream(path, std::ios::binary) << *json;
  std::ifstream file(path, std::ios::binary);
  std::stringstream contents;
  contents << file.rdbuf();
  EXPECT_EQ(contents.str(), *json) << "run with SAMARA_UPDATE=1 and look at the difference";
  auto read = ir::from_bytes(types, as_bytes(contents.str()));
  EXPECT_TRUE(read) << read.error().message();
}

INSTANTIATE_TEST_SUITE_P(All, Examples, ::testing::ValuesIn(k_cases), [](const auto& each) {
  std::string name(each.param.file);
  size_t slash = name.rfind('/');
  return name.substr(slash + 1, name.rfind('.') - slash - 1);
});

}  // namespace
}  // namespace samara
