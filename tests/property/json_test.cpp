// East JSON: whatever is written reads back as the same value with the same sharing, and no bytes
// harm the reader.

#include <gtest/gtest.h>

#include "tests/property/value_generator.hpp"

#include <algorithm>
#include "value/beast2.hpp"
#include "value/compare.hpp"
#include "value/json.hpp"

namespace samara {
namespace {

using property::ValueGenerator;

constexpr uint64_t k_rounds = 10'000;

TEST(JsonProperty, written_values_read_back_with_their_sharing) {
  TypeTable types;
  for (uint64_t i = 0; i < k_rounds; i++) {
    uint64_t seed = property::base_seed() + i;
    SCOPED_TRACE("SAMARA_SEED=" + std::to_string(seed));
    Heap heap;
    ValueGenerator random(seed, types, heap);
    const Type* type = random.type();
    Slot value = random.value(type);
    auto json = print_json(type, value);
    ASSERT_TRUE(json) << json.error().message();
    JsonResult back = parse_json(type, *json, heap);
    ASSERT_TRUE(back) << back.error->message << "\n" << *json;
    EXPECT_TRUE(equal(type, value, back.value)) << *json;
    EXPECT_EQ(*print_json(type, back.value), *json);
    auto bytes = encode_beast2_value(type, value);
    ASSERT_TRUE(bytes) << bytes.error().message();
    auto bytes_back = encode_beast2_value(type, back.value);
    ASSERT_TRUE(bytes_back);
    EXPECT_EQ(*bytes, *bytes_back) << *json;
  }
}

TEST(JsonProperty, damaged_json_is_refused_or_read_but_never_harmful) {
  static const std::string k_pieces[] = {
      "\"",   "[", "]", "{", "}", ",", ":",  "\\u",  "\\ud800",
      "null", "1", "-", "e", ".", " ", "\\", "\x80", "{\"$ref\":\"1#\"}"};
  TypeTable types;
  size_t refused = 0;
  for (uint64_t i = 0; i < k_rounds; i++) {
    uint64_t seed = property::base_seed() + i;
    SCOPED_TRACE("SAMARA_SEED=" + std::to_string(seed));
    Heap heap;
    ValueGenerator random(seed, types, heap);
    const Type* type = random.type();
    std::string json = *print_json(type, random.value(type));
    for (uint64_t n = random.below(3); n < 3; n++) {
      size_t at = random.below(json.size() + 1);
      if (random.chance(2) && at < json.size()) json.erase(at, 1 + random.below(4));
      if (random.chance(2)) json.insert(std::min(at, json.size()), k_pieces[random.below(18)]);
    }
    JsonResult read = parse_json(type, json, heap);
    if (read) {
      ASSERT_TRUE(print_json(type, read.value));
    } else {
      refused++;
      EXPECT_FALSE(read.error->reason.empty());
      EXPECT_LE(read.error->offset, json.size());
    }
    // A document of one type under the direction of another.
    JsonResult other = parse_json(random.type(), json, heap);
    EXPECT_TRUE(other || !other.error->message.empty());
  }
  EXPECT_GT(refused, k_rounds / 4);
}

}  // namespace
}  // namespace samara
