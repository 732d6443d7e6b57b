#include "call/call_id.hpp"

#include "core/sha256.hpp"
#include "value/varint.hpp"

namespace samara {

namespace {

void append_varint(Bytes& out, uint64_t value) {
  uint8_t raw[k_varint_bytes_max];
  out.insert(out.end(), raw, put_varint(raw, value));
}

void append_hash(Bytes& out, const Hash& hash) {
  out.push_back(static_cast<uint8_t>(hash.bytes.size()));
  out.insert(out.end(), hash.bytes.begin(), hash.bytes.end());
}

// The fields behind the version, written out by hand: every call starts here, and the general
// encoder would cost more than the hash. A test holds it against the codec.
void append_fields(Bytes& out, const CallSpec& spec) {
  append_hash(out, spec.function);
  out.push_back(0);  // an array that was not met before
  append_varint(out, spec.arguments.size());
  for (const Hash& argument : spec.arguments) append_hash(out, argument);
  out.push_back(0);  // likewise a dictionary, its keys ascending by bytes as std::map has them
  append_varint(out, spec.bindings.size());
  for (const auto& [name, implementation] : spec.bindings) {
    append_varint(out, name.size());
    out.insert(out.end(), name.begin(), name.end());
    append_hash(out, implementation);
  }
  append_varint(out, zigzag(spec.semantics));
}

Bytes encode_after(const Bytes& head, const CallSpec& spec) {
  Bytes out;
  out.reserve(head.size() + 64 + 33 * spec.arguments.size() + 64 * spec.bindings.size());
  out.insert(out.end(), head.begin(), head.end());
  append_fields(out, spec);
  return out;
}

}  // namespace

Bytes encode_call(const CallSpec& spec, const RecordTypes& types) {
  return encode_after(types.call_head, spec);
}

CallIdMaker::CallIdMaker(const RecordTypes& types) : head_(types.call_head) {}

Hash CallIdMaker::operator()(const CallSpec& spec) const {
  return sha256(encode_after(head_, spec));
}

}  // namespace samara
