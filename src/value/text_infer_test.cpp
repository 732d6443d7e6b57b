#include "value/text_infer.hpp"

#include <gtest/gtest.h>

#include "value/text.hpp"
#include "value/text_type.hpp"

namespace samara {
namespace {

std::string infer(std::string_view text) {
  TypeTable types;
  Heap heap;
  InferResult result = infer_text(types, text, heap);
  if (!result) return result.error->message;
  return type_to_text(result.type) + " " + *print_text(result.type, result.value);
}

TEST(TextInfer, cases_get_the_number_they_have_in_the_common_type) {
  EXPECT_EQ(infer("[.z 1, .a \"x\", .m]"),
            ".Array .Variant [(name=\"a\", type=.String), (name=\"m\", type=.Null), (name=\"z\", "
            "type=.Integer)] [.z 1, .a \"x\", .m]");
}

TEST(TextInfer, empty_collections_take_the_type_of_their_neighbours) {
  EXPECT_EQ(infer("[{:}, {\"a\":[]}, {\"b\":[1.5]}]"),
            ".Array .Dict (key=.String, value=.Array .Float) [{:}, {\"a\":[]}, {\"b\":[1.5]}]");
  EXPECT_EQ(infer("[(a=[]), (a=[1])]"),
            ".Array .Struct [(name=\"a\", type=.Array .Integer)] [(a=[]), (a=[1])]");
}

TEST(TextInfer, mismatches_name_both_types_and_the_place) {
  EXPECT_EQ(infer("[1, \"a\"]"),
            "incompatible array element types: Cannot widen .Integer with .String: incompatible "
            "types at [1][1] (line 1, col 5)");
  EXPECT_EQ(
      infer("[(a=1), (b=1)]"),
      "incompatible array element types: Cannot widen .Struct [(name=\"a\", type=.Integer)] "
      "with .Struct [(name=\"b\", type=.Integer)]: struct field 0 has mismatched names a and b "
      "at [1][1] (line 1, col 9)");
}

TEST(TextInfer, bad_input_has_a_reason_and_a_place) {
  EXPECT_EQ(infer(""), "unexpected end of input (line 1, col 1)");
  EXPECT_EQ(infer("[1,\n&2]"), "ref types not supported in type inference at [1] (line 2, col 1)");
  EXPECT_EQ(infer("(a=[1, #])"),
            "circular references not supported in type inference at .a[1] (line 1, col 8)");
  EXPECT_EQ(infer("(a=1, a=2)"), "duplicate struct field (line 1, col 11)");
  EXPECT_EQ(infer("{[1]}"), "Set key type must be an immutable type (line 1, col 6)");
  EXPECT_EQ(infer("1 2"), "unexpected input after parsed value (line 1, col 3)");
  EXPECT_EQ(infer("nullx"), "unexpected character 'n' (line 1, col 1)");
  EXPECT_EQ(infer(". a"), "whitespace not allowed between '.' and case identifier (line 1, col 2)");
}

TEST(TextInfer, numbers_out_of_range_are_refused_by_the_value) {
  EXPECT_NE(infer("9223372036854775808").find("integer out of range"), std::string::npos);
}

}  // namespace
}  // namespace samara
