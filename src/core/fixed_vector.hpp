#pragma once
// FixedVector<T, N>: at most N values of a trivially copyable type, in place. For the device
// profile, where nothing may allocate. Threads: a value type.

#include <array>
#include <cstddef>
#include <span>
#include <type_traits>

#include "core/assert.hpp"

namespace samara {

template <typename T, size_t N>
class FixedVector {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  using value_type = T;
  static constexpr size_t k_capacity = N;

  /// false: it is full, and nothing has changed.
  [[nodiscard]] bool push_back(const T& value) {
    if (size_ == N) return false;
    values_[size_++] = value;
    return true;
  }
  void clear() { size_ = 0; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool full() const { return size_ == N; }
  T& operator[](size_t index) {
    SAMARA_ASSERT(index < size_);
    return values_[index];
  }
  const T& operator[](size_t index) const {
    SAMARA_ASSERT(index < size_);
    return values_[index];
  }
  T* begin() { return values_.data(); }
  T* end() { return values_.data() + size_; }
  const T* begin() const { return values_.data(); }
  const T* end() const { return values_.data() + size_; }
  std::span<const T> view() const { return {values_.data(), size_}; }

  bool operator==(const FixedVector& other) const {
    if (size_ != other.size_) return false;
    for (size_t i = 0; i < size_; i++) {
      if (!(values_[i] == other.values_[i])) return false;
    }
    return true;
  }

 private:
  std::array<T, N> values_{};
  size_t size_ = 0;
};

}  // namespace samara
