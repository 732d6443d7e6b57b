#include "store/names.hpp"

#include <gtest/gtest.h>

#include "core/sha256.hpp"

using namespace samara;
using namespace samara::store;

TEST(RefName, ordinary_names_are_taken) {
  for (const char* name : {"main", "a/b/c", "2024-01", "größe/日本", "with space", "...", "a..b"}) {
    EXPECT_TRUE(check_ref_name(name)) << name;
  }
  EXPECT_TRUE(check_ref_name(std::string(255, 'x')));
}

TEST(RefName, names_that_could_leave_the_folder_or_confuse_people_are_refused) {
  const std::string_view bad[] = {
      "",     "/a",       "a/",          "a//b",          ".",
      "..",   "a/../b",   "a/./b",       "tab\tname",     "line\nbreak",
      "\x7f", "\xc2\x85", "cut\xe6\x97", "\xc0\xafslash", "\xed\xa0\x80"};
  for (std::string_view name : bad) {
    auto result = check_ref_name(name);
    ASSERT_FALSE(result) << name;
    EXPECT_EQ(result.error().code, Code::invalid_argument);
  }
  EXPECT_FALSE(check_ref_name(std::string_view("nul\0byte", 8)));
  EXPECT_FALSE(check_ref_name(std::string(256, 'x')));
  std::string deep = "a";
  while (deep.size() <= k_ref_name_bytes_max) deep += "/a";
  EXPECT_FALSE(check_ref_name(deep));
}

TEST(Component, a_slash_is_no_part_of_it) {
  EXPECT_TRUE(check_component("018f-attempt.record"));
  EXPECT_FALSE(check_component("a/b"));
}

TEST(ObjectName, is_the_hex_digits_behind_the_first_two) {
  Hash hash = sha256(as_bytes("abc"));
  EXPECT_EQ(ObjectName(hash).view(), hash.hex().substr(2));
}

TEST(LowerHex, upper_case_and_other_lengths_are_not_names) {
  EXPECT_TRUE(is_lower_hex("0a", 2));
  EXPECT_FALSE(is_lower_hex("0A", 2));
  EXPECT_FALSE(is_lower_hex("0a1", 2));
  EXPECT_FALSE(is_lower_hex("g0", 2));
}
