#pragma once
// DateTime formats: a pattern such as `YYYY-MM-DD` becomes an array of tokens once, and instants
// are printed and read by the tokens. UTC, English names.
//
// Threads: pure; the heap belongs to the caller. Source: docs/formats/datetime-format.md.

#include <string>
#include <string_view>
#include <vector>

#include "value/heap.hpp"
#include "value/type.hpp"

namespace samara {

/// Kinds of token in the order of the token type's cases.
enum class DateToken : uint8_t {
  ampm_lower,
  ampm_upper,
  day1,
  day2,
  hour12_1,
  hour12_2,
  hour24_1,
  hour24_2,
  literal,
  millisecond3,
  minute1,
  minute2,
  month1,
  month2,
  month_name_full,
  month_name_short,
  second1,
  second2,
  weekday_name_full,
  weekday_name_min,
  weekday_name_short,
  year2,
  year4,
};
inline constexpr uint32_t k_date_token_count = 23;

struct DateFormatToken {
  DateToken kind = DateToken::literal;
  std::string literal;  // empty for the other kinds
};
using DateFormat = std::vector<DateFormatToken>;

/// The Variant of one token. Cases are sorted by name, as DateToken is.
const Type* datetime_token_type(TypeTable& types);

DateFormat tokenize_datetime_format(std::string_view pattern);
/// A pattern for people; not always readable back (see the document).
std::string datetime_format_to_text(const DateFormat& format);
/// Whether a format can be parsed: no component may lack the larger one that gives it a meaning.
/// Errors: invalid_argument, message `Invalid format: …`.
Result<void> validate_datetime_format(const DateFormat& format);

/// Tokens as an East Array of datetime_token_type, and back. Requires: a value of that type.
Slot datetime_format_to_value(Heap& heap, const DateFormat& format);
DateFormat datetime_format_from_value(Slot tokens);

void append_datetime_formatted(std::string& out, int64_t ms, const DateFormat& format);
/// As above from an Array of tokens, without copying them.
void append_datetime_formatted(std::string& out, int64_t ms, Slot tokens);

struct DateParseResult {
  bool ok = false;
  int64_t ms = 0;
  std::string message;  // without position
  size_t position = 0;  // UTF-16 code units before the offending token; 0 for checks of the whole
};
DateParseResult parse_datetime_formatted(std::string_view input, const DateFormat& format);
DateParseResult parse_datetime_formatted(std::string_view input, Slot tokens);

}  // namespace samara
