#include "ports/linux/watcher.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "ports/linux/clock.hpp"

namespace samara::port {

namespace {

constexpr uint32_t mask_of(WatchFor what) {
  switch (what) {
    case WatchFor::arrivals:
      return IN_MOVED_TO;
    case WatchFor::creations:
      return IN_CREATE;
    case WatchFor::releases:
      return IN_CLOSE_WRITE;
    case WatchFor::rings:
      return 0;
  }
  return 0;
}

// Some 200 events with names of the queue; the kernel hands out whole events only.
constexpr size_t k_buffer_bytes = 16384;

// A descriptor that is closed with its owner.
class OwnedDescriptor {
 public:
  explicit OwnedDescriptor(int number = -1) : number_(number) {}
  OwnedDescriptor(const OwnedDescriptor&) = delete;
  OwnedDescriptor& operator=(const OwnedDescriptor&) = delete;
  ~OwnedDescriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }
  bool valid() const { return number_ >= 0; }
  void take(int number) { number_ = number; }

 private:
  int number_;
};

void drain(int file) {
  uint8_t bytes[256];
  static_cast<void>(!::read(file, bytes, sizeof bytes));
}

Result<int> open_pipe(Handle directory, std::string_view name) {
  const std::string path(name);
  // For reading and writing, so that neither side sees the end of the other: a death is told by
  // locks, and must not send a signal.
  const int pipe = ::openat(directory.number, path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (pipe < 0) return os_error(errno);
  struct stat info{};
  if (::fstat(pipe, &info) == 0 && S_ISFIFO(info.st_mode)) return pipe;
  ::close(pipe);
  return Error(Code::corrupt, "this is no doorbell");
}

class PipeDoorbell final : public Doorbell {
 public:
  explicit PipeDoorbell(int pipe) : pipe_(pipe) {}
  void ring() override {
    const uint8_t one = 1;
    // A full pipe rings as well.
    static_cast<void>(!::write(pipe_.number(), &one, sizeof one));
  }

 private:
  OwnedDescriptor pipe_;
};

class MappedMemory final : public SharedMemory {
 public:
  explicit MappedMemory(std::span<uint8_t> bytes) : SharedMemory(bytes) {}
  ~MappedMemory() override { ::munmap(bytes().data(), bytes().size()); }
};

class InotifyWatcher final : public Watcher {
 public:
  InotifyWatcher(int events, int bell) : events_(events), bell_(bell) {}

  Result<int32_t> watch(Handle directory, WatchFor what) override {
    // The folder that is open, whatever its name is by now.
    char path[32];
    std::snprintf(path, sizeof path, "/proc/self/fd/%d", directory.number);
    const int watch =
        ::inotify_add_watch(events_.number(), path, mask_of(what) | IN_ONLYDIR | IN_MASK_ADD);
    if (watch >= 0) return watch;
    if (errno == ENOSPC) {
      return Error(Code::exhausted, k_domain_errno, ENOSPC, "the user's file watches are used up");
    }
    return os_error(errno);
  }

  Result<void> wait(Instant until, WatchReport& report) override {
    // A waiter that is sure to sleep asks once; one that only collects does not ask for the clock.
    if (until != k_long_ago) {
      SAMARA_TRY(bool told, sleep(until));
      return told ? collect(report) : Result<void>();
    }
    if (outside_.valid()) {
      drain(bell_.number());
      if (alarm_.valid()) drain(alarm_.number());
    }
    if (doorbell_.valid()) drain(doorbell_.number());
    return collect(report);
  }

  void interrupt() override {
    const uint64_t one = 1;
    // A full counter rings as well.
    static_cast<void>(!::write(bell_.number(), &one, sizeof one));
  }

  Result<void> hang_doorbell(Handle directory, std::string_view name) override {
    if (doorbell_.valid()) return Error(Code::exists, "there is a doorbell already");
    const std::string path(name);
    if (::mkfifoat(directory.number, path.c_str(), 0600) != 0) return os_error(errno);
    SAMARA_TRY(int pipe, open_pipe(directory, name));
    doorbell_.take(pipe);
    return {};
  }

  int32_t descriptor() override {
    if (outside_.valid()) return outside_.number();
    const int outside = ::epoll_create1(EPOLL_CLOEXEC);
    if (outside < 0) return -1;
    outside_.take(outside);
    alarm_.take(::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC));
    bool whole = alarm_.valid();
    for (int source : {events_.number(), bell_.number(), alarm_.number(), doorbell_.number()}) {
      epoll_event event{};
      event.events = EPOLLIN;
      if (source >= 0 && ::epoll_ctl(outside, EPOLL_CTL_ADD, source, &event) != 0) whole = false;
    }
    return whole ? outside : -1;
  }

  void alarm(Instant at) override {
    itimerspec when{};
    if (at != k_never) {
      // Zero would stop the timer.
      const auto since = std::max(at.time_since_epoch(), Instant::duration(1));
      const auto whole = std::chrono::floor<std::chrono::seconds>(since);
      when.it_value.tv_sec = whole.count();
      when.it_value.tv_nsec = (since - whole).count();
    }
    static_cast<void>(::timerfd_settime(alarm_.number(), TFD_TIMER_ABSTIME, &when, nullptr));
  }

 private:
  // Whether there are events to collect.
  Result<bool> sleep(Instant until) {
    timespec limit{};
    timespec* given = nullptr;
    if (until != k_never) {
      auto left = std::max(until - clock_.now(), Instant::duration(0));
      auto whole = std::chrono::floor<std::chrono::seconds>(left);
      limit.tv_sec = whole.count();
      limit.tv_nsec = (left - whole).count();
      given = &limit;
    }
    // A negative number is passed over.
    pollfd sources[3] = {{.fd = events_.number(), .events = POLLIN, .revents = 0},
                         {.fd = bell_.number(), .events = POLLIN, .revents = 0},
                         {.fd = doorbell_.number(), .events = POLLIN, .revents = 0}};
    if (::ppoll(sources, 3, given, nullptr) < 0) {
      if (errno != EINTR) return os_error(errno);
      return true;
    }
    for (size_t i : {size_t{1}, size_t{2}}) {
      if (sources[i].revents != 0) drain(sources[i].fd);
    }
    return sources[0].revents != 0;
  }

  Result<void> collect(WatchReport& report) {
    const ssize_t got = ::read(events_.number(), buffer_, sizeof buffer_);
    if (got < 0) {
      if (errno == EAGAIN || errno == EINTR) return {};
      return os_error(errno);
    }
    const char* at = buffer_;
    const char* end = buffer_ + got;
    while (at < end) {
      inotify_event event;
      std::memcpy(&event, at, sizeof event);
      const char* name = at + sizeof event;
      at = name + event.len;
      // IN_IGNORED: the folder is gone, which a look will tell.
      if ((event.mask & (IN_Q_OVERFLOW | IN_IGNORED)) != 0) {
        report.look = true;
      } else if (event.len > 0) {
        report.events.push_back({event.wd, std::string(name, ::strnlen(name, event.len))});
      }
    }
    return {};
  }

  OwnedDescriptor events_;
  OwnedDescriptor bell_;
  OwnedDescriptor doorbell_, outside_, alarm_;
  LinuxClock clock_;
  alignas(inotify_event) char buffer_[k_buffer_bytes];
};

}  // namespace

Result<std::unique_ptr<Watcher>> LinuxWatchers::make() {
  const int events = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (events < 0) {
    if (errno == EMFILE) {
      return Error(Code::exhausted, k_domain_errno, EMFILE,
                   "the user's file watchers, or the process's open files, are used up");
    }
    return os_error(errno);
  }
  const int bell = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (bell < 0) {
    Error error = os_error(errno);
    ::close(events);
    return error;
  }
  return std::unique_ptr<Watcher>(std::make_unique<InotifyWatcher>(events, bell));
}

Result<std::unique_ptr<Doorbell>> LinuxWatchers::find_doorbell(Handle directory,
                                                               std::string_view name) {
  SAMARA_TRY(int pipe, open_pipe(directory, name));
  return std::unique_ptr<Doorbell>(std::make_unique<PipeDoorbell>(pipe));
}

Result<std::unique_ptr<SharedMemory>> LinuxWatchers::share(Handle file, size_t size_bytes) {
  struct stat info{};
  if (::fstat(file.number, &info) != 0) return os_error(errno);
  if (static_cast<uint64_t>(info.st_size) < size_bytes) {
    // A page that finds no room on the disk when it is written to would end the process.
    const int failed = ::posix_fallocate(file.number, 0, static_cast<off_t>(size_bytes));
    if (failed != 0) return os_error(failed);
  }
  void* at = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0);
  if (at == MAP_FAILED) return os_error(errno);
  return std::unique_ptr<SharedMemory>(
      std::make_unique<MappedMemory>(std::span(static_cast<uint8_t*>(at), size_bytes)));
}

bool LinuxWatchers::many_cores() const {
  cpu_set_t cores;
  return ::sched_getaffinity(0, sizeof cores, &cores) == 0 && CPU_COUNT(&cores) > 1;
}

bool rings_wanted() {
  const char* wanted = std::getenv("SAMARA_QUEUE_RINGS");
  return wanted == nullptr || std::strcmp(wanted, "0") != 0;
}

}  // namespace samara::port
