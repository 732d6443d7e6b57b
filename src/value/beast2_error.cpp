#include "value/beast2_error.hpp"

#include <string>

#include "value/text_type.hpp"

namespace samara {

Error beast2_error(Code code, size_t offset, std::string_view text) {
  uint64_t wide = offset;
  return Error(code, k_domain_offset, wide > UINT32_MAX ? UINT32_MAX : static_cast<uint32_t>(wide),
               text);
}

Error beast2_error_at(Code code, size_t offset, std::string_view text) {
  std::string full(text);
  full += " at offset ";
  full += std::to_string(offset);
  return beast2_error(code, offset, full);
}

Error beast2_underflow(std::string_view what, size_t offset) {
  std::string text = "Buffer underflow reading ";
  text += what;
  return beast2_error_at(Code::corrupt, offset, text);
}

Error beast2_underflow(std::string_view what, size_t offset, uint64_t length) {
  std::string text = "Buffer underflow reading ";
  text += what;
  text += " at offset " + std::to_string(offset) + ", length " + std::to_string(length);
  return beast2_error(Code::corrupt, offset, text);
}

Error beast2_invalid_tag(uint64_t tag, size_t offset) {
  return beast2_error_at(Code::corrupt, offset, "Invalid variant tag " + std::to_string(tag));
}

namespace {
std::string target_text(size_t offset, uint64_t distance) {
  if (distance > offset) return "-" + std::to_string(distance - offset);
  return std::to_string(offset - distance);
}
}  // namespace

Error beast2_undefined_reference(size_t offset, uint64_t distance) {
  return beast2_error(Code::corrupt, offset,
                      "Undefined backreference at offset " + std::to_string(offset) + ", target " +
                          target_text(offset, distance));
}

Error beast2_wrong_reference(size_t offset, uint64_t distance) {
  return beast2_error(Code::corrupt, offset,
                      "Backreference to an object of another type at offset " +
                          std::to_string(offset) + ", target " + target_text(offset, distance));
}

Error beast2_varint_fault(VarintFault fault, std::string_view what, const uint8_t* at,
                          const uint8_t* end, size_t offset) {
  // An underflow is reported at the byte that is missing, an overflow at the tenth byte.
  if (fault == VarintFault::underflow) {
    return beast2_underflow(what, offset + static_cast<size_t>(end - at));
  }
  return beast2_error_at(Code::corrupt, offset + k_varint_bytes_max - 1,
                         what == "zigzag" ? "Zigzag varint too long" : "Varint too long");
}

Error beast2_varint_unsafe(uint64_t value, size_t offset) {
  return beast2_error(Code::corrupt, offset,
                      "Varint value " + std::to_string(value) + " exceeds MAX_SAFE_INTEGER");
}

Error beast2_trailing(size_t offset, size_t left) {
  return beast2_error(Code::corrupt, offset,
                      "Unexpected data after Beast value at offset " + std::to_string(offset) +
                          " (" + std::to_string(left) + " bytes remaining)");
}

Result<void> check_beast_magic(ByteView bytes, const uint8_t (&magic)[8]) {
  if (bytes.size() < sizeof magic) {
    return beast2_error(
        Code::corrupt, 0,
        "Data too short for Beast format: " + std::to_string(bytes.size()) + " bytes");
  }
  for (size_t i = 0; i < sizeof magic; i++) {
    if (bytes[i] == magic[i]) continue;
    auto hex = [](uint8_t byte) {
      std::string text = byte < 16 ? "0x" : std::string("0x") + "0123456789abcdef"[byte >> 4];
      return text + "0123456789abcdef"[byte & 15];
    };
    return beast2_error(i == 7 ? Code::unsupported : Code::corrupt, i,
                        "Invalid Beast magic bytes at offset " + std::to_string(i) + ": expected " +
                            hex(magic[i]) + ", got " + hex(bytes[i]));
  }
  return {};
}

Error beast_type_mismatch(const Type* expected, const Type* found) {
  return beast2_error(
      Code::type_mismatch, 8,
      "Type mismatch: expected " + type_to_text(expected) + ", got " + type_to_text(found));
}

}  // namespace samara
