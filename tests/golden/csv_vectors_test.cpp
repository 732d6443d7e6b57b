// CSV against the reference's vectors: files both ways, with options, and errors.

#include "core/bytes.hpp"
#include "tests/golden/golden.hpp"
#include "value/csv.hpp"
#include "value/json.hpp"
#include "value/text_type.hpp"

namespace samara {
namespace {

using golden::Json;

CsvDecodeOptions decode_options(const Json& json) {
  CsvDecodeOptions options;
  auto character = [&](const char* name, int& out) {
    if (json.contains(name)) out = json[name].get<std::string>()[0];
  };
  auto flag = [&](const char* name, bool& out) {
    if (json.contains(name)) out = json[name].get<bool>();
  };
  character("delimiter", options.delimiter);
  character("quoteChar", options.quote);
  character("escapeChar", options.escape);
  flag("hasHeader", options.has_header);
  flag("skipEmptyLines", options.skip_empty_lines);
  flag("trimFields", options.trim_fields);
  flag("strict", options.strict);
  if (json.contains("nullStrings")) {
    options.null_strings = json["nullStrings"].get<std::vector<std::string>>();
  }
  if (json.contains("columnMapping")) {
    for (const auto& [from, to] : json["columnMapping"].items()) {
      options.column_mapping.emplace_back(from, to.get<std::string>());
    }
  }
  return options;
}

CsvEncodeOptions encode_options(const Json& json) {
  CsvEncodeOptions options;
  auto text = [&](const char* name, std::string& out) {
    if (json.contains(name)) out = json[name].get<std::string>();
  };
  text("delimiter", options.delimiter);
  text("quoteChar", options.quote);
  text("escapeChar", options.escape);
  text("newline", options.newline);
  text("nullString", options.null_string);
  if (json.contains("includeHeader")) options.include_header = json["includeHeader"].get<bool>();
  if (json.contains("alwaysQuote")) options.always_quote = json["alwaysQuote"].get<bool>();
  return options;
}

TEST(CsvVectors, files_are_written_and_read_as_by_the_reference) {
  TypeTable types;
  golden::Deviations deviations("csv");
  Json vectors = golden::cases_of("csv");
  ASSERT_EQ(vectors.size(), 55U);
  for (size_t i = 0; i < vectors.size(); i++) {
    const Json& vector = vectors[i];
    SCOPED_TRACE(vector.dump());
    Heap heap;
    TypeParseResult row = type_from_text(types, vector["struct"].get<std::string>());
    ASSERT_TRUE(row);
    const Type* rows_type = types.array(row.type);
    auto other = deviations.find(std::to_string(i));
    std::string error = vector.value("error", "");
    if (other) error = other->get<std::string>();

    if (vector["op"] == "encode") {
      JsonResult rows = parse_json(rows_type, vector["rows"].get<std::string>(), heap);
      ASSERT_TRUE(rows);
      auto csv = encode_csv(rows_type, rows.value, encode_options(vector["options"]));
      ASSERT_EQ(csv.has_value(), error.empty());
      if (csv) {
        EXPECT_EQ(*csv, vector["csv"].get<std::string>());
      } else {
        EXPECT_EQ(csv.error().message(), error);
      }
      continue;
    }
    Bytes input;
    if (vector.contains("input_hex")) {
      input = *from_hex(vector["input_hex"].get<std::string>());
    } else {
      std::string text = vector["input"];
      input.assign(text.begin(), text.end());
    }
    auto rows = decode_csv(row.type, input, decode_options(vector["options"]), heap);
    ASSERT_EQ(rows.has_value(), error.empty());
    if (rows) {
      EXPECT_EQ(*print_json(rows_type, *rows), vector["rows"].get<std::string>());
    } else {
      EXPECT_EQ(rows.error().message(), error);
    }
  }
}

}  // namespace
}  // namespace samara
