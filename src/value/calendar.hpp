#pragma once
// The proleptic Gregorian calendar in UTC, without leap seconds, for every int64 of milliseconds
// since 1970-01-01T00:00:00.000.
//
// Threads: pure functions. Source: docs/formats/datetime-format.md, "Calendar".

#include <cstdint>
#include <string>

namespace samara {

inline constexpr int64_t k_ms_per_day = 86'400'000;
/// The greatest magnitude of an instant in the first reference implementation.
inline constexpr int64_t k_datetime_ms_max = 8'640'000'000'000'000;

struct CivilTime {
  int64_t year = 1970;
  int32_t month = 1;  // 1 .. 12
  int32_t day = 1;    // 1 .. 31
  int32_t hour = 0;
  int32_t minute = 0;
  int32_t second = 0;
  int32_t millisecond = 0;
  int32_t weekday = 4;  // 0 = Sunday
};

CivilTime civil_from_ms(int64_t ms);

/// Days since 1970-01-01. Requires: month 1 .. 12, |year| < 10^12; `day` may be any number.
int64_t days_from_civil(int64_t year, int32_t month, int64_t day);
/// 0 = Sunday, for a day since 1970-01-01.
int32_t weekday_of_day(int64_t days);
int32_t days_in_month(int64_t year, int32_t month);

/// Checked: true and the instant when month, day of month, hour (0 .. 23), minute, second and
/// millisecond are in range and the instant fits int64. `weekday` is not looked at.
bool ms_from_civil(const CivilTime& time, int64_t& ms);

/// `YYYY-MM-DDTHH:MM:SS.sss`; outside the years 0 .. 9999 a sign and at least six digits of year.
void append_datetime(std::string& out, int64_t ms);

/// The two digits at `text`, or -1.
inline int32_t two_digits(const char* text) {
  auto a = static_cast<uint32_t>(text[0] - '0');
  auto b = static_cast<uint32_t>(text[1] - '0');
  return a <= 9 && b <= 9 ? static_cast<int32_t>(a * 10 + b) : -1;
}

}  // namespace samara
