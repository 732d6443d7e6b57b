#include "value/number_text.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace samara {
namespace {

std::string ecma(double value) {
  std::string out;
  append_float_ecma(out, value);
  return out;
}
std::string east(double value) {
  std::string out;
  append_float_east(out, value);
  return out;
}

TEST(NumberText, float_switches_to_exponent_form_where_ecmascript_does) {
  EXPECT_EQ(ecma(1), "1");
  EXPECT_EQ(ecma(0.1), "0.1");
  EXPECT_EQ(ecma(123456789012345680000.0), "123456789012345680000");
  EXPECT_EQ(ecma(1e21), "1e+21");
  EXPECT_EQ(ecma(1.5e21), "1.5e+21");
  EXPECT_EQ(ecma(0.000001), "0.000001");
  EXPECT_EQ(ecma(0.000001234), "0.000001234");
  EXPECT_EQ(ecma(1.25e-7), "1.25e-7");
  EXPECT_EQ(ecma(5e-324), "5e-324");
  EXPECT_EQ(ecma(-1.7976931348623157e308), "-1.7976931348623157e+308");
  EXPECT_EQ(ecma(1234567.890625), "1234567.890625");
}

TEST(NumberText, special_floats_have_names) {
  double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(ecma(std::nan("")), "NaN");
  EXPECT_EQ(ecma(inf), "Infinity");
  EXPECT_EQ(ecma(-inf), "-Infinity");
  EXPECT_EQ(ecma(-0.0), "0");
  EXPECT_EQ(east(-0.0), "-0.0");
  EXPECT_EQ(east(-inf), "-Infinity");
}

TEST(NumberText, east_form_adds_a_fraction_to_whole_numbers_only) {
  EXPECT_EQ(east(0), "0.0");
  EXPECT_EQ(east(-17), "-17.0");
  EXPECT_EQ(east(1e20), "100000000000000000000.0");
  EXPECT_EQ(east(1e21), "1e+21");
  EXPECT_EQ(east(2.5), "2.5");
}

TEST(NumberText, integer_parsing_checks_form_and_range) {
  int64_t value = 0;
  EXPECT_EQ(parse_integer("-9223372036854775808", value), NumberStatus::ok);
  EXPECT_EQ(value, INT64_MIN);
  EXPECT_EQ(parse_integer("9223372036854775807", value), NumberStatus::ok);
  EXPECT_EQ(value, INT64_MAX);
  EXPECT_EQ(parse_integer("-0", value), NumberStatus::ok);
  EXPECT_EQ(value, 0);
  EXPECT_EQ(parse_integer("007", value), NumberStatus::ok);
  EXPECT_EQ(value, 7);
  EXPECT_EQ(parse_integer("9223372036854775808", value), NumberStatus::out_of_range);
  EXPECT_EQ(parse_integer("-9223372036854775809", value), NumberStatus::out_of_range);
  EXPECT_EQ(parse_integer("99999999999999999999999999", value), NumberStatus::out_of_range);
  for (const char* bad : {"", "-", "+1", " 1", "1 ", "1x", "0x10", "--1"}) {
    EXPECT_EQ(parse_integer(bad, value), NumberStatus::malformed) << bad;
  }
}

TEST(NumberText, decimals_are_correctly_rounded_and_keep_the_sign_of_zero) {
  EXPECT_EQ(parse_decimal("0.1"), 0.1);
  EXPECT_EQ(parse_decimal("1."), 1.0);
  EXPECT_EQ(parse_decimal("1.e5"), 1e5);
  EXPECT_EQ(parse_decimal("01.50"), 1.5);
  EXPECT_EQ(parse_decimal("9007199254740993"), 9007199254740992.0);
  EXPECT_EQ(parse_decimal("123456789.123456"), 123456789.123456);
  EXPECT_TRUE(std::signbit(parse_decimal("-0")));
  EXPECT_TRUE(std::signbit(parse_decimal("-0.000")));
  EXPECT_EQ(parse_decimal("1e999"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(parse_decimal("-1e999"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(parse_decimal("1e-999"), 0.0);
  EXPECT_TRUE(std::signbit(parse_decimal("-1e-999")));
  EXPECT_EQ(parse_decimal("0e999"), 0.0);
  EXPECT_EQ(parse_decimal("123456789012345678901234567890e-1000000000000"), 0.0);
  EXPECT_EQ(parse_decimal("0.00000001e999999999999999999999"),
            std::numeric_limits<double>::infinity());
}

TEST(NumberText, shortest_text_reads_back_as_the_same_float) {
  uint64_t state = 42;
  for (int i = 0; i < 20000; i++) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    auto value = std::bit_cast<double>(state);
    if (!std::isfinite(value)) continue;
    EXPECT_EQ(std::bit_cast<uint64_t>(parse_decimal(ecma(value))), state);
  }
}

TEST(NumberText, decimal_length_knows_both_grammars) {
  EXPECT_EQ(decimal_length("12.5e3x"), 6U);
  EXPECT_EQ(decimal_length("1.e5"), 4U);
  EXPECT_EQ(decimal_length("1.e5", true), 1U);
  EXPECT_EQ(decimal_length("01", true), 1U);
  EXPECT_EQ(decimal_length("0.5", true), 3U);
  EXPECT_EQ(decimal_length("1e+", true), 1U);
  EXPECT_EQ(decimal_length(".5"), 0U);
  EXPECT_EQ(decimal_length("-"), 0U);
}

}  // namespace
}  // namespace samara
