// The standard form of source, as people see it: tests/golden/source_format/*.east next to what
// they become. SAMARA_UPDATE=1 writes the expected files anew.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "lang/parse.hpp"
#include "lang/print.hpp"
#include "lang/print_compare.hpp"

namespace samara::lang {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

TEST(SourceFormat, files_become_what_is_expected_of_them) {
  std::filesystem::path folder = std::string(SAMARA_TEST_DATA) + "/golden/source_format";
  size_t seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".east") continue;
    SCOPED_TRACE(entry.path().filename().string());
    std::string source = read(entry.path());
    Parsed parsed = parse(source);
    ASSERT_TRUE(parsed.diagnostics.empty())
        << parsed.diagnostics[0].title << " at " << parsed.diagnostics[0].span.begin;
    std::string text = print(*parsed.tree, source);
    std::filesystem::path expected = entry.path();
    expected.replace_extension(".expected");
    if (std::getenv("SAMARA_UPDATE") != nullptr) std::ofstream(expected, std::ios::binary) << text;
    EXPECT_EQ(text, read(expected));

    Parsed again = parse(text);
    EXPECT_TRUE(again.diagnostics.empty());
    EXPECT_EQ(difference(*parsed.tree, *again.tree), "");
    EXPECT_EQ(parsed.tree->comments.size(), again.tree->comments.size());
    EXPECT_EQ(print(*again.tree, text), text);
    seen++;
  }
  EXPECT_GE(seen, 5U);
}

}  // namespace
}  // namespace samara::lang
