#include "store/format_file.hpp"

#include <gtest/gtest.h>

using namespace samara;
using namespace samara::store;

TEST(FormatFile, what_is_printed_is_read_back) {
  for (const FormatFile& format :
       {FormatFile{}, FormatFile{.generation = 7, .upgrades = {"one", "with \"quotes\" \\"}}}) {
    auto back = parse_format(print_format(format));
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(*back, format);
  }
}

TEST(FormatFile, members_of_later_generations_are_skipped) {
  auto parsed = parse_format(
      R"({"new": {"a": [1, -2.5e3, null, "x\"y"], "b": {}}, "format": "samara repository",
          "generation": 12, "upgrades": [], "also": true})");
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(parsed->generation, 12U);
}

TEST(FormatFile, damage_is_corrupt_and_has_an_offset) {
  std::string good = print_format(FormatFile{});
  for (size_t length = 0; length + 1 < good.size(); length++) {
    auto cut = parse_format(std::string_view(good).substr(0, length));
    ASSERT_FALSE(cut) << length;
    EXPECT_EQ(cut.error().code, Code::corrupt);
    EXPECT_LE(cut.error().detail, length);
  }
  EXPECT_FALSE(parse_format(good + "x"));
  EXPECT_FALSE(parse_format(R"({"format": "other", "generation": 1})"));
  EXPECT_FALSE(parse_format(R"({"format": "samara repository"})"));
  EXPECT_FALSE(parse_format(R"({"format": "samara repository", "generation": 0})"));
  EXPECT_FALSE(parse_format(R"({"format": "samara repository", "generation": 4294967296})"));
}

TEST(FormatFile, deep_nesting_is_refused) {
  std::string text = R"({"format": "samara repository", "generation": 1, "x": )";
  text += std::string(100'000, '[');
  EXPECT_FALSE(parse_format(text));
}
