#pragma once
// Arena: memory given once, handed out from its beginning, never taken back. A state machine of the
// device profile gets all it will ever have from one, when it is made. Threads: one.

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <type_traits>

#include "core/result.hpp"

namespace samara {

class Arena {
 public:
  explicit Arena(std::span<uint8_t> memory) : memory_(memory) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// Null: there is not so much left. Requires: `align` is a power of two.
  void* try_alloc(size_t bytes, size_t align) {
    const auto at = reinterpret_cast<uintptr_t>(memory_.data()) + used_;
    const size_t pad = (align - at % align) % align;
    if (pad > memory_.size() - used_ || bytes > memory_.size() - used_ - pad) return nullptr;
    void* out = memory_.data() + used_ + pad;
    used_ += pad + bytes;
    return out;
  }

  /// `count` default values. Nothing of them is ever destroyed. Errors: exhausted.
  template <typename T>
  Result<std::span<T>> make_array(size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    if (count == 0) return std::span<T>{};
    if (count > memory_.size() / sizeof(T)) return Error(Code::exhausted, {});
    void* memory = try_alloc(count * sizeof(T), alignof(T));
    if (memory == nullptr) return Error(Code::exhausted, {});
    T* first = static_cast<T*>(memory);
    for (size_t i = 0; i < count; i++) new (first + i) T();
    return std::span<T>(first, count);
  }

  /// Bytes as they are. Errors: exhausted.
  Result<std::span<uint8_t>> make_bytes(size_t count) {
    if (count == 0) return std::span<uint8_t>{};
    void* memory = try_alloc(count, alignof(uint64_t));
    if (memory == nullptr) return Error(Code::exhausted, {});
    return std::span<uint8_t>(static_cast<uint8_t*>(memory), count);
  }

  size_t used_bytes() const { return used_; }
  size_t left_bytes() const { return memory_.size() - used_; }

 private:
  std::span<uint8_t> memory_;
  size_t used_ = 0;
};

}  // namespace samara
