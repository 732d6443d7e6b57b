#pragma once
// Beast v1, the format before beast2: magic, type, value; for data without Ref, recursion and
// functions. The bytes of scalars order like the values. Sharing is not kept: shared objects are
// written once for each use.
//
// Decoders take foreign bytes: every rule of the format is checked, memory stays within a constant
// factor of the input, time is linear.
//
// Threads: pure apart from heap and type table. Source: docs/formats/beast2.md, section 10.

#include "value/beast2.hpp"

namespace samara {

inline constexpr uint8_t k_beast1_magic[8] = {0x45, 0x61, 0x73, 0x74, 0x00, 0xea, 0x57, 0xff};

/// What one call may write: values that share much grow when they are written out.
inline constexpr size_t k_beast1_bytes_max = size_t{1} << 30;

struct Beast1Options {
  /// Every container made is frozen.
  bool frozen = false;
  /// Sort keys and drop duplicates (the last value wins) instead of refusing keys out of order.
  bool sort_keys = false;
};

bool looks_like_beast1(ByteView bytes);

/// Magic, type, value.
/// Errors: unsupported (a type the format lacks, more than 256 cases, a string with NUL), exhausted
/// (k_beast1_bytes_max).
Result<Bytes> encode_beast1(const Type* type, Slot value);
/// The value alone.
Result<Bytes> encode_beast1_value(const Type* type, Slot value);

// Errors of the decoders: corrupt and type_mismatch with k_domain_offset, unsupported, exhausted.

/// Self-describing. The cases of a variant may stand in any order, and the legacy nullable flag
/// gives an option.
Result<TypedValue> decode_beast1_any(ByteView bytes, TypeTable& types, Heap& heap,
                                     const Beast1Options& options = {});
/// The type in the header must equal `expected`, "Type mismatch: expected A, got B".
Result<Slot> decode_beast1(ByteView bytes, const Type* expected, TypeTable& types, Heap& heap,
                           const Beast1Options& options = {});
/// Headerless; all bytes must be used.
Result<Slot> decode_beast1_value(ByteView bytes, const Type* type, Heap& heap,
                                 const Beast1Options& options = {});

}  // namespace samara
