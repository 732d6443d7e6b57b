#include "ports/linux/zygote_process.hpp"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "port/files.hpp"
#include "ports/linux/empty_root.hpp"
#include "ports/linux/zygote_program.hpp"

namespace samara::port {

namespace {

using std::chrono::nanoseconds;

constexpr unsigned k_memory_executable = 0x10;  // MFD_EXEC, since Linux 6.3
constexpr size_t k_start_stack_bytes = 64U << 10;

// Descriptors of ours stay away from the numbers that the child needs.
int moved_up(int fd) {
  if (fd < 0) return fd;
  int out = ::fcntl(fd, F_DUPFD_CLOEXEC, 10);
  ::close(fd);
  return out;
}

int program_file() {
  int file = ::memfd_create("samara-zygote", MFD_CLOEXEC | k_memory_executable);
  if (file < 0 && errno == EINVAL) file = ::memfd_create("samara-zygote", MFD_CLOEXEC);
  file = moved_up(file);
  ByteView program = zygote_program();
  while (file >= 0 && !program.empty()) {
    ssize_t written = ::write(file, program.data(), program.size());
    if (written <= 0) {
      ::close(file);
      return -1;
    }
    program = program.subspan(static_cast<size_t>(written));
  }
  return file;
}

struct Start {
  int program = -1;
  int socket = -1;
  bool new_mounts = false;
  bool empty_root = false;  // written by the child, whose memory is ours until it is the program
};

void close_range_of(unsigned first, unsigned last) {
  if (first <= last) ::syscall(SYS_close_range, first, last, 0U);
}

int run_child(void* argument) {
  auto& start = *static_cast<Start*>(argument);
  // Keys pressed on our terminal are not for it.
  ::setpgid(0, 0);
  if (start.new_mounts) start.empty_root = enter_empty_root();
  if (::dup2(start.socket, sandbox::k_control_fd) < 0) ::_exit(127);
  close_range_of(0, sandbox::k_control_fd - 1);
  close_range_of(sandbox::k_control_fd + 1, static_cast<unsigned>(start.program) - 1);
  close_range_of(static_cast<unsigned>(start.program) + 1, ~0U);
  char name[] = "samara-zygote";
  char* const arguments[] = {name, nullptr};
  char* const environment[] = {nullptr};
  ::syscall(SYS_execveat, start.program, "", arguments, environment, AT_EMPTY_PATH);
  ::_exit(127);
}

struct Child {
  int pid = -1;
  int pidfd = -1;
};

Child clone_child(Start& start, void* stack_top, unsigned long namespaces) {
  Child out;
  start.new_mounts = (namespaces & CLONE_NEWNS) != 0;
  start.empty_root = false;
  // No signal at its end: the application that uses this library may wait for children of its own.
  int flags = static_cast<int>(CLONE_VM | CLONE_VFORK | CLONE_PIDFD | namespaces);
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);  // no handler of ours may run in the child
  out.pid = ::clone(run_child, stack_top, flags, &start, &out.pidfd);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return out;
}

uint32_t walls_of(unsigned long namespaces, bool empty_root) {
  uint32_t walls = 0;
  auto add = [&](unsigned long flag, uint32_t wall) {
    if ((namespaces & flag) != 0) walls |= wall;
  };
  add(CLONE_NEWUSER, sandbox::k_wall_user_namespace);
  add(CLONE_NEWPID, sandbox::k_wall_process_namespace);
  add(CLONE_NEWNS, sandbox::k_wall_mount_namespace);
  add(CLONE_NEWNET, sandbox::k_wall_network_namespace);
  add(CLONE_NEWIPC, sandbox::k_wall_ipc_namespace);
  add(CLONE_NEWUTS, sandbox::k_wall_host_name_namespace);
  if (empty_root) walls |= sandbox::k_wall_empty_root;
  return walls;
}

Error gone() { return Error(Code::io, "the process of the sandbox has ended"); }

}  // namespace

Instant monotonic_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return Instant(std::chrono::seconds(now.tv_sec) + nanoseconds(now.tv_nsec));
}

Readable wait_readable(int first, int second, Instant until) {
  pollfd events[2] = {{first, POLLIN, 0}, {second, POLLIN, 0}};
  int ready = 0;
  do {
    nanoseconds left = std::max(nanoseconds(0), until - monotonic_now());
    timespec wait{};
    wait.tv_sec = static_cast<time_t>(left / std::chrono::seconds(1));
    wait.tv_nsec = static_cast<long>((left % std::chrono::seconds(1)).count());
    ready = ::ppoll(events, 2, &wait, nullptr);
  } while (ready < 0 && errno == EINTR);
  return {.first = events[0].revents != 0, .second = events[1].revents != 0};
}

ZygoteProcess::ZygoteProcess(ZygoteProcess&& other) noexcept
    : socket_(other.socket_), pidfd_(other.pidfd_), pid_(other.pid_), walls_(other.walls_) {
  other.socket_ = other.pidfd_ = other.pid_ = -1;
}

ZygoteProcess::~ZygoteProcess() {
  if (socket_ >= 0) ::close(socket_);
  if (pidfd_ >= 0) {
    ::syscall(SYS_pidfd_send_signal, pidfd_, SIGKILL, nullptr, 0U);
    ::close(pidfd_);
  }
  if (pid_ >= 0) {
    while (::waitpid(pid_, nullptr, __WALL) < 0 && errno == EINTR) {
    }
  }
}

Result<ZygoteProcess> ZygoteProcess::start() {
  if (zygote_program().empty()) {
    return Error(Code::unsupported, "native images do not run on this processor");
  }
  int sockets[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0) return os_error(errno);
  ZygoteProcess out;
  out.socket_ = moved_up(sockets[0]);
  Start start;
  start.socket = moved_up(sockets[1]);
  start.program = program_file();
  int problem = out.socket_ < 0 || start.socket < 0 || start.program < 0 ? errno : 0;
  void* stack = MAP_FAILED;
  if (problem == 0) {
    stack = ::mmap(nullptr, k_start_stack_bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) problem = errno;
  }
  if (problem == 0) {
    // Containers and changed roots refuse some of these; what they leave is taken.
    constexpr unsigned long k_most =
        CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
    for (unsigned long namespaces : {k_most | CLONE_NEWUSER, k_most, 0UL}) {
      Child child = clone_child(start, static_cast<char*>(stack) + k_start_stack_bytes, namespaces);
      problem = child.pid < 0 ? errno : 0;
      if (child.pid < 0) continue;
      out.pid_ = child.pid;
      out.pidfd_ = child.pidfd;
      out.walls_ = walls_of(namespaces, start.empty_root);
      break;
    }
    ::munmap(stack, k_start_stack_bytes);
  }
  if (start.socket >= 0) ::close(start.socket);
  if (start.program >= 0) ::close(start.program);
  if (problem != 0) return os_error(problem).with_context("cannot start the sandbox");

  sandbox::HelloMessage hello;
  auto* bytes = reinterpret_cast<uint8_t*>(&hello);
  auto got = out.receive({bytes, sizeof hello}, monotonic_now() + std::chrono::seconds(10));
  if (!got) return std::move(got).error().with_context("cannot start the sandbox");
  out.walls_ |= hello.walls;
  constexpr uint32_t k_needed = sandbox::k_wall_seccomp | sandbox::k_wall_no_new_privileges;
  if ((out.walls_ & k_needed) != k_needed) {
    return Error(Code::unsupported,
                 "this kernel has no system call filters, so native images cannot be contained");
  }
  return out;
}

Result<void> ZygoteProcess::send(std::span<const uint8_t> message, std::span<const int> fds) {
  iovec part{const_cast<uint8_t*>(message.data()), message.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  alignas(cmsghdr) char space[CMSG_SPACE(2 * sizeof(int))] = {};
  if (!fds.empty()) {
    SAMARA_ASSERT(fds.size() <= 2);
    header.msg_control = space;
    header.msg_controllen = CMSG_SPACE(fds.size_bytes());
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(rights), fds.data(), fds.size_bytes());
  }
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket_, &header, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent != static_cast<ssize_t>(message.size())) return gone();
  return {};
}

Result<void> ZygoteProcess::receive(std::span<uint8_t> message, Instant until) {
  if (!wait_readable(socket_, -1, until).first) {
    return Error(Code::timeout, "the process of the sandbox does not answer");
  }
  ssize_t got = 0;
  do {
    got = ::recv(socket_, message.data(), message.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(message.size())) return gone();
  return {};
}

}  // namespace samara::port
