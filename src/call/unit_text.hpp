#pragma once
// Numbers with units as people read them: "1.5 GiB", "250 ms". Threads: pure.

#include <chrono>
#include <cstdint>
#include <string>

namespace samara {

/// At most one decimal place, binary units: "0 B", "1023 B", "1 KiB", "1.5 MiB".
std::string bytes_text(uint64_t bytes);
/// At most one decimal place: "12 µs", "1.5 s", "2 min", "24 h".
std::string duration_text(std::chrono::nanoseconds duration);

}  // namespace samara
