#pragma once
// Uuid: an attempt's name. Version 7 of RFC 9562: milliseconds of the wall clock, then random bits,
// so that sorted names are in the order of time. Threads: a value type.

#include <array>
#include <compare>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "core/bytes.hpp"

namespace samara {

struct Uuid {
  std::array<uint8_t, 16> bytes{};

  auto operator<=>(const Uuid&) const = default;
  /// 36 characters, lower case.
  std::string text() const;
  /// Errors: corrupt.
  static Result<Uuid> parse(std::string_view text);
  /// Shape: 10 random bytes; milliseconds since 1970, not negative, 48 bits.
  static Uuid make_v7(int64_t unix_ms, std::span<const uint8_t, 10> random);
  /// Of a version 7 id.
  int64_t unix_ms() const;
};

}  // namespace samara
