#pragma once
// The part of CBOR (RFC 8949) that fleet messages are made of: unsigned and negative integers, byte
// and text strings, arrays, maps, false and true; definite lengths in their shortest form only.
// Neither side allocates. After the first failure a writer or reader does nothing more, so callers
// ask once, at the end. Threads: one. Specified by: docs/formats/fleet.md, "Encoding".

#include <cstdint>
#include <string_view>

#include "core/bytes.hpp"

namespace samara::wire {

/// Arrays and maps inside each other, in what is skipped. Our own messages reach four.
inline constexpr unsigned k_cbor_depth_max = 8;

enum class CborMajor : uint8_t {
  unsigned_integer = 0,
  negative_integer = 1,
  bytes = 2,
  text = 3,
  array = 4,
  map = 5,
  simple = 7,
};

class CborWriter {
 public:
  explicit CborWriter(std::span<uint8_t> out) : out_(out) {}
  void uint(uint64_t value) { head(CborMajor::unsigned_integer, value); }
  void integer(int64_t value);
  void boolean(bool value);
  void bytes(ByteView value);
  void text(std::string_view value);
  void array(size_t count) { head(CborMajor::array, count); }
  void map(size_t pairs) { head(CborMajor::map, pairs); }
  /// false: it did not fit.
  bool ok() const { return ok_; }
  size_t size() const { return size_; }
  ByteView written() const { return {out_.data(), size_}; }

 private:
  void head(CborMajor major, uint64_t value);
  void raw(ByteView value);

  std::span<uint8_t> out_;
  size_t size_ = 0;
  bool ok_ = true;
};

/// What it returns after a failure is zero, empty, false.
class CborReader {
 public:
  explicit CborReader(ByteView bytes) : bytes_(bytes) {}
  uint64_t uint();
  int64_t integer();
  bool boolean();
  /// Borrowed from what is read.
  ByteView bytes();
  /// Valid UTF-8, borrowed from what is read.
  std::string_view text();
  /// Number of items; never more than bytes are left.
  size_t array();
  /// Number of pairs; never more than half of the bytes that are left.
  size_t map();
  /// Passes over one item of any of the kinds above.
  void skip();
  void fail();

  bool ok() const { return ok_; }
  bool at_end() const { return at_ == bytes_.size(); }
  size_t offset() const { return at_; }

 private:
  struct Head {
    CborMajor major{};
    uint64_t value = 0;
  };
  Head head();
  uint64_t expect(CborMajor major);
  ByteView take(uint64_t count);

  ByteView bytes_;
  size_t at_ = 0;
  bool ok_ = true;
};

/// Whether the text is well-formed UTF-8, without surrogates and overlong forms.
bool is_utf8(std::string_view text);

}  // namespace samara::wire
