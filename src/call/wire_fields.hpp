#pragma once
// Parts that requests and replies have in common. Used by the sources of this layer only.
// Threads: pure functions.

#include <algorithm>
#include <optional>

#include "call/request.hpp"
#include "call/wire.hpp"

namespace samara {

inline bool starts_with(ByteView bytes, ByteView head) {
  return bytes.size() >= head.size() && std::equal(head.begin(), head.end(), bytes.begin());
}

/// The error for bytes with another head. A later version has another type, so nothing finer can be
/// said from here.
inline Error not_this(ByteView bytes, std::string_view what) {
  const std::string_view magic(
      "\x89"
      "East",
      5);
  const bool east = as_text(bytes).starts_with(magic);
  return Error(east ? Code::unsupported : Code::corrupt,
               (east ? "this is no version of a " : "this is no ") + std::string(what) +
                   (east ? " that is known here" : ""));
}

inline void write_option(WireWriter& write, const std::optional<Hash>& hash) {
  write.count(hash.has_value() ? 1 : 0);
  if (hash.has_value()) write.blob(hash->view());
}
inline std::optional<Hash> read_option(WireReader& read) {
  if (read.tag(2) == 0) return std::nullopt;
  return read.hash();
}

inline void write_more(WireWriter& write, const MoreFields& more) {
  write.list(more.size());
  for (const auto& [name, bytes] : more) {
    write.text(name);
    write.blob(bytes);
  }
}
inline void read_more(WireReader& read, MoreFields& more) {
  for (uint64_t left = read.list(); left > 0 && read.intact(); left--) {
    std::string name = read.text();
    more.insert_or_assign(std::move(name), read.bytes());
  }
}

}  // namespace samara
