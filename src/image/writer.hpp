#pragma once
// Making containers: packing a linked image with its manifest, adding signatures, dropping debug
// data. Everything written is read back by the validator before it is handed out. Threads: pure
// functions. Source: docs/formats/native-image.md, sections 2, 3 and 5.

#include "image/trust.hpp"

namespace samara::image {

struct PackInput {
  const Target* target = nullptr;
  std::string name{};  // empty: none
  AbiVersion abi{.major = 1, .minor = 0};
  Memory memory{};  // `image` is raised to the span of the image
  uint32_t deadline_ms = 0;
  uint32_t deadline_ms_max = 0;
  uint64_t capabilities = 0;
  std::optional<Hash> input_type{};
  std::optional<Hash> output_type{};
  std::optional<uint32_t> task_version{};
  std::optional<Validity> validity{};
  std::vector<Hash> may_call{};
  bool pure = false;
  std::string note{};       // empty: none
  std::string type_text{};  // East text of the type of the function; empty: none
  bool resettable = false;  // header flag
};

/// Packs a linked ELF image; section headers and all that lies behind the last segment are left
/// out. Shape: `debug` is kept as it is, usually the ELF file with its symbols; empty for none.
/// Errors: the refusal that a node would answer with (refusal_error), with offsets in the
/// container.
Result<Bytes> pack(const PackInput& input, ByteView elf, ByteView debug);

/// Adds one signature, which is not verified here.
/// Errors: corrupt (not a container), exists (the key has signed already), exhausted (four are
/// there).
Result<Bytes> add_signature(ByteView file, Role role, const KeyId& key, ByteView signature);

/// The signature part of one signature, as add_signature would write it.
Bytes signature_part(Role role, const KeyId& key, ByteView signature);

/// Both parts as one: the signatures of `first`, then those of `second` by other keys, at most
/// four. Shape: signature parts; empty for none. Errors: corrupt.
Result<Bytes> join_signatures(ByteView first, ByteView second);

/// The file with this signature part instead of its own; empty: unsigned. Errors: corrupt.
Result<Bytes> with_signatures(ByteView file, ByteView part);

/// The file as it is sent to a device. The task id and the signatures stay. Errors: corrupt.
Result<Bytes> without_debug(ByteView file);

}  // namespace samara::image
