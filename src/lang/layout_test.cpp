#include "lang/layout.hpp"

#include <gtest/gtest.h>

namespace samara::lang {
namespace {

Doc list(Layout& layout, std::initializer_list<Doc> items) {
  Doc inner = 0;
  bool first = true;
  for (Doc item : items) {
    Doc before = first ? layout.soft_line() : layout.concat({layout.text(","), layout.line()});
    inner = layout.concat({inner, before, item});
    first = false;
  }
  Doc comma = layout.if_broken(layout.text(","));
  return layout.group(layout.concat(
      {layout.text("["), layout.indent(inner), comma, layout.soft_line(), layout.text("]")}));
}

TEST(Layout, group_that_fits_is_one_line) {
  Layout layout;
  Doc doc = list(layout, {layout.text("one"), layout.text("two")});
  EXPECT_EQ(layout.render(doc, 10), "[one, two]");
  EXPECT_EQ(layout.render(doc, 9), "[\n  one,\n  two,\n]");
}

TEST(Layout, columns_are_code_points) {
  Layout layout;
  Doc doc = list(layout, {layout.text("\u00e4\u00f6\u00fc")});
  EXPECT_EQ(layout.render(doc, 5), "[\u00e4\u00f6\u00fc]");
}

TEST(Layout, inner_group_stays_whole_when_the_outer_one_breaks) {
  Layout layout;
  Doc inner = list(layout, {layout.text("a"), layout.text("b")});
  Doc doc = list(layout, {inner, layout.text("cccccc")});
  EXPECT_EQ(layout.render(doc, 10), "[\n  [a, b],\n  cccccc,\n]");
}

TEST(Layout, hard_line_breaks_the_groups_around) {
  Layout layout;
  Doc lines = layout.concat({layout.text("a"), layout.hard_line(), layout.text("b")});
  EXPECT_TRUE(layout.forced(lines));
  EXPECT_EQ(layout.render(list(layout, {lines}), 80), "[\n  a\n  b,\n]");
}

TEST(Layout, text_after_a_group_counts) {
  Layout layout;
  Doc doc = layout.concat({list(layout, {layout.text("ab")}), layout.text(".end")});
  EXPECT_EQ(layout.render(doc, 8), "[ab].end");
  EXPECT_EQ(layout.render(doc, 7), "[\n  ab,\n].end");
}

TEST(Layout, suffix_goes_to_the_end_of_the_line_and_a_second_one_to_its_own) {
  Layout layout;
  Doc doc = layout.concat({layout.text("a"), layout.suffix("// 1"), layout.text(","),
                           layout.suffix("// 2"), layout.hard_line(), layout.text("b")});
  EXPECT_EQ(layout.render(doc, 80), "a, // 1\n// 2\nb");
}

TEST(Layout, choice_takes_the_first_that_fits_to_its_first_line_break) {
  Layout layout;
  Doc hugging = layout.concat({layout.text("f(x -> {"), layout.hard_line(), layout.text("})")});
  Doc other = layout.concat({layout.text("f("), layout.hard_line(), layout.text(")")});
  Doc doc = layout.choice(hugging, other);
  EXPECT_EQ(layout.render(doc, 8), "f(x -> {\n})");
  EXPECT_EQ(layout.render(doc, 7), "f(\n)");
}

TEST(Layout, deep_documents_do_not_use_the_stack) {
  Layout layout;
  Doc doc = layout.text("x");
  for (int i = 0; i < 100000; i++) doc = layout.group(layout.concat({layout.soft_line(), doc}));
  EXPECT_EQ(layout.render(doc, 80), "x");
}

}  // namespace
}  // namespace samara::lang
