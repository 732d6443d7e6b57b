#pragma once
// The East types of the messages between callers and workers. Threads: immutable.
// Specified by: docs/formats/queue.md, "Request" and "Reply".

#include "call/record_types.hpp"

namespace samara {

/// Made once for a type table and kept.
struct MessageTypes {
  explicit MessageTypes(RecordTypes& records);

  const Type* request = nullptr;
  const Type* reply = nullptr;
  /// How the bytes of each begin, up to and with its version.
  Bytes request_head;
  Bytes reply_head;
  /// The outcome's kinds in the order of its type's cases, and back.
  uint8_t kind_of_tag[16] = {};
  uint8_t tag_of_kind[16] = {};
};

}  // namespace samara
