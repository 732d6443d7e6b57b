#pragma once
// The date and time literal of East text. Threads: pure. Source: docs/formats/text.md, "DateTime".

#include <cstdint>
#include <string_view>

namespace samara {

enum class DateTimeStatus : uint8_t { ok, not_a_date, impossible };

/// Reads `[-]YYYY-MM-DDTHH:MM:SS[.f[f[f]]]` from the start of `text`; years outside 0 .. 9999 have
/// a sign and six to nine digits. `length` is set unless the status is not_a_date. 24:00:00 is the
/// start of the next day.
DateTimeStatus read_datetime(std::string_view text, size_t& length, int64_t& ms);

}  // namespace samara
