#pragma once
// Bell: waits for files to come, by a watcher, or by looking again and again, ever more seldom,
// where there is none: watches used up, or a file system that tells nothing.
// Threads: one, but interrupt by any. Specified by: docs/formats/queue.md, "Waking".

#include <atomic>

#include "queue/queue_folder.hpp"

namespace samara::queue {

/// The name of a peer's doorbell in its own folder.
inline constexpr std::string_view k_doorbell = "bell";

class Bell {
 public:
  explicit Bell(const QueueParts& parts);

  /// -1 where nothing is watched.
  int32_t watch(port::Handle folder, port::WatchFor what);
  /// Proves that the file system tells of changes: makes a file in the watched folder, which must
  /// be the caller's own.
  void prove(port::Handle folder, port::WatchFor what);
  /// Makes the doorbell that rings are heard by. Errors: unsupported (blind), io.
  Result<void> hang_doorbell(port::Handle folder);
  bool blind() const { return watcher_ == nullptr; }

  /// As Watcher::wait. Blind: sleeps a little, and says look.
  Result<void> wait(port::Instant until, port::WatchReport& report);
  /// A look has found something: the next ones come sooner.
  void found() { pause_ = k_pause_min; }
  void interrupt();
  /// As Watcher::descriptor; -1 also where nothing is watched.
  int32_t descriptor() { return watcher_ != nullptr ? watcher_->descriptor() : -1; }
  /// As Watcher::alarm.
  void alarm(port::Instant at) {
    if (watcher_ != nullptr) watcher_->alarm(at);
  }

 private:
  // The first is short against a call, the last seldom enough for an idle worker that is blind.
  static constexpr auto k_pause_min = std::chrono::microseconds(50);
  static constexpr auto k_pause_max = std::chrono::milliseconds(100);

  const QueueParts& parts_;
  std::unique_ptr<port::Watcher> watcher_;
  std::chrono::nanoseconds pause_ = k_pause_min;
  std::atomic<bool> interrupted_{false};  // blind only; relaxed: it carries no data
};

}  // namespace samara::queue
