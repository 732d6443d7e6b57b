// Laws of Beast v1 on random types and values, and on random damage. The seed is printed with a
// failure and taken from SAMARA_SEED.

#include <gtest/gtest.h>

#include "tests/support/random_values.hpp"
#include "value/beast1.hpp"
#include "value/compare.hpp"
#include "value/text_type.hpp"

namespace samara::test {
namespace {

constexpr RandomTypeOptions k_types = {.refs = false, .packed = false, .nul_free = true};

template <typename T>
std::string problem(const Result<T>& result) {
  return result ? std::string() : std::string(result.error().message());
}

TEST(Beast1Property, decoding_an_encoding_gives_an_equal_value) {
  uint64_t seed = seed_of_run(30);
  for (uint64_t round = 0; round < 3000; round++) {
    SCOPED_TRACE("SAMARA_SEED=" + std::to_string(seed) + ", round " + std::to_string(round));
    Random random(seed * 1'000'003 + round);
    TypeTable types;
    Heap heap;
    const Type* type = random_type(random, types, k_types);
    Slot value = RandomValues(random, heap, true).value(type);
    auto bytes = encode_beast1(type, value);
    ASSERT_TRUE(bytes) << problem(bytes);
    auto any = decode_beast1_any(*bytes, types, heap);
    ASSERT_TRUE(any) << problem(any) << " " << type_to_text_short(type);
    EXPECT_EQ(any->type, type);
    EXPECT_TRUE(equal(type, any->value, value)) << type_to_text_short(type);
    auto again = encode_beast1(type, any->value);
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, *bytes);
  }
}

TEST(Beast1Property, damaged_bytes_are_refused_or_mean_a_value) {
  uint64_t seed = seed_of_run(31);
  size_t accepted = 0;
  for (uint64_t round = 0; round < 6000; round++) {
    SCOPED_TRACE("SAMARA_SEED=" + std::to_string(seed) + ", round " + std::to_string(round));
    Random random(seed * 1'000'003 + round);
    TypeTable types;
    Heap heap;
    const Type* type = random_type(random, types, k_types);
    Slot value = RandomValues(random, heap, true).value(type);
    auto bytes = encode_beast1(type, value);
    ASSERT_TRUE(bytes);
    for (uint64_t n = 1 + random.below(3); n > 0; n--) {
      (*bytes)[random.below(bytes->size())] =
          static_cast<uint8_t>(random.next() >> random.below(8));
    }
    auto any = decode_beast1_any(*bytes, types, heap);
    if (!any) continue;
    accepted++;
    auto again = encode_beast1(any->type, any->value);
    ASSERT_TRUE(again) << problem(again);
    auto value_again = decode_beast1(*again, any->type, types, heap);
    ASSERT_TRUE(value_again) << problem(value_again);
    EXPECT_TRUE(equal(any->type, *value_again, any->value));
  }
  EXPECT_GT(accepted, 100U);
}

}  // namespace
}  // namespace samara::test
