// Beast v1 against the vectors of the reference implementation.

#include <gtest/gtest.h>

#include "tests/golden/vectors.hpp"
#include "value/beast1.hpp"
#include "value/compare.hpp"
#include "value/text.hpp"
#include "value/text_type.hpp"

namespace samara::golden {
namespace {

template <typename T>
std::string problem(const Result<T>& result) {
  return result ? std::string() : std::string(result.error().message());
}

TEST(Beast1Vectors, values_have_the_bytes_listed_and_read_back) {
  auto document = read_vectors("beast1");
  auto deviating = deviations("beast1 values");
  size_t index = 0;
  for (const auto& vector : document["vectors"]) {
    auto id = std::to_string(index++);
    SCOPED_TRACE(id + " " + vector["text"].get<std::string>());
    TypeTable types;
    Heap heap;
    auto parsed = type_from_text(types, vector["type"].get<std::string>());
    ASSERT_TRUE(parsed);
    const Type* type = parsed.type;
    if (vector.contains("error")) {
      // The type is refused before its value is looked at.
      auto encoded = encode_beast1(type, Slot::null());
      ASSERT_FALSE(encoded);
      EXPECT_EQ(problem(encoded), vector["error"].get<std::string>());
      EXPECT_FALSE(decode_beast1_value({}, type, heap));
      continue;
    }
    Bytes full = unhex(vector["beast1"]);
    auto any = decode_beast1_any(full, types, heap);
    if (deviating.erase(id) != 0) {
      EXPECT_FALSE(any) << "does not deviate";
      continue;
    }
    ASSERT_TRUE(any) << problem(any);
    EXPECT_EQ(any->type, type);
    auto typed = decode_beast1(full, type, types, heap);
    ASSERT_TRUE(typed) << problem(typed);
    auto text = print_text(type, *typed);
    ASSERT_TRUE(text) << problem(text);
    EXPECT_EQ(*text, vector["text"].get<std::string>());
    auto again = encode_beast1(type, *typed);
    ASSERT_TRUE(again) << problem(again);
    if (!vector.contains("beast1_value")) {
      // The nullable flag is read and never written.
      EXPECT_NE(to_hex(*again), to_hex(full));
      continue;
    }
    EXPECT_EQ(to_hex(*again), to_hex(full));
    Bytes value = unhex(vector["beast1_value"]);
    auto value_again = encode_beast1_value(type, *typed);
    ASSERT_TRUE(value_again);
    EXPECT_EQ(to_hex(*value_again), to_hex(value));
    auto headerless = decode_beast1_value(value, type, heap);
    ASSERT_TRUE(headerless) << problem(headerless);
    EXPECT_TRUE(equal(type, *headerless, *typed));
  }
  EXPECT_EQ(index, 39U);
  EXPECT_TRUE(deviating.empty());
}

}  // namespace
}  // namespace samara::golden
