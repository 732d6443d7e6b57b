#pragma once
// Result<T>: a value or an Error. The names follow std::expected so that a later move is a rename.
// Reading the value of an error, or the error of a value, asserts. Threads: a value type.

#include <new>
#include <type_traits>
#include <utility>

#include "core/assert.hpp"
#include "core/error.hpp"

namespace samara {

template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : ok_(true) { new (&value_) T(std::move(value)); }
  Result(Error error) : ok_(false) { new (&error_) Error(std::move(error)); }
  template <typename U>
    requires(std::is_constructible_v<T, U &&> && !std::is_same_v<std::remove_cvref_t<U>, Result> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error> &&
             !std::is_same_v<std::remove_cvref_t<U>, T> && std::is_convertible_v<U &&, T>)
  Result(U&& value) : ok_(true) {
    new (&value_) T(std::forward<U>(value));
  }
  Result(Result&& other) noexcept : ok_(other.ok_) {
    if (ok_) {
      new (&value_) T(std::move(other.value_));
    } else {
      new (&error_) Error(std::move(other.error_));
    }
  }
  Result& operator=(Result&& other) noexcept {
    if (this != &other) {
      this->~Result();
      new (this) Result(std::move(other));
    }
    return *this;
  }
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
  ~Result() {
    if (ok_) {
      value_.~T();
    } else {
      error_.~Error();
    }
  }

  explicit operator bool() const { return ok_; }
  bool has_value() const { return ok_; }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& value() & {
    SAMARA_ASSERT(ok_);
    return value_;
  }
  const T& value() const& {
    SAMARA_ASSERT(ok_);
    return value_;
  }
  T&& value() && {
    SAMARA_ASSERT(ok_);
    return std::move(value_);
  }
  T value_or(T fallback) && { return ok_ ? std::move(value_) : std::move(fallback); }
  Error& error() & {
    SAMARA_ASSERT(!ok_);
    return error_;
  }
  const Error& error() const& {
    SAMARA_ASSERT(!ok_);
    return error_;
  }
  Error&& error() && {
    SAMARA_ASSERT(!ok_);
    return std::move(error_);
  }

  template <typename F>
  auto transform(F&& f) && -> Result<decltype(f(std::declval<T&&>()))> {
    if (!ok_) return std::move(error_);
    return f(std::move(value_));
  }
  template <typename F>
  auto and_then(F&& f) && -> decltype(f(std::declval<T&&>())) {
    if (!ok_) return std::move(error_);
    return f(std::move(value_));
  }

 private:
  union {
    T value_;
    Error error_;
  };
  bool ok_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  Result() : ok_(true) {}
  Result(Error error) : ok_(false) { new (&error_) Error(std::move(error)); }
  Result(Result&& other) noexcept : ok_(other.ok_) {
    if (!ok_) new (&error_) Error(std::move(other.error_));
  }
  Result& operator=(Result&& other) noexcept {
    if (this != &other) {
      this->~Result();
      new (this) Result(std::move(other));
    }
    return *this;
  }
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
  ~Result() {
    if (!ok_) error_.~Error();
  }
  explicit operator bool() const { return ok_; }
  bool has_value() const { return ok_; }
  Error& error() & {
    SAMARA_ASSERT(!ok_);
    return error_;
  }
  const Error& error() const& {
    SAMARA_ASSERT(!ok_);
    return error_;
  }
  Error&& error() && {
    SAMARA_ASSERT(!ok_);
    return std::move(error_);
  }

 private:
  union {
    Error error_;
  };
  bool ok_;
};

}  // namespace samara

#define SAMARA_CONCAT2(a, b) a##b
#define SAMARA_CONCAT(a, b) SAMARA_CONCAT2(a, b)

/// SAMARA_TRY(auto x, expr): x = value of expr, or return its error.
#define SAMARA_TRY(declaration, ...) \
  SAMARA_TRY_IMPL(SAMARA_CONCAT(samara_result_, __LINE__), declaration, __VA_ARGS__)
#define SAMARA_TRY_IMPL(tmp, declaration, ...)              \
  auto tmp = (__VA_ARGS__);                                 \
  if (SAMARA_UNLIKELY(!tmp)) return std::move(tmp).error(); \
  declaration = std::move(*tmp)

/// SAMARA_CHECK(expr): return the error of a Result whose value is not needed.
#define SAMARA_CHECK(...)                                                         \
  do {                                                                            \
    auto samara_check_ = (__VA_ARGS__);                                           \
    if (SAMARA_UNLIKELY(!samara_check_)) return std::move(samara_check_).error(); \
  } while (false)
