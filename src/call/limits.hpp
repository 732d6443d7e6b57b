#pragma once
// Limits: how much one run of a function may use. Reaching one ends the run with an outcome that
// names it, never with a crash. Limits are no part of a call's identity: a value does not depend on
// how much was allowed.
// Threads: a value type. Specified by: docs/formats/call.md, "Limits".

#include <chrono>
#include <cstdint>

namespace samara {

struct Limits {
#ifdef SAMARA_HOST
  /// Calls of East functions and loop iterations. Unlimited: the deadline ends what never ends, and
  /// a number of steps means nothing to a user.
  uint64_t steps_max = UINT64_MAX;
  /// Of the values of a run, arguments and result included. Decoding takes up to four times the
  /// bytes of a file, so this is room for arguments of one gigabyte.
  uint64_t memory_bytes_max = uint64_t{4} << 30;
  /// East functions on top of each other. A frame takes about 100 bytes; deeper is always a
  /// mistake.
  uint32_t depth_max = 200'000;
  /// From the start of the run. Zero: none. A day ends what everybody has forgotten.
  std::chrono::nanoseconds wall_max = std::chrono::hours(24);
  /// Of the encoded result: as much as one object holds without streaming.
  uint64_t output_bytes_max = uint64_t{2} << 30;
  /// Of captured console output; what is longer is cut and counted.
  uint64_t log_bytes_max = uint64_t{16} << 20;
#else
  // What a microcontroller with a few hundred kilobytes has to give.
  uint64_t steps_max = 100'000'000;
  uint64_t memory_bytes_max = 64 * 1024;
  uint32_t depth_max = 100;
  std::chrono::nanoseconds wall_max = std::chrono::seconds(60);
  uint64_t output_bytes_max = 16 * 1024;
  uint64_t log_bytes_max = 4 * 1024;
#endif

  bool operator==(const Limits&) const = default;
};

}  // namespace samara
