#pragma once
// System call filters: small programs for the kernel's classic packet filter, written out.
// Freestanding. Threads: one. Source: seccomp(2).

#include "ports/linux/zygote/kernel.hpp"

namespace samara::sandbox {

class Filter {
 public:
  /// Another instruction set of the same processor has other numbers: that alone ends the process.
  Filter() {
    load(offsetof(seccomp_data, arch));
    skip_next_if(BPF_JEQ, k_audit_arch);
    answer(SECCOMP_RET_KILL_PROCESS);
    load(offsetof(seccomp_data, nr));
#if defined(__x86_64__)
    constexpr uint32_t k_x32 = 0x40000000;
    add(BPF_JMP | BPF_JGE | BPF_K, k_x32, 0, 1);
    answer(SECCOMP_RET_KILL_PROCESS);
#endif
  }

  void allow(long number) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number), 0, 1);
    answer(SECCOMP_RET_ALLOW);
  }
  /// Only where the low half of an argument is `value`; the kernel reads no more of these.
  void allow_with(long number, unsigned argument, uint32_t value) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number), 0, 4);
    load(static_cast<uint32_t>(offsetof(seccomp_data, args)) + 8 * argument);
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    answer(SECCOMP_RET_ALLOW);
    load(offsetof(seccomp_data, nr));
  }

  /// Everything else is answered so. Returns a negative errno where the kernel refuses.
  long install(uint32_t otherwise) {
    answer(otherwise);
    sock_fprog program{count_, code_};
    return kernel_call(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, address_of(&program));
  }

 private:
  static constexpr unsigned k_max = 128;

  void add(unsigned code, uint32_t value, uint8_t if_true = 0, uint8_t if_false = 0) {
    if (count_ == k_max) __builtin_trap();
    code_[count_++] = {static_cast<uint16_t>(code), if_true, if_false, value};
  }
  void load(size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset)); }
  void skip_next_if(unsigned test, uint32_t value) { add(BPF_JMP | test | BPF_K, value, 1, 0); }
  void answer(uint32_t action) { add(BPF_RET | BPF_K, action); }

  sock_filter code_[k_max];
  uint16_t count_ = 0;
};

}  // namespace samara::sandbox
