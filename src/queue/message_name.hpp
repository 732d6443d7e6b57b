#pragma once
// MessageName: the file name of a message. It says in which order messages are taken, whose they
// are and how often they were tried, so that nobody has to open one to know.
// Threads: a value type. Specified by: docs/formats/queue.md, "Names".

#include "call/uuid7.hpp"

namespace samara::queue {

struct MessageName {
  uint8_t priority = 128;  // 0 comes first
  Uuid id;
  std::string caller;  // 16 hex digits
  uint32_t attempt = 1;
  /// Wall clock, milliseconds since 1970; not to be taken before. Zero: at once.
  int64_t ready_ms = 0;
  bool operator==(const MessageName&) const = default;

  /// Sorts by priority, then by the time of publication.
  std::string text() const;
  /// Errors: corrupt.
  static Result<MessageName> parse(std::string_view text);
};

inline constexpr size_t k_peer_digits = 16;
/// Whether this can be the id of a caller or worker.
bool is_peer_id(std::string_view text);

inline constexpr std::string_view k_cancel_prefix = "cancel-";
/// The name under which a caller leaves word among a worker's claims that it gave up.
std::string cancel_name(const Uuid& id);

/// The name under which a caller offers a ring, among a worker's claims with its own id behind it,
/// and of the ring in its own folder with the worker's.
inline constexpr std::string_view k_ring_prefix = "ring-";

}  // namespace samara::queue
