#include "value/varint.hpp"

namespace samara {

const uint8_t* get_varint_slow(const uint8_t* at, const uint8_t* end, uint64_t& value,
                               VarintFault& fault) {
  uint64_t result = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (at == end) {
      fault = VarintFault::underflow;
      return nullptr;
    }
    uint8_t byte = *at++;
    // The tenth byte has room for one bit.
    if (shift == 63 && byte > 1) break;
    result |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      value = result;
      return at;
    }
  }
  fault = VarintFault::too_long;
  return nullptr;
}

}  // namespace samara
