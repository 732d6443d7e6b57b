#include "apps/samara/lsp_text.hpp"

#include <gtest/gtest.h>

using namespace samara::cli;

TEST(LspText, columns_count_utf16_units) {
  LspText text("a\xc3\xa9\xf0\x9f\x8d\x81z\nlast");  // a é 🍁 z
  EXPECT_EQ(text.offset({0, 0}), 0U);
  EXPECT_EQ(text.offset({0, 2}), 3U);
  EXPECT_EQ(text.offset({0, 4}), 7U);
  EXPECT_EQ(text.position(7), (LspPosition{0, 4}));
  EXPECT_EQ(text.position(9), (LspPosition{1, 0}));
}

TEST(LspText, positions_behind_the_end_are_the_end) {
  LspText text("ab\ncd");
  EXPECT_EQ(text.offset({0, 99}), 2U);
  EXPECT_EQ(text.offset({9, 0}), 5U);
  EXPECT_EQ(text.position(99), (LspPosition{1, 2}));
}

TEST(LspText, a_replacement_moves_the_lines_behind_it) {
  LspText text("one\ntwo\nthree");
  text.replace({0, 1}, {1, 1}, "X\nY\nZ");
  EXPECT_EQ(text.text(), "oX\nY\nZwo\nthree");
  EXPECT_EQ(text.line_count(), 4U);
  EXPECT_EQ(text.offset({3, 0}), 9U);
}

TEST(LspText, a_replacement_that_ends_before_it_begins_inserts) {
  LspText text("abc");
  text.replace({0, 2}, {0, 1}, "-");
  EXPECT_EQ(text.text(), "ab-c");
}
