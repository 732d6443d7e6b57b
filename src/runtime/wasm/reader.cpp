#include "runtime/wasm/reader.hpp"

#include "value/utf8.hpp"

namespace samara::runtime::wasm {

void Reader::fail(Code code, uint32_t offset, std::string_view rule) {
  if (error_) return;
  error_.emplace(code, k_domain_offset, offset,
                 "byte " + std::to_string(offset) + ": " + std::string(rule));
}

uint8_t Reader::byte() {
  if (!ok()) return 0;
  if (at_ >= end_) {
    fail(Code::corrupt, at_, "the module ends, or its section does, where more must follow");
    return 0;
  }
  return bytes_[at_++];
}

uint32_t Reader::u32() {
  uint32_t start = at_;
  uint32_t value = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    uint8_t next = byte();
    if (shift == 28 && next > 0x0F) break;
    value |= static_cast<uint32_t>(next & 0x7F) << shift;
    if ((next & 0x80) == 0) return ok() ? value : 0;
  }
  fail(Code::corrupt, start, "a number is longer than 32 bits");
  return 0;
}

void Reader::skip_signed(unsigned bits) {
  uint32_t start = at_;
  unsigned bytes_max = (bits + 6) / 7;
  for (unsigned i = 0; i < bytes_max; i++) {
    uint8_t next = byte();
    if (i + 1 < bytes_max) {
      if ((next & 0x80) == 0) return;
      continue;
    }
    // The bits of the last byte beyond the number's must repeat its sign.
    unsigned used = bits - 7 * i;
    unsigned rest = (next & 0x7FU) >> (used - 1);
    unsigned all = (1U << (8 - used)) - 1;
    if ((next & 0x80) == 0 && (rest == 0 || rest == all)) return;
  }
  fail(Code::corrupt, start, "a number is longer than " + std::to_string(bits) + " bits");
}

void Reader::skip(uint32_t count) {
  if (!ok()) return;
  if (count > left()) {
    fail(Code::corrupt, at_,
         std::to_string(count) + " bytes must follow, " + std::to_string(left()) + " are left");
    return;
  }
  at_ += count;
}

std::string_view Reader::name(uint32_t bytes_max) {
  uint32_t start = at_;
  uint32_t length = u32();
  if (ok() && length > bytes_max) {
    fail(Code::exhausted, start,
         "a name of " + std::to_string(length) + " bytes, at most " + std::to_string(bytes_max) +
             " are taken: shorten it");
  }
  uint32_t first = at_;
  skip(length);
  if (!ok()) return {};
  std::string_view text = as_text(bytes_.subspan(first, length));
  if (!utf8_valid(text)) {
    fail(Code::corrupt, first, "a name is not UTF-8");
    return {};
  }
  return text;
}

uint32_t Reader::count(std::string_view what, uint32_t count_max) {
  uint32_t start = at_;
  uint32_t value = u32();
  if (!ok()) return 0;
  if (value > left()) {
    fail(Code::corrupt, start,
         std::to_string(value) + " " + std::string(what) + " cannot be in " +
             std::to_string(left()) + " bytes");
    return 0;
  }
  if (value > count_max) {
    fail(Code::exhausted, start,
         std::to_string(value) + " " + std::string(what) + ", at most " +
             std::to_string(count_max) + " are taken: split the module");
    return 0;
  }
  return value;
}

}  // namespace samara::runtime::wasm
