#include "ports/linux/command_child.hpp"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

// The C library has its own of these, which do not go with the kernel's header.
extern "C" {
int mount(const char*, const char*, const char*, unsigned long, const void*) noexcept;
int umount2(const char*, int) noexcept;
}

namespace samara::port {

namespace {

constexpr unsigned long k_nosuid = 2;
constexpr unsigned long k_nodev = 4;
constexpr unsigned long k_noexec = 8;
constexpr unsigned long k_read_only = 1;
constexpr unsigned long k_bind = 4096;
constexpr unsigned long k_recursive = 16384;
constexpr unsigned long k_private = 1U << 18;
constexpr int k_detach = 2;

// Where the box is built. What was there is not seen in it.
constexpr char k_root[] = "/tmp";
constexpr size_t k_path_max = 512;

constexpr rlim_t k_processes_max = 256;
constexpr rlim_t k_descriptors_max = 1024;

/// Says what could not be done, and ends.
[[noreturn]] void fail(const BoxPlan& plan, const char* stage) {
  BoxWord word;
  word.kind = BoxWord::k_failed;
  word.value = errno;
  std::strncpy(word.stage, stage, sizeof word.stage - 1);
  (void)!::write(plan.words, &word, sizeof word);
  ::_exit(127);
}

void tell(const BoxPlan& plan, BoxWord::Kind kind, int32_t value) {
  BoxWord word;
  word.kind = kind;
  word.value = value;
  (void)!::write(plan.words, &word, sizeof word);
}

// "/tmp" and the path, without an allocation.
struct Inside {
  explicit Inside(const char* path) {
    std::strcpy(text, k_root);
    std::strncat(text, path, sizeof text - sizeof k_root);
  }
  char text[k_path_max] = {};
};

bool write_all(int file, const uint8_t* bytes, size_t size) {
  while (size > 0) {
    const ssize_t put = ::write(file, bytes, size);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes += put;
    size -= static_cast<size_t>(put);
  }
  return true;
}

bool write_text(const char* path, const char* text) {
  const int file = ::open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool done = write_all(file, reinterpret_cast<const uint8_t*>(text), std::strlen(text));
  ::close(file);
  return done;
}

// "65534 65534 1"
void map_text(char* out, unsigned id) {
  char digits[16];
  size_t count = 0;
  do {
    digits[count++] = static_cast<char>('0' + id % 10);
    id /= 10;
  } while (id > 0);
  for (int i = 0; i < 2; i++) {
    for (size_t k = count; k-- > 0;) *out++ = digits[k];
    *out++ = ' ';
  }
  *out++ = '1';
  *out = 0;
}

// Nobody in there, whoever we are: root of the machine would stay root for its files.
void become_nobody(const BoxPlan& plan) {
  if (::geteuid() != 0) return;
  const auto user = static_cast<uid_t>(plan.overflow_user);
  if (::syscall(SYS_setgroups, 0, nullptr) != 0) fail(plan, "groups");
  if (::syscall(SYS_setresgid, user, user, user) != 0) fail(plan, "group");
  if (::syscall(SYS_setresuid, user, user, user) != 0) fail(plan, "user");
  // Else its own entries in /proc would be root's.
  ::prctl(PR_SET_DUMPABLE, 1);
}

void leave_namespaces(const BoxPlan& plan) {
  const unsigned user = ::geteuid();
  const unsigned group = ::getegid();
  int spaces =
      CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
  if (!plan.order->network) spaces |= CLONE_NEWNET;
  if (::unshare(spaces) != 0) fail(plan, "namespaces");
  char map[48];
  map_text(map, user);
  if (!write_text("/proc/self/setgroups", "deny") || !write_text("/proc/self/uid_map", map)) {
    fail(plan, "users");
  }
  map_text(map, group);
  if (!write_text("/proc/self/gid_map", map)) fail(plan, "groups of the box");
}

void make_folder(const BoxPlan& plan, const char* path, mode_t mode) {
  if (::mkdir(Inside(path).text, mode) != 0 && errno != EEXIST) fail(plan, "folder");
}

void bind_folder(const BoxPlan& plan, const char* path) {
  make_folder(plan, path, 0755);
  const Inside inside(path);
  if (mount(path, inside.text, nullptr, k_bind | k_recursive, nullptr) != 0) fail(plan, "bind");
  mount_attr rights{};
  rights.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  if (::syscall(SYS_mount_setattr, AT_FDCWD, inside.text, AT_RECURSIVE, &rights, sizeof rights) !=
      0) {
    fail(plan, "read-only");
  }
}

void bind_device(const BoxPlan& plan, const char* path) {
  const Inside inside(path);
  const int file = ::open(inside.text, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
  if (file < 0) fail(plan, "device");
  ::close(file);
  // One that is not there is none in the box.
  (void)mount(path, inside.text, nullptr, k_bind, nullptr);
}

void write_files(const BoxPlan& plan) {
  for (size_t i = 0; i < plan.order->files.size(); i++) {
    const ByteView bytes = plan.order->files[i].bytes;
    const Inside inside(plan.file_paths[i].c_str());
    const int file = ::open(inside.text, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0 || !write_all(file, bytes.data(), bytes.size())) fail(plan, "input file");
    ::close(file);
  }
}

void build_root(const BoxPlan& plan) {
  if (mount("none", "/", nullptr, k_recursive | k_private, nullptr) != 0) fail(plan, "mounts");
  if (mount("samara", k_root, "tmpfs", k_nosuid | k_nodev, plan.root_options.c_str()) != 0) {
    fail(plan, "memory file system");
  }
  for (const std::string& folder : plan.bound) bind_folder(plan, folder.c_str());
  for (const auto& [path, target] : plan.links) {
    if (::symlink(target.c_str(), Inside(path.c_str()).text) != 0) fail(plan, "link");
  }
  make_folder(plan, "/dev", 0755);
  for (const char* device :
       {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}) {
    bind_device(plan, device);
  }
  (void)!::symlink("/proc/self/fd", Inside("/dev/fd").text);
  (void)!::symlink("/proc/self/fd/0", Inside("/dev/stdin").text);
  (void)!::symlink("/proc/self/fd/1", Inside("/dev/stdout").text);
  (void)!::symlink("/proc/self/fd/2", Inside("/dev/stderr").text);
  make_folder(plan, "/proc", 0555);
  // Containers hide parts of it and then refuse a new one; most programs do without.
  (void)mount("proc", Inside("/proc").text, "proc", k_nosuid | k_nodev | k_noexec | k_read_only,
              nullptr);
  make_folder(plan, "/box", 0700);
  make_folder(plan, "/tmp", 0700);
  write_files(plan);
  if (::chdir(k_root) != 0 || ::syscall(SYS_pivot_root, ".", ".") != 0 ||
      umount2(".", k_detach) != 0 || ::chdir("/box") != 0) {
    fail(plan, "root");
  }
}

void limit(int resource, rlim_t value) {
  rlimit now{};
  ::getrlimit(static_cast<__rlimit_resource>(resource), &now);
  const rlim_t most = std::min(value, now.rlim_max);
  const rlimit wanted{most, most};
  ::setrlimit(static_cast<__rlimit_resource>(resource), &wanted);
}

void drop_rights(const BoxPlan& plan) {
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NPROC, k_processes_max);
  limit(RLIMIT_NOFILE, k_descriptors_max);
  limit(RLIMIT_MSGQUEUE, 0);
  limit(RLIMIT_FSIZE, plan.file_bytes_max);
  limit(RLIMIT_DATA, plan.memory_bytes_max);
  ::prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                                 SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
                                 SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED);
  for (int capability = 0; capability <= 63; capability++) {
    ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[2]{};
  if (::syscall(SYS_capset, &header, none) != 0) fail(plan, "capabilities");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail(plan, "privileges");
  const sock_fprog program{static_cast<unsigned short>(plan.filter.size()),
                           const_cast<sock_filter*>(plan.filter.data())};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) fail(plan, "filter");
}

// Descriptors of the child, in this order. Nothing else of ours is open in it: locks that the
// parent holds must end with the parent.
constexpr int k_first_fd = 3;
constexpr int k_life_fd = k_first_fd + 5;  // its other end is closed when the outer process ends
constexpr int k_alive_fd = k_life_fd + 1;  // that end

void keep_descriptors(BoxPlan& plan) {
  int* const kept[] = {&plan.input, &plan.output, &plan.messages, &plan.result, &plan.words};
  for (int* one : kept) *one = ::fcntl(*one, F_DUPFD_CLOEXEC, 100);
  int next = k_first_fd;
  for (int* one : kept) {
    if (::dup3(*one, next, O_CLOEXEC) != next) ::_exit(127);
    *one = next++;
  }
  ::syscall(SYS_close_range, 0, k_first_fd - 1, 0U);
  ::syscall(SYS_close_range, k_life_fd, ~0U, 0U);
}

[[noreturn]] void run_shell(const BoxPlan& plan) {
  ::setsid();
  const int given[3] = {plan.input, plan.output, plan.messages};
  for (int i = 0; i < 3; i++) {
    if (::dup2(given[i], i) != i) fail(plan, "descriptors");
  }
  // All others are closed by exec; until then one may be needed to say why there is none.
  drop_rights(plan);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const char* const words_of[] = {"sh", "-c", plan.order->line.c_str(), nullptr};
  const char* const environment[] = {
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "HOME=/box",
      "TMPDIR=/tmp",
      "LANG=C.UTF-8",
      "LC_ALL=C.UTF-8",
      "SHELL=/bin/sh",
      nullptr};
  ::execve("/bin/sh", const_cast<char* const*>(words_of), const_cast<char* const*>(environment));
  fail(plan, "shell");
}

// Whatever the command made of its name: only a plain file is a result.
void send_result(const BoxPlan& plan) {
  if (plan.result_path.empty()) return;
  const int file = ::open(plan.result_path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat info{};
  if (file < 0 || ::fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) return;
  // One byte in front says that there is one.
  static uint8_t chunk[1 << 16];
  const uint8_t there = 1;
  if (!write_all(plan.result, &there, 1)) return;
  for (;;) {
    const ssize_t got = ::read(file, chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || !write_all(plan.result, chunk, static_cast<size_t>(got))) return;
  }
}

void reset_signals() {
  for (int number = 1; number < NSIG; number++) {
    if (number == SIGKILL || number == SIGSTOP) continue;
    ::signal(number, SIG_DFL);
  }
}

// Its arguments and environment are ours, and everybody in the box may ask the kernel for them.
void forget_words(const BoxPlan& plan) {
  static const char nothing[4096] = {};
  for (uint64_t at = plan.words_begin; at < plan.words_end;) {
    const size_t size = std::min<uint64_t>(plan.words_end - at, sizeof nothing);
    iovec from{const_cast<char*>(nothing), size};
    iovec to{reinterpret_cast<void*>(at), size};
    // By the kernel, which minds what may be written to.
    if (::process_vm_writev(::getpid(), &from, 1, &to, 1, 0) <= 0) return;
    at += size;
  }
}

// Process 1 of the box: when it ends, the kernel ends all others.
[[noreturn]] void run_init(const BoxPlan& plan) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  pollfd life{k_life_fd, 0, 0};
  if (::poll(&life, 1, 0) > 0) ::_exit(0);  // the outer one was gone before that
  ::close(k_life_fd);
  forget_words(plan);
  build_root(plan);
  (void)!::syscall(SYS_sethostname, "box", 3);
  const int shell = static_cast<int>(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
  if (shell < 0) fail(plan, "fork");
  if (shell == 0) run_shell(plan);
  // Its memory is a copy of ours: nobody in the box may look into it.
  ::prctl(PR_SET_DUMPABLE, 0);
  ::close(plan.input);
  ::close(plan.output);
  ::close(plan.messages);
  int status = 0;
  for (;;) {
    int one = 0;
    const pid_t ended = ::waitpid(-1, &one, __WALL);
    if (ended == shell) {
      status = one;
      break;
    }
    if (ended < 0 && errno != EINTR) break;
  }
  ::kill(-1, SIGKILL);
  while (::waitpid(-1, nullptr, __WALL) > 0 || errno == EINTR) continue;
  send_result(plan);
  tell(plan, BoxWord::k_ended, status);
  ::_exit(0);
}

}  // namespace

void run_box(BoxPlan& plan, int parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);
  keep_descriptors(plan);
  reset_signals();
  become_nobody(plan);
  leave_namespaces(plan);
  // Changes of the user take this back.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  int life[2];
  if (::pipe2(life, O_CLOEXEC) != 0 || ::dup3(life[0], k_life_fd, O_CLOEXEC) != k_life_fd ||
      ::dup3(life[1], k_alive_fd, O_CLOEXEC) != k_alive_fd) {
    fail(plan, "pipe");
  }
  ::close(life[0]);
  ::close(life[1]);
  const int init = static_cast<int>(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
  if (init < 0) fail(plan, "fork");
  if (init == 0) {
    ::close(k_alive_fd);
    run_init(plan);
  }
  ::prctl(PR_SET_DUMPABLE, 0);
  ::syscall(SYS_close_range, 0, k_life_fd, 0U);
  // Told to end it, it ends process 1 and waits: that is gone when all in the box are.
  sigset_t heard;
  sigemptyset(&heard);
  sigaddset(&heard, SIGCHLD);
  sigaddset(&heard, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &heard, nullptr);
  for (;;) {
    if (::sigwaitinfo(&heard, nullptr) == SIGTERM) ::kill(init, SIGKILL);
    const pid_t ended = ::waitpid(init, nullptr, __WALL | WNOHANG);
    if (ended == init || (ended < 0 && errno == ECHILD)) ::_exit(0);
  }
}

namespace {

class FilterText {
 public:
  explicit FilterText(std::vector<sock_filter>& out) : out_(out) {
#if defined(__x86_64__)
    constexpr uint32_t k_arch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
    constexpr uint32_t k_arch = AUDIT_ARCH_AARCH64;
#else
    constexpr uint32_t k_arch = 0;  // never: everything is refused
#endif
    load(offsetof(seccomp_data, arch));
    add(BPF_JMP | BPF_JEQ | BPF_K, k_arch, 1, 0);
    answer(SECCOMP_RET_KILL_PROCESS);
    load(offsetof(seccomp_data, nr));
#if defined(__x86_64__)
    constexpr uint32_t k_x32 = 0x40000000;
    add(BPF_JMP | BPF_JGE | BPF_K, k_x32, 0, 1);
    answer(SECCOMP_RET_KILL_PROCESS);
#endif
  }
  void refuse(long number, uint32_t error) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number), 0, 1);
    answer(SECCOMP_RET_ERRNO | error);
  }
  /// Where the low half of an argument has any of `bits`.
  void refuse_with_bits(long number, unsigned argument, uint32_t bits, uint32_t error) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number), 0, 4);
    load(static_cast<uint32_t>(offsetof(seccomp_data, args)) + 8 * argument);
    add(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
    answer(SECCOMP_RET_ERRNO | error);
    load(offsetof(seccomp_data, nr));
  }
  /// Where the low half of an argument is none of `values`.
  void refuse_unless(long number, unsigned argument, std::span<const uint32_t> values,
                     uint32_t error) {
    const auto count = static_cast<uint8_t>(values.size());
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number), 0,
        static_cast<uint8_t>(count + 3));
    load(static_cast<uint32_t>(offsetof(seccomp_data, args)) + 8 * argument);
    for (uint8_t i = 0; i < count; i++) {
      add(BPF_JMP | BPF_JEQ | BPF_K, values[i], static_cast<uint8_t>(count - i), 0);
    }
    answer(SECCOMP_RET_ERRNO | error);
    load(offsetof(seccomp_data, nr));
  }
  void done() { answer(SECCOMP_RET_ALLOW); }

 private:
  void add(unsigned code, uint32_t value, uint8_t if_true = 0, uint8_t if_false = 0) {
    out_.push_back({static_cast<uint16_t>(code), if_true, if_false, value});
  }
  void load(size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset)); }
  void answer(uint32_t action) { add(BPF_RET | BPF_K, action); }

  std::vector<sock_filter>& out_;
};

// Programs may do what programs do, but not work on the kernel, on walls, or on other processes.
void make_filter(std::vector<sock_filter>& out, bool network) {
  FilterText filter(out);
  for (long number : {SYS_ptrace,
                      SYS_process_vm_readv,
                      SYS_process_vm_writev,
                      SYS_process_madvise,
                      SYS_pidfd_getfd,
                      SYS_kcmp,
                      SYS_mount,
                      SYS_umount2,
                      SYS_pivot_root,
                      SYS_chroot,
                      SYS_mount_setattr,
                      SYS_move_mount,
                      SYS_open_tree,
                      SYS_fsopen,
                      SYS_fsconfig,
                      SYS_fsmount,
                      SYS_fspick,
                      SYS_unshare,
                      SYS_setns,
                      SYS_bpf,
                      SYS_perf_event_open,
                      SYS_userfaultfd,
                      SYS_keyctl,
                      SYS_add_key,
                      SYS_request_key,
                      SYS_kexec_load,
                      SYS_kexec_file_load,
                      SYS_init_module,
                      SYS_finit_module,
                      SYS_delete_module,
                      SYS_reboot,
                      SYS_swapon,
                      SYS_swapoff,
                      SYS_acct,
                      SYS_quotactl,
                      SYS_syslog,
                      SYS_open_by_handle_at,
                      SYS_name_to_handle_at,
                      SYS_lookup_dcookie,
                      SYS_vhangup,
                      SYS_settimeofday,
                      SYS_clock_settime,
                      SYS_clock_adjtime,
                      SYS_adjtimex,
                      SYS_sethostname,
                      SYS_setdomainname,
                      SYS_mbind,
                      SYS_migrate_pages,
                      SYS_move_pages,
                      SYS_set_mempolicy,
                      SYS_nfsservctl,
                      SYS_fanotify_init,
                      SYS_personality,
#if defined(__x86_64__)
                      SYS_iopl,
                      SYS_ioperm,
                      SYS_modify_ldt,
                      SYS_uselib,
                      SYS_ustat,
                      SYS_sysfs,
                      SYS__sysctl,
                      SYS_create_module,
#endif
                      SYS_memfd_secret}) {
    filter.refuse(number, EPERM);
  }
  for (long number : {SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register}) {
    filter.refuse(number, ENOSYS);
  }
  // Its flags are behind a pointer; the C library falls back to the one whose flags are seen.
  filter.refuse(SYS_clone3, ENOSYS);
  filter.refuse_with_bits(SYS_clone, 0,
                          CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
                              CLONE_NEWUTS | CLONE_NEWCGROUP,
                          EPERM);
  // Sockets of the machine with names outside of the file system would be in reach with its
  // network.
  constexpr uint32_t k_inside[] = {AF_UNIX, AF_INET, AF_INET6};
  constexpr uint32_t k_outside[] = {AF_INET, AF_INET6, AF_NETLINK};
  filter.refuse_unless(
      SYS_socket, 0,
      network ? std::span<const uint32_t>(k_outside) : std::span<const uint32_t>(k_inside), EACCES);
  filter.done();
}

// From the beginning of the arguments to the end of the environment: fields 48 to 51.
void find_words(BoxPlan& plan) {
  char text[2048] = {};
  const int file = ::open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  const ssize_t size = ::read(file, text, sizeof text - 1);
  ::close(file);
  // The name of the program, in brackets, may have anything in it.
  const char* at = size > 0 ? std::strrchr(text, ')') : nullptr;
  for (int field = 2; at != nullptr && field < 48; field++) {
    at = std::strchr(at + 1, ' ');
  }
  if (at == nullptr) return;
  char* next = nullptr;
  const uint64_t begin = std::strtoull(at, &next, 10);
  for (int field = 48; field < 50; field++) std::strtoull(next, &next, 10);
  const uint64_t end = std::strtoull(next, &next, 10);
  constexpr uint64_t k_most = uint64_t{16} << 20;
  if (begin == 0 || end < begin || end - begin > k_most) return;
  plan.words_begin = begin;
  plan.words_end = end;
}

uint64_t half_of_the_memory() {
  const auto pages = static_cast<uint64_t>(::sysconf(_SC_PHYS_PAGES));
  return pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)) / 2;
}

}  // namespace

Result<void> BoxPlan::make(const CommandOrder& order_given) {
  order = &order_given;
  // Links to folders are made again as links.
  for (const char* path :
       {"/usr", "/etc", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}) {
    struct stat info{};
    if (::lstat(path, &info) != 0) continue;
    if (S_ISLNK(info.st_mode)) {
      char target[k_path_max];
      const ssize_t size = ::readlink(path, target, sizeof target);
      if (size > 0) links.emplace_back(path, std::string(target, static_cast<size_t>(size)));
    } else if (S_ISDIR(info.st_mode)) {
      bound.emplace_back(path);
    }
  }
  if (::access("/bin/sh", X_OK) != 0) {
    return Error(Code::unsupported, "this machine has no /bin/sh, so no commands run on it");
  }
  const uint64_t room = std::min(order->memory_bytes_max, half_of_the_memory());
  root_options =
      "mode=755,nr_inodes=100k,size=" + std::to_string(std::max<uint64_t>(room, 1 << 16));
  file_bytes_max = room;
  memory_bytes_max = order->memory_bytes_max;
  for (const CommandFile& file : order->files) {
    file_paths.push_back(std::string(k_command_folder) + "/" + file.name);
  }
  if (!order->result_file.empty()) {
    result_path = std::string(k_command_folder) + "/" + order->result_file;
  }
  make_filter(filter, order->network);
  find_words(*this);
  return {};
}

}  // namespace samara::port
