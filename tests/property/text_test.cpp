// East text: whatever is printed reads back as the same value with the same sharing, and no bytes
// harm the readers.

#include <gtest/gtest.h>

#include "tests/property/value_generator.hpp"

#include <algorithm>
#include "value/beast2.hpp"
#include "value/compare.hpp"
#include "value/text.hpp"
#include "value/text_infer.hpp"
#include "value/text_type.hpp"

namespace samara {
namespace {

using property::ValueGenerator;

constexpr uint64_t k_rounds = 10'000;

TEST(TextProperty, printed_values_read_back_with_their_sharing) {
  TypeTable types;
  for (uint64_t i = 0; i < k_rounds; i++) {
    uint64_t seed = property::base_seed() + i;
    SCOPED_TRACE("SAMARA_SEED=" + std::to_string(seed));
    Heap heap;
    ValueGenerator random(seed, types, heap);
    const Type* type = random.type();
    Slot value = random.value(type);
    auto text = print_text(type, value);
    ASSERT_TRUE(text) << text.error().message();
    ParseResult back = parse_text(type, *text, heap);
    ASSERT_TRUE(back) << back.error->message << "\n" << *text;
    EXPECT_TRUE(equal(type, value, back.value)) << *text;
    EXPECT_EQ(*print_text(type, back.value), *text);
    auto bytes = encode_beast2_value(type, value);
    ASSERT_TRUE(bytes) << bytes.error().message();
    auto bytes_back = encode_beast2_value(type, back.value);
    ASSERT_TRUE(bytes_back);
    EXPECT_EQ(*bytes, *bytes_back) << *text;
  }
}

TEST(TextProperty, printed_types_read_back_as_the_same_type) {
  TypeTable types;
  Heap heap;
  for (uint64_t i = 0; i < k_rounds; i++) {
    ValueGenerator random(property::base_seed() + i, types, heap);
    const Type* type = random.type(5);
    TypeParseResult back = type_from_text(types, type_to_text(type));
    ASSERT_TRUE(back) << back.error->message << "\n" << type_to_text(type);
    EXPECT_EQ(back.type, type);
  }
}

// Small damage to a valid document gets far into the reader.
std::string damage(ValueGenerator& random, std::string text) {
  static const std::string k_pieces[] = {"\"", "`", "[",  "]",    "{",    "}", "(", ")",
                                         ",",  "=", ".",  "#",    "1#",   "0", "-", "e",
                                         ":",  " ", "\\", "\xC3", "null", "&"};
  for (uint64_t i = random.below(3); i < 3; i++) {
    size_t at = random.below(text.size() + 1);
    if (random.chance(2) && at < text.size()) text.erase(at, 1 + random.below(4));
    if (random.chance(2)) text.insert(std::min(at, text.size()), k_pieces[random.below(22)]);
  }
  return text;
}

TEST(TextProperty, damaged_text_is_refused_or_read_but_never_harmful) {
  TypeTable types;
  size_t refused = 0;
  for (uint64_t i = 0; i < k_rounds; i++) {
    uint64_t seed = property::base_seed() + i;
    SCOPED_TRACE("SAMARA_SEED=" + std::to_string(seed));
    Heap heap;
    ValueGenerator random(seed, types, heap);
    const Type* type = random.type();
    std::string text = damage(random, *print_text(type, random.value(type)));
    ParseResult read = parse_text(type, text, heap, {.frozen = random.chance(2)});
    if (read) {
      ASSERT_TRUE(print_text(type, read.value));
    } else {
      refused++;
      EXPECT_FALSE(read.error->reason.empty());
      EXPECT_LE(read.error->offset, text.size());
      EXPECT_EQ(read.error->message.rfind("Error occurred because ", 0), 0U);
    }
    InferResult guess = infer_text(types, text, heap);
    if (guess) {
      EXPECT_TRUE(print_text(guess.type, guess.value));
    }
    TypeParseResult damaged = type_from_text(types, damage(random, type_to_text(type)));
    if (damaged) {
      EXPECT_TRUE(damaged.type->closed());
    }
  }
  EXPECT_GT(refused, k_rounds / 4);
}

}  // namespace
}  // namespace samara
