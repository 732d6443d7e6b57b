#pragma once
// Reply: a worker's answer to a request. Threads: value types.
// Specified by: docs/formats/queue.md, "Reply".

#include "call/execution_record.hpp"
#include "call/request.hpp"

namespace samara {

struct Reply {
  Uuid id;             // of the request
  std::string worker;  // given by the queue: 16 hex digits, or of the one who found it dead
  uint32_t attempt = 1;
  /// A value that rides inline may leave its hash zero: whoever stores it computes it.
  Outcome outcome;
  /// The value as canonical beast2; empty: it is the outcome's object in the repository.
  Bytes bytes;
  Usage usage;
  RecordedLog log;
  MoreFields more;
  bool operator==(const Reply&) const = default;
};

/// Appends canonical full beast2.
void append_reply(Bytes& out, const Reply& reply, const MessageTypes& types);
/// Errors: corrupt, unsupported (another version).
Result<Reply> decode_reply(ByteView bytes, const MessageTypes& types);

}  // namespace samara
