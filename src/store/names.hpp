#pragma once
// Names in a repository: of refs, records and objects' files, and how messages show a hash.
// Threads: pure functions. Specified by: docs/formats/repository.md, "Names".

#include <string>
#include <string_view>

#include "core/hash.hpp"

namespace samara::store {

inline constexpr size_t k_name_component_bytes_max = 255;
inline constexpr size_t k_ref_name_bytes_max = 1024;

/// One part of a path: UTF-8 of 1 to 255 bytes, without '/', control characters, not "." or "..".
/// Errors: invalid_argument, which tells the rule that is broken.
Result<void> check_component(std::string_view name);
/// Components joined by '/'.
Result<void> check_ref_name(std::string_view name);

/// The file of an object inside its fan-out directory: the last 62 hex digits.
struct ObjectName {
  explicit ObjectName(const Hash& hash);
  std::string_view view() const { return {text, sizeof text}; }
  char text[62];
};

/// Lower-case hex text of exactly `digits` digits; nothing else is the name of a stored thing.
bool is_lower_hex(std::string_view text, size_t digits);

/// "'3f9a02c4d5e6…'", for messages.
std::string in_quotes(const Hash& hash);
/// "'text'".
std::string in_quotes(std::string_view text);

}  // namespace samara::store
