#pragma once
// beast2, the binary format of East values: full (magic, type, value) and headerless (value only),
// in both dialects. Sharing and cycles of Ref, Array, Set and Dict are kept by back-references.
//
// Decoders take foreign bytes: every rule of the format is checked, memory stays within a constant
// factor of the input, nesting is bounded by k_depth_max, time is linear.
//
// Threads: pure apart from heap, type table and plan. Source: docs/formats/beast2.md.

#include <span>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "core/sanitizers.hpp"
#include "value/heap.hpp"
#include "value/type.hpp"

namespace samara {

class Beast2Plan;  // value/beast2_plan.hpp

/// Values nested deeper are refused by the codecs; the last component of a struct and the payload
/// of a variant do not count, so that long linked lists pass.
#ifdef SAMARA_DEVICE
inline constexpr uint32_t k_depth_max = 200;
#elif SAMARA_ADDRESS_SANITIZER
inline constexpr uint32_t k_depth_max = 2'000;  // its frames are several times as large
#else
inline constexpr uint32_t k_depth_max = 10'000;
#endif

/// Elements that take no bytes (of an Array Null, say) which one document may hold beyond 16 for
/// each of its bytes: room for honest ones, and an end to the tiny file that fills the memory.
inline constexpr uint64_t k_zero_width_max = 1U << 16;

/// A function value in parts, as it is written.
struct FunctionParts {
  const Type* ir_type = nullptr;
  Slot ir;
  std::vector<std::string_view> capture_names;  // for the message of a refusal
  std::vector<const Type*> capture_types;
  std::vector<Slot> captures;  // current contents, in the order of the IR's captures list
};

/// What the codec must know about function values; given by the layers which know what a closure
/// is. Requires: slots handed out stay alive until the encode call returns.
class FunctionHooks {
 public:
  virtual ~FunctionHooks() = default;
  virtual const Type* ir_type(Dialect dialect) = 0;
  /// Errors: unsupported, "Cannot serialize function: no IR attached. …" for a host function.
  virtual Result<FunctionParts> take_apart(Slot closure, Dialect dialect) = 0;
  /// The types of the captured variables of a decoded IR value whose root is a function node.
  virtual Result<std::vector<const Type*>> capture_types(Slot ir, Dialect dialect) = 0;
  /// A function value. Errors: "Failed to compile decoded function: …".
  virtual Result<Slot> assemble(const Type* function_type, Slot ir, std::span<const Slot> captures,
                                Dialect dialect) = 0;
};

struct Beast2Options {
  /// Written; tried first when reading a header.
  Dialect dialect = Dialect::b;
  /// Reading a header: whether the other dialect is tried when this one does not fit.
  bool other_dialect = true;
  FunctionHooks* functions = nullptr;
  /// Every container made is frozen.
  bool frozen = false;
  /// Refuse what is readable but not canonical: longer varints, the negative NaN, back-references
  /// in the header.
  bool canonical_only = false;
  /// Sort keys and drop duplicates (the last value wins) instead of refusing keys out of order.
  bool sort_keys = false;
  /// Compiled types, kept by the caller for many calls of one thread; null: compiled for this call.
  Beast2Plan* plan = nullptr;
};

/// Takes the bytes of an encoding in order, in chunks. An error ends the encoding and is returned.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual Result<void> write(ByteView chunk) = 0;
  /// An estimate of the bytes still to come; may be wrong, may never be called.
  virtual void expect(uint64_t /*bytes*/) {}
};

// --- encoding ------------------------------------------------------------------------------------
// Errors: unsupported (function without hooks or IR, closure with captures in dialect A, Vector in
// dialect A), type_mismatch (a value of type Never), exhausted (depth, zero-width elements,
// memory), and those of sink and hooks. Cost: linear; a fixed buffer, and 16 bytes for each Ref,
// Array, Set and Dict.

/// Magic, type, value.
Result<Bytes> encode_beast2(const Type* type, Slot value, const Beast2Options& options = {});
/// The value alone.
Result<Bytes> encode_beast2_value(const Type* type, Slot value, const Beast2Options& options = {});
/// As the above, appended; on an error `out` is as before.
Result<void> append_beast2(Bytes& out, const Type* type, Slot value,
                           const Beast2Options& options = {});
Result<void> append_beast2_value(Bytes& out, const Type* type, Slot value,
                                 const Beast2Options& options = {});
/// As the above, in chunks: for files and hashes of any size.
Result<void> write_beast2(ByteSink& sink, const Type* type, Slot value,
                          const Beast2Options& options = {});
Result<void> write_beast2_value(ByteSink& sink, const Type* type, Slot value,
                                const Beast2Options& options = {});

// --- decoding ------------------------------------------------------------------------------------
// Errors: corrupt and type_mismatch with k_domain_offset; exhausted (depth, counts, heap); those of
// the hooks. Owns: values live in `heap`; the input is not referred to afterwards.

struct TypedValue {
  const Type* type = nullptr;
  Slot value;
  Dialect dialect = Dialect::b;
};

/// Self-describing: the type is taken from the header. Bytes can be valid in both dialects; the
/// first one that reads the whole input wins.
Result<TypedValue> decode_beast2_any(ByteView bytes, TypeTable& types, Heap& heap,
                                     const Beast2Options& options = {});
/// The header, in either dialect, must equal `expected`; else type_mismatch,
/// "Type mismatch: expected A, got B" with both types as East text.
Result<Slot> decode_beast2(ByteView bytes, const Type* expected, TypeTable& types, Heap& heap,
                           const Beast2Options& options = {});
/// Headerless; all bytes must be used.
Result<Slot> decode_beast2_value(ByteView bytes, const Type* type, Heap& heap,
                                 const Beast2Options& options = {});

struct DecodedPrefix {
  Slot value;
  size_t bytes_used = 0;
};
/// Headerless, from the front of `bytes`.
Result<DecodedPrefix> decode_beast2_prefix(ByteView bytes, const Type* type, Heap& heap,
                                           const Beast2Options& options = {});

// --- header
// ----------------------------------------------------------------------------------------

inline constexpr uint8_t k_beast2_magic[8] = {0x89, 0x45, 0x61, 0x73, 0x74, 0x0d, 0x0a, 0x01};

/// Whether the bytes start with the magic of beast2, any version.
bool looks_like_beast2(ByteView bytes);

/// The type as it stands in a header. Errors: unsupported (Vector or Matrix in dialect A).
Result<void> append_type(Bytes& out, const Type* type, Dialect dialect);
Result<Bytes> encode_type(const Type* type, Dialect dialect);

struct DecodedType {
  const Type* type = nullptr;
  size_t bytes_used = 0;
};
/// A type from the front of `bytes`; error offsets are relative to it plus `base`.
/// Errors: corrupt (every rule of section 8.4 of the format), exhausted (limits of type.hpp).
Result<DecodedType> decode_type(ByteView bytes, TypeTable& types, Dialect dialect, size_t base = 0,
                                bool canonical_only = false);

}  // namespace samara
