#include "queue/message_file.hpp"

#include <algorithm>

namespace samara::queue {

namespace {

// Files are padded so that one read of a fixed size gets most messages without asking for their
// size. Two small values of 256 bytes and the types of both records take some 2.5 KiB.
constexpr size_t k_first_read_bytes = 2048;

void put_u32(uint8_t* to, size_t value) {
  for (int i = 0; i < 4; i++) to[i] = static_cast<uint8_t>(value >> (8 * i));
}

uint32_t get_u32(const uint8_t* from) {
  uint32_t out = 0;
  for (int i = 0; i < 4; i++) out |= static_cast<uint32_t>(from[i]) << (8 * i);
  return out;
}

// Reads a part whose head says how long it is: `head_bytes` end with the length.
Result<Bytes> read_part(port::Files& files, port::Handle file, uint64_t at, size_t head_bytes,
                        uint32_t bytes_max) {
  Bytes out(k_first_read_bytes);
  SAMARA_TRY(size_t got, files.read_at(file, at, out));
  if (got < head_bytes) return Error(Code::corrupt, "a message is cut short");
  const uint32_t size = get_u32(out.data() + head_bytes - 4);
  if (size > bytes_max) return Error(Code::corrupt, "a message has an impossible length");
  const size_t whole = head_bytes + size;
  if (whole > got) {
    out.resize(whole);
    if (got == k_first_read_bytes) {
      SAMARA_TRY(size_t more, files.read_at(file, at + got, std::span(out).subspan(got)));
      got += more;
    }
    if (got < whole) return Error(Code::corrupt, "a message is cut short");
  }
  out.resize(whole);
  return out;
}

Bytes head_of(size_t request_bytes) {
  Bytes out(k_message_magic.begin(), k_message_magic.end());
  out.resize(k_head_bytes);
  put_u32(out.data() + k_message_magic.size(), request_bytes);
  return out;
}

bool has_magic(ByteView bytes) { return as_text(bytes).starts_with(k_message_magic); }

}  // namespace

Result<FramedRequest> frame_request(const Request& request, const MessageTypes& types) {
  FramedRequest out;
  out.bytes.reserve(k_first_read_bytes);
  out.bytes = head_of(0);
  append_request(out.bytes, request, types);
  const size_t size = out.bytes.size() - k_head_bytes;
  if (size > k_request_bytes_max) {
    return Error(Code::exhausted, "a request is larger than " +
                                      std::to_string(k_request_bytes_max) +
                                      " bytes; larger arguments are named by hash");
  }
  put_u32(out.bytes.data() + k_message_magic.size(), size);
  out.reply_at = out.bytes.size();
  if (out.bytes.size() < k_first_read_bytes) out.bytes.resize(k_first_read_bytes);
  return out;
}

Result<OpenedRequest> read_request(port::Files& files, port::Handle file,
                                   const MessageTypes& types) {
  SAMARA_TRY(Bytes bytes, read_part(files, file, 0, k_head_bytes, k_request_bytes_max));
  if (!has_magic(bytes)) return Error(Code::corrupt, "this is no message");
  OpenedRequest out;
  SAMARA_TRY(out.request, decode_request(ByteView(bytes).subspan(k_head_bytes), types));
  out.reply_at = bytes.size();
  return out;
}

Result<void> write_reply(port::Files& files, port::Handle file, uint64_t reply_at,
                         const Reply& reply, const MessageTypes& types) {
  Bytes bytes;
  bytes.reserve(k_first_read_bytes);
  bytes.resize(4);
  append_reply(bytes, reply, types);
  const size_t size = bytes.size() - 4;
  if (size > k_reply_bytes_max) {
    return Error(Code::exhausted, "a reply is larger than " + std::to_string(k_reply_bytes_max) +
                                      " bytes; larger values are named by hash");
  }
  put_u32(bytes.data(), size);
  if (bytes.size() < k_first_read_bytes) bytes.resize(k_first_read_bytes);
  return files.write_at(file, reply_at, bytes);
}

Result<void> write_reply_alone(port::Files& files, port::Handle file, const Reply& reply,
                               const MessageTypes& types) {
  SAMARA_CHECK(files.truncate(file, 0));
  SAMARA_CHECK(files.write_at(file, 0, head_of(0)));
  return write_reply(files, file, k_head_bytes, reply, types);
}

Result<Reply> read_reply(port::Files& files, port::Handle file, uint64_t reply_at,
                         const MessageTypes& types) {
  auto bytes = read_part(files, file, reply_at, 4, k_reply_bytes_max);
  if (bytes) {
    auto reply = decode_reply(ByteView(*bytes).subspan(4), types);
    if (reply) return reply;
  }
  uint8_t head[k_head_bytes];
  SAMARA_TRY(size_t got, files.read_at(file, 0, head));
  if (got < k_head_bytes || !has_magic(head)) return Error(Code::corrupt, "this is no message");
  const uint64_t told = k_head_bytes + get_u32(head + k_message_magic.size());
  SAMARA_TRY(Bytes part, read_part(files, file, told, 4, k_reply_bytes_max));
  return decode_reply(ByteView(part).subspan(4), types);
}

}  // namespace samara::queue
