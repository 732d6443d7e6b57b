#pragma once
// Records of messages, written and read by hand: every call to a worker makes four of these, and
// the general codec would cost more than the files. The bytes are plain beast2; tests hold them
// against the codec. Used by the sources of this layer only.
// Threads: value types. Source: docs/formats/beast2.md, sections 2, 4 and 5.

#include <string>
#include <vector>

#include "core/hash.hpp"
#include "value/utf8.hpp"
#include "value/varint.hpp"

namespace samara {

class WireWriter {
 public:
  explicit WireWriter(Bytes& out) : out_(out) {}

  void raw(ByteView bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  void byte(uint8_t value) { out_.push_back(value); }
  void count(uint64_t value) {
    uint8_t text[k_varint_bytes_max];
    out_.insert(out_.end(), text, put_varint(text, value));
  }
  void integer(int64_t value) { count(zigzag(value)); }
  void number(uint64_t value) { integer(static_cast<int64_t>(value)); }
  void boolean(bool value) { byte(value ? 1 : 0); }
  void blob(ByteView bytes) {
    count(bytes.size());
    raw(bytes);
  }
  void text(std::string_view value) { blob(as_bytes(value)); }
  /// The head of an array or dictionary that was not met before.
  void list(uint64_t size) {
    byte(0);
    count(size);
  }

 private:
  Bytes& out_;
};

/// Reads until the first fault, which `intact` tells at the end; what is read after it is empty.
class WireReader {
 public:
  explicit WireReader(ByteView bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  bool intact() const { return !failed_; }
  bool at_end() const { return at_ == end_; }
  uint64_t count() {
    uint64_t value = 0;
    VarintFault fault = VarintFault::none;
    const uint8_t* next = failed_ ? nullptr : get_varint(at_, end_, value, fault);
    if (next == nullptr) return fail();
    at_ = next;
    return value;
  }
  int64_t integer() { return unzigzag(count()); }
  uint64_t number() { return static_cast<uint64_t>(integer()); }
  bool boolean() { return tag(2) == 1; }
  /// The index of a variant's case.
  uint64_t tag(uint64_t cases) {
    const uint64_t value = count();
    return value < cases ? value : fail();
  }
  ByteView blob() {
    const uint64_t size = count();
    if (failed_ || size > static_cast<uint64_t>(end_ - at_)) {
      fail();
      return {};
    }
    ByteView out(at_, static_cast<size_t>(size));
    at_ += size;
    return out;
  }
  Bytes bytes() {
    ByteView view = blob();
    return Bytes(view.begin(), view.end());
  }
  std::string text() {
    ByteView view = blob();
    if (!utf8_valid(view)) fail();
    return std::string(as_text(view));
  }
  Hash hash() {
    auto out = Hash::from_bytes(blob());
    if (out) return *out;
    fail();
    return {};
  }
  /// The size of a list, each of whose entries takes at least one byte.
  uint64_t list() {
    if (count() != 0) fail();
    const uint64_t size = count();
    return size <= static_cast<uint64_t>(end_ - at_) ? size : fail();
  }

 private:
  uint64_t fail() {
    failed_ = true;
    return 0;
  }

  const uint8_t* at_;
  const uint8_t* end_;
  bool failed_ = false;
};

}  // namespace samara
