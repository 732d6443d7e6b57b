#include "value/beast1.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "value/compare.hpp"

namespace samara {
namespace {

class Beast1 : public ::testing::Test {
 protected:
  Bytes hex(std::string_view text) {
    std::string digits;
    for (char c : text) {
      if (c != ' ') digits += c;
    }
    auto bytes = from_hex(digits);
    SAMARA_ASSERT(bytes.has_value());
    return std::move(*bytes);
  }
  void refused(const Type* type, std::string_view text, Code code, uint32_t offset,
               std::string_view message) {
    auto value = decode_beast1_value(hex(text), type, heap);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().message(), message);
    EXPECT_EQ(value.error().code, code);
    EXPECT_EQ(value.error().detail, offset);
  }
  // A self-describing file, magic left out.
  Result<TypedValue> any(std::string_view text) {
    return decode_beast1_any(hex("4561737400ea57ff" + std::string(text)), types, heap);
  }
  void refused_file(std::string_view text, Code code, std::string_view message) {
    auto value = any(text);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().message(), message);
    EXPECT_EQ(value.error().code, code);
  }

  TypeTable types;
  Heap heap;
};

TEST_F(Beast1, bytes_of_scalars_order_like_the_values) {
  const double numbers[] = {-std::numeric_limits<double>::infinity(),
                            -1e300,
                            -1.5,
                            -0.0,
                            0.0,
                            1e-300,
                            2.0,
                            std::numeric_limits<double>::infinity(),
                            std::numeric_limits<double>::quiet_NaN()};
  const int64_t integers[] = {INT64_MIN, -256, -1, 0, 1, 255, 256, INT64_MAX};
  const char* texts[] = {"", "a", "ab", "b", "\xc3\xa9", "\xf0\x9f\x98\x80"};
  std::vector<std::pair<const Type*, std::vector<Slot>>> rows(3);
  rows[0].first = types.float_();
  for (double n : numbers) rows[0].second.push_back(Slot::of(n));
  rows[1].first = types.integer();
  for (int64_t n : integers) rows[1].second.push_back(Slot::of(n));
  rows[2].first = types.string();
  for (const char* t : texts) rows[2].second.push_back(Slot::of(heap.new_text(t)));
  for (const auto& [type, values] : rows) {
    for (size_t i = 1; i < values.size(); i++) {
      auto low = encode_beast1_value(type, values[i - 1]);
      auto high = encode_beast1_value(type, values[i]);
      ASSERT_TRUE(low && high);
      EXPECT_LT(*low, *high);
      auto back = decode_beast1_value(*high, type, heap);
      ASSERT_TRUE(back);
      EXPECT_TRUE(equal(type, *back, values[i]));
    }
  }
}

TEST_F(Beast1, cases_in_the_order_of_the_file_are_mapped_to_the_type) {
  // Variant {some: Integer, none: Null}, value case 0 = some 5.
  auto value = any("0d 01 736f6d6500 06 01 6e6f6e6500 08 00  00 8000000000000005");
  ASSERT_TRUE(value) << std::string(value.error().message());
  EXPECT_EQ(value->type, types.option(types.integer()));
  EXPECT_EQ(case_of(value->value), 1U);
  EXPECT_EQ(payload_of(value->value).integer(), 5);
}

TEST_F(Beast1, the_nullable_flag_gives_an_option_and_is_not_written) {
  auto some = any("80 06  00 01 8000000000000001 00");
  ASSERT_TRUE(some) << std::string(some.error().message());
  EXPECT_EQ(some->type, types.option(types.array(types.integer())));
  EXPECT_EQ(case_of(some->value), 1U);
  auto none = any("80 06  01");
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->value.same_bits(Slot::bare_case(0)));
  auto written = encode_beast1(none->type, none->value);
  ASSERT_TRUE(written);
  EXPECT_EQ((*written)[8], 13);
}

TEST_F(Beast1, types_which_the_format_lacks_are_named) {
  struct Case {
    const Type* type;
    const char* name;
  };
  const Case cases[] = {
      {types.never(), "never"},
      {types.array(types.ref(types.integer())), "ref"},
      {types.array(types.recursive(1)), "recursive"},
      {types.function({}, types.null()), "function"},
      {types.async_function({}, types.null()), "async function"},
      {types.vector(types.float_()), "vector"},
      {types.structure({{"m", types.matrix(types.float_())}}), "matrix"},
  };
  for (const Case& c : cases) {
    auto written = encode_beast1(c.type, Slot::null());
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, Code::unsupported);
    EXPECT_EQ(written.error().message(),
              std::string("Beast v1 format does not support ") + c.name + " types");
    EXPECT_FALSE(encode_beast1_value(c.type, Slot::null()));
    EXPECT_FALSE(decode_beast1_value({}, c.type, heap));
  }
}

TEST_F(Beast1, what_cannot_be_written_is_refused) {
  auto nul = encode_beast1(types.string(), Slot::of(heap.new_text(std::string_view("a\0b", 3))));
  ASSERT_FALSE(nul);
  EXPECT_EQ(nul.error().message(), "Beast v1 format does not support strings with NUL");
  auto name = encode_beast1(types.structure({{std::string_view("a\0", 2), types.null()}}),
                            Slot::of(heap.new_fields(1)));
  ASSERT_FALSE(name);
  EXPECT_EQ(name.error().message(), "Beast v1 names cannot hold NUL");
  std::vector<std::string> names;
  std::vector<NamedType> cases;
  names.reserve(257);
  cases.reserve(257);
  for (int i = 0; i < 257; i++) names.push_back("c" + std::to_string(i));
  for (const std::string& n : names) cases.push_back({n, types.null()});
  auto wide = encode_beast1(types.variant(cases), Slot::bare_case(256));
  ASSERT_FALSE(wide);
  EXPECT_EQ(wide.error().message(), "Beast v1 variants have at most 256 cases");
  cases.pop_back();
  const Type* most = types.variant(cases);
  auto last = encode_beast1(most, Slot::bare_case(255));
  ASSERT_TRUE(last);
  auto back = decode_beast1(*last, most, types, heap);
  ASSERT_TRUE(back);
  EXPECT_EQ(case_of(*back), 255U);
}

TEST_F(Beast1, damaged_values_are_refused_with_their_place) {
  refused(types.boolean(), "", Code::corrupt, 0, "Buffer underflow reading boolean at offset 0");
  refused(types.boolean(), "02", Code::corrupt, 0, "Invalid boolean byte at offset 0");
  refused(types.integer(), "80000000", Code::corrupt, 0,
          "Buffer underflow reading integer at offset 0");
  refused(types.datetime(), "ffffffffffffffff", Code::corrupt, 0,
          "DateTime out of range at offset 0");
  refused(types.string(), "6162", Code::corrupt, 0, "Buffer underflow reading string at offset 0");
  refused(types.string(), "61ff00", Code::corrupt, 1, "Invalid UTF-8 at offset 1");
  refused(types.blob(), "ffffffffffffffff00", Code::corrupt, 0,
          "Buffer underflow reading blob at offset 0, length 18446744073709551615");
  refused(types.array(types.null()), "0101", Code::corrupt, 2,
          "Buffer underflow reading continuation byte at offset 2");
  refused(types.array(types.null()), "0102", Code::corrupt, 1,
          "Invalid continuation byte at offset 1");
  refused(types.option(types.null()), "02", Code::corrupt, 0, "Invalid variant tag 2 at offset 0");
  refused(types.set(types.boolean()), "0101 0100 00", Code::corrupt, 3,
          "Set keys are not ascending at offset 3");
  refused(types.dict(types.boolean(), types.null()), "0100 0100 00", Code::corrupt, 3,
          "Dict keys are not ascending at offset 3");
  refused(types.null(), "00", Code::corrupt, 0,
          "Unexpected data after Beast value at offset 0 (1 bytes remaining)");
}

TEST_F(Beast1, keys_are_sorted_on_demand_and_containers_frozen) {
  Beast1Options options;
  options.sort_keys = true;
  options.frozen = true;
  const Type* dict = types.dict(types.boolean(), types.boolean());
  auto value = decode_beast1_value(hex("010100 010001 010101 00"), dict, heap, options);
  ASSERT_TRUE(value);
  EXPECT_TRUE(value->object()->frozen());
  auto bytes = encode_beast1_value(dict, *value);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(to_hex(*bytes), "01000101010100");
}

TEST_F(Beast1, damaged_types_are_refused) {
  refused_file("", Code::corrupt, "Buffer underflow reading type at offset 8");
  refused_file("07", Code::corrupt, "Invalid Beast v1 type byte 7 at offset 8");
  refused_file("0e", Code::corrupt, "Invalid Beast v1 type byte 14 at offset 8");
  refused_file("00", Code::corrupt, "Buffer underflow reading type at offset 9");
  refused_file("09 00 06 00", Code::corrupt, "Set key type must be an immutable type");
  refused_file("0b 01 61", Code::corrupt, "Buffer underflow reading name at offset 10");
  refused_file("0b 01 ff00 06 00", Code::corrupt, "Invalid UTF-8 at offset 10");
  refused_file("0b 02", Code::corrupt, "Invalid continuation byte at offset 9");
  refused_file("0b 01 6100 08 01 6100 08 00", Code::corrupt, "duplicate struct field");
  refused_file("0d 01 6100 08 01 6100 08 00 00", Code::corrupt, "duplicate variant case");
  refused_file(std::string(600, '0'), Code::exhausted, "type nests too deep (limit 256)");
  auto mismatch = decode_beast1(hex("4561737400ea57ff 08"), types.integer(), types, heap);
  ASSERT_FALSE(mismatch);
  EXPECT_EQ(mismatch.error().message(), "Type mismatch: expected .Integer, got .Null");
  EXPECT_FALSE(decode_beast1(hex("89456173740d0a01 08"), types.integer(), types, heap));
}

TEST_F(Beast1, a_wide_struct_without_bytes_cannot_fill_the_memory) {
  std::string file = "00 0b 01 6600 02";
  for (int i = 0; i < 200; i++) file += "01 " + to_hex(as_bytes("n" + std::to_string(i))) + "00 08";
  file += "00";
  for (int i = 0; i < 4096; i++) file += "0101";
  auto value = any(file + "00");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code, Code::exhausted);
}

}  // namespace
}  // namespace samara
