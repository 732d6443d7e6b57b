#include <algorithm>
#include <span>

#include "value/calendar.hpp"
#include "value/datetime_format.hpp"
#include "value/number_text.hpp"
#include "value/text_error.hpp"

namespace samara {

namespace {

struct TokenView {
  DateToken kind;
  std::string_view literal;
};

std::vector<TokenView> views(const DateFormat& format) {
  std::vector<TokenView> tokens;
  for (const DateFormatToken& token : format) tokens.push_back({token.kind, token.literal});
  return tokens;
}
std::vector<TokenView> views(Slot array) {
  std::vector<TokenView> tokens;
  for (Slot slot : as<ArrayObject>(array)->slots()) {
    auto kind = static_cast<DateToken>(case_of(slot));
    tokens.push_back({kind, {}});
    if (kind == DateToken::literal) tokens.back().literal = text_of(payload_of(slot));
  }
  return tokens;
}

constexpr std::string_view k_months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
constexpr std::string_view k_weekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                           "Thursday", "Friday", "Saturday"};

std::string_view month_name(int32_t month) { return k_months[month - 1]; }
std::string_view weekday_name(int32_t weekday) { return k_weekdays[weekday]; }

void append_padded(std::string& out, int64_t value, size_t width) {
  std::string digits;
  append_integer(digits, value);
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

void print_token(std::string& out, const CivilTime& t, const TokenView& token) {
  int32_t hour12 = t.hour % 12 == 0 ? 12 : t.hour % 12;
  switch (token.kind) {
    case DateToken::literal:
      out += token.literal;
      return;
    case DateToken::year4:
      append_integer(out, t.year);
      return;
    case DateToken::year2:
      append_padded(out, t.year % 100, 2);
      return;
    case DateToken::month1:
      append_integer(out, t.month);
      return;
    case DateToken::month2:
      append_padded(out, t.month, 2);
      return;
    case DateToken::month_name_full:
      out += month_name(t.month);
      return;
    case DateToken::month_name_short:
      out += month_name(t.month).substr(0, 3);
      return;
    case DateToken::day1:
      append_integer(out, t.day);
      return;
    case DateToken::day2:
      append_padded(out, t.day, 2);
      return;
    case DateToken::weekday_name_full:
      out += weekday_name(t.weekday);
      return;
    case DateToken::weekday_name_short:
      out += weekday_name(t.weekday).substr(0, 3);
      return;
    case DateToken::weekday_name_min:
      out += weekday_name(t.weekday).substr(0, 2);
      return;
    case DateToken::hour24_1:
      append_integer(out, t.hour);
      return;
    case DateToken::hour24_2:
      append_padded(out, t.hour, 2);
      return;
    case DateToken::hour12_1:
      append_integer(out, hour12);
      return;
    case DateToken::hour12_2:
      append_padded(out, hour12, 2);
      return;
    case DateToken::minute1:
      append_integer(out, t.minute);
      return;
    case DateToken::minute2:
      append_padded(out, t.minute, 2);
      return;
    case DateToken::second1:
      append_integer(out, t.second);
      return;
    case DateToken::second2:
      append_padded(out, t.second, 2);
      return;
    case DateToken::millisecond3:
      append_padded(out, t.millisecond, 3);
      return;
    case DateToken::ampm_upper:
      out += t.hour < 12 ? "AM" : "PM";
      return;
    case DateToken::ampm_lower:
      out += t.hour < 12 ? "am" : "pm";
      return;
  }
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

class Reader {
 public:
  explicit Reader(std::string_view input) : input_(input) {}

  DateParseResult run(const std::vector<TokenView>& tokens) {
    for (const TokenView& token : tokens) {
      if (!read(token)) return result_;
    }
    if (at_ < input_.size()) {
      fail("Unexpected trailing characters: \"" + std::string(rest()) + "\"");
      return result_;
    }
    at_ = 0;
    finish();
    return result_;
  }

 private:
  enum Field : uint8_t { year, month, day, hour24, hour12, minute, second, millisecond, weekday };
  static constexpr size_t k_fields = 9;
  static constexpr int64_t k_absent = -1;

  std::string_view rest() const { return input_.substr(at_); }
  bool fail(std::string message) {
    result_.message = std::move(message);
    result_.position = utf16_length(input_.substr(0, at_));
    return false;
  }

  bool read(const TokenView& token) {
    switch (token.kind) {
      case DateToken::literal:
        return literal(token.literal);
      case DateToken::year4:
        return fixed(year, 4, 0, "Expected 4-digit year");
      case DateToken::year2:
        return fixed(year, 2, 2000, "Expected 2-digit year");
      case DateToken::month1:
        return short_number(month, "month", "Month", 1, 12, "1-12");
      case DateToken::month2:
        return two_digit_number(month, "month", "Month", 1, 12, "01-12");
      case DateToken::month_name_full:
        return name(month, k_months, 99, 1, "Expected full month name (e.g., \"January\")");
      case DateToken::month_name_short:
        return name(month, k_months, 3, 1, "Expected short month name (e.g., \"Jan\")");
      case DateToken::day1:
        return short_number(day, "day", "Day", 1, 31, "1-31");
      case DateToken::day2:
        return two_digit_number(day, "day", "Day", 1, 31, "01-31");
      case DateToken::weekday_name_full:
        return name(weekday, k_weekdays, 99, 0, "Expected full weekday name (e.g., \"Monday\")");
      case DateToken::weekday_name_short:
        return name(weekday, k_weekdays, 3, 0, "Expected short weekday name (e.g., \"Mon\")");
      case DateToken::weekday_name_min:
        return name(weekday, k_weekdays, 2, 0, "Expected minimal weekday name (e.g., \"Mo\")");
      case DateToken::hour24_1:
        return short_number(hour24, "hour", "Hour", 0, 23, "0-23");
      case DateToken::hour24_2:
        return two_digit_number(hour24, "hour", "Hour", 0, 23, "00-23");
      case DateToken::hour12_1:
        return short_number(hour12, "hour", "Hour", 1, 12, "1-12");
      case DateToken::hour12_2:
        return two_digit_number(hour12, "hour", "Hour", 1, 12, "01-12");
      case DateToken::minute1:
        return short_number(minute, "minute", "Minute", 0, 59, "0-59");
      case DateToken::minute2:
        return two_digit_number(minute, "minute", "Minute", 0, 59, "00-59");
      case DateToken::second1:
        return short_number(second, "second", "Second", 0, 59, "0-59");
      case DateToken::second2:
        return two_digit_number(second, "second", "Second", 0, 59, "00-59");
      case DateToken::millisecond3:
        return fixed(millisecond, 3, 0, "Expected 3-digit millisecond (000-999)");
      case DateToken::ampm_upper:
        return half_day("Expected \"AM\" or \"PM\"");
      case DateToken::ampm_lower:
        return half_day("Expected \"am\" or \"pm\"");
    }
    return false;
  }

  size_t digits_ahead(size_t most) const {
    size_t count = 0;
    while (count < most && at_ + count < input_.size() && is_digit(input_[at_ + count])) count++;
    return count;
  }
  int64_t number_ahead(size_t count) const {
    int64_t value = 0;
    for (size_t i = 0; i < count; i++) value = value * 10 + (input_[at_ + i] - '0');
    return value;
  }

  // A component given twice must be the same both times.
  bool store(Field field, int64_t value) {
    static constexpr std::string_view k_names[k_fields] = {
        "Year",   "Month",  "Day",         "Hour (24-hour)", "Hour (12-hour)",
        "Minute", "Second", "Millisecond", "Weekday"};
    int64_t& stored = fields_[field];
    if (stored != k_absent && stored != value) {
      std::string message(k_names[field]);
      message += " specified multiple times with different values";
      if (field != weekday) {
        message += ": ";
        append_integer(message, stored);
        message += " and ";
        append_integer(message, value);
      }
      return fail(std::move(message));
    }
    stored = value;
    return true;
  }

  bool fixed(Field field, size_t width, int64_t base, std::string_view expected) {
    if (digits_ahead(width) < width) return fail(std::string(expected));
    if (!store(field, base + number_ahead(width))) return false;
    at_ += width;
    return true;
  }

  bool ranged(Field field, size_t width, std::string_view title, int64_t least, int64_t most,
              std::string_view range) {
    int64_t value = number_ahead(width);
    if (value < least || value > most) {
      std::string message(title);
      message += " out of range (got ";
      append_integer(message, value);
      message += ", expected ";
      message += range;
      return fail(message + ')');
    }
    if (!store(field, value)) return false;
    at_ += width;
    return true;
  }
  bool two_digit_number(Field field, std::string_view what, std::string_view title, int64_t least,
                        int64_t most, std::string_view range) {
    if (digits_ahead(2) == 2) return ranged(field, 2, title, least, most, range);
    return fail("Expected 2-digit " + std::string(what) + " (" + std::string(range) + ")");
  }
  bool short_number(Field field, std::string_view what, std::string_view title, int64_t least,
                    int64_t most, std::string_view range) {
    size_t width = digits_ahead(2);
    if (width > 0) return ranged(field, width, title, least, most, range);
    return fail("Expected 1 or 2-digit " + std::string(what));
  }

  bool name(Field field, std::span<const std::string_view> names, size_t letters, int64_t first,
            std::string_view expected) {
    for (size_t i = 0; i < names.size(); i++) {
      std::string_view wanted = names[i].substr(0, letters);
      if (!starts_with_ignoring_case(rest(), wanted)) continue;
      if (!store(field, first + static_cast<int64_t>(i))) return false;
      at_ += wanted.size();
      return true;
    }
    return fail(std::string(expected));
  }

  bool half_day(std::string_view expected) {
    bool am = starts_with_ignoring_case(rest(), "AM");
    if (!am && !starts_with_ignoring_case(rest(), "PM")) return fail(std::string(expected));
    half_ = am ? Half::am : Half::pm;
    at_ += 2;
    return true;
  }

  bool literal(std::string_view wanted) {
    if (rest().starts_with(wanted)) {
      at_ += wanted.size();
      return true;
    }
    // As many characters as the literal has, counted in UTF-16 units.
    size_t units = utf16_length(wanted);
    size_t end = at_;
    while (end < input_.size()) {
      size_t next = end + 1;
      while (next < input_.size() && (static_cast<uint8_t>(input_[next]) & 0xC0) == 0x80) next++;
      if (utf16_length(input_.substr(at_, next - at_)) > units) break;
      end = next;
    }
    return fail("Expected literal \"" + std::string(wanted) + "\", got \"" +
                std::string(input_.substr(at_, end - at_)) + "\"");
  }

  bool has(Field field) const { return fields_[field] != k_absent; }
  int64_t value_or(Field field, int64_t fallback) const {
    return has(field) ? fields_[field] : fallback;
  }

  bool finish() {
    bool gap = false;
    if (has(year) || has(month) || has(day)) {
      gap = !has(year);
      if (has(month) && gap) return fail("Invalid format: cannot have month without year");
      gap = gap || !has(month);
      if (has(day) && gap) return fail("Invalid format: cannot have day without year and month");
      gap = gap || !has(day);
    }
    int64_t hour = value_or(hour24, k_absent);
    if (!twelve_hours(hour)) return false;
    if (!time_gaps(gap, hour)) return false;

    CivilTime time{.year = value_or(year, 1970),
                   .month = static_cast<int32_t>(value_or(month, 1)),
                   .day = static_cast<int32_t>(value_or(day, 1)),
                   .hour = static_cast<int32_t>(hour == k_absent ? 0 : hour),
                   .minute = static_cast<int32_t>(value_or(minute, 0)),
                   .second = static_cast<int32_t>(value_or(second, 0)),
                   .millisecond = static_cast<int32_t>(value_or(millisecond, 0))};
    if (!ms_from_civil(time, result_.ms)) {
      std::string message = "Invalid date: ";
      append_integer(message, time.year);
      message += '-';
      append_padded(message, time.month, 2);
      message += '-';
      append_padded(message, time.day, 2);
      return fail(std::move(message));
    }
    int32_t actual = civil_from_ms(result_.ms).weekday;
    if (has(weekday) && fields_[weekday] != actual) {
      return fail("Weekday mismatch: parsed \"" +
                  std::string(weekday_name(static_cast<int32_t>(fields_[weekday]))) +
                  "\" but date is actually \"" + std::string(weekday_name(actual)) + "\"");
    }
    result_.ok = true;
    return true;
  }

  bool twelve_hours(int64_t& hour) {
    if (!has(hour12)) return true;
    if (half_ == Half::none) return fail("12-hour format specified without AM/PM indicator");
    int64_t implied = fields_[hour12] % 12 + (half_ == Half::pm ? 12 : 0);
    if (hour != k_absent && hour != implied) {
      std::string message = "Hour mismatch: 24-hour format specifies ";
      append_integer(message, hour);
      message += half_ == Half::pm ? ", but 12-hour format with PM implies "
                                   : ", but 12-hour format with AM implies ";
      append_integer(message, implied);
      return fail(std::move(message));
    }
    hour = implied;
    return true;
  }

  bool time_gaps(bool gap, int64_t hour) {
    if (hour != k_absent && gap) {
      return fail(
          "Invalid format: cannot have hour without year, month, and day (or use time-only "
          "format)");
    }
    gap = gap || hour == k_absent;
    if (has(minute) && gap) return fail("Invalid format: cannot have minute without hour");
    gap = gap || !has(minute);
    if (has(second) && gap) return fail("Invalid format: cannot have second without minute");
    gap = gap || !has(second);
    if (has(millisecond) && gap) {
      return fail("Invalid format: cannot have millisecond without second");
    }
    return true;
  }

  enum class Half : uint8_t { none, am, pm };

  std::string_view input_;
  size_t at_ = 0;
  int64_t fields_[k_fields] = {k_absent, k_absent, k_absent, k_absent, k_absent,
                               k_absent, k_absent, k_absent, k_absent};
  Half half_ = Half::none;
  DateParseResult result_;
};

void print_all(std::string& out, int64_t ms, const std::vector<TokenView>& tokens) {
  CivilTime time = civil_from_ms(ms);
  for (const TokenView& token : tokens) print_token(out, time, token);
}

}  // namespace

void append_datetime_formatted(std::string& out, int64_t ms, const DateFormat& format) {
  print_all(out, ms, views(format));
}
void append_datetime_formatted(std::string& out, int64_t ms, Slot tokens) {
  print_all(out, ms, views(tokens));
}

DateParseResult parse_datetime_formatted(std::string_view input, const DateFormat& format) {
  return Reader(input).run(views(format));
}
DateParseResult parse_datetime_formatted(std::string_view input, Slot tokens) {
  return Reader(input).run(views(tokens));
}

}  // namespace samara
