// Types against the reference's vectors: text, JSON form, default values, relations, inference.

#include "core/result.hpp"
#include "tests/golden/golden.hpp"
#include "value/default_value.hpp"
#include "value/json.hpp"
#include "value/text.hpp"
#include "value/text_infer.hpp"
#include "value/text_type.hpp"
#include "value/type_relations.hpp"
#include "value/type_value.hpp"

namespace samara {
namespace {

using golden::Json;

const Type* parse(TypeTable& types, const Json& text) {
  TypeParseResult type = type_from_text(types, text.get<std::string>());
  EXPECT_TRUE(type) << text << (type ? "" : type.error->message);
  return type.type;
}

TEST(TypesVectors, types_read_and_print_and_have_the_reference_default) {
  TypeTable types;
  Json vectors = golden::cases_of("types");
  ASSERT_EQ(vectors.size(), 48U);
  for (const Json& vector : vectors) {
    SCOPED_TRACE(vector["type"].get<std::string>());
    const Type* type = parse(types, vector["type"]);
    ASSERT_NE(type, nullptr);
    EXPECT_EQ(type_to_text(type), vector["type"].get<std::string>());
    EXPECT_EQ(type->immutable(), vector["immutable"].get<bool>());
    EXPECT_EQ(type->is_data(), vector["data"].get<bool>());
    Heap heap;
    TypeValueCache cache;
    const Type* type_of_types = type_type(types, Dialect::a);
    Slot as_value = type_to_value(heap, type, Dialect::a, cache);
    JsonResult from_json = parse_json(type_of_types, vector["type_json"].get<std::string>(), heap);
    ASSERT_TRUE(from_json) << from_json.error->message;
    EXPECT_EQ(*print_json(type_of_types, from_json.value), vector["type_json"].get<std::string>());
    EXPECT_EQ(*type_from_value(types, from_json.value, Dialect::a), type);
    // A type is also a document of the type of types; sharing may make it shorter.
    ParseResult from_text = parse_text(type_of_types, *print_text(type_of_types, as_value), heap);
    ASSERT_TRUE(from_text) << from_text.error->message;
    EXPECT_EQ(*type_from_value(types, from_text.value, Dialect::a), type);
    TypeParseResult shared = type_from_text(types, *print_text(type_of_types, as_value));
    ASSERT_TRUE(shared) << shared.error->message;
    EXPECT_EQ(shared.type, type);

    auto value = default_value(type, heap);
    ASSERT_EQ(value.has_value(), vector.contains("default"));
    if (value) {
      EXPECT_EQ(*print_text(type, *value), vector["default"].get<std::string>());
    } else {
      EXPECT_EQ(value.error().message(), vector["default_error"].get<std::string>());
    }
  }
}

void expect_combined(const Result<const Type*>& result, const Json& vector, const char* key) {
  if (vector[key].is_null()) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().message(), vector[std::string(key) + "_error"].get<std::string>());
  } else {
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_EQ(type_to_text(*result), vector[key].get<std::string>());
  }
}

TEST(TypesVectors, relations_hold_as_in_the_reference) {
  TypeTable types;
  golden::Deviations deviations("type relations");
  Json vectors = golden::cases_of("type_relations");
  ASSERT_EQ(vectors.size(), 25U);
  for (size_t i = 0; i < vectors.size(); i++) {
    Json vector = vectors[i];
    SCOPED_TRACE(std::to_string(i) + vector.dump());
    const Type* a = parse(types, vector["a"]);
    const Type* b = parse(types, vector["b"]);
    EXPECT_EQ(equal_modulo_unfolding(a, b), vector["equal"].get<bool>());
    EXPECT_EQ(is_subtype(a, b), vector["a_subtype_of_b"].get<bool>());
    if (auto other = deviations.find(std::to_string(i))) {
      vector["union"] = *other;
      vector["intersect"] = *other;
    }
    expect_combined(type_union(types, a, b), vector, "union");
    expect_combined(type_intersection(types, a, b), vector, "intersect");
  }
}

TEST(TypesVectors, types_follow_from_text_as_in_the_reference) {
  TypeTable types;
  Json vectors = golden::cases_of("text_inferred");
  ASSERT_EQ(vectors.size(), 29U);
  for (const Json& vector : vectors) {
    SCOPED_TRACE(vector.dump());
    Heap heap;
    InferResult result = infer_text(types, vector["input"].get<std::string>(), heap);
    ASSERT_EQ(static_cast<bool>(result), vector["ok"].get<bool>());
    if (result) {
      EXPECT_EQ(type_to_text(result.type), vector["type"].get<std::string>());
      EXPECT_TRUE(print_text(result.type, result.value));
    } else {
      EXPECT_EQ(result.error->message, vector["error"].get<std::string>());
    }
  }
}

}  // namespace
}  // namespace samara
