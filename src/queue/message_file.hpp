#pragma once
// The file of a message: one file carries the request to the worker and the reply back. The reply
// is written behind the request, so that answering is one rename, and a worker that dies in the
// middle leaves the request whole.
// Threads: pure functions over one file. Specified by: docs/formats/queue.md, "Files".

#include "call/reply.hpp"
#include "port/files.hpp"

namespace samara::queue {

inline constexpr std::string_view k_message_magic = "SMRMSG1\n";
inline constexpr size_t k_head_bytes = 12;
/// Larger ones name objects instead.
inline constexpr uint32_t k_request_bytes_max = uint32_t{1} << 20;
inline constexpr uint32_t k_reply_bytes_max = uint32_t{16} << 20;

/// The bytes to be written at the start of a file; the reply goes to `reply_at`.
/// Errors: exhausted (larger than k_request_bytes_max).
struct FramedRequest {
  Bytes bytes;
  uint64_t reply_at = 0;
};
Result<FramedRequest> frame_request(const Request& request, const MessageTypes& types);

struct OpenedRequest {
  Request request;
  uint64_t reply_at = 0;
};
/// Errors: corrupt, unsupported, io.
Result<OpenedRequest> read_request(port::Files& files, port::Handle file,
                                   const MessageTypes& types);

/// Errors: exhausted (larger than k_reply_bytes_max), disk_full, io.
Result<void> write_reply(port::Files& files, port::Handle file, uint64_t reply_at,
                         const Reply& reply, const MessageTypes& types);
/// For a file whose request cannot be read: replaces it by an empty one, and answers that.
Result<void> write_reply_alone(port::Files& files, port::Handle file, const Reply& reply,
                               const MessageTypes& types);
/// `reply_at` is where the reply belongs, unless the request was replaced.
/// Errors: corrupt, unsupported, io.
Result<Reply> read_reply(port::Files& files, port::Handle file, uint64_t reply_at,
                         const MessageTypes& types);

}  // namespace samara::queue
