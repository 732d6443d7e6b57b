#pragma once
// Messages of profile samara as bytes, and back. Any bytes are decoded or refused; nothing is
// allocated. Threads: pure functions. Specified by: docs/formats/fleet.md.

#include "wire/messages.hpp"

namespace samara::wire {

/// The version of the format, second byte of each message. Fields may be added without a new one.
inline constexpr uint8_t k_wire_version = 1;

/// Returns the number of bytes written. Errors: exhausted (`out` is too small).
Result<size_t> encode(const FromNode& message, std::span<uint8_t> out);
Result<size_t> encode(const ToNode& message, std::span<uint8_t> out);

/// The texts and bytes of the message are borrowed from `bytes`.
/// Errors: corrupt (detail = offset), unsupported (version or kind; detail = which), exhausted (too
/// long).
Result<FromNode> decode_from_node(ByteView bytes);
Result<ToNode> decode_to_node(ByteView bytes);

/// A signed statement about a function: what the owner of a key lets nodes run. The signature is of
/// the text "samara manifest 1", a zero byte, and the encoded manifest.
struct Manifest {
  Hash function{};
  ObjectRef module{};
  std::string_view runtime{};
  std::string_view key{};         // name of the key, as the nodes know it
  uint64_t not_after_unix_s = 0;  // zero: for ever
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.function);
    v.need(2, m.module);
    v.need_name(3, m.runtime, k_name_bytes_max);
    v.need_name(4, m.key, k_name_bytes_max);
    v.may(5, m.not_after_unix_s);
  }
};
Result<size_t> encode_manifest(const Manifest& manifest, std::span<uint8_t> out);
/// Errors: corrupt.
Result<Manifest> decode_manifest(ByteView bytes);

/// Who decides whether a manifest's signature holds. Where it is implemented there is cryptography;
/// here there is none.
class ManifestVerifier {
 public:
  virtual ~ManifestVerifier() = default;
  /// Whether a trusted key of this name has signed the manifest.
  virtual bool trusted(std::string_view key, ByteView manifest, ByteView signature) = 0;
};

}  // namespace samara::wire
