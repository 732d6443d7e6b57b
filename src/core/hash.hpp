#pragma once
// Hash: the SHA-256 that names an object. Threads: a value type.

#include <array>
#include <compare>
#include <cstring>

#include "core/bytes.hpp"

namespace samara {

struct Hash {
  std::array<uint8_t, 32> bytes{};

  auto operator<=>(const Hash&) const = default;
  ByteView view() const { return bytes; }
  std::string hex() const { return to_hex(bytes); }
  /// The first hex digits, for people.
  std::string short_hex() const { return hex().substr(0, 12); }
  /// Shape: exactly 64 hex digits. Errors: corrupt.
  static Result<Hash> parse(std::string_view text);
  /// Shape: exactly 32 bytes. Errors: corrupt.
  static Result<Hash> from_bytes(ByteView bytes);
};

/// For hash tables: the bytes are uniform already.
struct HashOfHash {
  size_t operator()(const Hash& hash) const {
    size_t out = 0;
    std::memcpy(&out, hash.bytes.data(), sizeof out);
    return out;
  }
};

}  // namespace samara
