// Comments are kept wherever they stand: random places of well-formed files get one, and the
// printed form has the same tree and all comments, and is its own standard form. The seed is
// printed with a failure and taken from SAMARA_SEED.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "lang/parse.hpp"
#include "lang/print.hpp"
#include "lang/print_compare.hpp"
#include "tests/support/random_values.hpp"

namespace samara::lang {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<std::string> comments_of(const SyntaxTree& tree, std::string_view source) {
  std::vector<std::string> out;
  for (const Comment& at : tree.comments) {
    std::string text(source.substr(at.span.begin, at.span.end - at.span.begin));
    while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.pop_back();
    out.push_back(text);
  }
  return out;
}

TEST(SourceComments, are_kept_wherever_they_stand) {
  uint64_t seed = test::seed_of_run(3);
  const char* wanted = std::getenv("SAMARA_ROUNDS");
  uint64_t rounds = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 3000;
  std::vector<std::string> sources;
  std::filesystem::path folder = std::string(SAMARA_TEST_DATA) + "/golden/source_format";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".east") sources.push_back(read(entry.path()));
  }
  std::sort(sources.begin(), sources.end());
  ASSERT_GE(sources.size(), 5U);
  size_t tried = 0;
  for (uint64_t round = 0; round < rounds; round++) {
    test::Random random(seed * 1'000'003 + round);
    std::string source = sources[random.below(sources.size())];
    for (uint64_t n = 1 + random.below(4); n > 0; n--) {
      std::string comment = random.one_in(2) ? "// c" : "\n// own";
      comment += std::to_string(n) + "\n";
      source.insert(random.below(source.size() + 1), comment);
    }
    Parsed before = parse(source);
    if (!before.diagnostics.empty()) continue;
    tried++;
    SCOPED_TRACE("SAMARA_SEED=" + std::to_string(seed) + ", round " + std::to_string(round));
    std::string once = print(*before.tree, source);
    Parsed after = parse(once);
    ASSERT_TRUE(after.diagnostics.empty()) << after.diagnostics[0].title << "\n"
                                           << source << "\n---\n"
                                           << once;
    ASSERT_EQ(difference(*before.tree, *after.tree), "") << source << "\n---\n" << once;
    auto a = comments_of(*before.tree, source);
    auto b = comments_of(*after.tree, once);
    ASSERT_EQ(a, b) << source << "\n---\n" << once;
    ASSERT_EQ(print(*after.tree, once), once) << source;
  }
  // Most random places are inside words or where no line may end.
  EXPECT_GE(tried, rounds / 100);
}

}  // namespace
}  // namespace samara::lang
