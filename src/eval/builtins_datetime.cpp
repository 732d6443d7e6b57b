// Builtins on DateTime: instants as milliseconds in UTC.

#include <string>

#include "eval/arithmetic.hpp"
#include "eval/builtin.hpp"
#include "eval/vm.hpp"
#include "value/calendar.hpp"
#include "value/datetime_format.hpp"
#include "value/number_text.hpp"

namespace samara::eval {
namespace {

template <auto component>
bool get(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(static_cast<int64_t>(civil_from_ms(args[0].integer()).*component));
  return true;
}

/// ISO: 1 is Monday, 7 Sunday.
bool get_day_of_week(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  int32_t weekday = civil_from_ms(args[0].integer()).weekday;
  out = Slot::of(static_cast<int64_t>(weekday == 0 ? 7 : weekday));
  return true;
}

bool same_number(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = args[0];
  return true;
}

bool add_milliseconds(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(integer_add(args[0].integer(), args[1].integer()));
  return true;
}
bool duration_milliseconds(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(integer_subtract(args[0].integer(), args[1].integer()));
  return true;
}

struct Divided {
  int64_t quotient;  // rounded down
  int64_t rest;      // 0 … divisor - 1
};
Divided divide_down(int64_t value, int64_t divisor) {
  int64_t quotient = value / divisor;
  int64_t rest = value % divisor;
  return rest < 0 ? Divided{quotient - 1, rest + divisor} : Divided{quotient, rest};
}

/// Every component may be any number; what does not fit carries over. Wraps like Integer arithmetic
/// beyond the range of instants. The calendar repeats after 400 years, which keeps years small.
int64_t instant_of(const Slot* args) {
  constexpr int64_t k_days_in_400_years = 146'097;
  Divided months = divide_down(args[1].integer(), 12);  // month 0 is the December before
  int32_t month = months.rest == 0 ? 12 : static_cast<int32_t>(months.rest);
  Divided carry = divide_down(months.rest == 0 ? months.quotient - 1 : months.quotient, 400);
  Divided years = divide_down(args[0].integer(), 400);
  int64_t periods = years.quotient + carry.quotient;
  int64_t days = integer_add(integer_multiply(periods, k_days_in_400_years),
                             days_from_civil(years.rest + carry.rest, month, 1));
  days = integer_add(days, integer_subtract(args[2].integer(), 1));
  int64_t hours = integer_add(integer_multiply(days, 24), args[3].integer());
  int64_t minutes = integer_add(integer_multiply(hours, 60), args[4].integer());
  int64_t seconds = integer_add(integer_multiply(minutes, 60), args[5].integer());
  return integer_add(integer_multiply(seconds, 1000), args[6].integer());
}

bool from_components(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(instant_of(args));
  return true;
}

bool print_format(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  std::string text;
  append_datetime_formatted(text, args[0].integer(), args[1]);
  return vm.text(text, out);
}

bool parse_format(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  DateParseResult result = parse_datetime_formatted(text_of(args[0]), args[1]);
  if (result.ok) {
    out = Slot::of(result.ms);
    return true;
  }
  std::string message = "Failed to parse datetime at position ";
  append_integer(message, static_cast<int64_t>(result.position));
  message += ": ";
  message += result.message;
  return vm.fail(message);
}

constexpr BuiltinEntry k_builtins[] = {
    {"DateTimeGetYear", get<&CivilTime::year>},
    {"DateTimeGetMonth", get<&CivilTime::month>},
    {"DateTimeGetDayOfMonth", get<&CivilTime::day>},
    {"DateTimeGetHour", get<&CivilTime::hour>},
    {"DateTimeGetMinute", get<&CivilTime::minute>},
    {"DateTimeGetSecond", get<&CivilTime::second>},
    {"DateTimeGetMillisecond", get<&CivilTime::millisecond>},
    {"DateTimeGetDayOfWeek", get_day_of_week},
    {"DateTimeToEpochMilliseconds", same_number},
    {"DateTimeFromEpochMilliseconds", same_number},
    {"DateTimeFromComponents", from_components},
    {"DateTimeAddMilliseconds", add_milliseconds},
    {"DateTimeDurationMilliseconds", duration_milliseconds},
    {"DateTimePrintFormat", print_format},
    {"DateTimeParseFormat", parse_format},
};

}  // namespace

std::span<const BuiltinEntry> datetime_builtins() { return k_builtins; }

}  // namespace samara::eval
