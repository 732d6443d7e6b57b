#pragma once
// The visitors behind the `fields` of messages and journal records: how each kind of field is
// written and read. A struct becomes a map from small numbers, ascending, to values; fields that
// have their default value are left out; a reader passes over numbers it does not know.
// Threads: one. Specified by: docs/formats/fleet.md, "Encoding".

#include <concepts>
#include <type_traits>

#include "wire/cbor.hpp"
#include "wire/messages.hpp"

namespace samara::wire {

/// Letters, digits and `. _ : @ + = / -`, at least one.
bool is_name(std::string_view text);

/// Counts the fields that will be written.
class FieldCounter {
 public:
  size_t count() const { return count_; }
  template <typename T>
  void need(uint32_t, const T&) {
    count_++;
  }
  template <typename T>
  void may(uint32_t, const T& value) {
    if constexpr (std::is_same_v<T, Arguments>) {
      count_ += value.empty() ? 0U : 1U;
    } else {
      count_ += value == T{} ? 0U : 1U;
    }
  }
  template <typename T>
  void need_enum(uint32_t, const T&, T) {
    count_++;
  }
  template <typename T>
  void may_enum(uint32_t key, const T& value, T) {
    may(key, value);
  }
  void need_name(uint32_t, std::string_view, size_t) { count_++; }
  void may_text(uint32_t, std::string_view text, size_t) { count_ += text.empty() ? 0U : 1U; }
  void need_bytes(uint32_t, ByteView, size_t) { count_++; }
  void may_bytes(uint32_t, ByteView bytes, size_t) { count_ += bytes.empty() ? 0U : 1U; }
  template <size_t N>
  void may_names(uint32_t, const Names<N>& names, size_t) {
    count_ += names.empty() ? 0U : 1U;
  }
  template <size_t N>
  void may_hashes(uint32_t, const FixedVector<Hash, N>& hashes) {
    count_ += hashes.empty() ? 0U : 1U;
  }

 private:
  size_t count_ = 0;
};

/// Writes the fields of one struct. Asserts that keys ascend and that limits are kept.
class FieldEncoder {
 public:
  explicit FieldEncoder(CborWriter& out) : out_(out) {}

  template <typename T>
  static void message(CborWriter& out, const T& value) {
    FieldCounter counter;
    T::fields(value, counter);
    out.map(counter.count());
    FieldEncoder encoder(out);
    T::fields(value, encoder);
  }

  template <typename T>
  void need(uint32_t number, const T& value) {
    key(number);
    put(value);
  }
  template <typename T>
  void may(uint32_t number, const T& value) {
    if constexpr (std::is_same_v<T, Arguments>) {
      if (value.empty()) return;
    } else {
      if (value == T{}) return;
    }
    need(number, value);
  }
  template <typename T>
  void need_enum(uint32_t number, const T& value, T last) {
    SAMARA_ASSERT(value <= last);
    key(number);
    out_.uint(static_cast<uint64_t>(value));
  }
  template <typename T>
  void may_enum(uint32_t number, const T& value, T last) {
    if (value != T{}) need_enum(number, value, last);
  }
  void need_name(uint32_t number, std::string_view text, size_t max) {
    SAMARA_ASSERT(text.size() <= max && is_name(text));
    key(number);
    out_.text(text);
  }
  void may_text(uint32_t number, std::string_view text, size_t max) {
    if (text.empty()) return;
    SAMARA_ASSERT(text.size() <= max);
    key(number);
    out_.text(text);
  }
  void need_bytes(uint32_t number, ByteView bytes, size_t max) {
    SAMARA_ASSERT(bytes.size() <= max);
    key(number);
    out_.bytes(bytes);
  }
  void may_bytes(uint32_t number, ByteView bytes, size_t max) {
    if (!bytes.empty()) need_bytes(number, bytes, max);
  }
  template <size_t N>
  void may_names(uint32_t number, const Names<N>& names, size_t max) {
    if (names.empty()) return;
    key(number);
    out_.array(names.size());
    for (const std::string_view name : names) {
      SAMARA_ASSERT(name.size() <= max && is_name(name));
      out_.text(name);
    }
  }
  template <size_t N>
  void may_hashes(uint32_t number, const FixedVector<Hash, N>& hashes) {
    if (hashes.empty()) return;
    key(number);
    out_.array(hashes.size());
    for (const Hash& hash : hashes) put(hash);
  }

 private:
  void key(uint32_t number) {
    SAMARA_ASSERT(number > last_);
    last_ = number;
    out_.uint(number);
  }
  void put(bool value) { out_.boolean(value); }
  void put(std::unsigned_integral auto value) { out_.uint(value); }
  void put(std::signed_integral auto value) { out_.integer(value); }
  void put(const Hash& value) { out_.bytes(value.bytes); }
  void put(const Uuid& value) { out_.bytes(value.bytes); }
  void put(const AttemptId& value);
  void put(const Fence& value);
  void put(const ObjectRef& value);
  void put(const Arguments& value);
  template <typename T>
  void put(const std::optional<T>& value) {
    put(*value);
  }
  template <typename T>
    requires requires(const T& m, FieldCounter& v) { T::fields(m, v); }
  void put(const T& value) {
    message(out_, value);
  }

  CborWriter& out_;
  uint32_t last_ = 0;
};

/// Reads the fields of one struct. What it has read is valid only if the reader is `ok` at the end.
class FieldDecoder {
 public:
  template <typename T>
  static void message(CborReader& in, T& value) {
    FieldDecoder decoder(in);
    T::fields(value, decoder);
    decoder.skip_rest();
  }

  template <typename T>
  void need(uint32_t number, T& value) {
    if (!find(number)) return in_.fail();
    get(value);
  }
  template <typename T>
  void may(uint32_t number, T& value) {
    if (find(number)) get(value);
  }
  template <typename T>
  void need_enum(uint32_t number, T& value, T last) {
    if (!find(number)) return in_.fail();
    const uint64_t got = in_.uint();
    if (got > static_cast<uint64_t>(last)) return in_.fail();
    value = static_cast<T>(got);
  }
  template <typename T>
  void may_enum(uint32_t number, T& value, T last) {
    if (find(number)) {
      const uint64_t got = in_.uint();
      if (got > static_cast<uint64_t>(last)) return in_.fail();
      value = static_cast<T>(got);
    }
  }
  void need_name(uint32_t number, std::string_view& text, size_t max) {
    if (!find(number)) return in_.fail();
    text = name(max);
  }
  void may_text(uint32_t number, std::string_view& text, size_t max) {
    if (!find(number)) return;
    text = in_.text();
    if (text.size() > max) in_.fail();
  }
  void need_bytes(uint32_t number, ByteView& bytes, size_t max) {
    if (!find(number)) return in_.fail();
    bytes = in_.bytes();
    if (bytes.size() > max) in_.fail();
  }
  void may_bytes(uint32_t number, ByteView& bytes, size_t max) {
    if (find(number)) {
      bytes = in_.bytes();
      if (bytes.size() > max) in_.fail();
    }
  }
  template <size_t N>
  void may_names(uint32_t number, Names<N>& names, size_t max) {
    if (!find(number)) return;
    for (size_t left = in_.array(); left > 0 && in_.ok(); left--) {
      if (!names.push_back(name(max))) in_.fail();
    }
  }
  template <size_t N>
  void may_hashes(uint32_t number, FixedVector<Hash, N>& hashes) {
    if (!find(number)) return;
    for (size_t left = in_.array(); left > 0 && in_.ok(); left--) {
      Hash hash;
      get(hash);
      if (!hashes.push_back(hash)) in_.fail();
    }
  }

 private:
  explicit FieldDecoder(CborReader& in) : in_(in), left_(in.map()) {}
  /// Whether the next value is that of `number`; passes over smaller ones.
  bool find(uint32_t number);
  bool next_key();
  void skip_rest();
  std::string_view name(size_t max);

  void get(bool& value) { value = in_.boolean(); }
  template <std::unsigned_integral T>
  void get(T& value) {
    const uint64_t got = in_.uint();
    if (!std::in_range<T>(got)) return in_.fail();
    value = static_cast<T>(got);
  }
  template <std::signed_integral T>
  void get(T& value) {
    const int64_t got = in_.integer();
    if (!std::in_range<T>(got)) return in_.fail();
    value = static_cast<T>(got);
  }
  void fixed(std::span<uint8_t> out);
  void get(Hash& value) { fixed(value.bytes); }
  void get(Uuid& value) { fixed(value.bytes); }
  void get(AttemptId& value);
  void get(Fence& value);
  void get(ObjectRef& value);
  void object_tail(ObjectRef& value);
  void get(Arguments& value);
  template <typename T>
  void get(std::optional<T>& value) {
    T inner{};
    get(inner);
    value = inner;
  }
  template <typename T>
    requires requires(T& m, FieldCounter& v) { T::fields(m, v); }
  void get(T& value) {
    message(in_, value);
  }

  CborReader& in_;
  size_t left_;       // pairs whose key is not read yet
  uint64_t key_ = 0;  // the one that is read, if pending_
  uint64_t last_key_ = 0;
  bool pending_ = false;
  bool first_ = true;
};

}  // namespace samara::wire
