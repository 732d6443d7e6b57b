#include "fleet/cron.hpp"

#include <gtest/gtest.h>

using namespace samara;
using namespace samara::fleet;
using namespace std::chrono;

namespace {

UnixTime at(int y, unsigned m, unsigned d, int h = 0, int min = 0) {
  return sys_days(year(y) / month(m) / day(d)) + hours(h) + minutes(min);
}

// Central Europe in 2026: an hour more from 29 March 01:00 to 25 October 01:00, universal time.
class Berlin final : public TimeZone {
 public:
  seconds offset_at(UnixTime t) const override {
    return t >= at(2026, 3, 29, 1) && t < at(2026, 10, 25, 1) ? hours(2) : hours(1);
  }
};

std::optional<UnixTime> next(std::string_view text, UnixTime after, const TimeZone& zone = Utc()) {
  auto line = CronLine::parse(text);
  EXPECT_TRUE(line.has_value()) << text;
  return line->next(after, zone);
}

}  // namespace

TEST(Cron, finds_the_next_time) {
  EXPECT_EQ(next("* * * * *", at(2026, 11, 22, 9, 40)), at(2026, 11, 22, 9, 41));
  EXPECT_EQ(next("*/15 * * * *", at(2026, 11, 22, 9, 45)), at(2026, 11, 22, 10, 0));
  EXPECT_EQ(next("30 4 1 1 *", at(2026, 11, 22)), at(2027, 1, 1, 4, 30));
  EXPECT_EQ(next("0 0 29 2 *", at(2026, 1, 1)), at(2028, 2, 29));
  EXPECT_EQ(next("0 9-17/4 * * 1-5", at(2026, 11, 20, 17)), at(2026, 11, 23, 9));
  EXPECT_EQ(next("0 0 * * 7", at(2026, 11, 20)), at(2026, 11, 22));
  EXPECT_EQ(next("5,10 0 * * *", at(2026, 11, 22, 0, 5)), at(2026, 11, 22, 0, 10));
}

TEST(Cron, either_day_will_do_when_both_are_restricted) {
  EXPECT_EQ(next("0 0 13 * 5", at(2026, 11, 10)), at(2026, 11, 13));
  EXPECT_EQ(next("0 0 13 * 5", at(2026, 11, 13)), at(2026, 11, 20));
  EXPECT_EQ(next("0 0 13 * 5", at(2026, 12, 11)), at(2026, 12, 13));
}

TEST(Cron, what_never_comes_is_none) {
  EXPECT_EQ(next("0 0 30 2 *", at(2026, 1, 1)), std::nullopt);
}

TEST(Cron, is_on_the_clocks_of_the_place) {
  const Berlin berlin;
  EXPECT_EQ(next("0 12 * * *", at(2026, 1, 10), berlin), at(2026, 1, 10, 11));
  EXPECT_EQ(next("0 12 * * *", at(2026, 7, 10), berlin), at(2026, 7, 10, 10));
}

TEST(Cron, what_falls_into_a_gap_is_due_at_its_end) {
  const Berlin berlin;
  // 02:30 does not exist on that day: clocks go from 02:00 to 03:00.
  EXPECT_EQ(next("30 2 * * *", at(2026, 3, 28, 12), berlin), at(2026, 3, 29, 1));
  EXPECT_EQ(next("30 2 * * *", at(2026, 3, 29, 1), berlin), at(2026, 3, 30, 0, 30));
}

TEST(Cron, an_hour_that_comes_twice_is_due_once) {
  const Berlin berlin;
  // 02:30 comes twice on that day.
  EXPECT_EQ(next("30 2 * * *", at(2026, 10, 24, 12), berlin), at(2026, 10, 25, 0, 30));
  EXPECT_EQ(next("30 2 * * *", at(2026, 10, 25, 0, 30), berlin), at(2026, 10, 26, 1, 30));
}

TEST(Cron, lines_that_are_none_are_refused) {
  for (const char* text : {"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *",
                           "* * * 13 *", "* * * * 8", "5-1 * * * *", "*/0 * * * *", "5/2 * * * *",
                           "a * * * *", "1, * * * *", "- * * * *", "1--2 * * * *"}) {
    EXPECT_FALSE(CronLine::parse(text).has_value()) << text;
  }
}

TEST(Cron, times_that_passed_unseen_are_caught_up_as_asked) {
  auto line = CronLine::parse("0 * * * *");
  ASSERT_TRUE(line.has_value());
  const Utc utc;
  const UnixTime last = at(2026, 1, 1, 0);
  const UnixTime now = at(2026, 1, 1, 3, 30);
  EXPECT_EQ(cron_due(*line, utc, last, now, CatchUp::all).due.size(), 3U);
  EXPECT_EQ(cron_due(*line, utc, last, now, CatchUp::last).due,
            std::vector<UnixTime>{at(2026, 1, 1, 3)});
  const CronDue skipped = cron_due(*line, utc, last, now, CatchUp::skip);
  EXPECT_TRUE(skipped.due.empty());
  EXPECT_EQ(skipped.dropped, 3U);
  EXPECT_EQ(skipped.next, at(2026, 1, 1, 4));
  // On time is not late.
  EXPECT_EQ(cron_due(*line, utc, last, at(2026, 1, 1, 1), CatchUp::skip).due.size(), 1U);
  const CronDue many = cron_due(*line, utc, last, at(2026, 3, 1), CatchUp::all);
  EXPECT_EQ(many.due.size(), k_catch_up_max);
  EXPECT_GT(many.dropped, 1000U);
}
