#pragma once
// Writing pieces of WebAssembly modules. Threads: pure.

#include <string_view>

#include "core/bytes.hpp"

namespace samara::runtime::wasm {

void append_u32(Bytes& out, uint32_t value);
/// Signed numbers of 32 and of 64 bits have one form.
void append_signed(Bytes& out, int64_t value);
void append_name(Bytes& out, std::string_view name);
void append_bytes(Bytes& out, ByteView bytes);
/// Number, size, content.
void append_section(Bytes& out, uint8_t section, ByteView content);

}  // namespace samara::runtime::wasm
