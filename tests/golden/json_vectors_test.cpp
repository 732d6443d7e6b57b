// East JSON against the reference's vectors: values both ways, and errors.

#include "tests/golden/golden.hpp"
#include "value/beast2.hpp"
#include "value/json.hpp"
#include "value/text.hpp"
#include "value/text_type.hpp"

namespace samara {
namespace {

using golden::Json;

const Type* type_of(TypeTable& types, const Json& vector) {
  TypeParseResult type = type_from_text(types, vector["type"].get<std::string>());
  EXPECT_TRUE(type) << vector["type"] << (type ? "" : type.error->message);
  return type.type;
}

TEST(JsonVectors, values_have_the_reference_json_and_read_back) {
  TypeTable types;
  golden::Deviations deviations("json values");
  size_t count = 0;
  for (const Json& vector : golden::cases_of("values")) {
    if (!vector.contains("json")) continue;
    std::string id = vector["id"];
    Heap heap;
    const Type* type = type_of(types, vector);
    std::string json = vector["json"];
    auto other = deviations.find(id);
    if (other && other->is_null()) {
      EXPECT_FALSE(parse_json(type, json, heap)) << id;
      continue;
    }
    if (other) json = *other;
    JsonResult parsed = parse_json(type, json, heap);
    ASSERT_TRUE(parsed) << id << " " << parsed.error->message;
    auto printed = print_json(type, parsed.value);
    ASSERT_TRUE(printed) << id;
    EXPECT_EQ(*printed, json) << id;

    // The same value by way of its text.
    auto text = print_text(type, parsed.value);
    ASSERT_TRUE(text) << id;
    ParseResult reread = parse_text(type, *text, heap);
    ASSERT_TRUE(reread) << id << " " << reread.error->message;
    EXPECT_EQ(*print_json(type, reread.value), json) << id;
    if (!vector.contains("text_reparse_error") && !other) {
      EXPECT_EQ(*text, vector["text"].get<std::string>()) << id;
    }
    // And the value is that of the vector's bytes.
    if (golden::deviations("beast2 values").count(id) == 0) {
      Bytes bytes = golden::unhex(vector["beast2_value"]);
      auto decoded = decode_beast2_value(bytes, type, heap);
      ASSERT_TRUE(decoded) << id;
      EXPECT_EQ(*print_json(type, *decoded), json) << id;
      EXPECT_EQ(to_hex(*encode_beast2_value(type, parsed.value)), to_hex(bytes)) << id;
    }
    count++;
  }
  EXPECT_GT(count, 230U);
}

TEST(JsonVectors, errors_have_the_reference_message) {
  TypeTable types;
  golden::Deviations deviations("json invalid");
  size_t count = 0;
  for (const Json& vector : golden::cases_of("invalid")) {
    if (vector["format"] != "json") continue;
    count++;
    std::string id = vector["id"];
    Heap heap;
    const Type* type = type_of(types, vector);
    JsonResult parsed = parse_json(type, vector["input"].get<std::string>(), heap);
    auto other = deviations.find(id);
    if (vector["reference"] == "accepts" && !other) {
      ASSERT_TRUE(parsed) << id << " " << parsed.error->message;
      EXPECT_EQ(*print_text(type, parsed.value), vector["value"].get<std::string>()) << id;
      continue;
    }
    ASSERT_FALSE(parsed) << id;
    EXPECT_EQ(parsed.error->message, (other ? *other : vector["error"]).get<std::string>()) << id;
  }
  EXPECT_EQ(count, 57U);
}

TEST(JsonVectors, vectors_and_matrices_have_json_and_text) {
  TypeTable types;
  for (const Json& vector : golden::cases_of("eastc_only")) {
    Heap heap;
    const Type* type = type_of(types, vector);
    JsonResult parsed = parse_json(type, vector["json"].get<std::string>(), heap);
    ASSERT_TRUE(parsed) << parsed.error->message;
    EXPECT_EQ(*print_json(type, parsed.value), vector["json"].get<std::string>());
    EXPECT_EQ(*print_text(type, parsed.value), vector["text"].get<std::string>());
    ParseResult reread = parse_text(type, vector["text"].get<std::string>(), heap);
    ASSERT_TRUE(reread) << reread.error->message;
    EXPECT_EQ(*print_text(type, reread.value), vector["text"].get<std::string>());
  }
}

}  // namespace
}  // namespace samara
