// DateTime formats against the reference's vectors: tokens, printing and reading.

#include "core/result.hpp"
#include "tests/golden/golden.hpp"
#include "value/datetime_format.hpp"
#include "value/text.hpp"

namespace samara {
namespace {

using golden::Json;

// Tokens as the vectors write them: a name, or ["literal", text].
Json tokens_of(const DateFormat& format, const Type* type) {
  Json out = Json::array();
  for (const DateFormatToken& token : format) {
    std::string name(type->name(static_cast<uint32_t>(token.kind)));
    if (token.kind == DateToken::literal) {
      out.push_back(Json::array({name, token.literal}));
    } else {
      out.push_back(name);
    }
  }
  return out;
}

TEST(DateTimeFormatVectors, formats_are_tokenised_and_judged_as_by_the_reference) {
  TypeTable types;
  const Type* type = datetime_token_type(types);
  size_t count = 0;
  for (const Json& vector : golden::cases_of("datetime_format")) {
    if (vector["op"] != "tokenize") continue;
    count++;
    SCOPED_TRACE(vector["format"].get<std::string>());
    DateFormat format = tokenize_datetime_format(vector["format"].get<std::string>());
    EXPECT_EQ(tokens_of(format, type), vector["tokens"]);
    EXPECT_EQ(datetime_format_to_text(format), vector["canonical"].get<std::string>());
    Heap heap;
    Slot value = datetime_format_to_value(heap, format);
    EXPECT_EQ(tokens_of(datetime_format_from_value(value), type), vector["tokens"]);
    auto valid = validate_datetime_format(format);
    EXPECT_EQ(valid.has_value(), vector["valid"]["valid"].get<bool>());
    if (!valid) {
      EXPECT_EQ(valid.error().message(), vector["valid"]["error"].get<std::string>());
    }
  }
  EXPECT_EQ(count, 34U);
}

TEST(DateTimeFormatVectors, instants_print_as_by_the_reference) {
  size_t count = 0;
  for (const Json& vector : golden::cases_of("datetime_format")) {
    if (vector["op"] != "print") continue;
    count++;
    int64_t ms = std::stoll(vector["ms"].get<std::string>());
    DateFormat format = tokenize_datetime_format(vector["format"].get<std::string>());
    std::string text;
    append_datetime_formatted(text, ms, format);
    EXPECT_EQ(text, vector["output"].get<std::string>());
    Heap heap;
    std::string from_value;
    append_datetime_formatted(from_value, ms, datetime_format_to_value(heap, format));
    EXPECT_EQ(from_value, text);
  }
  EXPECT_EQ(count, 30U);
}

TEST(DateTimeFormatVectors, text_reads_as_by_the_reference) {
  golden::Deviations deviations("datetime parse");
  Json vectors = golden::cases_of("datetime_format");
  size_t count = 0;
  for (size_t i = 0; i < vectors.size(); i++) {
    const Json& vector = vectors[i];
    if (vector["op"] != "parse") continue;
    count++;
    std::string input = vector["input"];
    SCOPED_TRACE(vector["format"].get<std::string>() + " <- " + input);
    DateFormat format = tokenize_datetime_format(vector["format"].get<std::string>());
    DateParseResult read = parse_datetime_formatted(input, format);
    if (auto other = deviations.find(std::to_string(i))) {
      EXPECT_TRUE(read.ok) << read.message;
      EXPECT_EQ(std::to_string(read.ms), other->get<std::string>());
      continue;
    }
    ASSERT_EQ(read.ok, vector["ok"].get<bool>()) << read.message;
    if (read.ok) {
      EXPECT_EQ(std::to_string(read.ms), vector["ms"].get<std::string>());
    } else {
      EXPECT_EQ(read.message, vector["error"].get<std::string>());
      EXPECT_EQ(read.position, vector["position"].get<size_t>());
    }
  }
  EXPECT_EQ(count, 55U);
}

}  // namespace
}  // namespace samara
