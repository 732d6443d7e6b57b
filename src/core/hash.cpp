#include "core/hash.hpp"

#include <algorithm>

namespace samara {

Result<Hash> Hash::parse(std::string_view text) {
  if (text.size() != 64) return Error(Code::corrupt, "a hash has 64 hex digits");
  SAMARA_TRY(Bytes raw, from_hex(text));
  return from_bytes(raw);
}

Result<Hash> Hash::from_bytes(ByteView raw) {
  if (raw.size() != 32) return Error(Code::corrupt, "a hash has 32 bytes");
  Hash out;
  std::copy(raw.begin(), raw.end(), out.bytes.begin());
  return out;
}

}  // namespace samara
