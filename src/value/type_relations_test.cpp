#include "value/type_relations.hpp"

#include <gtest/gtest.h>

#include "value/text_type.hpp"

namespace samara {
namespace {

struct TypeRelations : testing::Test {
  TypeTable types;
  const Type* type(std::string_view text) {
    TypeParseResult result = type_from_text(types, text);
    EXPECT_TRUE(result) << text << (result ? "" : result.error->message);
    return result.type;
  }
  const Type* list = type(
      ".Variant [(name=\"cons\", type=.Struct [(name=\"head\", type=.Integer), (name=\"tail\", "
      "type=.Recursive 2)]), (name=\"nil\", type=.Null)]");
  // One step: the tail is written out.
  const Type* unfolded =
      types.variant({{"cons", types.structure({{"head", types.integer()}, {"tail", list}})},
                     {"nil", types.null()}});
};

TEST_F(TypeRelations, a_recursive_type_equals_its_unfolding) {
  EXPECT_NE(list, unfolded);
  EXPECT_TRUE(equal_modulo_unfolding(list, unfolded));
  EXPECT_TRUE(equal_modulo_unfolding(unfolded, list));
  EXPECT_TRUE(is_subtype(list, unfolded));
  EXPECT_TRUE(is_subtype(unfolded, list));
  EXPECT_TRUE(equal_modulo_unfolding(types.array(list), types.array(unfolded)));
}

TEST_F(TypeRelations, different_recursive_types_differ) {
  const Type* text_list = type(
      ".Variant [(name=\"cons\", type=.Struct [(name=\"head\", type=.String), (name=\"tail\", "
      "type=.Recursive 2)]), (name=\"nil\", type=.Null)]");
  EXPECT_FALSE(equal_modulo_unfolding(list, text_list));
  EXPECT_FALSE(is_subtype(list, text_list));
  EXPECT_FALSE(equal_modulo_unfolding(list, types.integer()));
}

TEST_F(TypeRelations, a_finite_case_is_below_a_recursive_variant) {
  EXPECT_TRUE(is_subtype(types.variant({{"nil", types.null()}}), list));
  EXPECT_FALSE(is_subtype(list, types.variant({{"nil", types.null()}})));
}

TEST_F(TypeRelations, a_missing_case_is_allowed_when_it_cannot_occur) {
  const Type* with_never = types.variant({{"a", types.integer()}, {"b", types.never()}});
  const Type* without = types.variant({{"a", types.integer()}});
  EXPECT_TRUE(is_subtype(with_never, without));
  EXPECT_TRUE(is_subtype(without, with_never));
  EXPECT_FALSE(is_subtype(types.variant({{"b", types.null()}}), without));
}

TEST_F(TypeRelations, collections_are_invariant_and_functions_are_not) {
  const Type* some = types.variant({{"some", types.integer()}});
  const Type* option = types.option(types.integer());
  EXPECT_FALSE(is_subtype(types.array(some), types.array(option)));
  EXPECT_TRUE(is_subtype(types.function({option}, some), types.function({some}, option)));
  EXPECT_FALSE(is_subtype(types.function({some}, some), types.function({option}, some)));
  EXPECT_FALSE(is_subtype(types.function({}, some), types.function({some}, some)));
}

TEST_F(TypeRelations, union_and_intersection_are_bounds) {
  const Type* a = types.variant({{"a", types.integer()}, {"b", types.never()}});
  const Type* b = types.variant({{"b", types.string()}, {"c", types.null()}});
  auto join = type_union(types, a, b);
  ASSERT_TRUE(join);
  EXPECT_TRUE(is_subtype(a, *join));
  EXPECT_TRUE(is_subtype(b, *join));
  auto meet = type_intersection(types, a, b);
  ASSERT_TRUE(meet);
  EXPECT_TRUE(is_subtype(*meet, a));
  EXPECT_TRUE(is_subtype(*meet, b));
  auto body = type_union(types, types.variant({{"nil", types.null()}}), list);
  ASSERT_TRUE(body);
  EXPECT_EQ(*body, list);
}

TEST_F(TypeRelations, refusals_name_the_innermost_difference) {
  auto text = [&](const Type* a, const Type* b) {
    auto result = type_union(types, a, b);
    return result ? "united" : std::string(result.error().message());
  };
  EXPECT_EQ(text(types.structure({{"a", types.integer()}}), types.structure({{"a", types.null()}})),
            "Cannot union .Integer with .Null: incompatible types");
  EXPECT_EQ(text(types.array(types.array(types.integer())), types.array(types.array(types.null()))),
            ".Integer is not equal to .Null: incompatible types");
  EXPECT_EQ(text(types.array(list), types.array(types.ref(list))).find(".Variant"), 0U);
  EXPECT_EQ(text(types.null(), list).find("Cannot union .Null with .Variant"), 0U);
}

TEST_F(TypeRelations, widening_goes_into_collections_but_not_into_functions) {
  auto wide = type_widening(types, types.dict(types.never(), types.array(types.never())),
                            types.dict(types.string(), types.array(types.integer())));
  ASSERT_TRUE(wide);
  EXPECT_EQ(type_to_text(*wide), ".Dict (key=.String, value=.Array .Integer)");
  EXPECT_FALSE(
      type_widening(types, types.function({}, types.null()), types.function({}, types.integer())));
  EXPECT_FALSE(type_widening(types, list, types.variant({{"nil", types.null()}})));
}

}  // namespace
}  // namespace samara
