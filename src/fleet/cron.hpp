#pragma once
// Cron: when a line of five fields is due next, on the clocks of a place. Pure: what offset a place
// has from universal time, and when, is asked of a TimeZone, which a port implements. Threads:
// values. Specified by: docs/formats/fleet.md, "Cron".

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace samara::fleet {

/// Seconds since 1970, universal time.
using UnixTime = std::chrono::sys_seconds;

class TimeZone {
 public:
  virtual ~TimeZone() = default;
  /// How far clocks there are ahead of universal time at that instant.
  virtual std::chrono::seconds offset_at(UnixTime at) const = 0;
};

class Utc final : public TimeZone {
 public:
  std::chrono::seconds offset_at(UnixTime) const override { return std::chrono::seconds(0); }
};

/// Minute, hour, day of the month, month, day of the week (0 and 7 are Sunday): `*`, numbers,
/// ranges `a-b`, steps `*/n` and `a-b/n`, lists of those with commas. If both days are restricted,
/// either will do, as everywhere.
class CronLine {
 public:
  /// Errors: invalid_argument.
  static Result<CronLine> parse(std::string_view text);
  /// The first time after `after`. Clocks that are put forward: what falls into the gap is due at
  /// its end. Clocks that are put back: due once, the first time. Nothing: not within eight years,
  /// such as the 30th of February.
  std::optional<UnixTime> next(UnixTime after, const TimeZone& zone) const;
  bool operator==(const CronLine&) const = default;

 private:
  bool day_matches(std::chrono::local_days day) const;

  uint64_t minutes_ = 0;
  uint32_t hours_ = 0;
  uint32_t days_ = 0;
  uint32_t months_ = 0;
  uint32_t weekdays_ = 0;
  bool any_day_ = false;
  bool any_weekday_ = false;
};

/// What becomes of times that passed while nobody looked.
enum class CatchUp : uint8_t {
  skip,  // nothing: the next one counts
  last,  // the last of them, once
  all,   // each of them, up to k_catch_up_max
};
inline constexpr size_t k_catch_up_max = 100;

struct CronDue {
  std::vector<UnixTime> due;     // to be started now, oldest first
  std::optional<UnixTime> next;  // and then this one
  uint64_t dropped = 0;          // passed, and not started
};

/// From the last time that was started, or when the line was made, up to now. A time counts as
/// passed unseen if it is more than `late` ago.
CronDue cron_due(const CronLine& line, const TimeZone& zone, UnixTime last, UnixTime now,
                 CatchUp catch_up, std::chrono::seconds late = std::chrono::seconds(60));

}  // namespace samara::fleet
