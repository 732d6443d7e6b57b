#include "apps/samara/units.hpp"

#include <gtest/gtest.h>

namespace samara::cli {
namespace {

using std::chrono::nanoseconds;

TEST(Units, sizes_are_powers_of_1024) {
  EXPECT_EQ(*parse_bytes("4096"), 4096U);
  EXPECT_EQ(*parse_bytes("64k"), 64U << 10);
  EXPECT_EQ(*parse_bytes("1.5G"), 3ULL << 29);
  EXPECT_EQ(*parse_bytes("2GiB"), 2ULL << 30);
}

TEST(Units, what_is_no_size_is_refused_with_an_example) {
  for (std::string_view text : {"", "k", "-1", "64q", "1e30", "12 k", "nan"}) {
    auto bytes = parse_bytes(text);
    ASSERT_FALSE(bytes) << text;
    EXPECT_NE(bytes.error().message().find("for example 512M"), std::string_view::npos);
  }
}

TEST(Units, durations_have_units_and_a_bare_number_is_seconds) {
  EXPECT_EQ(*parse_duration("500ms"), nanoseconds(500'000'000));
  EXPECT_EQ(*parse_duration("2"), nanoseconds(2'000'000'000));
  EXPECT_EQ(*parse_duration("1.5m"), nanoseconds(90'000'000'000));
  EXPECT_FALSE(parse_duration("soon"));
}

TEST(Units, counts_are_powers_of_1000) {
  EXPECT_EQ(*parse_count("10k"), 10'000U);
  EXPECT_EQ(*parse_count("1e6"), 1'000'000U);
  EXPECT_FALSE(parse_count("10KiB"));
}

TEST(Units, text_has_three_digits) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(1023), "1023 B");
  EXPECT_EQ(bytes_text(1536), "1.50 KiB");
  EXPECT_EQ(bytes_text(1ULL << 40), "1.00 TiB");
  EXPECT_EQ(duration_text(nanoseconds(318'400)), "318 µs");
  EXPECT_EQ(duration_text(nanoseconds(1'240'000'000)), "1.24 s");
  EXPECT_EQ(duration_text(nanoseconds(185'000'000'000)), "3 min 5 s");
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(1'234'567), "1,234,567");
  EXPECT_EQ(time_text(1'763'736'603'000), "2025-11-21 14:50:03");
  EXPECT_EQ(time_text(-1), "1969-12-31 23:59:59");
}

}  // namespace
}  // namespace samara::cli
