#pragma once
// Assertions for programmer errors, on in every build. A failed assertion prints where and aborts;
// on a device the port's abort writes the crash record and resets.

namespace samara {
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);
}

#define SAMARA_ASSERT(cond)                     \
  (__builtin_expect(static_cast<bool>(cond), 1) \
       ? static_cast<void>(0)                   \
       : ::samara::assertion_failed(#cond, __FILE__, __LINE__))

#define SAMARA_LIKELY(x) __builtin_expect(static_cast<bool>(x), 1)
#define SAMARA_UNLIKELY(x) __builtin_expect(static_cast<bool>(x), 0)
