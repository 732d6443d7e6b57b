// Fleet messages: any bytes are decoded or refused; what is decoded has one encoding, which decodes
// to the same message again. Topics likewise.

#include <cstddef>
#include <cstdint>

#include "core/assert.hpp"
#include "wire/codec.hpp"
#include "wire/topics.hpp"

using namespace samara;
using namespace samara::wire;

namespace {

Bytes encoded(const auto& message) {
  Bytes out(k_packet_bytes_max);
  auto size = encode(message, out);
  SAMARA_ASSERT(size.has_value());
  out.resize(*size);
  return out;
}

void try_message(ByteView bytes, auto decode) {
  auto message = decode(bytes);
  if (!message) return;
  const Bytes once = encoded(*message);
  auto again = decode(once);
  SAMARA_ASSERT(again.has_value());
  SAMARA_ASSERT(again->index() == message->index());
  SAMARA_ASSERT(encoded(*again) == once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView bytes(data, size);
  try_message(bytes, [](ByteView b) { return decode_from_node(b); });
  try_message(bytes, [](ByteView b) { return decode_to_node(b); });
  static_cast<void>(decode_manifest(bytes));
  if (auto topic = parse_topic(as_text(bytes))) {
    SAMARA_ASSERT(topic_text(*topic).view() == as_text(bytes));
  }
  return 0;
}
