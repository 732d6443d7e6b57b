#include "ports/linux/worker_walls.hpp"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

#include "core/sanitizers.hpp"
#include "ports/linux/empty_root.hpp"
#include "ports/linux/worker_process.hpp"

namespace samara::port {

namespace {

#if SAMARA_ADDRESS_SANITIZER || defined(__SANITIZE_THREAD__)
constexpr bool k_sanitized = true;
#else
constexpr bool k_sanitized = false;
#endif

constexpr int k_set_memory_deny_write_execute = 65;  // PR_SET_MDWE, since Linux 6.3

void limit(int resource, uint64_t value) {
  rlimit wanted{value, value};
  ::setrlimit(static_cast<__rlimit_resource>(resource), &wanted);
}

// The kernel sends the signal when the other end of the pipe is closed, whatever we do by then.
void end_with_host() {
  ::fcntl(k_worker_life_fd, F_SETOWN, ::getpid());
  ::fcntl(k_worker_life_fd, F_SETSIG, SIGKILL);
  ::fcntl(k_worker_life_fd, F_SETFL, O_ASYNC | O_NONBLOCK);
  pollfd life{k_worker_life_fd, 0, 0};
  if (::poll(&life, 1, 0) > 0) ::_exit(0);  // it was closed before that
}

// Every right that the kernel's version knows is handled and none is given.
bool close_file_system() {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return false;
  struct {
    uint64_t files;
    uint64_t network;
    uint64_t scopes;
  } rules{};
  constexpr unsigned k_file_rights[] = {13, 14, 15, 15, 16};
  rules.files = (uint64_t{1} << (version <= 5 ? k_file_rights[version - 1] : 16U)) - 1;
  if (version >= 4) rules.network = 3;
  if (version >= 6) rules.scopes = 3;
  const size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  const auto ruleset = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &rules, size, 0));
  if (ruleset < 0) return false;
  const bool closed = ::syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
  ::close(ruleset);
  return closed;
}

bool drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2]{};
  return ::syscall(SYS_capset, &header, none) == 0;
}

// A program for the kernel's packet filter; see seccomp(2).
class Filter {
 public:
  Filter() {
#if defined(__x86_64__)
    constexpr uint32_t k_arch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
    constexpr uint32_t k_arch = AUDIT_ARCH_AARCH64;
#else
    constexpr uint32_t k_arch = 0;  // never: everything is refused
#endif
    // Another instruction set of the same processor has other numbers.
    load(offsetof(seccomp_data, arch));
    add(BPF_JMP | BPF_JEQ | BPF_K, k_arch, 1, 0);
    answer(SECCOMP_RET_KILL_PROCESS);
    load(offsetof(seccomp_data, nr));
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
  /// Not made, and answered as if it had failed so.
  void refuse(long number, uint32_t error) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number), 0, 1);
    answer(SECCOMP_RET_ERRNO | error);
  }
  /// On all threads.
  bool install() {
    answer(SECCOMP_RET_KILL_PROCESS);
    sock_fprog program{static_cast<unsigned short>(code_.size()), code_.data()};
    return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) ==
           0;
  }

 private:
  void add(unsigned code, uint32_t value, uint8_t if_true = 0, uint8_t if_false = 0) {
    code_.push_back({static_cast<uint16_t>(code), if_true, if_false, value});
  }
  void load(size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset)); }
  void answer(uint32_t action) { add(BPF_RET | BPF_K, action); }

  std::vector<sock_filter> code_;
};

bool filter_system_calls() {
  Filter filter;
  // The last two are those of a thread that has been made and has not run yet.
  for (long number : {SYS_futex,
                      SYS_clock_gettime,
                      SYS_ppoll,
                      SYS_mmap,
                      SYS_munmap,
                      SYS_mprotect,
                      SYS_madvise,
                      SYS_mremap,
                      SYS_brk,
                      SYS_rt_sigreturn,
                      SYS_rt_sigaction,
                      SYS_rt_sigprocmask,
                      SYS_sigaltstack,
                      SYS_sched_yield,
                      SYS_sched_getaffinity,
                      SYS_getrandom,
                      SYS_getpid,
                      SYS_gettid,
                      SYS_clock_nanosleep,
                      SYS_restart_syscall,
                      SYS_exit,
                      SYS_exit_group,
                      SYS_rseq,
                      SYS_set_robust_list}) {
    filter.allow(number);
  }
  // The C library looks into /proc when it gives memory back, and takes no for an answer.
  filter.refuse(SYS_openat, ENOENT);
  filter.allow_with(SYS_recvfrom, 0, k_worker_bell_fd);
  filter.allow_with(SYS_sendto, 0, k_worker_bell_fd);
  filter.allow_with(SYS_write, 0, STDERR_FILENO);  // of assertions, to nowhere
  filter.allow_with(SYS_tgkill, 0, static_cast<uint32_t>(::getpid()));
  return filter.install();
}

}  // namespace

void WorkerWalls::build_outer(const WorkerWallOptions& options) {
  ::prctl(PR_SET_DUMPABLE, 0);
  constexpr int k_most = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
  // Containers and changed roots refuse some of these; what they leave is taken.
  const bool own_user = ::unshare(CLONE_NEWUSER | k_most) == 0;
  const bool own_rest = own_user || ::unshare(k_most) == 0;
  add("user namespace", own_user);
  add("mount namespace", own_rest);
  add("network namespace", own_rest);
  add("ipc namespace", own_rest);
  add("host name namespace", own_rest);
  add("empty root", own_rest && enter_empty_root());
  end_with_host();
  no_new_privileges_ = ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
  add("no new privileges", no_new_privileges_);
  add("landlock", close_file_system());
  add("no capabilities", drop_capabilities());
  if (options.no_new_code) {
    add("memory deny write execute", ::prctl(k_set_memory_deny_write_execute, 1, 0, 0, 0) == 0);
  }
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_MEMLOCK, 0);
  limit(RLIMIT_MSGQUEUE, 0);
  if (!k_sanitized) limit(RLIMIT_DATA, options.memory_bytes_max);
}

void WorkerWalls::build_inner() {
  limit(RLIMIT_NPROC, 0);
  limit(RLIMIT_NOFILE, k_worker_life_fd + 1);
  add("resource limits", true);
  // Sanitizers make system calls of their own; there they are the wall.
  const bool filtered = !k_sanitized && filter_system_calls();
  add("system call filter", filtered);
  enough_ = (filtered || k_sanitized) && no_new_privileges_;
}

}  // namespace samara::port
