#include "value/beast2_error.hpp"

#include <string>

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

}  // namespace samara
