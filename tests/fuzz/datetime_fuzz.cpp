// DateTime formats: the input is a format, a NUL and a text to read. What is read prints and, where
// the format says enough, reads again as the same instant.

#include <cstddef>
#include <cstdint>

#include "core/assert.hpp"
#include "value/calendar.hpp"
#include "value/datetime_format.hpp"
#include "value/json_scalars.hpp"
#include "value/text_datetime.hpp"

namespace {
bool fixed_width(const samara::DateFormat& format) {
  using samara::DateToken;
  for (const samara::DateFormatToken& token : format) {
    switch (token.kind) {
      case DateToken::literal:
      case DateToken::year4:
      case DateToken::month2:
      case DateToken::day2:
      case DateToken::hour24_2:
      case DateToken::minute2:
      case DateToken::second2:
      case DateToken::millisecond3:
        continue;
      default:
        return false;
    }
  }
  return true;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace samara;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  size_t split = input.find('\0');
  std::string_view pattern = input.substr(0, split);
  std::string_view text = split == std::string_view::npos ? "" : input.substr(split + 1);

  DateFormat format = tokenize_datetime_format(pattern);
  (void)datetime_format_to_text(format);
  (void)validate_datetime_format(format).has_value();
  DateParseResult read = parse_datetime_formatted(text, format);
  if (read.ok) {
    std::string printed;
    append_datetime_formatted(printed, read.ms, format);
    // Tokens of fixed width leave no doubt; years below 1000 print with fewer digits.
    if (fixed_width(format) && civil_from_ms(read.ms).year >= 1000) {
      DateParseResult again = parse_datetime_formatted(printed, format);
      SAMARA_ASSERT(again.ok && again.ms == read.ms);
    }
  } else {
    SAMARA_ASSERT(!read.message.empty() && read.position <= 2 * text.size());
  }

  int64_t ms = 0;
  size_t length = 0;
  if (read_datetime(text, length, ms) == DateTimeStatus::ok) {
    SAMARA_ASSERT(length <= text.size());
    std::string printed;
    append_datetime(printed, ms);
    int64_t back = 0;
    SAMARA_ASSERT(read_datetime(printed, length, back) == DateTimeStatus::ok && back == ms);
  }
  if (parse_json_datetime(text, ms) == JsonDateStatus::ok || parse_csv_datetime(text, ms)) {
    std::string printed;
    append_datetime(printed, ms);
    int64_t back = 0;
    SAMARA_ASSERT(parse_json_datetime(printed + "Z", back) == JsonDateStatus::ok && back == ms);
  }
  return 0;
}
