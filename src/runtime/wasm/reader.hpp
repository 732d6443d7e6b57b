#pragma once
// Reader: takes a module's bytes apart from front to back. The first rule that is broken is kept
// and every later read gives zeros, so that its user looks at ok() once for each item of a list.
// Threads: one.

#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.hpp"

namespace samara::runtime::wasm {

class Reader {
 public:
  /// Requires: at most 4 GiB.
  explicit Reader(ByteView bytes) : bytes_(bytes), end_(static_cast<uint32_t>(bytes.size())) {}

  bool ok() const { return !error_.has_value(); }
  uint32_t at() const { return at_; }
  /// Nothing is left up to the present end.
  bool done() const { return at_ >= end_; }
  uint32_t left() const { return end_ - at_; }
  uint32_t end() const { return end_; }
  /// Reads go no further than `end`, until the next call. Requires: at() <= end <= size of module.
  void set_end(uint32_t end) { end_ = end; }

  uint8_t byte();
  uint32_t u32();
  /// Signed numbers of `bits` bits; only whether they are well formed matters.
  void skip_signed(unsigned bits);
  void skip(uint32_t count);
  /// A length and so many bytes of UTF-8.
  std::string_view name(uint32_t bytes_max);
  /// A number of items, each of at least one byte, at most `count_max`.
  uint32_t count(std::string_view what, uint32_t count_max);

  /// "byte <offset>: <rule>". Only the first one counts.
  void fail(Code code, uint32_t offset, std::string_view rule);
  /// Requires: not ok().
  Error take_error() { return std::move(*error_); }

 private:
  ByteView bytes_;
  uint32_t at_ = 0;
  uint32_t end_;
  std::optional<Error> error_;
};

}  // namespace samara::runtime::wasm
