#include "eval/builtin_test_support.hpp"
#include "value/datetime_format.hpp"

namespace samara::eval {
namespace {

class DateTimeBuiltins : public BuiltinTest {
 protected:
  const Type* const D = types_.datetime();
  const Type* const K = types_.array(datetime_token_type(types_));

  /// Year, month, day, hour, minute, second, millisecond and day of the week of an instant.
  std::string parts(std::string_view instant) {
    std::string out;
    for (Id id : {Id::DateTimeGetYear, Id::DateTimeGetMonth, Id::DateTimeGetDayOfMonth,
                  Id::DateTimeGetHour, Id::DateTimeGetMinute, Id::DateTimeGetSecond,
                  Id::DateTimeGetMillisecond, Id::DateTimeGetDayOfWeek}) {
      if (!out.empty()) out += ' ';
      out += result_of([&] { return call(id, {}, {lit(D, instant)}); });
    }
    return out;
  }
  Make components(int64_t year, int64_t month, int64_t day, int64_t hour = 0, int64_t minute = 0,
                  int64_t second = 0, int64_t millisecond = 0) {
    return [=, this] {
      return call(
          Id::DateTimeFromComponents, {},
          {num(year), num(month), num(day), num(hour), num(minute), num(second), num(millisecond)});
    };
  }
  Make printed(std::string_view instant, std::string_view tokens) {
    return
        [=, this] { return call(Id::DateTimePrintFormat, {}, {lit(D, instant), lit(K, tokens)}); };
  }
  Make read_as(std::string_view input, std::string_view tokens) {
    return [=, this] { return call(Id::DateTimeParseFormat, {}, {str(input), lit(K, tokens)}); };
  }
};

TEST_F(DateTimeBuiltins, parts_of_an_instant) {
  EXPECT_EQ(parts("2024-02-29T23:59:58.007"), "2024 2 29 23 59 58 7 4");
  EXPECT_EQ(parts("1970-01-01T00:00:00.000"), "1970 1 1 0 0 0 0 4");
  EXPECT_EQ(parts("1969-12-31T23:59:59.999"), "1969 12 31 23 59 59 999 3");
  EXPECT_EQ(parts("2023-01-01T00:00:00.000"), "2023 1 1 0 0 0 0 7");  // a Sunday
  EXPECT_EQ(parts("0001-01-01T00:00:00.001"), "1 1 1 0 0 0 1 1");
}

TEST_F(DateTimeBuiltins, instants_are_milliseconds) {
  expect_all({
      {"to epoch",
       [&] {
         return call(Id::DateTimeToEpochMilliseconds, {}, {lit(D, "1969-12-31T23:59:59.999")});
       },
       "-1"},
      {"from epoch", [&] { return call(Id::DateTimeFromEpochMilliseconds, {}, {num(86'400'000)}); },
       "1970-01-02T00:00:00.000"},
      {"add",
       [&] {
         return call(Id::DateTimeAddMilliseconds, {}, {lit(D, "1970-01-01T00:00:00.000"), num(-1)});
       },
       "1969-12-31T23:59:59.999"},
      {"duration",
       [&] {
         return call(Id::DateTimeDurationMilliseconds, {},
                     {lit(D, "1970-01-01T00:00:00.000"), lit(D, "1970-01-01T00:00:01.500")});
       },
       "-1500"},
  });
}

TEST_F(DateTimeBuiltins, components_carry_over) {
  expect_all({
      {"plain", components(2024, 2, 29, 23, 59, 58, 7), "2024-02-29T23:59:58.007"},
      {"month 13", components(2023, 13, 1), "2024-01-01T00:00:00.000"},
      {"month 0", components(2024, 0, 1), "2023-12-01T00:00:00.000"},
      {"month -11", components(2024, -11, 1), "2023-01-01T00:00:00.000"},
      {"month -12", components(2024, -12, 1), "2022-12-01T00:00:00.000"},
      {"day 32", components(2023, 1, 32), "2023-02-01T00:00:00.000"},
      {"day 0", components(2024, 3, 0), "2024-02-29T00:00:00.000"},
      {"second 61", components(2023, 12, 31, 23, 59, 61), "2024-01-01T00:00:01.000"},
      {"hour -1", components(2024, 1, 1, -1), "2023-12-31T23:00:00.000"},
      {"millisecond -1", components(1970, 1, 1, 0, 0, 0, -1), "1969-12-31T23:59:59.999"},
      {"year 50 is literal", components(50, 1, 1), "0050-01-01T00:00:00.000"},
      {"year 0", components(0, 2, 29), "0000-02-29T00:00:00.000"},
      {"4800 months", components(1970, 4801, 1), "2370-01-01T00:00:00.000"},
  });
  // Whatever the numbers, there is an instant.
  for (int64_t extreme : {INT64_MIN, INT64_MAX}) {
    EXPECT_FALSE(
        result_of(components(extreme, extreme, extreme, extreme, extreme, extreme, extreme))
            .empty());
  }
}

TEST_F(DateTimeBuiltins, formats_print_and_parse) {
  const char* k_iso = R"([.year4, .literal "-", .month2, .literal "-", .day2])";
  expect_all({
      {"print", printed("2024-02-09T15:04:05.006", k_iso), "2024-02-09"},
      {"print names and halves of the day",
       printed(
           "2024-02-09T15:04:05.006",
           R"([.weekdayNameFull, .literal " ", .day1, .literal " ", .monthNameShort, .literal " ", .hour12_1, .ampmLower])"),
       "Friday 9 Feb 3pm"},
      {"parse", read_as("2024-02-09", k_iso), "2024-02-09T00:00:00.000"},
      {"parse nothing", read_as("", "[]"), "1970-01-01T00:00:00.000"},
      {"bad month", read_as("2024-13-09", k_iso),
       "error: Failed to parse datetime at position 5: Month out of range (got 13, expected "
       "01-12)"},
      {"wrong literal", read_as("2024/02/09", k_iso),
       "error: Failed to parse datetime at position 4: Expected literal \"-\", got \"/\""},
      {"not a date", read_as("2023-02-29", k_iso),
       "error: Failed to parse datetime at position 0: Invalid date: 2023-02-29"},
      {"gap", read_as("02", "[.month2]"),
       "error: Failed to parse datetime at position 0: Invalid format: cannot have month without "
       "year"},
  });
}

}  // namespace
}  // namespace samara::eval
