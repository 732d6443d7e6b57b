#pragma once
// The container of a native image, `SNT1`: header, manifest, ELF image, debug data, signatures.
// Reading checks the form alone; nothing is allocated and all views point into the file.
// Threads: pure functions. Source: docs/formats/native-image.md, section 2.

#include "image/manifest.hpp"

namespace samara::image {

inline constexpr uint32_t k_header_bytes = 64;
inline constexpr uint16_t k_format_version = 1;
inline constexpr uint32_t k_part_alignment = 16;
inline constexpr uint32_t k_signatures_max = 4;
inline constexpr uint32_t k_signature_head_bytes = 4;
inline constexpr uint32_t k_signature_bytes = 76;
/// Header flag: the task may be run again after its writable data was restored.
inline constexpr uint32_t k_flag_resettable = 1;
inline constexpr uint8_t k_algorithm_ed25519 = 1;

enum class Role : uint16_t { author = 1, reviewer = 2, operator_ = 3 };

/// Where a part of the container lies.
struct Part {
  uint32_t offset = 0;
  uint32_t size = 0;
  bool operator==(const Part&) const = default;
};

struct Signature {
  uint8_t algorithm = 0;
  Role role{};
  ByteView key_id;  // 8 bytes: the first of SHA-256 of the public key
  ByteView value;   // 64 bytes
  uint32_t offset = 0;
};

struct Container {
  ByteView file;
  Part manifest_part;
  Part image_part;
  Part debug_part;      // size 0: none. Not covered by hash or signature.
  Part signature_part;  // size 0: none
  uint32_t flags = 0;
  Manifest manifest;
  uint32_t signature_count = 0;

  ByteView part(Part which) const { return file.subspan(which.offset, which.size); }
  ByteView image() const { return part(image_part); }
  /// Requires: index < signature_count.
  Signature signature(uint32_t index) const;
  /// Names the task whatever its debug data and signatures: cache, memo and quarantine go by it.
  Hash task_id() const;
};

/// Rules C01, C02, C03, C07, S01 (form of the signatures) and X01. `container` is complete only
/// when the answer is k_accepted.
Refusal read_container(ByteView file, Container& container);

/// Rule S04: whether the image is the one the manifest names. Cost: SHA-256 of the image.
Refusal check_image_hash(const Container& container);

/// The bytes a signature is made over: the domain "samara-native-v1\0" and the task id.
inline constexpr size_t k_signed_message_bytes = 17 + 32;
std::array<uint8_t, k_signed_message_bytes> signed_message(const Hash& task_id);

}  // namespace samara::image
