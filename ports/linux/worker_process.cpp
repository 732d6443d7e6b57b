#include "ports/linux/worker_process.hpp"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "core/assert.hpp"
#include "port/files.hpp"

namespace samara::port {

namespace {

constexpr size_t k_start_stack_bytes = 64U << 10;

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// Descriptors of ours stay away from the numbers that the child needs.
Fd moved_up(int fd) {
  Fd before(fd);
  return Fd(fd < 0 ? fd : ::fcntl(fd, F_DUPFD_CLOEXEC, 10));
}

bool several_processors() {
  static const bool several = ::sysconf(_SC_NPROCESSORS_ONLN) > 1;
  return several;
}

Heard wait_for_bell(int fd, Clock& clock, Instant until) {
  for (;;) {
    timespec left{};
    timespec* timeout = nullptr;
    if (until != Instant::max()) {
      const Instant now = clock.now();
      if (until > now) {
        const auto span = until - now;
        left.tv_sec = static_cast<time_t>(span / std::chrono::seconds(1));
        left.tv_nsec = static_cast<long>((span % std::chrono::seconds(1)).count());
      }
      timeout = &left;
    }
    pollfd bell{fd, POLLIN, 0};
    const int ready = ::ppoll(&bell, 1, timeout, nullptr);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return Heard::late;
    // However often it has rung.
    uint8_t rung[64];
    ssize_t count = 0;
    do {
      count = ::recv(fd, rung, sizeof rung, MSG_DONTWAIT);
    } while (count < 0 && errno == EINTR);
    if (count > 0) return Heard::bell;
    if (count == 0 || errno != EAGAIN) return Heard::gone;
  }
}

// A bell that is full of rings nobody has heard will be heard all the same.
void ring_bell(int fd) {
  const uint8_t ring = 1;
  static_cast<void>(::send(fd, &ring, 1, MSG_NOSIGNAL | MSG_DONTWAIT));
}

Result<std::span<uint8_t>> map_memory(int fd) {
  void* at = ::mmap(nullptr, k_line_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) return os_error(errno);
  return std::span<uint8_t>(static_cast<uint8_t*>(at), k_line_bytes);
}

// Of a size that nobody can change, so that no page of it can vanish under us.
Result<Fd> shared_memory() {
  Fd file = moved_up(::memfd_create("samara-worker", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file.valid() || ::ftruncate(file.get(), k_line_bytes) != 0 ||
      ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
    return os_error(errno);
  }
  return file;
}

class LinuxWorker final : public Worker {
 public:
  LinuxWorker(pid_t pid, Fd pidfd, Fd bell, Fd life, std::span<uint8_t> memory, Clock& clock)
      : pid_(pid),
        pidfd_(std::move(pidfd)),
        bell_(std::move(bell)),
        life_(std::move(life)),
        memory_(memory),
        clock_(clock) {}
  ~LinuxWorker() override {
    kill();
    ::munmap(memory_.data(), memory_.size());
  }

  std::span<uint8_t> memory() override { return memory_; }
  void ring() override { ring_bell(bell_.get()); }
  Heard wait(Instant until) override { return wait_for_bell(bell_.get(), clock_, until); }
  bool side_by_side() const override { return several_processors(); }

  void kill() override { static_cast<void>(end()); }
  // The end of one that was ending by itself is not changed by this.
  WorkerEnd end() override {
    if (ended_) return end_;
    ::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0U);
    int status = 0;
    while (::waitpid(pid_, &status, __WALL) < 0 && errno == EINTR) continue;
    ended_ = true;
    end_.signalled = WIFSIGNALED(status);
    end_.code = end_.signalled ? WTERMSIG(status) : WEXITSTATUS(status);
    return end_;
  }

  uint64_t memory_bytes() override {
    char path[64];
    std::snprintf(path, sizeof path, "/proc/%d/statm", static_cast<int>(pid_));
    Fd file(::open(path, O_RDONLY | O_CLOEXEC));
    char text[128] = {};
    if (!file.valid() || ::read(file.get(), text, sizeof text - 1) <= 0) return 0;
    char* next = text;
    std::strtoull(text, &next, 10);
    return std::strtoull(next, nullptr, 10) * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  }

 private:
  pid_t pid_;
  Fd pidfd_;
  Fd bell_;
  Fd life_;  // its other end tells the kernel to kill the worker when this one is closed
  std::span<uint8_t> memory_;
  Clock& clock_;
  bool ended_ = false;
  WorkerEnd end_;
};

class OwnLine final : public Line {
 public:
  OwnLine(std::span<uint8_t> memory, Clock& clock) : memory_(memory), clock_(clock) {}
  std::span<uint8_t> memory() override { return memory_; }
  void ring() override { ring_bell(k_worker_bell_fd); }
  Heard wait(Instant until) override { return wait_for_bell(k_worker_bell_fd, clock_, until); }
  bool side_by_side() const override { return several_processors(); }

 private:
  std::span<uint8_t> memory_;
  Clock& clock_;
};

struct Start {
  const char* path = nullptr;
  char* const* words = nullptr;
  int fds[3] = {-1, -1, -1};  // bell, memory, life
  int nothing = -1;
  int problem = 0;  // written by the child, whose memory is ours until it is the program
};

// In the child, on our memory: nothing here may allocate or take a lock.
int run_child(void* argument) {
  auto& start = *static_cast<Start*>(argument);
  // Keys pressed on our terminal are not for it.
  ::setpgid(0, 0);
  bool good = true;
  for (int i = 0; i < 3; i++) good = good && ::dup2(start.nothing, i) == i;
  for (int i = 0; i < 3; i++) {
    good = good && ::dup2(start.fds[i], k_worker_bell_fd + i) == k_worker_bell_fd + i;
  }
  good = good && ::syscall(SYS_close_range, k_worker_life_fd + 1, ~0U, 0U) == 0;
  char* const environment[] = {nullptr};
  if (good) ::execve(start.path, start.words, environment);
  start.problem = errno;
  ::_exit(127);
}

struct Child {
  pid_t pid = -1;
  int pidfd = -1;
};

Result<Child> start_child(Start& start) {
  void* stack = ::mmap(nullptr, k_start_stack_bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) return os_error(errno);
  Child out;
  // No signal at its end: the application that uses this library may wait for children of its own.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);  // no handler of ours may run in the child
  out.pid = ::clone(run_child, static_cast<char*>(stack) + k_start_stack_bytes,
                    CLONE_VM | CLONE_VFORK | CLONE_PIDFD, &start, &out.pidfd);
  const int problem = out.pid < 0 ? errno : start.problem;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::munmap(stack, k_start_stack_bytes);
  if (problem == 0) return out;
  if (out.pid >= 0) {
    ::close(out.pidfd);
    while (::waitpid(out.pid, nullptr, __WALL) < 0 && errno == EINTR) continue;
  }
  return os_error(problem);
}

}  // namespace

Result<std::unique_ptr<Worker>> LinuxWorkers::start() {
  if (program_.empty()) {
    return Error(Code::not_found,
                 "cannot start a worker process: its program is not beside this one; the option "
                 "--in-process runs a module that is trusted without it");
  }
  int bell[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, bell) != 0) return os_error(errno);
  Fd ours = moved_up(bell[0]);
  Fd theirs = moved_up(bell[1]);
  int pipe[2] = {-1, -1};
  if (::pipe2(pipe, O_CLOEXEC) != 0) return os_error(errno);
  Fd watched = moved_up(pipe[0]);
  Fd life = moved_up(pipe[1]);
  SAMARA_TRY(Fd file, shared_memory());
  Fd nothing = moved_up(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!ours.valid() || !theirs.valid() || !watched.valid() || !life.valid() || !nothing.valid()) {
    return os_error(errno);
  }
  std::vector<char*> words{program_.data()};
  for (std::string& word : words_) words.push_back(word.data());
  words.push_back(nullptr);
  Start start;
  start.path = program_.c_str();
  start.words = words.data();
  start.fds[0] = theirs.get();
  start.fds[1] = file.get();
  start.fds[2] = watched.get();
  start.nothing = nothing.get();
  SAMARA_TRY(std::span<uint8_t> memory, map_memory(file.get()));
  auto child = start_child(start);
  if (!child) {
    ::munmap(memory.data(), memory.size());
    return std::move(child).error().with_context("cannot start '" + program_ + "'");
  }
  return std::unique_ptr<Worker>(std::make_unique<LinuxWorker>(
      child->pid, Fd(child->pidfd), std::move(ours), std::move(life), memory, clock_));
}

Result<std::unique_ptr<Line>> own_line(Clock& clock) {
  auto memory = map_memory(k_worker_memory_fd);
  if (!memory) {
    return Error(Code::invalid_argument, "this program is started by others, not by hand");
  }
  ::close(k_worker_memory_fd);
  return std::unique_ptr<Line>(std::make_unique<OwnLine>(*memory, clock));
}

}  // namespace samara::port
