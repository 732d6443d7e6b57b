#pragma once
// The manifest of a native image: what the task is, needs and may do. Signed, and short, so that a
// device can decide before the image arrives. Threads: a value type whose views point into the
// file. Source: docs/formats/native-image.md, section 3.

#include <optional>

#include "core/hash.hpp"
#include "image/refusal.hpp"
#include "image/target.hpp"

namespace samara::image {

inline constexpr uint32_t k_manifest_bytes_max = 4096;
inline constexpr size_t k_name_bytes_max = 64;

/// Types of the manifest's entries.
enum class Tag : uint16_t {
  name = 1,
  target = 2,
  abi = 3,
  entry = 4,
  image_hash = 5,
  memory = 6,
  time = 7,
  capabilities = 8,
  input_type = 9,
  output_type = 10,
  task_version = 11,
  validity = 12,
  may_call = 13,
  determinism = 14,
  note = 0x8001,
  type_text = 0x8002,
};

/// Bits of Manifest::capabilities.
enum Capability : uint64_t {
  k_capability_log = 1U << 0,
  k_capability_telemetry = 1U << 1,
  k_capability_call = 1U << 2,
  k_capability_storage_read = 1U << 3,
  k_capability_storage_write = 1U << 4,
  k_capability_random = 1U << 5,
  k_capability_clock = 1U << 6,
};
inline constexpr uint64_t k_capabilities_known = 0x7f;
/// What a task whose result depends on its input alone may hold.
inline constexpr uint64_t k_capabilities_of_pure = k_capability_log;

struct AbiVersion {
  uint16_t major = 0;
  uint16_t minor = 0;
  bool operator==(const AbiVersion&) const = default;
};

/// Bytes that a task needs; all together are what a node sets aside for it.
struct Memory {
  uint32_t image = 0;  // span of the loaded image, zeroed data included
  uint32_t stack = 0;
  uint32_t heap = 0;
  uint32_t input = 0;   // most it takes
  uint32_t output = 0;  // most it gives
  bool operator==(const Memory&) const = default;
};

struct Validity {
  uint64_t not_before = 0;  // seconds since 1970
  uint64_t not_after = 0;
  bool operator==(const Validity&) const = default;
};

struct Manifest {
  std::string_view name;
  std::string_view target;
  AbiVersion abi;
  uint32_t entry = 0;  // address in the image; on ARM with the Thumb bit
  Hash image_hash;
  Memory memory;
  uint32_t deadline_ms = 0;  // where the caller names none
  uint32_t deadline_ms_max = 0;
  uint64_t capabilities = 0;
  std::optional<Hash> input_type;
  std::optional<Hash> output_type;
  std::optional<uint32_t> task_version;
  std::optional<Validity> validity;
  ByteView type_text;  // East text of the type of the function; may be empty, is not checked here
  ByteView may_call;   // task ids of 32 bytes, each behind the 4 bytes of its entry's head
  bool pure = false;   // the result depends on the input alone
  // Where the entries stand in the manifest, for refusals of their values; 0 where missing.
  struct Offsets {
    uint32_t target = 0, abi = 0, entry = 0, image_hash = 0, memory = 0, time = 0;
    uint32_t capabilities = 0, validity = 0;
  } offsets;

  size_t may_call_count() const { return may_call.size() / 36; }
  /// Requires: index < may_call_count().
  ByteView may_call_id(size_t index) const { return may_call.subspan(index * 36 + 4, 32); }
};

/// Reads a manifest that starts at byte `at` of its container. Rules C03 and C07.
Refusal read_manifest(ByteView bytes, uint32_t at, Manifest& manifest);

}  // namespace samara::image
