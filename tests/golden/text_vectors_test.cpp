// East text against the reference's vectors: values, non-canonical spellings and errors.

#include "tests/golden/golden.hpp"
#include "value/beast2.hpp"
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

// A value for types that cannot be parsed: enough to print function types.
Slot placeholder(Heap& heap, const Type* type) {
  if (!type->is(Kind::struct_)) return Slot::null();
  return Slot::of(heap.new_fields(type->arity()));
}

// The value read from text is that of the vector's bytes.
void expect_same_value(const Json& vector, const Type* type, Slot value, const std::string& text,
                       Heap& heap) {
  static const std::set<std::string> k_refused = golden::deviations("beast2 values");
  if (k_refused.count(vector["id"].get<std::string>()) != 0) return;
  Bytes bytes = golden::unhex(vector["beast2_value"]);
  auto decoded = decode_beast2_value(bytes, type, heap);
  ASSERT_TRUE(decoded) << vector["id"];
  EXPECT_EQ(*print_text(type, *decoded), text) << vector["id"];
  auto encoded = encode_beast2_value(type, value);
  ASSERT_TRUE(encoded) << vector["id"];
  EXPECT_EQ(to_hex(*encoded), to_hex(bytes)) << vector["id"];
}

TEST(TextVectors, values_print_as_the_reference_and_read_back) {
  TypeTable types;
  golden::Deviations deviations("text values");
  Json vectors = golden::cases_of("values");
  ASSERT_GT(vectors.size(), 270U);
  for (const Json& vector : vectors) {
    std::string id = vector["id"];
    Heap heap;
    const Type* type = type_of(types, vector);
    ASSERT_NE(type, nullptr) << id;
    EXPECT_EQ(type_to_text(type), vector["type"].get<std::string>()) << id;
    std::string text = vector["text"];
    TextOptions options;
    if (auto other = deviations.find(id)) {
      if (other->is_null()) {
        EXPECT_FALSE(parse_text(type, text, heap, {.json_escapes = true})) << id;
        continue;
      }
      // The reference's own spelling of a control character is understood on request.
      ParseResult lenient = parse_text(type, text, heap, {.json_escapes = true});
      text = *other;
      if (lenient) {
        EXPECT_EQ(*print_text(type, lenient.value), text) << id;
      }
    }
    Slot value;
    if (type->is_data()) {
      ParseResult parsed = parse_text(type, text, heap, options);
      ASSERT_TRUE(parsed) << id << " " << parsed.error->message;
      value = parsed.value;
    } else {
      EXPECT_FALSE(parse_text(type, text, heap)) << id;
      value = placeholder(heap, type);
    }
    auto printed = print_text(type, value);
    ASSERT_TRUE(printed) << id;
    EXPECT_EQ(*printed, text) << id;
    if (type->is_data()) expect_same_value(vector, type, value, text, heap);
  }
}

TEST(TextVectors, non_canonical_text_reads_as_its_canonical_form) {
  TypeTable types;
  golden::Deviations deviations("text lenient");
  Json vectors = golden::cases_of("text_lenient");
  ASSERT_EQ(vectors.size(), 46U);
  for (size_t i = 0; i < vectors.size(); i++) {
    const Json& vector = vectors[i];
    Heap heap;
    const Type* type = type_of(types, vector);
    ParseResult parsed = parse_text(type, vector["input"].get<std::string>(), heap);
    ASSERT_TRUE(parsed) << i << " " << parsed.error->message;
    auto printed = print_text(type, parsed.value);
    ASSERT_TRUE(printed);
    auto other = deviations.find(golden::case_name(vector, i));
    EXPECT_EQ(*printed, (other ? *other : vector["canonical"]).get<std::string>()) << i;
    auto encoded = encode_beast2_value(type, parsed.value);
    ASSERT_TRUE(encoded) << i;
    EXPECT_EQ(to_hex(*encoded), vector["beast2_value"].get<std::string>()) << i;
  }
}

TEST(TextVectors, errors_have_the_reference_message_and_position) {
  TypeTable types;
  golden::Deviations deviations("text invalid");
  size_t count = 0;
  for (const Json& vector : golden::cases_of("invalid")) {
    if (vector["format"] != "text") continue;
    count++;
    std::string id = vector["id"];
    Heap heap;
    const Type* type = type_of(types, vector);
    ParseResult parsed = parse_text(type, vector["input"].get<std::string>(), heap);
    auto other = deviations.find(id);
    if (vector["reference"] == "accepts" && !other) {
      ASSERT_TRUE(parsed) << id << " " << parsed.error->message;
      EXPECT_EQ(*print_text(type, parsed.value), vector["value"].get<std::string>()) << id;
      continue;
    }
    ASSERT_FALSE(parsed) << id;
    EXPECT_EQ(parsed.error->message, (other ? *other : vector["error"]).get<std::string>()) << id;
    if (vector.contains("position")) {
      EXPECT_EQ(parsed.error->position, vector["position"].get<size_t>()) << id;
    }
  }
  EXPECT_EQ(count, 65U);
}

}  // namespace
}  // namespace samara
