#pragma once
// Sizes, durations and counts as people write and read them. Threads: pure.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace samara::cli {

/// "4096", "64k", "1.5G", "2GiB": powers of 1024. Errors: invalid_argument.
Result<uint64_t> parse_bytes(std::string_view text);
/// "500ms", "30s", "5m", "2h", "7d"; a bare number is seconds. Errors: invalid_argument.
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);
/// "1000", "10k", "2.5M", "1G": powers of 1000. Errors: invalid_argument.
Result<uint64_t> parse_count(std::string_view text);

/// "4.0 GiB", "812 B".
std::string bytes_text(uint64_t bytes);
/// "1.24 s", "318 µs", "3 min 5 s".
std::string duration_text(std::chrono::nanoseconds duration);
/// "1,234,567".
std::string count_text(uint64_t count);
/// "2025-11-21 14:50:03", UTC.
std::string time_text(int64_t unix_ms);

}  // namespace samara::cli
