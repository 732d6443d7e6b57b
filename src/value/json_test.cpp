#include "value/json.hpp"

#include <gtest/gtest.h>

#include "value/text.hpp"
#include "value/text_type.hpp"

namespace samara {
namespace {

struct JsonCodec : testing::Test {
  TypeTable types;
  Heap heap;

  std::string text(const Type* type, std::string_view json) {
    JsonResult result = parse_json(type, json, heap);
    if (!result) return result.error->reason;
    return *print_text(type, result.value);
  }
  std::string syntax(std::string_view json) {
    JsonResult result = parse_json(types.null(), json, heap);
    if (result) return "accepted";
    EXPECT_EQ(result.fault, JsonFault::syntax) << json;
    return result.error->reason;
  }
};

TEST_F(JsonCodec, members_come_in_any_order_and_references_resolve_in_type_order) {
  const Type* list = types.array(types.integer());
  const Type* both = types.structure({{"a", list}, {"b", list}});
  EXPECT_EQ(text(both, R"({"b":{"$ref":"1#a"},"a":["1"]})"), "(a=[1], b=1#.a)");
  EXPECT_EQ(text(both, R"({"b":["1"],"a":{"$ref":"1#b"}})"), "undefined reference 1#b");
}

TEST_F(JsonCodec, references_escape_their_components_and_count_the_cell) {
  const Type* list = types.array(types.integer());
  const Type* odd = types.structure({{"a/b~c", types.ref(list)}, {"d", list}});
  std::string json = R"({"a/b~c":[["1"]],"d":{"$ref":"1#a~1b~0c/0"}})";
  JsonResult result = parse_json(odd, json, heap);
  ASSERT_TRUE(result) << result.error->message;
  EXPECT_EQ(*print_json(odd, result.value), json);
  EXPECT_EQ(text(odd, R"({"a/b~c":[["1"]],"d":{"$ref":"1#a~2b"}})"), "invalid reference 1#a~2b");
}

TEST_F(JsonCodec, a_reference_may_end_in_an_empty_name) {
  const Type* list = types.array(types.integer());
  const Type* both = types.structure({{"", list}, {"b", list}});
  std::string json = R"({"":["1"],"b":{"$ref":"1#"}})";
  JsonResult result = parse_json(both, json, heap);
  ASSERT_TRUE(result) << result.error->message;
  EXPECT_EQ(*print_json(both, result.value), json);
}

TEST_F(JsonCodec, references_must_name_a_value_of_the_type) {
  const Type* both =
      types.structure({{"a", types.array(types.integer())}, {"b", types.set(types.integer())}});
  EXPECT_EQ(text(both, R"({"a":[],"b":{"$ref":"1#a"}})"),
            "reference 1#a names a value of type .Array .Integer, expected .Set .Integer");
}

TEST_F(JsonCodec, an_object_like_a_reference_is_one_only_with_a_single_string_member) {
  const Type* list = types.array(types.integer());
  EXPECT_EQ(text(list, R"({"$ref":1})"), R"(expected array, got {"$ref":1})");
  EXPECT_EQ(text(list, R"({"$ref":"0#","x":1})"), R"(expected array, got {"$ref":"0#","x":1})");
  EXPECT_EQ(text(list, R"({"\u0024ref":"0#"})"), "undefined reference 0#");
}

TEST_F(JsonCodec, duplicate_members_are_refused) {
  const Type* one = types.structure({{"x", types.null()}});
  EXPECT_EQ(text(one, R"({"x":null,"x":null})"),
            R"(duplicate field "x" in Struct, got {"x":null,"x":null})");
  const Type* dict = types.dict(types.null(), types.null());
  EXPECT_EQ(text(dict, R"([{"key":null,"value":null,"value":null}])").substr(0, 29),
            "expected object with key and ");
  EXPECT_EQ(text(types.option(types.null()), R"({"type":"none","type":"some","value":null})")
                .substr(0, 21),
            "expected object with ");
}

TEST_F(JsonCodec, the_offending_value_is_quoted_in_normal_form) {
  EXPECT_EQ(text(types.null(), " [ 1.50 , \"a\\u0041\\n\\uD800\" , { \"k\" : 1e3 } , true , -0 ] "),
            "expected null, got [1.5,\"aA\\n\\ud800\",{\"k\":1000},true,0]");
}

TEST_F(JsonCodec, half_a_surrogate_pair_is_no_text) {
  EXPECT_EQ(text(types.string(), R"("\ud83d\ude00")"), "\"\U0001F600\"");
  EXPECT_EQ(text(types.string(), R"("\ud83dx")"),
            R"(string holds an unpaired surrogate, got "\ud83dx")");
  EXPECT_EQ(text(types.string(), R"("\ude00")"),
            R"(string holds an unpaired surrogate, got "\ude00")");
}

TEST_F(JsonCodec, malformed_documents_are_reported_with_their_place) {
  EXPECT_EQ(syntax("[1,\n2 3]"),
            "Expected ',' or ']' after array element in JSON at position 6 (line 2 column 3)");
  EXPECT_EQ(syntax("{\"a\" 1}"),
            "Expected ':' after property name in JSON at position 5 (line 1 column 6)");
  EXPECT_EQ(syntax("{,}"), "Expected property name or '}' in JSON at position 1 (line 1 column 2)");
  EXPECT_EQ(syntax("{\"a\":1,}"),
            "Expected double-quoted property name in JSON at position 7 (line 1 column 8)");
  EXPECT_EQ(syntax("{\"a\":1 \"b\"}"),
            "Expected ',' or '}' after property value in JSON at position 7 (line 1 column 8)");
  EXPECT_EQ(syntax("[x]"), "Unexpected token 'x' in JSON at position 1 (line 1 column 2)");
  EXPECT_EQ(syntax("nul"), "Unexpected end of JSON input");
  EXPECT_EQ(syntax("\"abc"), "Unexpected end of JSON input");
  EXPECT_EQ(syntax("null 1"),
            "Unexpected non-whitespace character after JSON at position 5 (line 1 column 6)");
  for (const char* bad :
       {"01", "1.", "-", "1e", ".5", "+1", "\"\\x\"", "\"\\u12g4\"", "\"\n\"", "\"\x01\"", "'a'",
        "[1]]", "{\"a\":}", "tru", "\xEF\xBB\xBFnull", "\"\xFF\""}) {
    EXPECT_NE(syntax(bad), "accepted") << bad;
  }
}

TEST_F(JsonCodec, an_error_of_meaning_keeps_its_byte_offset_beside_the_message) {
  JsonResult result = parse_json(types.array(types.null()), "[null,\n 5]", heap);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.fault, JsonFault::meaning);
  EXPECT_EQ(result.error->offset, 8U);
  EXPECT_EQ(result.error->line, 1U);
  EXPECT_EQ(result.error->to_error().detail, 8U);
}

TEST_F(JsonCodec, functions_and_never_have_no_json) {
  const Type* function = types.function({}, types.null());
  EXPECT_EQ(text(function, "null"), "Cannot decode Function type from JSON");
  auto printed = print_json(function, Slot::null());
  ASSERT_FALSE(printed);
  EXPECT_EQ(printed.error().message(), "Cannot encode Function type to JSON");
  EXPECT_FALSE(print_json(types.never(), Slot::null()));
  EXPECT_FALSE(parse_json(types.never(), "null", heap));
}

TEST_F(JsonCodec, ragged_matrices_are_refused) {
  EXPECT_EQ(text(types.matrix(types.float_()), "[[1],[1,2]]"),
            "matrix rows differ in length, got [1,2]");
  EXPECT_EQ(text(types.matrix(types.float_()), "[[],[]]"), "mat[[], []]");
}

TEST_F(JsonCodec, nesting_is_limited_in_both_directions) {
  const Type* nested = type_from_text(types, ".Array .Recursive 1").type;
  std::string json(k_text_depth_max, '[');
  json.append(k_text_depth_max, ']');
  JsonResult result = parse_json(nested, json, heap);
  ASSERT_TRUE(result) << result.error->message;
  EXPECT_EQ(*print_json(nested, result.value), json);
  result = parse_json(nested, "[" + json + "]", heap);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error->code, Code::exhausted);
  result = parse_json(nested, std::string(30'000, '['), heap);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error->code, Code::exhausted);
}

TEST_F(JsonCodec, memory_limits_end_in_an_error) {
  Heap small({.limit_bytes = 64 * 1024});
  std::string json = "[null";
  for (int i = 0; i < 20000; i++) json += ",null";
  JsonResult result = parse_json(types.array(types.null()), json + "]", small);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error->code, Code::exhausted);
}

}  // namespace
}  // namespace samara
