#include "runtime/wasm/writer.hpp"

namespace samara::runtime::wasm {

void append_u32(Bytes& out, uint32_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<uint8_t>(value));
}

void append_signed(Bytes& out, int64_t value) {
  while (value < -64 || value > 63) {
    out.push_back(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<uint8_t>(value & 0x7F));
}

void append_name(Bytes& out, std::string_view name) {
  append_u32(out, static_cast<uint32_t>(name.size()));
  append_bytes(out, as_bytes(name));
}

void append_bytes(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

void append_section(Bytes& out, uint8_t section, ByteView content) {
  out.push_back(section);
  append_u32(out, static_cast<uint32_t>(content.size()));
  append_bytes(out, content);
}

}  // namespace samara::runtime::wasm
