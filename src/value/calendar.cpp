#include "value/calendar.hpp"

#include "value/number_text.hpp"

namespace samara {

namespace {
int64_t floor_div(int64_t a, int64_t b) {
  int64_t q = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}
bool leap(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

constexpr int64_t k_days_per_era = 146'097;  // of 400 years
// Days from 0000-03-01 to 1970-01-01: years are counted from March so that the leap day comes last.
constexpr int64_t k_epoch_day = 719'468;
}  // namespace

int32_t weekday_of_day(int64_t days) {
  int64_t day = (days % 7 + 7 + 4) % 7;  // 1970-01-01 was a Thursday
  return static_cast<int32_t>(day);
}

int32_t days_in_month(int64_t year, int32_t month) {
  static constexpr int8_t k_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && leap(year) ? 29 : k_days[month - 1];
}

int64_t days_from_civil(int64_t year, int32_t month, int64_t day) {
  if (month <= 2) year--;
  int64_t era = floor_div(year, 400);
  int64_t year_of_era = year - era * 400;
  int64_t month_from_march = month > 2 ? month - 3 : month + 9;
  int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * k_days_per_era + day_of_era - k_epoch_day;
}

CivilTime civil_from_ms(int64_t ms) {
  CivilTime out;
  int64_t days = floor_div(ms, k_ms_per_day);
  int64_t remainder = ms % k_ms_per_day;
  auto in_day = static_cast<int32_t>(remainder < 0 ? remainder + k_ms_per_day : remainder);
  out.millisecond = in_day % 1000;
  out.second = in_day / 1000 % 60;
  out.minute = in_day / 60'000 % 60;
  out.hour = in_day / 3'600'000;
  out.weekday = weekday_of_day(days);

  int64_t z = days + k_epoch_day;
  int64_t era = floor_div(z, k_days_per_era);
  int64_t day_of_era = z - era * k_days_per_era;
  int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t month_from_march = (5 * day_of_year + 2) / 153;
  out.day = static_cast<int32_t>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  out.month =
      static_cast<int32_t>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  out.year = year_of_era + era * 400 + (out.month <= 2 ? 1 : 0);
  return out;
}

bool ms_from_civil(const CivilTime& t, int64_t& ms) {
  if (t.month < 1 || t.month > 12 || t.day < 1 || t.hour < 0 || t.hour > 23 || t.minute < 0 ||
      t.minute > 59 || t.second < 0 || t.second > 59 || t.millisecond < 0 || t.millisecond > 999) {
    return false;
  }
  if (t.year < -400'000'000 || t.year > 400'000'000) return false;
  if (t.day > days_in_month(t.year, t.month)) return false;
  int64_t days = days_from_civil(t.year, t.month, t.day);
  int64_t in_day = ((int64_t{t.hour} * 60 + t.minute) * 60 + t.second) * 1000 + t.millisecond;
  return !__builtin_mul_overflow(days, k_ms_per_day, &ms) &&
         !__builtin_add_overflow(ms, in_day, &ms);
}

namespace {
void append_padded(std::string& out, int64_t value, int width) {
  char digits[20];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  for (int i = count; i < width; i++) out += '0';
  while (count > 0) out += digits[--count];
}
void put_pair(char* at, int32_t value) {
  at[0] = static_cast<char>('0' + value / 10);
  at[1] = static_cast<char>('0' + value % 10);
}
}  // namespace

void append_datetime(std::string& out, int64_t ms) {
  CivilTime t = civil_from_ms(ms);
  if (t.year >= 0 && t.year <= 9999) {
    auto year = static_cast<int32_t>(t.year);
    char digits[4];
    put_pair(digits, year / 100);
    put_pair(digits + 2, year % 100);
    out.append(digits, 4);
  } else {
    out += t.year < 0 ? '-' : '+';
    append_padded(out, t.year < 0 ? -t.year : t.year, 6);
  }
  char rest[] = "-00-00T00:00:00.000";
  put_pair(rest + 1, t.month);
  put_pair(rest + 4, t.day);
  put_pair(rest + 7, t.hour);
  put_pair(rest + 10, t.minute);
  put_pair(rest + 13, t.second);
  rest[16] = static_cast<char>('0' + t.millisecond / 100);
  put_pair(rest + 17, t.millisecond % 100);
  out.append(rest, sizeof rest - 1);
}

}  // namespace samara
