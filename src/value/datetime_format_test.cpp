#include "value/datetime_format.hpp"

#include <gtest/gtest.h>

#include "value/text.hpp"

namespace samara {
namespace {

std::string read(std::string_view pattern, std::string_view text) {
  DateParseResult result = parse_datetime_formatted(text, tokenize_datetime_format(pattern));
  if (result.ok) return std::to_string(result.ms);
  return std::to_string(result.position) + ": " + result.message;
}

TEST(DateTimeFormat, the_token_type_has_its_cases_in_the_order_of_the_enumeration) {
  TypeTable types;
  const Type* type = datetime_token_type(types);
  ASSERT_EQ(type->arity(), k_date_token_count);
  EXPECT_EQ(type->index_of("literal"), static_cast<int32_t>(DateToken::literal));
  EXPECT_EQ(type->index_of("year4"), static_cast<int32_t>(DateToken::year4));
  EXPECT_EQ(type->index_of("hour12_2"), static_cast<int32_t>(DateToken::hour12_2));
  EXPECT_EQ(type->index_of("monthNameShort"), static_cast<int32_t>(DateToken::month_name_short));
  Heap heap;
  Slot tokens = datetime_format_to_value(heap, tokenize_datetime_format("YYYY-MM"));
  EXPECT_EQ(*print_text(types.array(type), tokens), "[.year4, .literal \"-\", .month2]");
}

TEST(DateTimeFormat, positions_count_utf16_units) {
  EXPECT_EQ(read("\U0001F600YYYY", "\U0001F600x"), "2: Expected 4-digit year");
  EXPECT_EQ(read("é-", "éx"), "0: Expected literal \"é-\", got \"éx\"");
}

TEST(DateTimeFormat, components_given_twice_must_agree) {
  EXPECT_EQ(read("YYYY-MM-DD M", "2024-02-03 3"),
            "11: Month specified multiple times with different values: 2 and 3");
  EXPECT_EQ(read("dddd ddd YYYY-MM-DD", "Monday Tue 2024-01-01"),
            "7: Weekday specified multiple times with different values");
  EXPECT_EQ(read("h H A a", "3 15 AM pm"), "54000000");
}

TEST(DateTimeFormat, gaps_in_what_was_read_are_refused) {
  EXPECT_EQ(read("YYYY-DD", "2024-03"),
            "0: Invalid format: cannot have day without year and month");
  EXPECT_EQ(read("YYYY-MM-DD HH s", "2024-01-01 03 4"),
            "0: Invalid format: cannot have second without minute");
  EXPECT_EQ(read("HH:mm:SSS", "03:04:005"),
            "0: Invalid format: cannot have millisecond without second");
}

TEST(DateTimeFormat, short_numbers_take_two_digits_when_they_can) {
  EXPECT_EQ(read("YYYY-M-D", "2024-1-23"), "1705968000000");
  EXPECT_EQ(read("H:m:s", "1:2:3"), "3723000");
  EXPECT_EQ(read("H:m", "x"), "0: Expected 1 or 2-digit hour");
  EXPECT_EQ(read("D", "32"), "0: Day out of range (got 32, expected 1-31)");
}

TEST(DateTimeFormat, formats_that_skip_a_level_are_invalid) {
  auto why = [](std::string_view pattern) {
    auto valid = validate_datetime_format(tokenize_datetime_format(pattern));
    return valid ? "valid" : std::string(valid.error().message());
  };
  EXPECT_EQ(why("YYYY HH").find("Invalid format: cannot skip from year to hour."), 0U);
  EXPECT_EQ(why("YYYY-MM HH").find("Invalid format: cannot skip from month to hour."), 0U);
  EXPECT_EQ(why("HH:ss").find("Invalid format: cannot have second without minute."), 0U);
  EXPECT_EQ(why("HH:mm:ss.SSS A dddd"), "valid");
}

}  // namespace
}  // namespace samara
