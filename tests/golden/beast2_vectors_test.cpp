// beast2 against the vectors of the reference implementations: values, types, inputs to refuse, and
// the order of values.

#include <gtest/gtest.h>

#include "tests/golden/vectors.hpp"
#include "tests/support/plain_functions.hpp"
#include "value/beast2.hpp"
#include "value/compare.hpp"
#include "value/text_type.hpp"

namespace samara::golden {
namespace {

struct World {
  TypeTable types;
  Heap heap;
  test::PlainFunctions functions{types, heap};

  const Type* type(const nlohmann::json& text) {
    auto parsed = type_from_text(types, text.get<std::string>());
    EXPECT_TRUE(parsed) << text;
    return parsed.type;
  }
  Beast2Options only(Dialect dialect) {
    Beast2Options options;
    options.functions = &functions;
    options.dialect = dialect;
    options.other_dialect = false;
    options.canonical_only = true;
    return options;
  }
};

template <typename T>
std::string problem(const Result<T>& result) {
  return result ? std::string() : std::string(result.error().message());
}

// Decodes in every way that is offered and expects the same bytes from every encoder.
void expect_round_trip(World& world, const Bytes& full, const Bytes& value, Dialect dialect) {
  Beast2Options options = world.only(dialect);
  auto any = decode_beast2_any(full, world.types, world.heap, options);
  ASSERT_TRUE(any) << problem(any);
  EXPECT_EQ(any->dialect, dialect);
  const Type* type = any->type;
  // Headers of functions alone can be equal in both dialects: then the one asked for comes first.
  Beast2Options either;
  either.dialect = type->is_data() ? Dialect::b : dialect;
  either.functions = &world.functions;
  auto typed = decode_beast2(full, type, world.types, world.heap, either);
  ASSERT_TRUE(typed) << problem(typed);
  auto headerless = decode_beast2_value(value, type, world.heap, options);
  ASSERT_TRUE(headerless) << problem(headerless);
  for (Slot slot : {any->value, *typed, *headerless}) {
    auto full_again = encode_beast2(type, slot, options);
    ASSERT_TRUE(full_again) << problem(full_again);
    EXPECT_EQ(to_hex(*full_again), to_hex(full));
    auto value_again = encode_beast2_value(type, slot, options);
    ASSERT_TRUE(value_again) << problem(value_again);
    EXPECT_EQ(to_hex(*value_again), to_hex(value));
  }
  EXPECT_TRUE(equal(type, any->value, *headerless));
}

TEST(Beast2Vectors, values_round_trip_in_both_dialects) {
  auto document = read_vectors("values");
  auto deviating = deviations("beast2 values");
  size_t done = 0;
  size_t refused = 0;
  for (const auto& vector : document["vectors"]) {
    auto id = vector["id"].get<std::string>();
    SCOPED_TRACE(id);
    World world;
    if (vector.contains("beast2_error")) {
      const Type* type = world.type(vector["type"]);
      Slot host = Slot::of(world.heap.alloc(16, ObjectKind::host));
      auto encoded = encode_beast2(type, host, world.only(Dialect::a));
      ASSERT_FALSE(encoded);
      EXPECT_EQ(problem(encoded), vector["beast2_error"].get<std::string>());
      refused++;
      continue;
    }
    Bytes full = unhex(vector["beast2"]);
    Bytes value = unhex(vector["beast2_value"]);
    if (deviating.erase(id) != 0) {
      EXPECT_FALSE(decode_beast2_any(full, world.types, world.heap, world.only(Dialect::a)))
          << "does not deviate";
      refused++;
      continue;
    }
    expect_round_trip(world, full, value, Dialect::a);
    if (vector.contains("beast2_tt19")) {
      expect_round_trip(world, unhex(vector["beast2_tt19"]), value, Dialect::b);
    }
    done++;
  }
  EXPECT_TRUE(deviating.empty());
  EXPECT_EQ(done + refused, document["vectors"].size());
}

// The layout of functions in dialect B, with captures.
TEST(Beast2Vectors, functions_of_dialect_b_carry_their_captures) {
  auto document = read_vectors("eastc_only");
  for (const auto& vector : document["functions"]) {
    SCOPED_TRACE(vector["note"].get<std::string>());
    World world;
    const Type* type = world.type(vector["type"]);
    Bytes bytes = unhex(vector["function_beast2_value"]);
    Bytes ir_bytes = unhex(vector["ir_beast2_value"]);
    Beast2Options options = world.only(Dialect::b);
    auto function = decode_beast2_value(bytes, type, world.heap, options);
    ASSERT_TRUE(function) << problem(function);
    auto again = encode_beast2_value(type, *function, options);
    ASSERT_TRUE(again) << problem(again);
    EXPECT_EQ(to_hex(*again), to_hex(bytes));
    auto parts = world.functions.take_apart(*function, Dialect::b);
    ASSERT_TRUE(parts);
    auto ir_again = encode_beast2_value(parts->ir_type, parts->ir, options);
    ASSERT_TRUE(ir_again);
    EXPECT_EQ(to_hex(*ir_again), to_hex(ir_bytes));
    EXPECT_EQ(parts->captures.size(), bytes.size() - ir_bytes.size() - 1);
    for (Slot capture : parts->captures) EXPECT_EQ(capture.integer(), 7);
  }
}

TEST(Beast2Vectors, types_have_the_header_bytes_of_both_dialects) {
  auto document = read_vectors("types");
  for (const auto& entry : document["types"]) {
    SCOPED_TRACE(entry["type"].get<std::string>().substr(0, 200));
    World world;
    const Type* type = world.type(entry["type"]);
    ASSERT_NE(type, nullptr);
    EXPECT_EQ(type->immutable(), entry["immutable"].get<bool>());
    EXPECT_EQ(type->is_data(), entry["data"].get<bool>());
    for (Dialect dialect : {Dialect::a, Dialect::b}) {
      Bytes schema = unhex(entry[dialect == Dialect::a ? "schema" : "schema_tt19"]);
      auto encoded = encode_type(type, dialect);
      ASSERT_TRUE(encoded);
      EXPECT_EQ(to_hex(*encoded), to_hex(schema));
      auto decoded = decode_type(schema, world.types, dialect);
      ASSERT_TRUE(decoded) << problem(decoded);
      EXPECT_EQ(decoded->type, type);
      EXPECT_EQ(decoded->bytes_used, schema.size());
    }
  }
}

TEST(Beast2Vectors, vectors_and_matrices_round_trip) {
  auto document = read_vectors("eastc_only");
  for (const auto& vector : document["vectors"]) {
    SCOPED_TRACE(vector["text"].get<std::string>());
    World world;
    expect_round_trip(world, unhex(vector["beast2_tt19"]), unhex(vector["beast2_value"]),
                      Dialect::b);
    auto type = decode_beast2_any(unhex(vector["beast2_tt19"]), world.types, world.heap);
    ASSERT_TRUE(type);
    EXPECT_EQ(type->type, world.type(vector["type"]));
    EXPECT_FALSE(encode_type(type->type, Dialect::a));
  }
}

// What the decoder must do with an input, and the message of the reference where it refuses too.
TEST(Beast2Vectors, inputs_to_judge_are_judged) {
  auto deviating = deviations("beast2 invalid messages");
  size_t judged = 0;
  auto document = read_vectors("invalid");
  for (const auto& entry : document["cases"]) {
    auto format = entry["format"].get<std::string>();
    if (!format.starts_with("beast2")) continue;
    auto id = entry["id"].get<std::string>();
    SCOPED_TRACE(id + " " + entry["note"].get<std::string>());
    World world;
    const Type* type = world.type(entry["type"]);
    ASSERT_NE(type, nullptr);
    Bytes input = unhex(entry["input"]);
    Beast2Options options;
    options.dialect = Dialect::a;
    auto decode = [&](Heap& heap) -> Result<Slot> {
      if (format == "beast2_value") return decode_beast2_value(input, type, heap, options);
      if (format == "beast2") return decode_beast2(input, type, world.types, heap, options);
      SAMARA_TRY(TypedValue any, decode_beast2_any(input, world.types, heap, options));
      return any.value;
    };
    auto result = decode(world.heap);
    auto must = entry["decoder_must"].get<std::string>();
    if (must == "reject") {
      ASSERT_FALSE(result);
      if (entry.contains("error")) {
        bool same = problem(result) == entry["error"].get<std::string>();
        bool listed = deviating.erase(id) != 0;
        EXPECT_NE(same, listed) << problem(result) << " / " << entry["error"];
      }
    } else if (must == "limit") {
      Heap small({.limit_bytes = 64 * 1024});
      auto limited = decode(small);
      ASSERT_FALSE(limited);
      EXPECT_EQ(limited.error().code, Code::exhausted);
    } else {
      EXPECT_TRUE(must == "accept" || must == "either" || must == "accept as NaN") << must;
      EXPECT_TRUE(result) << problem(result);
    }
    judged++;
  }
  EXPECT_EQ(judged, 61U);
  EXPECT_TRUE(deviating.empty());
}

TEST(Beast2Vectors, values_compare_as_listed) {
  size_t without_bytes = 0;
  auto document = read_vectors("ordering");
  auto deviating = deviations("beast2 ordering");
  size_t index = 0;
  for (const auto& entry : document["cases"]) {
    SCOPED_TRACE(
        entry.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).substr(0, 300));
    auto id = std::to_string(index++);
    if (!entry.contains("a_hex")) {
      without_bytes++;
      continue;
    }
    World world;
    const Type* type = world.type(entry["type"]);
    ASSERT_NE(type, nullptr);
    auto a = decode_beast2_value(unhex(entry["a_hex"]), type, world.heap);
    auto b = decode_beast2_value(unhex(entry["b_hex"]), type, world.heap);
    ASSERT_TRUE(a) << problem(a);
    ASSERT_TRUE(b) << problem(b);
    // The strings of the one case that deviates are in the opposite order.
    int expected = deviating.erase(id) != 0 ? -entry["cmp"].get<int>() : entry["cmp"].get<int>();
    EXPECT_EQ(compare(type, *a, *b), expected);
    EXPECT_EQ(compare(type, *b, *a), -expected);
    EXPECT_EQ(equal(type, *a, *b), entry["equal"].get<bool>());
    // Containers that are the same are one object, listed twice.
    bool one_object = entry["is"].get<bool>() && !type->immutable();
    EXPECT_EQ(is_same(type, *a, one_object ? *a : *b), entry["is"].get<bool>());
    if (one_object) {
      EXPECT_FALSE(is_same(type, *a, *b));
    }
  }
  EXPECT_TRUE(deviating.empty());
  EXPECT_EQ(without_bytes, 2U);  // one pair of functions, and Never, which has no values
}

}  // namespace
}  // namespace samara::golden
