#include "apps/samara/table.hpp"

#include <gtest/gtest.h>

#include "value/text.hpp"

namespace samara::cli {
namespace {

class Table : public ::testing::Test {
 protected:
  std::string show(const Type* type, std::string_view text, TableOptions options = {}) {
    ParseResult value = parse_text(type, text, heap);
    EXPECT_TRUE(value);
    return table_text(type, value.value, options);
  }
  TypeTable types;
  Heap heap;
  const Type* row = types.structure({{"name", types.string()}, {"n", types.integer()}});
};

TEST_F(Table, numbers_stand_at_the_right) {
  EXPECT_EQ(show(types.array(row), R"([(name="a", n=1), (name="long", n=200)])"),
            "name    n\n----  ---\na       1\nlong  200\n");
}

TEST_F(Table, decimal_points_stand_below_each_other) {
  const Type* type = types.array(types.structure({{"x", types.float_()}}));
  EXPECT_EQ(show(type, "[(x=1.5), (x=20.25), (x=NaN)]"), "    x\n-----\n 1.5\n20.25\n  NaN\n");
}

TEST_F(Table, keys_and_values_that_are_structs_become_columns) {
  const Type* key = types.structure({{"k", types.string()}});
  EXPECT_EQ(show(types.dict(key, row), R"({(k="x"): (name="a", n=1)})"),
            "k  name  n\n-  ----  -\nx  a     1\n");
}

TEST_F(Table, options_show_their_content_or_nothing) {
  const Type* type = types.array(types.structure({{"o", types.option(types.integer())}}));
  EXPECT_EQ(show(type, "[(o=.none), (o=.some 5)]"), "o\n-\n\n5\n");
}

TEST_F(Table, text_is_measured_in_columns_of_the_terminal) {
  EXPECT_EQ(display_width("größe"), 5U);
  EXPECT_EQ(display_width("日本"), 4U);
  EXPECT_EQ(display_width("e\u0301"), 1U);
  EXPECT_EQ(show(types.array(row), R"([(name="größe", n=1), (name="日本", n=2)])"),
            "name   n\n-----  -\ngröße  1\n日本   2\n");
}

TEST_F(Table, control_characters_do_not_reach_the_terminal) {
  const Type* type = types.array(types.structure({{"s", types.string()}}));
  EXPECT_EQ(show(type, "[(s=\"a\nb\x1b[31m\")]"), "s\n---------\na\\nb\uFFFD[31m\n");
}

TEST_F(Table, rows_and_cells_are_cut_where_asked) {
  TableOptions options;
  options.rows_max = 1;
  options.cell_columns_max = 5;
  EXPECT_EQ(show(types.array(row), R"([(name="abcdefgh", n=1), (name="b", n=2)])", options),
            "name   n\n-----  -\nabcd…  1\n… 1 more rows\n");
}

TEST_F(Table, only_values_with_rows_have_tables) {
  EXPECT_TRUE(has_table(types.array(row)));
  EXPECT_TRUE(has_table(types.dict(types.string(), types.integer())));
  EXPECT_FALSE(has_table(types.array(types.integer())));
  EXPECT_FALSE(has_table(row));
}

}  // namespace
}  // namespace samara::cli
