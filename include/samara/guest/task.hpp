#pragma once
// C++ tasks: an ordinary function becomes a task with one line.
//
//   #include <samara/guest/task.hpp>
//   int64_t add(int64_t a, int64_t b) { return a + b; }
//   SAMARA_TASK(add)
//
// Parameters and result: int64_t (Integer), double (Float), bool (Boolean), Text (String), Blob,
// List<T> (Array). `new` takes from the heap of the task and ends it when the heap is used up; all
// of it is gone when the task returns, so nobody needs to delete. Algorithms and templates of the
// standard library work, and containers that use `new`.
//
// Threads: a task has one. Specified by: docs/formats/native-image.md, section 8.

#include "samara/guest/task.h"

namespace samara::guest {

/// The table and the call of this run; set by SAMARA_TASK.
inline const samara_host* host = nullptr;
inline samara_call* call = nullptr;

/// Ends the task.
[[noreturn]] inline void fail(int32_t code, const char* text) {
  host->fail(code, text, __builtin_strlen(text));
  __builtin_unreachable();
}

inline void* allocate(size_t size, size_t align) {
  void* out = host->alloc(size, align);
  if (out == nullptr) fail(SAMARA_NO_MEMORY, "the heap of the task is used up");
  return out;
}

/// Bytes that somebody else keeps: the input, or the heap.
struct Text {
  const char* data = nullptr;
  size_t size = 0;
  const char* begin() const { return data; }
  const char* end() const { return data + size; }
};
struct Blob {
  const uint8_t* data = nullptr;
  size_t size = 0;
  const uint8_t* begin() const { return data; }
  const uint8_t* end() const { return data + size; }
};

/// A growing array in the heap of the task.
template <typename T>
class List {
 public:
  List() = default;
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  void push_back(const T& value) {
    if (size_ == capacity_) reserve(capacity_ == 0 ? 8 : 2 * capacity_);
    data_[size_++] = value;
  }
  void reserve(size_t capacity) {
    if (capacity <= capacity_) return;
    if (capacity > SIZE_MAX / sizeof(T)) fail(SAMARA_NO_MEMORY, "an array is too large");
    T* data = static_cast<T*>(allocate(capacity * sizeof(T), alignof(T)));
    for (size_t i = 0; i < size_; i++) data[i] = data_[i];
    if (data_ != nullptr) host->free(data_);
    data_ = data;
    capacity_ = capacity;
  }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

inline void read(samara_reader& from, int64_t& out) { out = samara_read_integer(&from); }
inline void read(samara_reader& from, double& out) { out = samara_read_float(&from); }
inline void read(samara_reader& from, bool& out) { out = samara_read_boolean(&from) != 0; }
inline void read(samara_reader& from, Text& out) {
  out.data = reinterpret_cast<const char*>(samara_read_bytes(&from, &out.size));
}
inline void read(samara_reader& from, Blob& out) { out.data = samara_read_bytes(&from, &out.size); }
template <typename T>
void read(samara_reader& from, List<T>& out) {
  const size_t count = samara_read_count(&from);
  const auto left = static_cast<size_t>(from.end - from.at);
  out.reserve(count < left ? count : left);  // an element takes a byte at least
  for (size_t i = 0; i < count && !from.failed; i++) {
    T value{};
    read(from, value);
    out.push_back(value);
  }
}

inline void write(samara_writer& to, int64_t value) { samara_write_integer(&to, value); }
inline void write(samara_writer& to, double value) { samara_write_float(&to, value); }
inline void write(samara_writer& to, bool value) { samara_write_boolean(&to, value); }
inline void write(samara_writer& to, Text value) {
  samara_write_bytes(&to, value.data, value.size);
}
inline void write(samara_writer& to, Blob value) {
  samara_write_bytes(&to, value.data, value.size);
}
template <typename T>
void write(samara_writer& to, const List<T>& value) {
  samara_write_count(&to, value.size());
  for (const T& item : value) write(to, item);
}

template <typename T>
struct Plain {
  using type = T;
};
template <typename T>
struct Plain<const T> : Plain<T> {};
template <typename T>
struct Plain<T&> : Plain<T> {};
template <typename T>
struct Plain<const T&> : Plain<T> {};

template <typename Output, typename... Read>
struct Runner {
  // Arguments are read one by one, in their order, then passed together.
  template <typename Function, typename Next, typename... Rest>
  static int32_t go(samara_reader& from, Function function, Read&... have, Next*, Rest*... rest) {
    typename Plain<Next>::type value{};
    read(from, value);
    return Runner<Output, Read..., typename Plain<Next>::type>::go(from, function, have..., value,
                                                                   rest...);
  }
  template <typename Function>
  static int32_t go(samara_reader& from, Function function, Read&... have) {
    if (!samara_read_all(&from)) return SAMARA_BAD_INPUT;
    samara_writer to = samara_result(call);
    write(to, function(have...));
    return samara_finish(&to);
  }
};

template <typename Output, typename... Inputs>
int32_t run(const samara_host* with, samara_call* of, Output (*function)(Inputs...)) {
  host = with;
  call = of;
  samara_reader from = samara_arguments(of);
  return Runner<Output>::go(from, function, static_cast<typename Plain<Inputs>::type*>(nullptr)...);
}

}  // namespace samara::guest

#define SAMARA_TASK(function)                                                          \
  extern "C" SAMARA_EXPORT int32_t samara_task(const samara_host* h, samara_call* c) { \
    return samara::guest::run(h, c, &(function));                                      \
  }

#if !__STDC_HOSTED__
// What `new` and the standard library call. Weak, as the functions of task.h; of the visibility
// that the library's own declarations have.
#define SAMARA_REPLACEABLE __attribute__((weak))
SAMARA_REPLACEABLE void* operator new(size_t size) {
  return samara::guest::allocate(size, 2 * sizeof(void*));
}
SAMARA_REPLACEABLE void* operator new[](size_t size) { return operator new(size); }
SAMARA_REPLACEABLE void operator delete(void* memory) noexcept {
  if (memory != nullptr) samara::guest::host->free(memory);
}
SAMARA_REPLACEABLE void operator delete[](void* memory) noexcept { operator delete(memory); }
SAMARA_REPLACEABLE void operator delete(void* memory, size_t) noexcept { operator delete(memory); }
SAMARA_REPLACEABLE void operator delete[](void* memory, size_t) noexcept {
  operator delete(memory);
}
extern "C" {
SAMARA_REPLACEABLE __attribute__((noreturn)) void abort() { __builtin_trap(); }
SAMARA_REPLACEABLE void __cxa_pure_virtual() { __builtin_trap(); }
// Destructors of global objects never run: nobody needs what a task leaves behind.
SAMARA_REPLACEABLE int __cxa_atexit(void (*)(void*), void*, void*) { return 0; }
SAMARA_REPLACEABLE int __aeabi_atexit(void*, void (*)(void*), void*) { return 0; }
SAMARA_REPLACEABLE void* __dso_handle = nullptr;
}
namespace std {
SAMARA_REPLACEABLE __attribute__((noreturn)) void __throw_length_error(const char*) {
  samara::guest::fail(SAMARA_NO_MEMORY, "a container is too large");
}
SAMARA_REPLACEABLE __attribute__((noreturn)) void __throw_bad_alloc() {
  samara::guest::fail(SAMARA_NO_MEMORY, "the heap of the task is used up");
}
SAMARA_REPLACEABLE __attribute__((noreturn)) void __throw_bad_array_new_length() {
  samara::guest::fail(SAMARA_NO_MEMORY, "an array is too large");
}
SAMARA_REPLACEABLE __attribute__((noreturn)) void __throw_out_of_range_fmt(const char*, ...) {
  samara::guest::fail(1, "an index is out of range");
}
SAMARA_REPLACEABLE __attribute__((noreturn)) void __throw_bad_function_call() {
  samara::guest::fail(1, "an empty function was called");
}
}  // namespace std
#endif
