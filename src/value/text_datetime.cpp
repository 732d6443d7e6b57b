#include "value/text_datetime.hpp"

#include "value/calendar.hpp"
#include "value/number_text.hpp"

namespace samara {

DateTimeStatus read_datetime(std::string_view text, size_t& length, int64_t& ms) {
  size_t at = 0;
  bool negative = text.starts_with('-');
  bool sign = negative || text.starts_with('+');
  if (sign) at++;
  size_t digits = 0;
  int64_t year = 0;
  while (at < text.size() && digits <= 9 && is_digit(text[at])) {
    year = year * 10 + (text[at++] - '0');
    digits++;
  }
  bool four = digits == 4 && !text.starts_with('+');
  bool long_form = sign && digits >= 6 && digits <= 9;
  if (!four && !long_form) return DateTimeStatus::not_a_date;

  // -MM-DDTHH:MM:SS
  constexpr std::string_view k_marks = "--T::";
  int32_t part[5];
  if (text.size() - at < 15) return DateTimeStatus::not_a_date;
  for (size_t i = 0; i < 5; i++) {
    if (text[at] != k_marks[i]) return DateTimeStatus::not_a_date;
    part[i] = two_digits(text.data() + at + 1);
    if (part[i] < 0) return DateTimeStatus::not_a_date;
    at += 3;
  }
  int32_t fraction = 0;
  if (at + 1 < text.size() && text[at] == '.' && is_digit(text[at + 1])) {
    at++;
    int32_t scale = 100;
    while (scale > 0 && at < text.size() && is_digit(text[at])) {
      fraction += (text[at++] - '0') * scale;
      scale /= 10;
    }
  }
  length = at;
  // A sign before four digits fits the pattern but names no year of the format.
  if (four && negative) return DateTimeStatus::impossible;
  CivilTime time{.year = negative ? -year : year,
                 .month = part[0],
                 .day = part[1],
                 .hour = part[2],
                 .minute = part[3],
                 .second = part[4],
                 .millisecond = fraction};
  bool midnight = time.hour == 24 && time.minute == 0 && time.second == 0 && fraction == 0;
  if (midnight) time.hour = 0;
  // Far from the limits of int64, so that a day can be added.
  if (time.year < -300'000 || time.year > 300'000 || !ms_from_civil(time, ms)) {
    return DateTimeStatus::impossible;
  }
  if (midnight) ms += k_ms_per_day;
  bool in_range = ms >= -k_datetime_ms_max && ms <= k_datetime_ms_max;
  return in_range ? DateTimeStatus::ok : DateTimeStatus::impossible;
}

}  // namespace samara
