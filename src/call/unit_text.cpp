#include "call/unit_text.hpp"

#include <charconv>

namespace samara {

namespace {

// "123" or "12.5": tenths, cut and not rounded, so that a limit is never shown as reached before it
// is.
std::string tenths_text(uint64_t whole, uint64_t tenth) {
  char digits[24];
  auto end = std::to_chars(digits, digits + sizeof digits, whole).ptr;
  std::string out(digits, end);
  if (tenth != 0) {
    out += '.';
    out += static_cast<char>('0' + tenth);
  }
  return out;
}

std::string scaled(uint64_t amount, uint64_t unit, const char* name) {
  uint64_t whole = amount / unit;
  uint64_t tenth = whole >= 100 ? 0 : (amount % unit) * 10 / unit;
  return tenths_text(whole, tenth) + " " + name;
}

}  // namespace

std::string bytes_text(uint64_t bytes) {
  static constexpr const char* k_units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  size_t power = 0;
  while (power < 6 && bytes >> (10 * (power + 1)) != 0) power++;
  return scaled(bytes, uint64_t{1} << (10 * power), k_units[power]);
}

std::string duration_text(std::chrono::nanoseconds duration) {
  auto ns = static_cast<uint64_t>(duration.count() < 0 ? 0 : duration.count());
  constexpr uint64_t k_s = 1'000'000'000;
  if (ns < 1000) return scaled(ns, 1, "ns");
  if (ns < 1'000'000) return scaled(ns, 1000, "µs");
  if (ns < k_s) return scaled(ns, 1'000'000, "ms");
  if (ns < 60 * k_s) return scaled(ns, k_s, "s");
  if (ns < 3600 * k_s) return scaled(ns, 60 * k_s, "min");
  return scaled(ns, 3600 * k_s, "h");
}

}  // namespace samara
