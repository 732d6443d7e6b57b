// What is said about mistakes: each source_errors/<name>.east gives exactly <name>.expected, all
// its diagnostics as a terminal shows them. With SAMARA_UPDATE set, the .expected files are written
// anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "lang/diagnostic.hpp"
#include "lang/parse.hpp"

namespace samara::lang {
namespace {

namespace fs = std::filesystem;

const char* k_folder = SAMARA_TEST_DATA "/golden/source_errors";

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream contents;
  contents << file.rdbuf();
  return contents.str();
}

std::vector<std::string> names() {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator at(k_folder, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".east") found.push_back(at->path().stem().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<Diagnostic> problems_of(const std::string& source) { return parse(source).diagnostics; }

class SourceErrors : public ::testing::TestWithParam<std::string> {};

TEST_P(SourceErrors, are_said_as_expected) {
  fs::path file = fs::path(k_folder) / (GetParam() + ".east");
  fs::path expected = fs::path(k_folder) / (GetParam() + ".expected");
  std::string source = read(file);
  std::string text;
  for (const Diagnostic& each : problems_of(source)) {
    EXPECT_FALSE(each.code.empty());
    if (!text.empty()) text += "\n";
    text += render(each, file.filename().string(), source);
  }
  EXPECT_FALSE(text.empty()) << "the file has no mistake";
  if (std::getenv("SAMARA_UPDATE") != nullptr) std::ofstream(expected, std::ios::binary) << text;
  EXPECT_EQ(text, read(expected)) << "run with SAMARA_UPDATE=1 and look at the difference";
}

INSTANTIATE_TEST_SUITE_P(All, SourceErrors, ::testing::ValuesIn(names()),
                         [](const auto& each) { return each.param; });

TEST(SourceErrorFiles, nothing_is_expected_of_a_file_that_is_not_there) {
  std::error_code error;
  std::vector<std::string> sources = names();
  EXPECT_GE(sources.size(), 60U);
  for (fs::directory_iterator at(k_folder, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() != ".expected") continue;
    EXPECT_TRUE(std::binary_search(sources.begin(), sources.end(), at->path().stem().string()))
        << at->path().filename();
  }
}

}  // namespace
}  // namespace samara::lang
