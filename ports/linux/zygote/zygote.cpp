// The zygote: a program without a C library that maps an image and makes a process of itself for
// each run. The node starts it from memory; docs/formats/native-image.md, section 9, says what
// stands around it. What runs in its children may overwrite all of this program's memory there, so
// no child is believed and none holds a descriptor of the zygote.

#include <linux/landlock.h>

#include "ports/linux/zygote/filter.hpp"
#include "ports/linux/zygote/protocol.hpp"
#include "ports/linux/zygote/runner.hpp"

// Loops that copy must not become calls of themselves.
#if defined(__clang__)
#define SAMARA_PLAIN_LOOP __attribute__((no_builtin))
#else
#define SAMARA_PLAIN_LOOP __attribute__((optimize("no-tree-loop-distribute-patterns")))
#endif

extern "C" {
// What the compiler calls.
SAMARA_PLAIN_LOOP void* memcpy(void* to, const void* from, size_t size) {
#if defined(__x86_64__)
  void* out = to;
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
  return out;
#else
  auto* a = static_cast<uint8_t*>(to);
  const auto* b = static_cast<const uint8_t*>(from);
  for (size_t i = 0; i < size; i++) a[i] = b[i];
  return to;
#endif
}
SAMARA_PLAIN_LOOP void* memset(void* to, int byte, size_t size) {
#if defined(__x86_64__)
  void* out = to;
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(byte) : "memory");
  return out;
#else
  auto* a = static_cast<uint8_t*>(to);
  for (size_t i = 0; i < size; i++) a[i] = static_cast<uint8_t>(byte);
  return to;
#endif
}
[[noreturn]] void zygote_main();
}

#if defined(__x86_64__)
__asm__(
    ".globl _start\n"
    "_start:\n"
    "  xorl %ebp, %ebp\n"
    "  andq $-16, %rsp\n"
    "  call zygote_main\n"
    "  hlt\n");
#elif defined(__aarch64__)
__asm__(
    ".globl _start\n"
    "_start:\n"
    "  mov x29, #0\n"
    "  mov x30, #0\n"
    "  bl zygote_main\n"
    "  brk #0\n");
#endif

namespace samara::sandbox {
namespace {

constexpr uint64_t k_set_memory_deny_write_execute = 65;  // PR_SET_MDWE, since Linux 6.3

LoadMessage loaded{};

[[noreturn]] void leave() {
  for (;;) kernel_call(__NR_exit_group, 0);
}

template <typename T>
void send(const T& message) {
  // A node that is gone shows itself at the next receive.
  kernel_call(__NR_sendto, k_control_fd, address_of(&message), sizeof message, k_no_signal);
}

/// Bytes received; 0: the node is gone. Descriptors that came along, else -1.
long receive(AnyMessage& message, int (&fds)[2]) {
  fds[0] = fds[1] = -1;
  IoVector part{&message, sizeof message};
  Descriptors descriptors{};
  MessageHeader header;
  header.parts = &part;
  header.part_count = 1;
  header.control = &descriptors;
  header.control_length = sizeof descriptors;
  long got = 0;
  do {
    got = kernel_call(__NR_recvmsg, k_control_fd, address_of(&header), k_close_on_exec);
  } while (got == -EINTR);
  if (header.control_length > 16 && descriptors.level == k_socket_level &&
      descriptors.type == k_rights) {
    const size_t count = (descriptors.length - 16) / sizeof(int);
    for (size_t i = 0; i < count && i < 2; i++) fds[i] = descriptors.fds[i];
  }
  return got;
}

void close_fd(int fd) {
  if (fd >= 0) kernel_call(__NR_close, static_cast<uint64_t>(fd));
}

void limit(int resource, uint64_t value) {
  rlimit wanted{value, value};
  kernel_call(__NR_prlimit64, 0, static_cast<uint64_t>(resource), address_of(&wanted));
}

uint32_t drop_rights() {
  uint32_t walls = 0;
  kernel_call(__NR_prctl, PR_SET_DUMPABLE, 0);
  if (kernel_call(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1) == 0) walls |= k_wall_no_new_privileges;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2]{};
  if (kernel_call(__NR_capset, address_of(&header), address_of(none)) == 0) {
    walls |= k_wall_no_capabilities;
  }
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_MEMLOCK, 0);
  limit(RLIMIT_MSGQUEUE, 0);
  limit(RLIMIT_NOFILE, 16);
  walls |= k_wall_rlimits;
  if (kernel_call(__NR_prctl, k_set_memory_deny_write_execute, 1) == 0) {
    walls |= k_wall_no_new_code;
  }
  return walls;
}

// Every right of the kernel's version is handled and none is given.
bool close_file_system() {
  const long version =
      kernel_call(__NR_landlock_create_ruleset, 0, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return false;
  struct {
    uint64_t files;
    uint64_t network;
    uint64_t scopes;
  } rules{};
  const unsigned files[] = {13, 14, 15, 15, 16};
  rules.files = (uint64_t{1} << (version <= 5 ? files[version - 1] : 16U)) - 1;
  if (version >= 4) rules.network = 3;
  if (version >= 6) rules.scopes = 3;
  const size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  const long ruleset = kernel_call(__NR_landlock_create_ruleset, address_of(&rules), size, 0);
  if (ruleset < 0) return false;
  const long closed = kernel_call(__NR_landlock_restrict_self, static_cast<uint64_t>(ruleset), 0);
  close_fd(static_cast<int>(ruleset));
  return closed == 0;
}

// What the zygote itself needs, runners included; they add a narrower one.
bool filter_zygote() {
  Filter filter;
  for (long number :
       {__NR_read,          __NR_write,        __NR_close,       __NR_ppoll,   __NR_recvmsg,
        __NR_sendto,        __NR_clone3,       __NR_wait4,       __NR_kill,    __NR_mmap,
        __NR_munmap,        __NR_madvise,      __NR_prlimit64,   __NR_seccomp, __NR_prctl,
        __NR_getppid,       __NR_rt_sigreturn, __NR_close_range, __NR_exit,    __NR_exit_group,
        __NR_clock_gettime, __NR_getrandom,    __NR_futex}) {
    filter.allow(number);
  }
  // Not the harder answer: it would come before that of the runner's filter, which keeps the
  // number.
  return filter.install(SECCOMP_RET_TRAP) == 0;
}

long map(uint64_t at, uint64_t size, uint64_t rights, uint64_t flags, int fd, uint64_t offset) {
  if (size == 0) return 0;
  const long got = kernel_call(__NR_mmap, at, size, rights, flags,
                               static_cast<uint64_t>(static_cast<int64_t>(fd)), offset);
  if (got < 0 && got > -4096) return got;
  return static_cast<uint64_t>(got) == at ? 0 : -EEXIST;
}

long map_all(const LoadMessage& message, int image, int shared) {
  constexpr uint64_t k_own = MAP_PRIVATE | MAP_FIXED;
  constexpr uint64_t k_shared = MAP_SHARED | MAP_FIXED;
  constexpr uint64_t k_empty = MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE;
  long failed = map(message.reserve, message.reserve_bytes, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  for (uint32_t i = 0; i < message.region_count && failed == 0; i++) {
    const MapRegion& region = message.regions[i];
    uint64_t rights = 0;
    if ((region.rights & k_right_read) != 0) rights |= PROT_READ;
    if ((region.rights & k_right_write) != 0) rights |= PROT_WRITE;
    if ((region.rights & k_right_execute) != 0) rights |= PROT_EXEC;
    failed = map(message.image + region.address, region.size, rights, k_own, image, region.address);
  }
  if (failed == 0 && message.pristine != 0) {
    failed = map(message.pristine, message.image_bytes, PROT_READ, k_own, image, 0);
  }
  constexpr uint64_t k_both = PROT_READ | PROT_WRITE;
  if (failed == 0) failed = map(message.heap, message.heap_bytes, k_both, k_empty, -1, 0);
  if (failed == 0) failed = map(message.stack, message.stack_bytes, k_both, k_empty, -1, 0);
  if (failed == 0) failed = map(message.control, k_control_bytes, k_both, k_shared, shared, 0);
  uint64_t offset = k_control_bytes;
  if (failed == 0) {
    failed = map(message.input, message.input_bytes, PROT_READ, k_shared, shared, offset);
  }
  offset += message.input_bytes;
  if (failed == 0) {
    failed = map(message.output, message.output_bytes, k_both, k_shared, shared, offset);
  }
  return failed;
}

void end_warm();

void load(const LoadMessage& message, int image, int shared) {
  end_warm();
  if (loaded.reserve_bytes != 0) {
    kernel_call(__NR_munmap, loaded.reserve, loaded.reserve_bytes);
    loaded.reserve_bytes = 0;
  }
  LoadedMessage answer;
  answer.error = static_cast<int32_t>(-map_all(message, image, shared));
  close_fd(image);
  close_fd(shared);
  loaded = message;
  send(answer);
}

// Until the runner is gone; orders of the node are taken meanwhile.
void watch(uint64_t pid, int pidfd, bool rings) {
  EndedMessage ended;
  rusage usage{};
  for (;;) {
    pollfd events[2] = {{pidfd, POLLIN, 0}, {k_control_fd, POLLIN, 0}};
    kernel_call(__NR_ppoll, address_of(events), 2, 0, 0, 8);
    if (events[0].revents != 0) {
      const long got = kernel_call(__NR_wait4, pid, address_of(&ended.status), __WALL | WNOHANG,
                                   address_of(&usage));
      if (got == static_cast<long>(pid)) break;
    }
    if (events[1].revents != 0) {
      AnyMessage message;
      int fds[2];
      const long got = receive(message, fds);
      close_fd(fds[0]);
      close_fd(fds[1]);
      if (got <= 0) {
        kernel_call(__NR_kill, pid, SIGKILL);
        leave();
      }
      if (message.kind == k_kill) kernel_call(__NR_kill, pid, SIGKILL);
    }
  }
  auto microseconds = [](const auto& time) {
    return static_cast<uint64_t>(time.tv_sec) * 1'000'000 + static_cast<uint64_t>(time.tv_usec);
  };
  ended.cpu_us = microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
  ended.peak_kib = static_cast<uint64_t>(usage.ru_maxrss);
  close_fd(pidfd);
  if (rings) {
    // Before the word that the node waits for then: behind that it may already begin anew.
    auto& with = *reinterpret_cast<Exchange*>(loaded.control + k_exchange_offset);
    __atomic_store_n(&with.bell, k_bell_ended, __ATOMIC_SEQ_CST);
    wake(&with.bell);
  }
  send(ended);
}

// A runner that was made before anybody asked for it: what a fork costs is not waited for.
struct WarmRunner {
  long pid = 0;  // 0: none
  int pidfd = -1;
};
WarmRunner warm;

Exchange& exchange() { return *reinterpret_cast<Exchange*>(loaded.control + k_exchange_offset); }

// 0 in the child.
long fork_runner(int& pidfd) {
  clone_args arguments{};
  arguments.flags = CLONE_PIDFD;
  arguments.pidfd = address_of(&pidfd);
  arguments.exit_signal = SIGCHLD;
  return kernel_call(__NR_clone3, address_of(&arguments), sizeof arguments);
}

void make_warm() {
  // The last task may have left something there. Nobody runs now.
  __atomic_store_n(&exchange().go, 0, __ATOMIC_SEQ_CST);
  const long pid = fork_runner(warm.pidfd);
  if (pid == 0) warm_runner_main(loaded);
  warm.pid = pid > 0 ? pid : 0;
}

void end_warm() {
  if (warm.pid == 0) return;
  kernel_call(__NR_kill, static_cast<uint64_t>(warm.pid), SIGKILL);
  kernel_call(__NR_wait4, static_cast<uint64_t>(warm.pid), 0, __WALL, 0);
  close_fd(warm.pidfd);
  warm.pid = 0;
}

bool warm_lives() {
  if (warm.pid == 0) return false;
  pollfd event{warm.pidfd, POLLIN, 0};
  __kernel_timespec none{};
  kernel_call(__NR_ppoll, address_of(&event), 1, address_of(&none), 0, 8);
  if (event.revents == 0) return true;
  end_warm();
  return false;
}

void run(const RunMessage& message) {
  const bool again = message.reused != 0;
  if (again) end_warm();
  int pidfd = -1;
  long pid = 0;
  if (!again && warm_lives()) {
    pid = warm.pid;
    pidfd = warm.pidfd;
    warm.pid = 0;
    exchange().next = message;
    __atomic_store_n(&exchange().go, 1, __ATOMIC_SEQ_CST);
    wake(&exchange().go);
  } else {
    pid = fork_runner(pidfd);
    if (pid == 0) runner_main(loaded, message);
  }
  if (pid < 0) {
    EndedMessage ended;
    ended.error = static_cast<int32_t>(-pid);
    send(ended);
    return;
  }
  watch(static_cast<uint64_t>(pid), pidfd, again);
  if (!again) make_warm();
}

}  // namespace
}  // namespace samara::sandbox

extern "C" void zygote_main() {
  using namespace samara::sandbox;
  uint64_t no_signals = 0;
  kernel_call(__NR_rt_sigprocmask, 2, address_of(&no_signals), 0, sizeof no_signals);
  HelloMessage hello;
  hello.walls = drop_rights();
  if (close_file_system()) hello.walls |= k_wall_landlock;
  install_crash_handlers();
  if (filter_zygote()) hello.walls |= k_wall_seccomp;
  send(hello);
  for (;;) {
    AnyMessage message;
    int fds[2];
    if (receive(message, fds) <= 0) leave();
    if (message.kind == k_load) {
      load(message.load, fds[0], fds[1]);
    } else if (message.kind == k_run) {
      close_fd(fds[0]);
      close_fd(fds[1]);
      run(message.run);
    }
  }
}
