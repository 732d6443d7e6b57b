#include "fleet/cron.hpp"

#include <charconv>

namespace samara::fleet {

using namespace std::chrono;

namespace {

Error bad(std::string_view what) { return Error(Code::invalid_argument, what); }

/// A number that fills the text.
std::optional<unsigned> number(std::string_view text) {
  unsigned out = 0;
  const auto end = text.data() + text.size();
  const auto got = std::from_chars(text.data(), end, out);
  if (text.empty() || got.ec != std::errc{} || got.ptr != end) return std::nullopt;
  return out;
}

struct Range {
  unsigned low = 0;
  unsigned high = 0;
};

/// One field as bits.
Result<uint64_t> field(std::string_view text, Range range) {
  uint64_t bits = 0;
  while (true) {
    const size_t comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    unsigned step = 1;
    if (const size_t slash = part.find('/'); slash != std::string_view::npos) {
      const auto got = number(part.substr(slash + 1));
      if (!got || *got == 0 || *got > range.high) return bad("a step of a cron line is no number");
      step = *got;
      part = part.substr(0, slash);
      if (part != "*" && part.find('-') == std::string_view::npos) {
        return bad("a step of a cron line needs a range");
      }
    }
    Range span = range;
    if (part != "*") {
      const size_t dash = part.find('-');
      const auto low = number(part.substr(0, dash));
      const auto high = dash == std::string_view::npos ? low : number(part.substr(dash + 1));
      if (!low || !high || *low < range.low || *high > range.high || *low > *high) {
        return bad("a field of a cron line is out of its range");
      }
      span = {*low, *high};
    }
    for (unsigned i = span.low; i <= span.high; i += step) bits |= uint64_t{1} << i;
    if (comma == std::string_view::npos) return bits;
    text.remove_prefix(comma + 1);
  }
}

/// The instant at which clocks there show the local time for the first time; in a gap, its end.
UnixTime instant_of(local_seconds local, const TimeZone& zone) {
  const sys_seconds as_utc(local.time_since_epoch());
  // The offsets on both sides of any change near by.
  const seconds before = zone.offset_at(as_utc - hours(26));
  const seconds after = zone.offset_at(as_utc + hours(26));
  for (const seconds offset : {std::max(before, after), std::min(before, after)}) {
    const UnixTime at = as_utc - offset;
    if (zone.offset_at(at) == offset) return at;
  }
  // In a gap: the change is between those two instants; its end is the first one with the new
  // offset.
  UnixTime low = as_utc - std::max(before, after);
  UnixTime high = as_utc - std::min(before, after);
  if (zone.offset_at(low) == zone.offset_at(high)) return high;
  while (high - low > seconds(1)) {
    const UnixTime middle = low + (high - low) / 2;
    (zone.offset_at(middle) == zone.offset_at(low) ? low : high) = middle;
  }
  return high;
}

}  // namespace

Result<CronLine> CronLine::parse(std::string_view text) {
  constexpr Range k_ranges[5] = {{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 7}};
  uint64_t bits[5] = {};
  std::string_view texts[5];
  for (unsigned i = 0; i < 5; i++) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    texts[i] = text.substr(0, text.find(' '));
    if (texts[i].empty()) return bad("a cron line has five fields");
    text.remove_prefix(texts[i].size());
    SAMARA_TRY(bits[i], field(texts[i], k_ranges[i]));
  }
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  if (!text.empty()) return bad("a cron line has five fields");
  CronLine out;
  out.minutes_ = bits[0];
  out.hours_ = static_cast<uint32_t>(bits[1]);
  out.days_ = static_cast<uint32_t>(bits[2]);
  out.months_ = static_cast<uint32_t>(bits[3]);
  out.weekdays_ = static_cast<uint32_t>(bits[4] | (bits[4] >> 7U & 1U));
  out.any_day_ = texts[2].front() == '*';
  out.any_weekday_ = texts[4].front() == '*';
  return out;
}

bool CronLine::day_matches(local_days day) const {
  const year_month_day date(day);
  if ((months_ >> static_cast<unsigned>(date.month()) & 1U) == 0) return false;
  const bool of_month = (days_ >> static_cast<unsigned>(date.day()) & 1U) != 0;
  const bool of_week = (weekdays_ >> weekday(day).c_encoding() & 1U) != 0;
  if (any_day_ || any_weekday_) return of_month && of_week;
  return of_month || of_week;
}

std::optional<UnixTime> CronLine::next(UnixTime after, const TimeZone& zone) const {
  const local_seconds local((after + zone.offset_at(after)).time_since_epoch());
  // From the day before: clocks that were put back may show an hour again that is still to come.
  local_days day = floor<days>(local) - days(1);
  constexpr int k_days_max = 8 * 366;
  for (int i = 0; i < k_days_max; i++, day += days(1)) {
    if (!day_matches(day)) continue;
    for (unsigned hour = 0; hour < 24; hour++) {
      if ((hours_ >> hour & 1U) == 0) continue;
      for (unsigned minute = 0; minute < 60; minute++) {
        if ((minutes_ >> minute & 1U) == 0) continue;
        const UnixTime at = instant_of(local_seconds(day) + hours(hour) + minutes(minute), zone);
        if (at > after) return at;
      }
    }
  }
  return std::nullopt;
}

CronDue cron_due(const CronLine& line, const TimeZone& zone, UnixTime last, UnixTime now,
                 CatchUp catch_up, seconds late) {
  CronDue out;
  std::optional<UnixTime> at = line.next(last, zone);
  while (at && *at <= now) {
    out.due.push_back(*at);
    // The newest ones are kept.
    if (out.due.size() > k_catch_up_max) {
      out.due.erase(out.due.begin());
      out.dropped++;
    }
    at = line.next(*at, zone);
  }
  out.next = at;
  if (out.due.empty()) return out;
  const auto drop_all_but_last = [&](bool the_last_too) {
    const size_t keep = the_last_too ? 0 : 1;
    out.dropped += out.due.size() - keep;
    out.due.erase(out.due.begin(), out.due.end() - static_cast<std::ptrdiff_t>(keep));
  };
  switch (catch_up) {
    case CatchUp::skip:
      drop_all_but_last(now - out.due.back() > late);
      break;
    case CatchUp::last:
      drop_all_but_last(false);
      break;
    case CatchUp::all:
      break;
  }
  return out;
}

}  // namespace samara::fleet
