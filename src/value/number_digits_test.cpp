#include "value/number_digits.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

namespace samara {
namespace {

std::string exact(double value) {
  DecimalDigits d = shortest_digits_exact(value);
  return std::string(d.digits, static_cast<size_t>(d.count)) + "e" + std::to_string(d.point);
}

TEST(NumberDigits, known_numbers_have_their_shortest_digits) {
  EXPECT_EQ(exact(1), "1e1");
  EXPECT_EQ(exact(0.1), "1e0");
  EXPECT_EQ(exact(0.3), "3e0");
  EXPECT_EQ(exact(1e21), "1e22");
  EXPECT_EQ(exact(1e23), "1e24");
  EXPECT_EQ(exact(9.5), "95e1");
  EXPECT_EQ(exact(123456789.125), "123456789125e9");
  EXPECT_EQ(exact(5e-324), "5e-323");
  EXPECT_EQ(exact(2.2250738585072014e-308), "22250738585072014e-307");
  EXPECT_EQ(exact(1.7976931348623157e308), "17976931348623157e309");
  EXPECT_EQ(exact(9007199254740993.0), "9007199254740992e16");
}

#ifdef SAMARA_HOST
// The digits of the standard library, in the same form.
std::string standard(double value) {
  char buffer[40];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  std::string text(buffer, end.ptr);
  size_t e = text.find('e');
  std::string digits = text.substr(0, 1);
  if (e > 2) digits += text.substr(2, e - 2);
  return digits + "e" + std::to_string(std::stoi(text.substr(e + 1)) + 1);
}

TEST(NumberDigits, the_digits_are_those_of_the_standard_library) {
  uint64_t state = 3;
  for (int i = 0; i < 20'000; i++) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    double value = std::bit_cast<double>(state & ~(uint64_t{1} << 63));
    if (!std::isfinite(value) || value == 0) continue;
    ASSERT_EQ(exact(value), standard(value));
  }
  for (int exponent = -1074; exponent <= 1023; exponent++) {
    double power = std::ldexp(1.0, exponent);
    ASSERT_EQ(exact(power), standard(power));
    double above = std::nextafter(power, std::numeric_limits<double>::infinity());
    ASSERT_EQ(exact(above), standard(above));
  }
}
#endif

}  // namespace
}  // namespace samara
