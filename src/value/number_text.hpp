#pragma once
// Numbers as text, shared by East text, JSON, CSV and the builtins.
//
// Threads: pure functions. Source: docs/formats/text.md, "Numbers".

#include <cstdint>
#include <string>
#include <string_view>

namespace samara {

/// Decimal digits with a minus sign where needed.
void append_integer(std::string& out, int64_t value);

/// The shortest text that reads back as `value`, laid out as ECMAScript's Number::toString does:
/// `1`, `0.1`, `1e+21`, `1.5e-7`, `NaN`, `Infinity`. Zero of either sign is `0`.
void append_float_ecma(std::string& out, double value);

/// As append_float_ecma, except that `.0` follows when there are only digits and a sign, and that
/// negative zero is `-0.0`.
void append_float_east(std::string& out, double value);

/// Lower-case hexadecimal digits, two for each byte, without a prefix.
void append_hex(std::string& out, const uint8_t* bytes, size_t size);

enum class NumberStatus : uint8_t { ok, malformed, out_of_range };

/// Reads the whole of `text` as `-?[0-9]+` in the range of int64.
NumberStatus parse_integer(std::string_view text, int64_t& value);

/// Reads text already known to be `-?digits[.digits*][e[+-]digits]`, correctly rounded; a magnitude
/// beyond the range gives infinity, one below it zero, with the sign kept.
double parse_decimal(std::string_view text);

/// The length of the longest prefix of the form above, or 0. `strict_json` asks for no leading zero
/// before another digit and at least one digit after the point, as RFC 8259 does.
size_t decimal_length(std::string_view text, bool strict_json = false);

/// Value of a hexadecimal digit, or -1.
inline int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace samara
