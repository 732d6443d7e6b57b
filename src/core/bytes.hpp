#pragma once
// Byte spans and buffers, hexadecimal text, checked narrowing. Threads: pure functions and values.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace samara {

using ByteView = std::span<const uint8_t>;
using Bytes = std::vector<uint8_t>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Lower-case hexadecimal digits, two for each byte.
std::string to_hex(ByteView bytes);
/// Errors: corrupt (odd length, or a character that is no hex digit; detail = its offset).
Result<Bytes> from_hex(std::string_view text);

/// Checked conversion between integer types. Errors: exhausted.
template <typename To, typename From>
Result<To> narrow(From value) {
  if (!std::in_range<To>(value)) return Error(Code::exhausted, "number out of range");
  return static_cast<To>(value);
}

}  // namespace samara
