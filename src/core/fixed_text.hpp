#pragma once
// FixedText<N>: at most N bytes of text, in place. Threads: a value type.

#include <cstring>
#include <string_view>

#include "core/assert.hpp"

namespace samara {

template <size_t N>
class FixedText {
  static_assert(N <= 255);

 public:
  FixedText() = default;
  /// Keeps the first N bytes; whoever needs all of them asks `fits` first.
  explicit FixedText(std::string_view text)
      : size_(static_cast<unsigned char>(text.size() < N ? text.size() : N)) {
    if (size_ != 0) std::memcpy(bytes_, text.data(), size_);
  }
  static bool fits(std::string_view text) { return text.size() <= N; }
  std::string_view view() const { return {bytes_, size_}; }
  bool empty() const { return size_ == 0; }
  bool operator==(const FixedText& other) const { return view() == other.view(); }

 private:
  char bytes_[N] = {};
  unsigned char size_ = 0;
};

}  // namespace samara
