#include "eval/builtin_test_support.hpp"
#include "value/beast1.hpp"

namespace samara::eval {
namespace {

class BlobBuiltins : public BuiltinTest {
 protected:
  const Type* const L = types_.blob();
  const Type* const decode_config_ =
      types_.structure({{"delimiter", types_.option(S)},
                        {"quoteChar", types_.option(S)},
                        {"escapeChar", types_.option(S)},
                        {"newline", types_.option(S)},
                        {"hasHeader", types_.option(B)},
                        {"nullStrings", types_.option(types_.array(S))},
                        {"skipEmptyLines", types_.option(B)},
                        {"trimFields", types_.option(B)},
                        {"columnMapping", types_.option(types_.dict(S, S))},
                        {"strict", types_.option(B)}});
  const Type* const encode_config_ = types_.structure({{"delimiter", types_.option(S)},
                                                       {"quoteChar", types_.option(S)},
                                                       {"escapeChar", types_.option(S)},
                                                       {"newline", types_.option(S)},
                                                       {"includeHeader", types_.option(B)},
                                                       {"nullString", types_.option(S)},
                                                       {"alwaysQuote", types_.option(B)}});
  static constexpr const char* k_decode_defaults =
      "(delimiter=.none, quoteChar=.none, escapeChar=.none, newline=.none, hasHeader=.none, "
      "nullStrings=.none, "
      "skipEmptyLines=.none, trimFields=.none, columnMapping=.none, strict=.none)";
  const Type* const row_ = types_.structure({{"id", I}, {"name", S}});

  Make bytes(Id id, std::string_view blob) {
    return [=, this] { return call(id, {}, {lit(L, blob)}); };
  }
  Make decoded(Id id, const Type* type, std::string_view blob) {
    return [=, this] { return call(id, {type}, {lit(L, blob)}); };
  }
  Make encoded(Id id, const Type* type, std::string_view value) {
    return [=, this] { return call(id, {type}, {lit(type, value)}); };
  }
  Make both_ways(Id encode, Id decode, const Type* type, std::string_view value) {
    return [=, this] { return call(decode, {type}, {call(encode, {type}, {lit(type, value)})}); };
  }
  Make decode_csv(const Type* row, std::string_view text,
                  std::string_view config = k_decode_defaults) {
    return [=, this] {
      return call(Id::BlobDecodeCsv, {row, decode_config_},
                  {call(Id::StringEncodeUtf8, {}, {str(text)}), lit(decode_config_, config)});
    };
  }
  Make encode_csv(const Type* row, std::string_view rows, std::string_view always_quote = ".none") {
    std::string config =
        "(delimiter=.none, quoteChar=.none, escapeChar=.none, newline=.none, includeHeader=.none, "
        "nullString=.none, "
        "alwaysQuote=" +
        std::string(always_quote) + ")";
    return [=, this] {
      return call(Id::BlobDecodeUtf8, {},
                  {call(Id::ArrayEncodeCsv, {row, encode_config_},
                        {lit(types_.array(row), rows), lit(encode_config_, config)})});
    };
  }
};

TEST_F(BlobBuiltins, bytes) {
  auto get = [this](int64_t i) -> Make {
    return [=, this] { return call(Id::BlobGetUint8, {}, {lit(L, "0x00ff7f"), num(i)}); };
  };
  expect_all({
      {"size", bytes(Id::BlobSize, "0x00ff7f"), "3"},
      {"size of nothing", bytes(Id::BlobSize, "0x"), "0"},
      {"first", get(0), "0"},
      {"second", get(1), "255"},
      {"beyond", get(3), "error: Blob index 3 out of bounds"},
      {"negative", get(-1), "error: Blob index -1 out of bounds"},
      {"far", get(INT64_MAX), "error: Blob index 9223372036854775807 out of bounds"},
  });
}

TEST_F(BlobBuiltins, utf8_is_strict_and_drops_one_mark) {
  const char* k_error = "error: Blob is not valid UTF-8";
  expect_all({
      {"text", bytes(Id::BlobDecodeUtf8, "0x61c3a9f09f9880"), "aé😀"},
      {"nothing", bytes(Id::BlobDecodeUtf8, "0x"), ""},
      {"mark", bytes(Id::BlobDecodeUtf8, "0xefbbbf61"), "a"},
      {"two marks", bytes(Id::BlobDecodeUtf8, "0xefbbbfefbbbf61"), "\ufeffa"},
      {"truncated", bytes(Id::BlobDecodeUtf8, "0x61c3"), k_error},
      {"overlong", bytes(Id::BlobDecodeUtf8, "0xc080"), k_error},
      {"surrogate", bytes(Id::BlobDecodeUtf8, "0xeda080"), k_error},
      {"beyond unicode", bytes(Id::BlobDecodeUtf8, "0xf4908080"), k_error},
  });
}

TEST_F(BlobBuiltins, utf16_goes_by_its_mark) {
  const char* k_error = "error: Blob is not valid UTF-16";
  expect_all({
      {"little-endian without mark", bytes(Id::BlobDecodeUtf16, "0x6100e9003dd800de"), "aé😀"},
      {"little-endian", bytes(Id::BlobDecodeUtf16, "0xfffe6100"), "a"},
      {"big-endian", bytes(Id::BlobDecodeUtf16, "0xfeff0061d83dde00"), "a😀"},
      {"nothing", bytes(Id::BlobDecodeUtf16, "0x"), ""},
      {"one mark only", bytes(Id::BlobDecodeUtf16, "0xfffefffe"), "\ufeff"},
      {"odd", bytes(Id::BlobDecodeUtf16, "0x610062"), k_error},
      {"high surrogate alone", bytes(Id::BlobDecodeUtf16, "0x3dd86100"), k_error},
      {"high surrogate at the end", bytes(Id::BlobDecodeUtf16, "0x3dd8"), k_error},
      {"low surrogate alone", bytes(Id::BlobDecodeUtf16, "0x00de"), k_error},
  });
}

TEST_F(BlobBuiltins, beast_formats_go_both_ways) {
  const Type* type = types_.dict(S, types_.option(types_.array(F)));
  const char* value = "{\"a\":.none,\"b\":.some [1.5, -0.0]}";
  expect_all({
      {"beast", both_ways(Id::BlobEncodeBeast, Id::BlobDecodeBeast, type, value), value},
      {"beast2", both_ways(Id::BlobEncodeBeast2, Id::BlobDecodeBeast2, type, value), value},
      {"beast2 bytes", encoded(Id::BlobEncodeBeast2, I, "1"), "0x89456173740d0a010802"},
      {"too short", decoded(Id::BlobDecodeBeast, I, "0x010203"),
       "error: Failed to decode Beast data: Data too short for Beast format: 3 bytes"},
      {"other type",
       [&] { return call(Id::BlobDecodeBeast2, {S}, {call(Id::BlobEncodeBeast2, {I}, {num(1)})}); },
       "error: Failed to decode Beast2 data: Type mismatch: expected .String, got .Integer"},
  });
  std::string damaged = result_of(decoded(Id::BlobDecodeBeast2, I, "0x89"));
  EXPECT_TRUE(damaged.starts_with("error: Failed to decode Beast2 data: ")) << damaged;
  // What the first format has no room for.
  EXPECT_TRUE(result_of(encoded(Id::BlobEncodeBeast, types_.ref(I), "&1")).starts_with("error: "));
}

TEST_F(BlobBuiltins, beast2_is_written_in_the_dialect_of_the_program) {
  Heap heap;
  auto program =
      b_.program({}, [&](Parameters) { return call(Id::BlobEncodeBeast2, {S}, {str("")}); });
  program->set_dialect(Dialect::a);
  EXPECT_EQ(text(run(heap, compiled(std::move(program)), {})), "0x89456173740d0a010e00");
  auto newer =
      b_.program({}, [&](Parameters) { return call(Id::BlobEncodeBeast2, {S}, {str("")}); });
  EXPECT_EQ(text(run(heap, compiled(std::move(newer)), {})), "0x89456173740d0a010f00");
}

TEST_F(BlobBuiltins, functions_travel_in_beast2) {
  const Type* function = types_.function({I}, I);
  EXPECT_EQ(result_of([&] {
              return b_.block([&](ir::Statements& s) {
                Var step = s.let(num(5));
                Expr closure = fn({I}, [&](Parameters p) { return add(b_(p[0]), b_(step)); });
                Expr sent = call(Id::BlobEncodeBeast2, {function}, {closure});
                return b_.call(call(Id::BlobDecodeBeast2, {function}, {sent}), {num(2)});
              });
            }),
            "7");
}

TEST_F(BlobBuiltins, csv_decodes) {
  expect_all({
      {"rows", decode_csv(row_, "id,name\r\n1,a\r\n2,\"b,c\"\r\n"),
       "[(id=1, name=\"a\"), (id=2, name=\"b,c\")]"},
      {"other delimiter",
       decode_csv(row_, "id;name\n1;a",
                  "(delimiter=.some \";\", quoteChar=.none, escapeChar=.none, newline=.none, "
                  "hasHeader=.none, "
                  "nullStrings=.none, skipEmptyLines=.none, trimFields=.none, columnMapping=.none, "
                  "strict=.none)"),
       "[(id=1, name=\"a\")]"},
      {"bad number", decode_csv(row_, "id,name\nx,a"),
       "error: Failed to decode CSV data: CSV error: expected integer, got 'x' at row 1, column 0 "
       "(id)"},
      {"missing column", decode_csv(row_, "id\n1"),
       "error: Failed to decode CSV data: CSV error: missing required column 'name'"},
      {"open quote", decode_csv(row_, "id,name\n1,\"a"),
       "error: Failed to decode CSV data: CSV error: unclosed quote at end of file"},
  });
}

TEST_F(BlobBuiltins, csv_encodes) {
  const Type* nested = types_.structure({{"a", types_.array(I)}});
  expect_all({
      {"rows", encode_csv(row_, "[(id=1, name=\"a\"), (id=2, name=\"b,\\\"c\")]"),
       "id,name\r\n1,a\r\n2,\"b,\"\"c\""},
      {"always quoted", encode_csv(row_, "[(id=1, name=\"a\")]", ".some true"),
       "\"id\",\"name\"\r\n\"1\",\"a\""},
  });
  std::string refused = result_of(encode_csv(nested, "[(a=[1])]"));
  EXPECT_TRUE(refused.starts_with("error: Failed to encode CSV data: ")) << refused;
}

}  // namespace
}  // namespace samara::eval
