#include "ports/linux/locked_files.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <mutex>
#include <vector>

namespace samara::port {

namespace {

struct LockedFiles {
  LockedFiles();
  std::mutex mutex;
  std::vector<bool> noted;  // by number; guarded by mutex
};

LockedFiles& locked_files() {
  static LockedFiles* all = new LockedFiles();  // files are closed while the process ends
  return *all;
}

// Only calls that are safe after a fork; nothing is allocated.
void let_go() {
  LockedFiles& all = locked_files();
  const int empty = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (size_t i = 0; i < all.noted.size(); i++) {
    if (!all.noted[i]) continue;
    const int file = static_cast<int>(i);
    if (empty < 0 || ::dup3(empty, file, O_CLOEXEC) < 0) ::close(file);
    all.noted[i] = false;
  }
  if (empty >= 0) ::close(empty);
  all.mutex.unlock();
}

LockedFiles::LockedFiles() {
  ::pthread_atfork([] { locked_files().mutex.lock(); }, [] { locked_files().mutex.unlock(); },
                   let_go);
}

}  // namespace

void note_locked_file(int file) {
  LockedFiles& all = locked_files();
  const auto index = static_cast<size_t>(file);
  std::lock_guard guard(all.mutex);
  if (index >= all.noted.size()) all.noted.resize(index + 64);
  all.noted[index] = true;
}

void close_file(int file) {
  LockedFiles& all = locked_files();
  const auto index = static_cast<size_t>(file);
  std::unique_lock guard(all.mutex);
  if (file >= 0 && index < all.noted.size() && all.noted[index]) {
    // Under the lock: a child that is forked meanwhile has it noted, or has it not.
    all.noted[index] = false;
    ::close(file);
    return;
  }
  guard.unlock();
  ::close(file);
}

}  // namespace samara::port
