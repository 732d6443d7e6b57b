#include "value/text_type.hpp"

#include <gtest/gtest.h>

namespace samara {
namespace {

std::string problem(TypeTable& types, std::string_view text) {
  TypeParseResult result = type_from_text(types, text);
  return result ? "accepted" : result.error->message;
}

TEST(TextType, every_constructor_reads_and_prints) {
  TypeTable types;
  const char* k_texts[] = {".Never",
                           ".Null",
                           ".Ref .Set .Blob",
                           ".Dict (key=.String, value=.Array .Float)",
                           ".Struct [(name=\"a \\\"b\\\\\", type=.DateTime)]",
                           ".Struct []",
                           ".Variant [(name=\"none\", type=.Null), (name=\"some\", type=.Boolean)]",
                           ".Function (inputs=[.Integer, .String], output=.Null)",
                           ".AsyncFunction (inputs=[], output=.Null)",
                           ".Vector .Float",
                           ".Matrix .Boolean",
                           ".Struct [(name=\"kids\", type=.Array .Recursive 2)]"};
  for (const char* text : k_texts) {
    TypeParseResult result = type_from_text(types, text);
    ASSERT_TRUE(result) << result.error->message;
    EXPECT_EQ(type_to_text(result.type), text);
  }
}

TEST(TextType, cases_may_come_in_any_order_and_lists_may_be_shared) {
  TypeTable types;
  TypeParseResult variant =
      type_from_text(types, ".Variant [(name=\"z\", type=.Null), (name=\"a\", type=.Null)]");
  ASSERT_TRUE(variant);
  EXPECT_EQ(type_to_text(variant.type),
            ".Variant [(name=\"a\", type=.Null), (name=\"z\", type=.Null)]");
  TypeParseResult shared = type_from_text(
      types, ".Dict (key=.Struct [(name=\"q\", type=.Integer)], value=.Struct 2#.key.Struct)");
  ASSERT_TRUE(shared) << shared.error->message;
  EXPECT_EQ(shared.type->key(), shared.type->dict_value());
}

TEST(TextType, errors_tell_line_and_column_and_the_way_there) {
  TypeTable types;
  EXPECT_EQ(problem(types, ".Array\n .Integerr").substr(0, 56),
            "Error occurred because unknown variant case .Integerr, e");
  EXPECT_NE(problem(types, ".Array\n .Integerr").find(" at .Array (line 2, col 3)"),
            std::string::npos);
  EXPECT_EQ(problem(types, ".Struct [(name=\"a\", type=.Set .Array .Null)]"),
            "Error occurred because Set key type must be an immutable type, got .Array .Null at "
            ".Struct[0].type.Set (line 1, col 26)");
  EXPECT_EQ(
      problem(types, ".Dict (key=.String)"),
      "Error occurred because expected ',' or ')' after struct field at .Dict (line 1, col 19)");
  EXPECT_EQ(problem(types, "Integer"),
            "Error occurred because expected '.' to start variant case (line 1, col 1)");
  EXPECT_EQ(problem(types, ".Integer x"),
            "Error occurred because expected null, got 'x' at .Integer (line 1, col 10)");
}

TEST(TextType, invalid_types_are_refused) {
  TypeTable types;
  for (const char* text : {"",
                           ".",
                           ". Integer",
                           ".Recursive 1",
                           ".Array .Recursive 2",
                           ".Array .Recursive 0",
                           ".Array .Recursive -1",
                           ".Array .Recursive 99999999999999999999",
                           ".Vector .String",
                           ".Struct [(name=\"a\", type=.Null), (name=\"a\", type=.Null)]",
                           ".Variant [(name=\"a\", type=.Null), (name=\"a\", type=.Null)]",
                           ".Set .Recursive 1",
                           ".Struct 1#",
                           ".Struct #.Struct",
                           ".Function (inputs=.Null, output=.Null)",
                           ".Dict (value=.Null, key=.Null)",
                           ".Struct [(name=1, type=.Null)]",
                           ".Array",
                           ".Null .Null",
                           ".Struct [(name=\"a\", type=.Struct 2#)]"}) {
    EXPECT_NE(problem(types, text), "accepted") << text;
  }
}

TEST(TextType, depth_and_size_are_limited) {
  TypeTable types;
  std::string deep;
  for (int i = 0; i < 300; i++) deep += ".Array ";
  TypeParseResult result = type_from_text(types, deep + ".Null");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error->code, Code::exhausted);
}

TEST(TextType, the_short_form_ends_in_an_ellipsis) {
  TypeTable types;
  const Type* type = types.structure({{"first", types.integer()}, {"second", types.string()}});
  EXPECT_EQ(type_to_text_short(type), type_to_text(type));
  EXPECT_EQ(type_to_text_short(type, 10), ".Struct [(…");
}

}  // namespace
}  // namespace samara
