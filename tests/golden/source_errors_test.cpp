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

#include "lang/compile.hpp"
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

// Files beside the one that is compiled.
class Folder : public Imports {
 public:
  Result<File> read(std::string_view importing, std::string_view path) override {
    fs::path at = (fs::path(importing).parent_path() / path).lexically_normal();
    std::error_code error;
    if (!fs::is_regular_file(fs::path(k_folder) / at, error)) {
      return Error(Code::not_found, "no such file");
    }
    return File{at.generic_string(), lang::read(fs::path(k_folder) / at)};
  }
  Result<std::shared_ptr<const ir::Program>> function(std::string_view, std::string_view) override {
    return Error(Code::not_found, "no such function");
  }
};

// What is wrong with the form; if nothing is, what is wrong with the meaning.
std::vector<Diagnostic> problems_of(const std::string& source, const std::string& name) {
  Parsed parsed = parse(source);
  if (!parsed.diagnostics.empty()) return std::move(parsed.diagnostics);
  TypeTable types;
  Folder imports;
  CompileOptions options;
  options.imports = &imports;
  return compile(types, *parsed.tree, source, name, options).diagnostics;
}

class SourceErrors : public ::testing::TestWithParam<std::string> {};

TEST_P(SourceErrors, are_said_as_expected) {
  fs::path file = fs::path(k_folder) / (GetParam() + ".east");
  fs::path expected = fs::path(k_folder) / (GetParam() + ".expected");
  std::string source = read(file);
  std::string text;
  for (const Diagnostic& each : problems_of(source, file.filename().string())) {
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
  EXPECT_GE(sources.size(), 120U);
  for (fs::directory_iterator at(k_folder, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() != ".expected") continue;
    EXPECT_TRUE(std::binary_search(sources.begin(), sources.end(), at->path().stem().string()))
        << at->path().filename();
  }
}

}  // namespace
}  // namespace samara::lang
