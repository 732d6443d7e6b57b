#pragma once
// The strings that stand for dates and bytes in JSON, shared with CSV.
// Threads: pure. Source: docs/formats/json.md; docs/formats/csv.md.

#include <cstdint>
#include <string_view>

namespace samara {

enum class JsonDateStatus : uint8_t { ok, malformed, impossible };

/// `YYYY-MM-DDTHH:MM:SS.sss` and `Z` or `±HH:MM`; years outside 0 .. 9999 have a sign and six to
/// nine digits.
JsonDateStatus parse_json_datetime(std::string_view text, int64_t& ms);

/// `YYYY-MM-DD`, or `YYYY-MM-DDTHH:MM[:SS[.f[f[f]]]]` with an optional zone; no zone is UTC.
bool parse_csv_datetime(std::string_view text, int64_t& ms);

}  // namespace samara
