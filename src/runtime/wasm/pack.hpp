#pragma once
// Pack and Unpack: the fields of a message, one after another, little-endian. Unpack takes foreign
// bytes: what is not there reads as zero and is remembered. Threads: value types.

#include <bit>
#include <string>
#include <string_view>

#include "core/bytes.hpp"

namespace samara::runtime::wasm {

class Pack {
 public:
  void u8(uint8_t value) { bytes_.push_back(value); }
  void u32(uint32_t value) { number(value, 4); }
  void u64(uint64_t value) { number(value, 8); }
  void f64(double value) { u64(std::bit_cast<uint64_t>(value)); }
  /// With its length before it. Requires: at most 4 GiB - 1.
  void bytes(ByteView value) {
    u32(static_cast<uint32_t>(value.size()));
    rest(value);
  }
  void text(std::string_view value) { bytes(as_bytes(value)); }
  /// Without a length: the last field.
  void rest(ByteView value) { bytes_.insert(bytes_.end(), value.begin(), value.end()); }
  /// For encoders that append.
  Bytes& all() { return bytes_; }

 private:
  void number(uint64_t value, unsigned count) {
    for (unsigned i = 0; i < count; i++) bytes_.push_back(static_cast<uint8_t>(value >> (8 * i)));
  }

  Bytes bytes_;
};

class Unpack {
 public:
  explicit Unpack(ByteView bytes) : left_(bytes) {}
  uint8_t u8() { return static_cast<uint8_t>(number(1)); }
  uint32_t u32() { return static_cast<uint32_t>(number(4)); }
  uint64_t u64() { return number(8); }
  double f64() { return std::bit_cast<double>(u64()); }
  /// Refers to the message.
  ByteView bytes() { return take(u32()); }
  std::string_view text() { return as_text(bytes()); }
  ByteView rest() { return take(left_.size()); }

  size_t left() const { return left_.size(); }
  /// Everything that was asked for was there.
  bool good() const { return good_; }
  /// And nothing was left.
  bool whole() const { return good_ && left_.empty(); }

 private:
  ByteView take(size_t count) {
    if (count > left_.size()) {
      good_ = false;
      left_ = {};
      return {};
    }
    ByteView out = left_.first(count);
    left_ = left_.subspan(count);
    return out;
  }
  uint64_t number(unsigned count) {
    uint64_t out = 0;
    ByteView bytes = take(count);
    for (size_t i = 0; i < bytes.size(); i++) out |= uint64_t{bytes[i]} << (8 * i);
    return out;
  }

  ByteView left_;
  bool good_ = true;
};

}  // namespace samara::runtime::wasm
