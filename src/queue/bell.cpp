#include "queue/bell.hpp"

#include <algorithm>

namespace samara::queue {

namespace {
constexpr std::string_view k_probe_made = "probe-made";
constexpr std::string_view k_probe_moved = "probe-moved";
}  // namespace

Bell::Bell(const QueueParts& parts) : parts_(parts) {
  auto made = parts.watchers.make();
  if (made) watcher_ = std::move(*made);
}

int32_t Bell::watch(port::Handle folder, port::WatchFor what) {
  if (watcher_ == nullptr) return -1;
  auto number = watcher_->watch(folder, what);
  if (number) return *number;
  // One folder that is not watched makes all waiting a matter of looking.
  watcher_.reset();
  return -1;
}

void Bell::prove(port::Handle folder, port::WatchFor what) {
  if (watcher_ == nullptr) return;
  auto file = port::OpenFile::open(parts_.files, folder, k_probe_made, port::OpenMode::create);
  const bool made = file.has_value();
  if (made) file->reset();
  std::string_view name = k_probe_made;
  if (what == port::WatchFor::arrivals &&
      parts_.files.rename(folder, k_probe_made, folder, k_probe_moved, port::Replace::yes)) {
    name = k_probe_moved;
  }
  port::WatchReport report;
  auto waited = watcher_->wait(port::k_long_ago, report);
  static_cast<void>(parts_.files.remove(folder, name));
  const bool told = std::any_of(report.events.begin(), report.events.end(),
                                [&](const port::WatchEvent& event) { return event.name == name; });
  if (!waited || !told) watcher_.reset();
}

Result<void> Bell::hang_doorbell(port::Handle folder) {
  if (watcher_ == nullptr) return Error(Code::unsupported, "who is blind hears no doorbell");
  return watcher_->hang_doorbell(folder, k_doorbell);
}

Result<void> Bell::wait(port::Instant until, port::WatchReport& report) {
  if (watcher_ != nullptr) return watcher_->wait(until, report);
  report.look = true;
  if (until == port::k_long_ago || interrupted_.exchange(false, std::memory_order_relaxed)) {
    return {};
  }
  const port::Instant now = parts_.clock.now();
  if (until > now) parts_.clock.sleep_until(std::min(until, now + pause_));
  pause_ = std::min<std::chrono::nanoseconds>(pause_ * 2, k_pause_max);
  return {};
}

void Bell::interrupt() {
  if (watcher_ != nullptr) {
    watcher_->interrupt();
  } else {
    interrupted_.store(true, std::memory_order_relaxed);
  }
}

}  // namespace samara::queue
