#include "value/number_text.hpp"

#include <bit>
#include <charconv>
#include <cstring>

#include "core/assert.hpp"
#include "value/number_digits.hpp"

namespace samara {

void append_integer(std::string& out, int64_t value) {
  char buffer[24];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value);
  out.append(buffer, static_cast<size_t>(end.ptr - buffer));
}

namespace {
#ifdef SAMARA_DEVICE
DecimalDigits shortest_digits(double magnitude) { return shortest_digits_exact(magnitude); }
#else
DecimalDigits shortest_digits(double magnitude) {
  // Scientific form is d[.ddd]e(+|-)dd.
  char buffer[40];
  auto end =
      std::to_chars(buffer, buffer + sizeof buffer, magnitude, std::chars_format::scientific);
  DecimalDigits result;
  const char* at = buffer;
  for (; at != end.ptr && *at != 'e'; at++) {
    if (*at != '.') result.digits[result.count++] = *at;
  }
  SAMARA_ASSERT(at != end.ptr);
  int exponent = 0;
  at++;
  bool negative = *at == '-';
  for (at++; at != end.ptr; at++) exponent = exponent * 10 + (*at - '0');
  result.point = (negative ? -exponent : exponent) + 1;
  return result;
}
#endif

void append_zeros(std::string& out, int count) { out.append(static_cast<size_t>(count), '0'); }
}  // namespace

void append_float_ecma(std::string& out, double value) {
  if (value != value) {
    out += "NaN";
    return;
  }
  if (value == 0) {
    out += '0';
    return;
  }
  // Integers of moderate size are the common case and need no shortest-digits search.
  if (value >= -1e15 && value <= 1e15) {
    auto whole = static_cast<int64_t>(value);
    if (static_cast<double>(whole) == value) {
      append_integer(out, whole);
      return;
    }
  }
  if (value < 0) {
    out += '-';
    value = -value;
  }
  if (value > 1.7976931348623157e308) {
    out += "Infinity";
    return;
  }
  DecimalDigits s = shortest_digits(value);
  if (s.count <= s.point && s.point <= 21) {
    out.append(s.digits, static_cast<size_t>(s.count));
    append_zeros(out, s.point - s.count);
  } else if (s.point > 0 && s.point <= 21) {
    out.append(s.digits, static_cast<size_t>(s.point));
    out += '.';
    out.append(s.digits + s.point, static_cast<size_t>(s.count - s.point));
  } else if (s.point > -6 && s.point <= 0) {
    out += "0.";
    append_zeros(out, -s.point);
    out.append(s.digits, static_cast<size_t>(s.count));
  } else {
    out += s.digits[0];
    if (s.count > 1) {
      out += '.';
      out.append(s.digits + 1, static_cast<size_t>(s.count - 1));
    }
    int exponent = s.point - 1;
    out += exponent < 0 ? "e-" : "e+";
    append_integer(out, exponent < 0 ? -exponent : exponent);
  }
}

void append_float_east(std::string& out, double value) {
  if (value == 0) {
    out += std::bit_cast<int64_t>(value) < 0 ? "-0.0" : "0.0";
    return;
  }
  size_t start = out.size();
  append_float_ecma(out, value);
  for (size_t i = start; i < out.size(); i++) {
    if (!is_digit(out[i]) && out[i] != '-') return;
  }
  out += ".0";
}

void append_hex(std::string& out, const uint8_t* bytes, size_t size) {
  static constexpr char k_digits[] = "0123456789abcdef";
  size_t at = out.size();
  out.resize(at + size * 2);
  for (size_t i = 0; i < size; i++) {
    out[at++] = k_digits[bytes[i] >> 4];
    out[at++] = k_digits[bytes[i] & 15];
  }
}

NumberStatus parse_integer(std::string_view text, int64_t& value) {
  size_t at = 0;
  bool negative = !text.empty() && text[0] == '-';
  if (negative) at++;
  if (at == text.size()) return NumberStatus::malformed;
  uint64_t limit = negative ? uint64_t{1} << 63 : (uint64_t{1} << 63) - 1;
  uint64_t magnitude = 0;
  bool in_range = true;
  for (; at < text.size(); at++) {
    if (!is_digit(text[at])) return NumberStatus::malformed;
    auto digit = static_cast<uint64_t>(text[at] - '0');
    if (magnitude > (limit - digit) / 10) in_range = false;
    magnitude = magnitude * 10 + digit;
  }
  if (!in_range) return NumberStatus::out_of_range;
  value = static_cast<int64_t>(negative ? ~magnitude + 1 : magnitude);
  return NumberStatus::ok;
}

namespace {
// Whether the magnitude of a decimal that does not fit is too large (else it is too small): decided
// by the decimal exponent of its first significant digit.
bool overflows(std::string_view text) {
  int64_t point = 0;
  bool significant = false;
  bool after_point = false;
  size_t at = 0;
  for (; at < text.size() && text[at] != 'e' && text[at] != 'E'; at++) {
    if (text[at] == '.') {
      after_point = true;
    } else if (is_digit(text[at])) {
      if (text[at] != '0') significant = true;
      if (!after_point && significant) point++;
      if (after_point && !significant) point--;
    }
  }
  if (!significant) return false;
  int64_t exponent = 0;
  bool negative = false;
  for (at++; at < text.size(); at++) {
    if (text[at] == '-') negative = true;
    if (is_digit(text[at]) && exponent < (int64_t{1} << 40))
      exponent = exponent * 10 + (text[at] - '0');
  }
  return point + (negative ? -exponent : exponent) > 0;
}
}  // namespace

double parse_decimal(std::string_view text) {
  const char* begin = text.data();
  const char* end = begin + text.size();
  // Up to 15 digits without an exponent: the quotient of two exact doubles is correctly rounded.
  const char* at = begin;
  bool negative = at != end && *at == '-';
  if (negative) at++;
  if (end - at <= 16) {
    static constexpr double k_power[] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                         1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    int64_t digits = 0;
    int count = 0;
    int after = 0;
    bool point = false;
    for (; at != end; at++) {
      if (is_digit(*at)) {
        digits = digits * 10 + (*at - '0');
        count++;
        if (point) after++;
      } else if (*at == '.' && !point) {
        point = true;
      } else {
        break;
      }
    }
    if (at == end && count <= 15) {
      double value = static_cast<double>(digits) / k_power[after];
      return negative ? -value : value;
    }
  }
  double value = 0;
  auto result = std::from_chars(begin, end, value);
  if (result.ec == std::errc::result_out_of_range) {
    value = overflows(text) ? std::bit_cast<double>(uint64_t{0x7ff} << 52) : 0.0;
    return negative ? -value : value;
  }
  SAMARA_ASSERT(result.ec == std::errc{} && result.ptr == end);
  return value;
}

size_t decimal_length(std::string_view text, bool strict_json) {
  size_t at = 0;
  auto digits = [&] {
    size_t start = at;
    while (at < text.size() && is_digit(text[at])) at++;
    return at - start;
  };
  if (at < text.size() && text[at] == '-') at++;
  size_t first = at;
  size_t whole = digits();
  if (whole == 0) return 0;
  if (strict_json && whole > 1 && text[first] == '0') return first + 1;
  if (at < text.size() && text[at] == '.') {
    size_t before = at++;
    if (digits() == 0 && strict_json) return before;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    size_t before = at++;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) at++;
    if (digits() == 0) return before;
  }
  return at;
}

}  // namespace samara
