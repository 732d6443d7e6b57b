#include "value/csv.hpp"

#include <gtest/gtest.h>

#include "value/json.hpp"
#include "value/text.hpp"
#include "value/text_type.hpp"

namespace samara {
namespace {

struct Csv : testing::Test {
  TypeTable types;
  Heap heap;

  const Type* row(std::string_view text) { return type_from_text(types, text).type; }
  std::string decode(const Type* type, std::string_view csv, const CsvDecodeOptions& options = {}) {
    auto rows = decode_csv(type, as_bytes(csv), options, heap);
    if (!rows) return std::string(rows.error().message());
    return *print_text(types.array(type), *rows);
  }
  std::string guess(std::string_view csv, const CsvGuessOptions& options = {}) {
    auto type = infer_csv_type(as_bytes(csv), options, types);
    return type ? type_to_text((*type)->element()) : std::string(type.error().message());
  }
  const Type* text_row =
      types.structure({{"a", types.string()}, {"b", types.option(types.string())}});
};

TEST_F(Csv, an_escape_counts_only_before_a_quote_and_only_inside_quotes) {
  CsvDecodeOptions options{.escape = '\\'};
  EXPECT_EQ(decode(text_row, "a,b\n\"x\\\"y\\z\",\\\"w", options),
            "[(a=\"x\\\"y\\\\z\", b=.some \"\\\\\\\"w\")]");
  EXPECT_EQ(decode(text_row, "a,b\n\"x\"\"y\",1", options), "[(a=\"x\\\"y\\\"\", b=.some \"1\")]");
}

TEST_F(Csv, quotes_may_be_switched_off) {
  CsvDecodeOptions options{.quote = CsvDecodeOptions::k_no_character};
  EXPECT_EQ(decode(text_row, "a,b\n\"x,y", options), "[(a=\"\\\"x\", b=.some \"y\")]");
}

TEST_F(Csv, every_line_end_ends_a_row_and_the_last_one_is_optional) {
  EXPECT_EQ(decode(text_row, "a,b\r\n1,2\r3,4\n5,6"),
            "[(a=\"1\", b=.some \"2\"), (a=\"3\", b=.some \"4\"), (a=\"5\", b=.some \"6\")]");
}

TEST_F(Csv, quoted_cells_of_one_row_do_not_disturb_each_other) {
  EXPECT_EQ(decode(text_row, "a,b\n\"x\"\"1\",\"y\"\"2\"\n\"\"\"\",\"z\"z"),
            "[(a=\"x\\\"1\", b=.some \"y\\\"2\"), (a=\"\\\"\", b=.some \"zz\")]");
}

TEST_F(Csv, dates_take_the_listed_forms_and_no_zone_is_utc) {
  const Type* dates = types.structure({{"d", types.datetime()}});
  EXPECT_EQ(
      decode(dates,
             "d\n2024-01-02\n2024-01-02T03:04\n2024-01-02T03:04:05\n"
             "2024-01-02T03:04:05.6\n2024-01-02T03:04:05.006+01:30\n 2024-01-02T03:04Z "),
      "[(d=2024-01-02T00:00:00.000), (d=2024-01-02T03:04:00.000), (d=2024-01-02T03:04:05.000), "
      "(d=2024-01-02T03:04:05.600), (d=2024-01-02T01:34:05.006), (d=2024-01-02T03:04:00.000)]");
  for (const char* bad :
       {"2024-02-30", "2024-1-2", "2024-01-02T", "2024-01-02T03", "2024-01-02 03:04",
        "2024-01-02T03:04:05.", "2024-01-02T03:04:05.1234", "2024-01-02T24:00",
        "2024-01-02T03:04+24:00", "2024-01-02T03:04Zx", "20240102"}) {
    EXPECT_EQ(
        decode(dates, std::string("d\n") + bad),
        "CSV error: expected ISO 8601 date, got '" + std::string(bad) + "' at row 1, column 0 (d)");
  }
}

TEST_F(Csv, floats_are_whole_cells) {
  const Type* floats = types.structure({{"f", types.float_()}});
  EXPECT_EQ(decode(floats, "f\n1\n-1.5e3\n+2\n.5\n-.5e1\n5.\nNaN\n-Infinity\n-0\n1e999"),
            "[(f=1.0), (f=-1500.0), (f=2.0), (f=0.5), (f=-5.0), (f=5.0), (f=NaN), (f=-Infinity), "
            "(f=-0.0), (f=Infinity)]");
  for (const char* bad : {"1.5abc", ".", "+", "-", "1e", "+-1", "--1", "0x10", "1 2", "-.e1"}) {
    EXPECT_NE(decode(floats, std::string("f\n") + bad).find("expected float"), std::string::npos)
        << bad;
  }
}

TEST_F(Csv, trimming_knows_unicode_spaces) {
  CsvDecodeOptions options{.trim_fields = true};
  EXPECT_EQ(decode(text_row, "a,b\n\xC2\xA0x\xE3\x80\x80, \"\xE4\xB8\xAD\" ", options),
            "[(a=\"x\", b=.some \"\\\"\xE4\xB8\xAD\\\"\")]");
}

TEST_F(Csv, frozen_rows_and_wrong_types) {
  auto rows = decode_csv(text_row, as_bytes(std::string_view("a\nx")), {}, heap, true);
  ASSERT_TRUE(rows);
  EXPECT_TRUE(rows->object()->frozen());
  EXPECT_EQ(decode(types.structure({{"f", types.array(types.null())}}), ""),
            "CSV field 'f' has unsupported type");
  auto wrong = decode_csv(types.integer(), {}, {}, heap);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, Code::type_mismatch);
}

TEST_F(Csv, a_nested_option_fails_at_its_first_value) {
  const Type* nested = types.structure({{"a", types.option(types.option(types.integer()))}});
  EXPECT_EQ(decode(nested, "a\n\n"), "[]");
  EXPECT_NE(decode(nested, "a\n1").find("CSV error"), std::string::npos);
  JsonResult some = parse_json(
      types.array(nested), R"([{"a":{"type":"some","value":{"type":"none","value":null}}}])", heap);
  ASSERT_TRUE(some);
  EXPECT_FALSE(encode_csv(nested, some.value, {}));
}

TEST_F(Csv, options_come_from_the_struct_of_the_builtins_by_name) {
  const Type* text = types.option(types.string());
  const Type* flag = types.option(types.boolean());
  const Type* config =
      types.structure({{"strict", flag},
                       {"delimiter", text},
                       {"quoteChar", text},
                       {"nullStrings", types.option(types.array(types.string()))},
                       {"columnMapping", types.option(types.dict(types.string(), types.string()))},
                       {"newline", text},
                       {"nullString", text},
                       {"alwaysQuote", flag}});
  ParseResult value =
      parse_text(config,
                 "(strict=.some true, delimiter=.some \";;\", quoteChar=.some \"é\", "
                 "nullStrings=.some [\"NA\"], columnMapping=.some {\"A\":\"a\"}, "
                 "newline=.none, nullString=.some \"-\", alwaysQuote=.some true)",
                 heap);
  ASSERT_TRUE(value) << value.error->message;
  CsvDecodeOptions decode = csv_decode_options(config, value.value);
  EXPECT_TRUE(decode.strict);
  EXPECT_EQ(decode.delimiter, ';');
  EXPECT_EQ(decode.quote, CsvDecodeOptions::k_no_character);
  EXPECT_EQ(decode.escape, '"');
  EXPECT_EQ(decode.null_strings, std::vector<std::string>{"NA"});
  ASSERT_EQ(decode.column_mapping.size(), 1U);
  EXPECT_EQ(decode.column_mapping[0].second, "a");
  EXPECT_TRUE(decode.has_header);
  CsvEncodeOptions encode = csv_encode_options(config, value.value);
  EXPECT_EQ(encode.delimiter, ";;");
  EXPECT_EQ(encode.newline, "\r\n");
  EXPECT_EQ(encode.null_string, "-");
  EXPECT_TRUE(encode.always_quote);
}

TEST_F(Csv, the_narrowest_type_is_guessed) {
  EXPECT_EQ(
      guess(
          "id,price,ok,day,zip,note\n1,1,true,2024-01-02,007,\n-2,1.5,false,2024-01-02T03:04,12,x"),
      ".Struct [(name=\"id\", type=.Integer), (name=\"price\", type=.Float), (name=\"ok\", "
      "type=.Boolean), (name=\"day\", type=.DateTime), (name=\"zip\", type=.String), "
      "(name=\"note\", type=.Variant [(name=\"none\", type=.Null), (name=\"some\", "
      "type=.String)])]");
}

TEST_F(Csv, guessing_allows_for_missing_cells_and_repeated_names) {
  EXPECT_EQ(guess("a,b,a\n1,2,x\n1"),
            ".Struct [(name=\"b\", type=.Variant [(name=\"none\", type=.Null), (name=\"some\", "
            "type=.Integer)]), (name=\"a\", type=.Variant [(name=\"none\", type=.Null), "
            "(name=\"some\", type=.String)])]");
  EXPECT_EQ(guess("1\n2,x", {.decode = {.has_header = false}}),
            ".Struct [(name=\"column_1\", type=.Integer), (name=\"column_2\", type=.Variant "
            "[(name=\"none\", type=.Null), (name=\"some\", type=.String)])]");
  EXPECT_EQ(guess("a\n1\nx", {.rows_max = 1}), ".Struct [(name=\"a\", type=.Integer)]");
  EXPECT_EQ(guess("a\n\"x"), "CSV error: unclosed quote at end of file");
}

TEST_F(Csv, memory_limits_end_in_an_error) {
  Heap small({.limit_bytes = 64 * 1024});
  std::string csv = "a,b\n";
  for (int i = 0; i < 5000; i++) csv += "some text,more\n";
  auto rows = decode_csv(text_row, as_bytes(csv), {}, small);
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, Code::exhausted);
}

}  // namespace
}  // namespace samara
