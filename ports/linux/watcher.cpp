#include "ports/linux/watcher.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
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
  }
  return 0;
}

// Some 200 events with names of the queue; the kernel hands out whole events only.
constexpr size_t k_buffer_bytes = 16384;

class InotifyWatcher final : public Watcher {
 public:
  InotifyWatcher(int events, int bell) : events_(events), bell_(bell) {}
  ~InotifyWatcher() override {
    ::close(events_);
    ::close(bell_);
  }

  Result<int32_t> watch(Handle directory, WatchFor what) override {
    // The folder that is open, whatever its name is by now.
    char path[32];
    std::snprintf(path, sizeof path, "/proc/self/fd/%d", directory.number);
    const int watch = ::inotify_add_watch(events_, path, mask_of(what) | IN_ONLYDIR | IN_MASK_ADD);
    if (watch >= 0) return watch;
    if (errno == ENOSPC) {
      return Error(Code::exhausted, k_domain_errno, ENOSPC, "the user's file watches are used up");
    }
    return os_error(errno);
  }

  Result<void> wait(Instant until, WatchReport& report) override {
    // A waiter that is sure to sleep asks once; one that only collects does not ask for the clock.
    if (until != k_long_ago) SAMARA_CHECK(sleep(until));
    return collect(report);
  }

  void interrupt() override {
    const uint64_t one = 1;
    // A full counter rings as well.
    static_cast<void>(!::write(bell_, &one, sizeof one));
  }

 private:
  Result<void> sleep(Instant until) {
    timespec limit{};
    timespec* given = nullptr;
    if (until != k_never) {
      auto left = std::max(until - clock_.now(), Instant::duration(0));
      auto whole = std::chrono::floor<std::chrono::seconds>(left);
      limit.tv_sec = whole.count();
      limit.tv_nsec = (left - whole).count();
      given = &limit;
    }
    pollfd sources[2] = {{.fd = events_, .events = POLLIN, .revents = 0},
                         {.fd = bell_, .events = POLLIN, .revents = 0}};
    if (::ppoll(sources, 2, given, nullptr) < 0 && errno != EINTR) return os_error(errno);
    if (sources[1].revents != 0) {
      uint64_t count = 0;
      static_cast<void>(!::read(bell_, &count, sizeof count));
    }
    return {};
  }

  Result<void> collect(WatchReport& report) {
    const ssize_t got = ::read(events_, buffer_, sizeof buffer_);
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

  int events_;
  int bell_;
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

}  // namespace samara::port
