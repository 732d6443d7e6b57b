#include "eval/unicode_case.hpp"

#include <gtest/gtest.h>

#include "eval/code_points.hpp"

using namespace samara::eval;

TEST(UnicodeCase, upper_case_is_the_full_mapping) {
  EXPECT_EQ(to_upper_case(""), "");
  EXPECT_EQ(to_upper_case("abc XYZ 123"), "ABC XYZ 123");
  EXPECT_EQ(to_upper_case("straße"), "STRASSE");
  EXPECT_EQ(to_upper_case("ﬃ"), "FFI");
  EXPECT_EQ(to_upper_case("éÿ"), "ÉŸ");
  EXPECT_EQ(to_upper_case("ıi"), "II");
  EXPECT_EQ(to_upper_case("ǆǅ"), "ǄǄ");
  EXPECT_EQ(to_upper_case("\u0390"), "\u0399\u0308\u0301");
  EXPECT_EQ(to_upper_case("ς"), "Σ");
  EXPECT_EQ(to_upper_case("𐐨"), "𐐀");
  EXPECT_EQ(to_upper_case("ა"), "Ა");
  EXPECT_EQ(to_upper_case("漢字 😀"), "漢字 😀");
}

TEST(UnicodeCase, lower_case_is_the_full_mapping) {
  EXPECT_EQ(to_lower_case("ABC xyz 123"), "abc xyz 123");
  EXPECT_EQ(to_lower_case("STRASSE ẞ"), "strasse ß");
  EXPECT_EQ(to_lower_case("İ"), "i̇");
  EXPECT_EQ(to_lower_case("ÉŸ"), "éÿ");
  EXPECT_EQ(to_lower_case("K"), "k");
  EXPECT_EQ(to_lower_case("𐐀"), "𐐨");
  EXPECT_EQ(to_lower_case("漢字 😀"), "漢字 😀");
}

TEST(UnicodeCase, capital_sigma_is_final_at_the_end_of_a_word) {
  EXPECT_EQ(to_lower_case("ΟΔΟΣ"), "οδος");
  EXPECT_EQ(to_lower_case("ΟΔΟΣ ΣΟΣ"), "οδος σος");
  EXPECT_EQ(to_lower_case("Σ"), "σ");
  EXPECT_EQ(to_lower_case("ΑΣΑ"), "ασα");
  EXPECT_EQ(to_lower_case("İΣ"), "i̇ς");
  EXPECT_EQ(to_lower_case("ΑΣ'"), "ας'");
  EXPECT_EQ(to_lower_case("ΑΣ'Α"), "ασ'α");  // an apostrophe is looked through
  EXPECT_EQ(to_lower_case("Α'Σ"), "α'ς");
  EXPECT_EQ(to_lower_case("Α-Σ"), "α-σ");
  EXPECT_EQ(to_lower_case("ΑΣ\u0301"), "ας\u0301");
}

TEST(UnicodeCase, folding_of_regular_expressions_keeps_ascii_apart) {
  EXPECT_EQ(regex_fold('a'), uint32_t{'A'});
  EXPECT_EQ(regex_fold(0x17f), 0x17fu);  // long s
  EXPECT_EQ(regex_fold(0x131), 0x131u);  // dotless i
  EXPECT_EQ(regex_fold(0xdf), 0xdfu);    // becomes two letters
  EXPECT_EQ(regex_fold(0xe9), 0xc9u);
  EXPECT_EQ(regex_fold(0x10428), 0x10428u);  // two UTF-16 units
  EXPECT_EQ(case_class(0x3c3).ranges(),
            (std::vector<CodePointRange>{{0x3a3, 0x3a3}, {0x3c2, 0x3c3}}));
  CodePointSet letters{{'a', 'c'}, {0xe0, 0xe0}};
  close_over_case(letters);
  EXPECT_TRUE(letters.contains('B'));
  EXPECT_TRUE(letters.contains(0xc0));
  EXPECT_FALSE(letters.contains('d'));
}

TEST(CodePointSet, ranges_merge_and_complement) {
  CodePointSet set;
  set.add('d', 'f');
  set.add('a');
  set.add('b', 'c');
  set.add(0x10ffff);
  ASSERT_EQ(set.ranges().size(), 2u);
  EXPECT_EQ(set.ranges()[0], (CodePointRange{'a', 'f'}));
  EXPECT_EQ(set.complement().ranges(),
            (std::vector<CodePointRange>{{0, 'a' - 1}, {'g', 0x10fffe}}));
  EXPECT_EQ(set.complement().complement().ranges(), set.ranges());
  EXPECT_TRUE(CodePointSet().complement().complement().empty());
  EXPECT_FALSE(set.contains('g'));
}

TEST(CodePoints, counting_and_skipping_agree_for_any_length) {
  std::string text;
  for (int i = 0; i < 40; i++) {
    constexpr std::string_view k_pieces[] = {"a", "é", "漢", "😀", "0123456789"};
    text += k_pieces[static_cast<size_t>(i * 7 % 5)];
    size_t count = count_code_points(text);
    EXPECT_EQ(skip_code_points(text, 0, count), text.size());
    EXPECT_EQ(skip_code_points(text, 0, count + 1), text.size());
    size_t offset = 0;
    for (size_t index = 0; index < count; index++) {
      EXPECT_EQ(skip_code_points(text, 0, index), offset);
      DecodedCodePoint point = code_point_at(text, offset);
      std::string again;
      append_code_point(again, point.code);
      EXPECT_EQ(again, text.substr(offset, point.size));
      EXPECT_EQ(previous_code_point(text, offset + point.size), offset);
      offset += point.size;
    }
  }
}
