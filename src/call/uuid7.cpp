#include "call/uuid7.hpp"

namespace samara {

namespace {
constexpr size_t k_text_size = 36;
constexpr bool dash_at(size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }
}  // namespace

std::string Uuid::text() const {
  std::string hex = to_hex(bytes);
  std::string out;
  out.reserve(k_text_size);
  for (char digit : hex) {
    if (dash_at(out.size())) out += '-';
    out += digit;
  }
  return out;
}

Result<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != k_text_size) return Error(Code::corrupt, "a UUID has 36 characters");
  std::string hex;
  for (size_t i = 0; i < text.size(); i++) {
    if (dash_at(i)) {
      if (text[i] != '-') {
        return Error(Code::corrupt, k_domain_offset, static_cast<uint32_t>(i),
                     "a UUID has its dashes elsewhere");
      }
      continue;
    }
    hex += text[i];
  }
  SAMARA_TRY(Bytes raw, from_hex(hex));
  Uuid out;
  std::memcpy(out.bytes.data(), raw.data(), out.bytes.size());
  return out;
}

Uuid Uuid::make_v7(int64_t unix_ms, std::span<const uint8_t, 10> random) {
  SAMARA_ASSERT(unix_ms >= 0 && unix_ms < (int64_t{1} << 48));
  Uuid out;
  for (size_t i = 0; i < 6; i++) {
    out.bytes[i] = static_cast<uint8_t>(unix_ms >> (40 - 8 * i));
  }
  std::memcpy(out.bytes.data() + 6, random.data(), random.size());
  out.bytes[6] = static_cast<uint8_t>(0x70 | (out.bytes[6] & 0x0f));
  out.bytes[8] = static_cast<uint8_t>(0x80 | (out.bytes[8] & 0x3f));
  return out;
}

int64_t Uuid::unix_ms() const {
  int64_t out = 0;
  for (size_t i = 0; i < 6; i++) out = (out << 8) | bytes[i];
  return out;
}

}  // namespace samara
