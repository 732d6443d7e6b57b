#include "apps/samara/units.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <span>

namespace samara::cli {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr double k_kibi = 1024;
constexpr std::array k_byte_units = {
    Unit{"", 1},
    Unit{"B", 1},
    Unit{"k", k_kibi},
    Unit{"K", k_kibi},
    Unit{"KiB", k_kibi},
    Unit{"M", k_kibi* k_kibi},
    Unit{"MiB", k_kibi* k_kibi},
    Unit{"G", k_kibi* k_kibi* k_kibi},
    Unit{"GiB", k_kibi* k_kibi* k_kibi},
    Unit{"T", k_kibi* k_kibi* k_kibi* k_kibi},
    Unit{"TiB", k_kibi* k_kibi* k_kibi* k_kibi},
};
constexpr std::array k_time_units = {
    Unit{"", 1e9},   Unit{"ns", 1},     Unit{"us", 1e3},   Unit{"ms", 1e6},    Unit{"s", 1e9},
    Unit{"m", 60e9}, Unit{"min", 60e9}, Unit{"h", 3600e9}, Unit{"d", 86400e9},
};
constexpr std::array k_count_units = {
    Unit{"", 1}, Unit{"k", 1e3}, Unit{"K", 1e3}, Unit{"M", 1e6}, Unit{"G", 1e9},
};

Result<double> parse(std::string_view text, std::span<const Unit> units, std::string_view what,
                     std::string_view example, double most) {
  double number = 0;
  auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view rest = text.substr(static_cast<size_t>(end - text.data()));
  if (status == std::errc{} && number >= 0) {
    for (const Unit& unit : units) {
      if (unit.name == rest && number * unit.factor < most) return number * unit.factor;
    }
  }
  return Error(Code::invalid_argument, "expects " + std::string(what) + ", got '" +
                                           std::string(text) + "'; for example " +
                                           std::string(example));
}

constexpr double k_integer_max = 9.2e18;

std::string fixed(double value, std::string_view unit) {
  char out[64];
  int digits = value < 9.995 ? 2 : (value < 99.95 ? 1 : 0);
  int size = std::snprintf(out, sizeof out, "%.*f", digits, value);
  return std::string(out, static_cast<size_t>(size)) + " " + std::string(unit);
}

std::string two_units(int64_t large, std::string_view unit, int64_t small,
                      std::string_view small_unit) {
  std::string out = std::to_string(large) + " " + std::string(unit);
  if (small != 0) out += " " + std::to_string(small) + " " + std::string(small_unit);
  return out;
}

}  // namespace

Result<uint64_t> parse_bytes(std::string_view text) {
  SAMARA_TRY(double bytes, parse(text, k_byte_units, "a size", "512M", k_integer_max));
  return static_cast<uint64_t>(bytes);
}

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  SAMARA_TRY(double ns, parse(text, k_time_units, "a duration", "30s", k_integer_max));
  return std::chrono::nanoseconds(static_cast<int64_t>(ns));
}

Result<uint64_t> parse_count(std::string_view text) {
  SAMARA_TRY(double count, parse(text, k_count_units, "a number", "10M", k_integer_max));
  return static_cast<uint64_t>(count);
}

std::string bytes_text(uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  static constexpr std::string_view k_units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / k_kibi;
  size_t unit = 0;
  while (value >= 1023.5 && unit + 1 < std::size(k_units)) {
    value /= k_kibi;
    unit++;
  }
  return fixed(value, k_units[unit]);
}

std::string duration_text(std::chrono::nanoseconds duration) {
  double ns = static_cast<double>(duration.count());
  if (ns < 999.5) return std::to_string(duration.count()) + " ns";
  if (ns < 999.5e3) return fixed(ns / 1e3, "µs");
  if (ns < 999.5e6) return fixed(ns / 1e6, "ms");
  if (ns < 119.5e9) return fixed(ns / 1e9, "s");
  int64_t seconds = std::llround(ns / 1e9);
  if (seconds < 7200) {
    return two_units(seconds / 60, "min", seconds % 60, "s");
  }
  int64_t minutes = seconds / 60;
  if (minutes < 48 * 60) {
    return two_units(minutes / 60, "h", minutes % 60, "min");
  }
  return std::to_string(minutes / 1440) + " days";
}

std::string count_text(uint64_t count) {
  std::string digits = std::to_string(count);
  std::string out;
  for (size_t i = 0; i < digits.size(); i++) {
    if (i != 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

std::string time_text(int64_t unix_ms) {
  using namespace std::chrono;
  auto seconds = floor<std::chrono::seconds>(sys_time<milliseconds>(milliseconds(unix_ms)));
  auto day = floor<days>(seconds);
  year_month_day date{day};
  hh_mm_ss clock{seconds - day};
  char out[64];
  int size = std::snprintf(
      out, sizeof out, "%04d-%02u-%02u %02d:%02d:%02d", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return std::string(out, static_cast<size_t>(size));
}

}  // namespace samara::cli
