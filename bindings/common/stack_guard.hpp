#pragma once
// StackGuard: how deep a conversion of a host language may recurse: as far as the stack of the
// thread that does it reaches.

#include <pthread.h>

#include <cstddef>
#include <cstdint>

namespace samara::bindings {

class StackGuard {
 public:
  /// Whether there is room for one more level and what it calls.
  bool room(int depth) {
    if (depth < k_depth_unwatched) return true;
    if (lowest_ == 0) lowest_ = lowest_address();
    char here = 0;
    return reinterpret_cast<uintptr_t>(&here) > lowest_ + k_reserve_bytes;
  }

 private:
  static constexpr int k_depth_unwatched = 100;  // fits any thread
  static constexpr size_t k_reserve_bytes = 192 * 1024;

  static uintptr_t lowest_address() {
    pthread_attr_t attributes;
    void* base = nullptr;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return UINTPTR_MAX / 2;
    pthread_attr_getstack(&attributes, &base, &size);
    pthread_attr_destroy(&attributes);
    return reinterpret_cast<uintptr_t>(base);
  }

  uintptr_t lowest_ = 0;
};

}  // namespace samara::bindings
