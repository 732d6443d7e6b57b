#include "value/calendar.hpp"

#include <gtest/gtest.h>

namespace samara {
namespace {

std::string text(int64_t ms) {
  std::string out;
  append_datetime(out, ms);
  return out;
}

TEST(Calendar, datetime_text_has_four_digit_years_within_0_to_9999) {
  EXPECT_EQ(text(0), "1970-01-01T00:00:00.000");
  EXPECT_EQ(text(-1), "1969-12-31T23:59:59.999");
  EXPECT_EQ(text(-62167219200000), "0000-01-01T00:00:00.000");
  EXPECT_EQ(text(253402300799999), "9999-12-31T23:59:59.999");
}

TEST(Calendar, years_outside_four_digits_carry_a_sign_and_six_digits) {
  EXPECT_EQ(text(-62167219200001), "-000001-12-31T23:59:59.999");
  EXPECT_EQ(text(253402300800000), "+010000-01-01T00:00:00.000");
  EXPECT_EQ(text(k_datetime_ms_max), "+275760-09-13T00:00:00.000");
  EXPECT_EQ(text(-k_datetime_ms_max), "-271821-04-20T00:00:00.000");
  EXPECT_EQ(text(INT64_MAX), "+292278994-08-17T07:12:55.807");
  EXPECT_EQ(text(INT64_MIN), "-292275055-05-16T16:47:04.192");
}

TEST(Calendar, civil_time_and_instant_are_inverse) {
  uint64_t state = 7;
  for (int i = 0; i < 100000; i++) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    auto ms = static_cast<int64_t>(state) >> (i % 30);
    int64_t back = 0;
    ASSERT_TRUE(ms_from_civil(civil_from_ms(ms), back));
    ASSERT_EQ(back, ms);
  }
}

TEST(Calendar, impossible_dates_are_refused) {
  int64_t ms = 0;
  EXPECT_TRUE(ms_from_civil({.year = 2024, .month = 2, .day = 29}, ms));
  EXPECT_EQ(ms, 1709164800000);
  EXPECT_FALSE(ms_from_civil({.year = 2023, .month = 2, .day = 29}, ms));
  EXPECT_FALSE(ms_from_civil({.year = 1900, .month = 2, .day = 29}, ms));
  EXPECT_FALSE(ms_from_civil({.year = 2024, .month = 13, .day = 1}, ms));
  EXPECT_FALSE(ms_from_civil({.year = 2024, .month = 4, .day = 31}, ms));
  EXPECT_FALSE(ms_from_civil({.year = 2024, .month = 1, .day = 1, .hour = 24}, ms));
  EXPECT_FALSE(ms_from_civil({.year = 292278995, .month = 1, .day = 1}, ms));
}

TEST(Calendar, weekday_counts_from_sunday) {
  EXPECT_EQ(civil_from_ms(0).weekday, 4);
  EXPECT_EQ(civil_from_ms(1736899200000).weekday, 3);
  EXPECT_EQ(civil_from_ms(-k_ms_per_day * 5).weekday, 6);
}

}  // namespace
}  // namespace samara
