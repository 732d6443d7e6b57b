#pragma once
// The errors of the beast2 decoders. Programs see these texts (the failure of BlobDecodeBeast2
// carries them), so they are part of the format. Threads: pure functions. Source:
// docs/formats/beast2.md, section 8.

#include <string_view>

#include "core/bytes.hpp"
#include "value/type.hpp"
#include "value/varint.hpp"

namespace samara {

/// An error at a byte offset; the text is given whole.
Error beast2_error(Code code, size_t offset, std::string_view text);
/// "<text> at offset <offset>".
Error beast2_error_at(Code code, size_t offset, std::string_view text);

/// "Buffer underflow reading <what> at offset <offset>".
Error beast2_underflow(std::string_view what, size_t offset);
/// As above with the length asked for.
Error beast2_underflow(std::string_view what, size_t offset, uint64_t length);
Error beast2_invalid_tag(uint64_t tag, size_t offset);
/// `distance` back from `offset` there is no object; the target may be before the input.
Error beast2_undefined_reference(size_t offset, uint64_t distance);
/// There is one, of another type.
Error beast2_wrong_reference(size_t offset, uint64_t distance);
/// `what` is "varint" or "zigzag"; it begins at `at`, which is `offset` in the input.
Error beast2_varint_fault(VarintFault fault, std::string_view what, const uint8_t* at,
                          const uint8_t* end, size_t offset);
Error beast2_varint_unsafe(uint64_t value, size_t offset);
Error beast2_trailing(size_t offset, size_t left);

/// The first eight bytes, shared with Beast v1.
Result<void> check_beast_magic(ByteView bytes, const uint8_t (&magic)[8]);
/// "Type mismatch: expected A, got B".
Error beast_type_mismatch(const Type* expected, const Type* found);

/// Lengths, counts, tags and distances are at most this (2^53 - 1: exact in a double).
inline constexpr uint64_t k_beast2_varint_max = (uint64_t{1} << 53) - 1;

}  // namespace samara
