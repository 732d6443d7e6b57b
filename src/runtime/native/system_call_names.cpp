#include "runtime/native/system_call_names.hpp"

#include <sys/syscall.h>

namespace samara::runtime::native {

namespace {

struct Name {
  uint64_t number;
  const char* text;
};

#define SAMARA_NAME(call) {SYS_##call, #call}
constexpr Name k_names[] = {
    SAMARA_NAME(read),
    SAMARA_NAME(write),
    SAMARA_NAME(close),
    SAMARA_NAME(mmap),
    SAMARA_NAME(mprotect),
    SAMARA_NAME(munmap),
    SAMARA_NAME(brk),
    SAMARA_NAME(mremap),
    SAMARA_NAME(rt_sigaction),
    SAMARA_NAME(ioctl),
    SAMARA_NAME(nanosleep),
    SAMARA_NAME(getpid),
    SAMARA_NAME(socket),
    SAMARA_NAME(connect),
    SAMARA_NAME(sendto),
    SAMARA_NAME(bind),
    SAMARA_NAME(clone),
    SAMARA_NAME(clone3),
    SAMARA_NAME(execve),
    SAMARA_NAME(execveat),
    SAMARA_NAME(kill),
    SAMARA_NAME(tgkill),
    SAMARA_NAME(ptrace),
    SAMARA_NAME(openat),
    SAMARA_NAME(prctl),
    SAMARA_NAME(seccomp),
    SAMARA_NAME(bpf),
    SAMARA_NAME(keyctl),
    SAMARA_NAME(memfd_create),
    SAMARA_NAME(io_uring_setup),
    SAMARA_NAME(unshare),
    SAMARA_NAME(setns),
    SAMARA_NAME(mount),
    SAMARA_NAME(getrandom),
    SAMARA_NAME(futex),
    SAMARA_NAME(userfaultfd),
    SAMARA_NAME(perf_event_open),
    SAMARA_NAME(clock_nanosleep),
    SAMARA_NAME(process_vm_readv),
    SAMARA_NAME(process_vm_writev),
#ifdef SYS_open
    SAMARA_NAME(open),
    SAMARA_NAME(fork),
    SAMARA_NAME(vfork),
    SAMARA_NAME(pause),
#endif
};
#undef SAMARA_NAME

}  // namespace

std::string system_call_text(uint64_t number) {
  for (const Name& name : k_names) {
    if (name.number == number) return std::string(name.text) + " (" + std::to_string(number) + ")";
  }
  return std::to_string(number);
}

}  // namespace samara::runtime::native
