#pragma once
// The kernel's interface without a C library: the calls that the zygote makes, and the structures
// which the kernel's own headers lack. Freestanding.
// Threads: one. Source: the kernel's user interface headers, System V ABI of the processors.

#include <asm/poll.h>
#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/time.h>
#include <linux/wait.h>
#include <stddef.h>
#include <stdint.h>

#include <initializer_list>

#include <asm/ucontext.h>  // needs the two before it

namespace samara::sandbox {

/// Negative: the errno.
inline long kernel_call(long number, uint64_t a = 0, uint64_t b = 0, uint64_t c = 0, uint64_t d = 0,
                        uint64_t e = 0, uint64_t f = 0) {
#if defined(__x86_64__)
  long out = number;
  register uint64_t r10 __asm__("r10") = d;
  register uint64_t r8 __asm__("r8") = e;
  register uint64_t r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "+a"(out)
                   : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return out;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = number;
  register uint64_t x0 __asm__("x0") = a;
  register uint64_t x1 __asm__("x1") = b;
  register uint64_t x2 __asm__("x2") = c;
  register uint64_t x3 __asm__("x3") = d;
  register uint64_t x4 __asm__("x4") = e;
  register uint64_t x5 __asm__("x5") = f;
  __asm__ volatile("svc 0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return static_cast<long>(x0);
#endif
}

template <typename T>
uint64_t address_of(T* pointer) {
  return reinterpret_cast<uint64_t>(pointer);
}

struct IoVector {
  void* base;
  size_t length;
};

struct MessageHeader {
  void* name = nullptr;
  int name_length = 0;
  IoVector* parts = nullptr;
  size_t part_count = 0;
  void* control = nullptr;
  size_t control_length = 0;
  int flags = 0;
};

struct Descriptors {
  size_t length;
  int level;
  int type;
  int fds[4];
};

inline constexpr int k_socket_level = 1;
inline constexpr int k_rights = 1;
inline constexpr uint64_t k_close_on_exec = 0x40000000;
inline constexpr uint64_t k_no_signal = 0x4000;

struct SignalAction {
  void (*handler)(int, siginfo_t*, void*);
  unsigned long flags;
  void (*restorer)();
  uint64_t mask;
};

#if defined(__x86_64__)
inline constexpr uint32_t k_audit_arch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
inline constexpr uint32_t k_audit_arch = AUDIT_ARCH_AARCH64;
#endif

}  // namespace samara::sandbox
