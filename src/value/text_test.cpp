#include "value/text.hpp"

#include <gtest/gtest.h>

#include "value/text_type.hpp"

namespace samara {
namespace {

struct Text : testing::Test {
  TypeTable types;
  Heap heap;

  const Type* type(std::string_view text) {
    TypeParseResult result = type_from_text(types, text);
    EXPECT_TRUE(result) << text;
    return result.type;
  }
  std::string round(const Type* of, std::string_view text, TextOptions options = {}) {
    ParseResult result = parse_text(of, text, heap, options);
    if (!result) return result.error->message;
    return *print_text(of, result.value);
  }
  std::string reason(const Type* of, std::string_view text) {
    ParseResult result = parse_text(of, text, heap);
    return result ? "accepted" : result.error->reason;
  }
};

TEST_F(Text, strings_keep_line_breaks_and_control_characters) {
  std::string text = "\"a\nb\x01\t\\\\ \\\"\"";
  EXPECT_EQ(round(types.string(), text), text);
}

TEST_F(Text, escapes_of_json_are_read_only_on_request) {
  EXPECT_EQ(reason(types.string(), "\"a\\nb\""), "unexpected escape sequence in string");
  TextOptions lenient{.json_escapes = true};
  EXPECT_EQ(round(types.string(), "\"\\n\\u0041\\ud83d\\ude00\\/\"", lenient),
            "\"\nA\U0001F600/\"");
  EXPECT_FALSE(parse_text(types.string(), "\"\\ud83d\"", heap, lenient));
  EXPECT_FALSE(parse_text(types.string(), "\"\\u12\"", heap, lenient));
  EXPECT_FALSE(parse_text(types.string(), "\"\\x\"", heap, lenient));
}

TEST_F(Text, white_space_is_that_of_ecmascript) {
  EXPECT_EQ(
      round(types.integer(), "\xEF\xBB\xBF\xC2\xA0\xE2\x80\x83\xE3\x80\x80\v\f 7 \xE2\x80\xA8"),
      "7");
  EXPECT_EQ(reason(types.integer(), "\xE2\x80\x8B 7"), "expected integer, got '\xE2\x80\x8B'");
}

TEST_F(Text, odd_names_are_back_quoted_and_fully_escaped) {
  const Type* odd = types.structure({{"a`b\\c`", types.integer()}, {"", types.null()}});
  EXPECT_EQ(round(odd, "(`a\\`b\\\\c\\``=1, ``=null)"), "(`a\\`b\\\\c\\``=1, ``=null)");
}

TEST_F(Text, a_case_without_payload_may_be_a_key) {
  const Type* dict = types.dict(types.option(types.integer()), types.integer());
  EXPECT_EQ(round(dict, "{.some 1:2,.none:0}"), "{.none:0,.some 1:2}");
}

TEST_F(Text, years_beyond_four_digits_have_a_sign_and_six_digits) {
  EXPECT_EQ(round(types.datetime(), "+010000-01-01T00:00:00"), "+010000-01-01T00:00:00.000");
  EXPECT_EQ(round(types.datetime(), "-000001-12-31T23:59:59.9"), "-000001-12-31T23:59:59.900");
  EXPECT_EQ(reason(types.datetime(), "-0001-01-01T00:00:00"),
            "invalid DateTime value, got \"-0001-01-01T00:00:00\"");
  EXPECT_EQ(round(types.datetime(), "+275760-09-13T00:00:00"), "+275760-09-13T00:00:00.000");
  EXPECT_EQ(reason(types.datetime(), "+275760-09-13T00:00:00.001"),
            "invalid DateTime value, got \"+275760-09-13T00:00:00.001\"");
  EXPECT_EQ(reason(types.datetime(), "+999999999-01-01T00:00:00"),
            "invalid DateTime value, got \"+999999999-01-01T00:00:00\"");
}

TEST_F(Text, references_cross_odd_names_and_keys_with_brackets) {
  const Type* list = types.array(types.integer());
  const Type* both = types.structure({{"odd name", list}, {"b", list}});
  EXPECT_EQ(round(both, "(`odd name`=[1], b=1#.`odd name`)"), "(`odd name`=[1], b=1#.`odd name`)");
  const Type* dict = types.dict(types.string(), list);
  EXPECT_EQ(round(dict, "{\"a]\\\"b\":[1],\"c\":1#[\"a]\\\"b\"]}"),
            "{\"a]\\\"b\":[1],\"c\":1#[\"a]\\\"b\"]}");
}

TEST_F(Text, references_to_the_wrong_type_are_refused) {
  const Type* both =
      types.structure({{"a", types.array(types.integer())}, {"b", types.array(types.string())}});
  EXPECT_EQ(reason(both, "(a=[1], b=1#.a)"),
            "reference 1#.a names a value of type .Array .Integer, expected .Array .String");
  // The same type in another unfolding is the right one.
  const Type* list = type(".Array .Recursive 1");
  const Type* outer = types.structure({{"a", list}, {"b", list->element()}});
  EXPECT_EQ(round(outer, "(a=[[]], b=1#.a)"), "(a=[[]], b=1#.a)");
}

TEST_F(Text, malformed_references_are_undefined) {
  const Type* lists = types.array(types.array(types.integer()));
  EXPECT_EQ(reason(lists, "[[1], 1#[0]"), "expected ',' or ']' after array element");
  EXPECT_EQ(reason(lists, "[[1], 1#.]"), "undefined reference 1#.");
  EXPECT_EQ(reason(lists, "[[1], 1#[0"), "undefined reference 1#");
  EXPECT_EQ(reason(lists, "[[1], 99999999999999999999999#]").substr(0, 17), "invalid reference");
}

TEST_F(Text, positions_count_utf16_units) {
  ParseResult result = parse_text(types.array(types.string()), "[\"\U0001F600\",\n\"é\" x]", heap);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error->position, 11U);
  EXPECT_EQ(result.error->offset, 14U);
  EXPECT_EQ(result.error->line, 2U);
  EXPECT_EQ(result.error->column, 5U);
}

TEST_F(Text, invalid_utf8_is_an_error_at_its_place) {
  ParseResult result = parse_text(types.string(), "\"ab\xFF\"", heap);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error->reason, "invalid UTF-8");
  EXPECT_EQ(result.error->offset, 3U);
}

TEST_F(Text, functions_and_never_have_no_readable_form) {
  const Type* function = types.function({types.integer()}, types.string());
  EXPECT_EQ(*print_text(function, Slot::null()), "(.Integer) => .String");
  EXPECT_EQ(reason(function, "x"), "Cannot parse .Function");
  EXPECT_EQ(reason(types.async_function({}, types.null()), ""), "Cannot parse .AsyncFunction");
  auto printed = print_text(types.never(), Slot::null());
  ASSERT_FALSE(printed);
  EXPECT_EQ(printed.error().message(), "Attempted to print value of type .Never");
}

TEST_F(Text, ragged_matrices_are_refused) {
  EXPECT_EQ(reason(types.matrix(types.integer()), "mat[[1, 2], [3]]"),
            "matrix rows differ in length");
  EXPECT_EQ(reason(types.vector(types.float_()), "[1.0]"), "expected 'vec[' to start vector");
  EXPECT_EQ(round(types.vector(types.boolean()), "vec [ true , false ]"), "vec[true, false]");
}

TEST_F(Text, frozen_reaches_every_container) {
  const Type* of = types.ref(types.array(types.dict(types.integer(), types.set(types.string()))));
  ParseResult result = parse_text(of, "&[{1:{\"a\"}}]", heap, {.frozen = true});
  ASSERT_TRUE(result);
  EXPECT_TRUE(result.value.object()->frozen());
  Slot array = as<CellObject>(result.value)->content;
  EXPECT_TRUE(array.object()->frozen());
  EXPECT_TRUE(as<ArrayObject>(array)->data[0].object()->frozen());
}

TEST_F(Text, nesting_is_limited_in_both_directions) {
  const Type* nested = type(".Array .Recursive 1");
  std::string text(k_text_depth_max, '[');
  text.append(k_text_depth_max, ']');
  EXPECT_EQ(round(nested, text), text);
  text = "[" + text + "]";
  ParseResult result = parse_text(nested, text, heap);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error->code, Code::exhausted);

  ArrayObject* array = heap.new_array();
  for (uint32_t i = 0; i < k_text_depth_max; i++) {
    ArrayObject* outer = heap.new_array();
    heap.push(outer, Slot::of(array));
    array = outer;
  }
  auto printed = print_text(nested, Slot::of(array));
  ASSERT_FALSE(printed);
  EXPECT_EQ(printed.error().code, Code::exhausted);
}

TEST_F(Text, memory_and_length_limits_end_in_an_error) {
  Heap small({.limit_bytes = 64 * 1024});
  std::string text = "[";
  for (int i = 0; i < 20000; i++) text += "1,";
  text += "1]";
  ParseResult result = parse_text(types.array(types.integer()), text, small);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error->code, Code::exhausted);

  // A struct shared twice at each of 40 levels has 2^40 leaves.
  Slot value = Slot::of(int64_t{1});
  const Type* pair = types.integer();
  for (int i = 0; i < 18; i++) {
    pair = types.structure({{"a", pair}, {"b", pair}});
    FieldsObject* fields = heap.new_fields(2);
    fields->fields()[0] = fields->fields()[1] = value;
    value = Slot::of(fields);
  }
  auto printed = print_text(pair, value, {.bytes_max = 1000});
  ASSERT_FALSE(printed);
  EXPECT_EQ(printed.error().code, Code::exhausted);
}

}  // namespace
}  // namespace samara
