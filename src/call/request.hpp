#pragma once
// Request: what a caller asks of a worker: a function by hash, or a platform function by name, with
// arguments, limits, and what may be done when the worker dies.
// Threads: value types. Specified by: docs/formats/queue.md, "Request".

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "call/call_id.hpp"
#include "call/limits.hpp"
#include "call/message_types.hpp"
#include "call/uuid7.hpp"

namespace samara {

/// What a message carries for others than us, or for later versions.
using MoreFields = std::map<std::string, Bytes, std::less<>>;

struct RequestArgument {
  /// The whole value as canonical beast2; empty: it is the object `object` of the repository.
  Bytes bytes;
  Hash object;
  bool operator==(const RequestArgument&) const = default;
};

struct Request {
  Uuid id;             // given by the queue when it is published
  std::string queue;   // likewise
  std::string caller;  // likewise: 16 hex digits
  /// The function; all zero: the platform function `platform`.
  Hash function;
  std::string platform;
  std::optional<Hash> call;  // call id
  std::vector<RequestArgument> arguments;
  Bindings bindings;
  int64_t semantics = k_semantics;
  uint8_t priority = 128;  // 0 comes first
  /// Pure or idempotent: may run again when a worker died over it.
  bool repeatable = false;
  uint32_t attempts_max = 3;
  /// On the machine's monotonic clock (nanoseconds since boot, sleep included). Zero: none.
  int64_t deadline_ns = 0;
  Limits limits;  // wall_max is said by the deadline and not sent
  std::vector<std::string> capabilities;
  /// Call ids of those who wait for this one, outermost first.
  std::vector<Hash> ancestors;
  MoreFields more;
  bool operator==(const Request&) const = default;
};

/// Appends canonical full beast2.
void append_request(Bytes& out, const Request& request, const MessageTypes& types);
/// Errors: corrupt, unsupported (another version).
Result<Request> decode_request(ByteView bytes, const MessageTypes& types);

}  // namespace samara
