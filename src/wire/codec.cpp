#include "wire/codec.hpp"

#include "wire/fields.hpp"

namespace samara::wire {

namespace {

constexpr size_t k_parts = 3;  // version, kind, fields

template <typename Variant>
Result<size_t> encode_any(const Variant& message, std::span<uint8_t> out) {
  CborWriter writer(out);
  writer.array(k_parts);
  writer.uint(k_wire_version);
  writer.uint(static_cast<uint64_t>(kind_of(message)));
  std::visit([&](const auto& one) { FieldEncoder::message(writer, one); }, message);
  if (!writer.ok() || writer.size() > k_packet_bytes_max) return Error(Code::exhausted, {});
  return writer.size();
}

Error corrupt(const CborReader& reader) {
  return Error(Code::corrupt, k_domain_offset, static_cast<uint32_t>(reader.offset()), {});
}

/// Reads up to the fields.
Result<uint64_t> open_envelope(CborReader& reader, ByteView bytes) {
  if (bytes.size() > k_packet_bytes_max) return Error(Code::exhausted, {});
  if (reader.array() != k_parts) return corrupt(reader);
  const uint64_t version = reader.uint();
  if (!reader.ok()) return corrupt(reader);
  if (version != k_wire_version) {
    return Error(Code::unsupported, k_domain_none, static_cast<uint32_t>(version), {});
  }
  const uint64_t kind = reader.uint();
  if (!reader.ok()) return corrupt(reader);
  return kind;
}

template <typename Variant, typename T>
Result<Variant> read_fields(CborReader& reader) {
  T message;
  FieldDecoder::message(reader, message);
  if (!reader.ok() || !reader.at_end()) return corrupt(reader);
  return Variant(message);
}

}  // namespace

Result<size_t> encode(const FromNode& message, std::span<uint8_t> out) {
  return encode_any(message, out);
}

Result<size_t> encode(const ToNode& message, std::span<uint8_t> out) {
  return encode_any(message, out);
}

Result<FromNode> decode_from_node(ByteView bytes) {
  CborReader reader(bytes);
  SAMARA_TRY(const uint64_t kind, open_envelope(reader, bytes));
  switch (kind) {
#define SAMARA_FROM_NODE(Type, name, number) \
  case number:                               \
    return read_fields<FromNode, Type>(reader);
#include "wire/messages.def"
    default:
      return Error(Code::unsupported, k_domain_none, static_cast<uint32_t>(kind), {});
  }
}

Result<ToNode> decode_to_node(ByteView bytes) {
  CborReader reader(bytes);
  SAMARA_TRY(const uint64_t kind, open_envelope(reader, bytes));
  switch (kind) {
#define SAMARA_TO_NODE(Type, name, number) \
  case number:                             \
    return read_fields<ToNode, Type>(reader);
#include "wire/messages.def"
    default:
      return Error(Code::unsupported, k_domain_none, static_cast<uint32_t>(kind), {});
  }
}

Result<size_t> encode_manifest(const Manifest& manifest, std::span<uint8_t> out) {
  CborWriter writer(out);
  FieldEncoder::message(writer, manifest);
  if (!writer.ok() || writer.size() > k_manifest_bytes_max) return Error(Code::exhausted, {});
  return writer.size();
}

Result<Manifest> decode_manifest(ByteView bytes) {
  CborReader reader(bytes);
  Manifest manifest;
  FieldDecoder::message(reader, manifest);
  if (!reader.ok() || !reader.at_end()) return corrupt(reader);
  return manifest;
}

}  // namespace samara::wire
