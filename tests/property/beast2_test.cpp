// Laws of beast2 on random types and values, and on random damage to their encodings. The seed is
// printed with a failure and taken from SAMARA_SEED.

#include <gtest/gtest.h>

#include "tests/support/random_values.hpp"
#include "value/beast2.hpp"
#include "value/compare.hpp"
#include "value/text_type.hpp"
#include "value/type_value.hpp"

namespace samara::test {
namespace {

template <typename T>
std::string problem(const Result<T>& result) {
  return result ? std::string() : std::string(result.error().message());
}

Beast2Options strict(Dialect dialect) {
  Beast2Options options;
  options.dialect = dialect;
  options.other_dialect = false;
  options.canonical_only = true;
  return options;
}

TEST(Beast2Property, decoding_an_encoding_gives_an_equal_value_with_the_same_sharing) {
  uint64_t seed = seed_of_run(20);
  for (uint64_t round = 0; round < 3000; round++) {
    SCOPED_TRACE("SAMARA_SEED=" + std::to_string(seed) + ", round " + std::to_string(round));
    Random random(seed * 1'000'003 + round);
    TypeTable types;
    Heap heap;
    const Type* type = random_type(random, types);
    Slot value = RandomValues(random, heap).value(type);
    for (Dialect dialect : {Dialect::a, Dialect::b}) {
      if (!type_fits(type, dialect)) {
        EXPECT_FALSE(encode_beast2(type, value, strict(dialect)));
        continue;
      }
      auto bytes = encode_beast2(type, value, strict(dialect));
      ASSERT_TRUE(bytes) << problem(bytes);
      auto typed = decode_beast2(*bytes, type, types, heap, strict(dialect));
      ASSERT_TRUE(typed) << problem(typed) << " " << type_to_text_short(type);
      auto any = decode_beast2_any(*bytes, types, heap, strict(dialect));
      ASSERT_TRUE(any) << problem(any);
      EXPECT_EQ(any->type, type);
      for (Slot again : {*typed, any->value}) {
        EXPECT_TRUE(equal(type, again, value)) << type_to_text_short(type);
        EXPECT_EQ(compare(type, again, value), 0);
        // Equal bytes mean equal sharing: marks stand exactly where objects are shared.
        auto bytes_again = encode_beast2(type, again, strict(dialect));
        ASSERT_TRUE(bytes_again);
        EXPECT_EQ(to_hex(*bytes_again), to_hex(*bytes)) << type_to_text_short(type);
      }
    }
  }
}

TEST(Beast2Property, a_type_survives_header_and_value) {
  uint64_t seed = seed_of_run(21);
  for (uint64_t round = 0; round < 3000; round++) {
    SCOPED_TRACE("SAMARA_SEED=" + std::to_string(seed) + ", round " + std::to_string(round));
    Random random(seed * 1'000'003 + round);
    TypeTable types;
    Heap heap;
    const Type* type = random_type(random, types, {.depth_max = 7});
    auto header = encode_type(type, Dialect::b);
    ASSERT_TRUE(header);
    auto decoded = decode_type(*header, types, Dialect::b, 0, true);
    ASSERT_TRUE(decoded) << problem(decoded) << type_to_text_short(type);
    EXPECT_EQ(decoded->type, type);
    TypeValueCache cache(random.one_in(2));
    Slot value = type_to_value(heap, type, Dialect::b, cache);
    const Type* meta = type_type(types, Dialect::b);
    auto bytes = encode_beast2_value(meta, value);
    ASSERT_TRUE(bytes);
    // The encoding of a type value is a header, with references where lists are shared.
    auto from_value = decode_type(*bytes, types, Dialect::b);
    ASSERT_TRUE(from_value) << problem(from_value);
    EXPECT_EQ(from_value->type, type);
  }
}

// Damages a byte, or takes bytes out, or puts some in.
void damage(Bytes& bytes, Random& random) {
  static constexpr uint8_t k_likely[] = {0x00, 0x01, 0x02, 0x7f, 0x80, 0xff};
  for (uint64_t n = 1 + random.below(3); n > 0 && !bytes.empty(); n--) {
    auto at = bytes.begin() + static_cast<std::ptrdiff_t>(random.below(bytes.size()));
    auto byte = random.one_in(2) ? k_likely[random.below(std::size(k_likely))]
                                 : static_cast<uint8_t>(random.next());
    switch (random.below(4)) {
      case 0:
        bytes.erase(at);
        break;
      case 1:
        bytes.insert(at, byte);
        break;
      default:
        *at = byte;
        break;
    }
  }
}

TEST(Beast2Property, damaged_bytes_are_refused_or_mean_a_value) {
  uint64_t seed = seed_of_run(22);
  size_t accepted = 0;
  for (uint64_t round = 0; round < 6000; round++) {
    SCOPED_TRACE("SAMARA_SEED=" + std::to_string(seed) + ", round " + std::to_string(round));
    Random random(seed * 1'000'003 + round);
    TypeTable types;
    Heap heap;
    const Type* type = random_type(random, types);
    Slot value = RandomValues(random, heap).value(type);
    auto bytes = encode_beast2(type, value);
    ASSERT_TRUE(bytes);
    damage(*bytes, random);
    auto lenient = decode_beast2_any(*bytes, types, heap);
    auto canonical = decode_beast2_any(*bytes, types, heap, strict(Dialect::b));
    if (canonical) {
      // Canonical input is the only encoding of what it means.
      accepted++;
      ASSERT_TRUE(lenient);
      auto again = encode_beast2(canonical->type, canonical->value);
      ASSERT_TRUE(again) << problem(again);
      EXPECT_EQ(to_hex(*again), to_hex(*bytes));
    } else if (lenient) {
      Beast2Options options = strict(lenient->dialect);
      auto again = encode_beast2(lenient->type, lenient->value, options);
      ASSERT_TRUE(again) << problem(again);
      EXPECT_TRUE(decode_beast2_any(*again, types, heap, options));
    }
  }
  EXPECT_GT(accepted, 100U);
}

}  // namespace
}  // namespace samara::test
