#pragma once
// Watcher: waits for names to appear in folders. What it tells is a hint: events may be missing or
// too many, and `look` says that some were lost. Who needs certainty watches first, then looks.
// Threads: watch and wait by one thread at a time; interrupt by any.
// Specified by: docs/formats/queue.md, "Waking".

#include <memory>
#include <string>
#include <vector>

#include "port/clock.hpp"
#include "port/files.hpp"

namespace samara::port {

enum class WatchFor : uint8_t {
  arrivals,   // a name came by rename
  creations,  // a file was made under a name
  releases,   // a file that was open for writing was closed for the last time, also by a death
};

struct WatchEvent {
  int32_t watch = -1;
  std::string name;
};

struct WatchReport {
  std::vector<WatchEvent> events;
  /// Events were lost: look at everything that is watched.
  bool look = false;
};

class Watcher {
 public:
  virtual ~Watcher() = default;
  /// Watches a folder; each (folder, what) once. Errors: exhausted (the user's watches are used
  /// up), unsupported, io.
  virtual Result<int32_t> watch(Handle directory, WatchFor what) = 0;
  /// Adds to `report` what has happened since the last call, and waits for it up to `until`, unless
  /// there was something already or interrupt was called. Errors: io.
  virtual Result<void> wait(Instant until, WatchReport& report) = 0;
  /// Ends the present wait, or the next one.
  virtual void interrupt() = 0;
};

class Watchers {
 public:
  virtual ~Watchers() = default;
  /// Errors: exhausted (the user's watchers are used up), unsupported.
  virtual Result<std::unique_ptr<Watcher>> make() = 0;
};

/// A moment that has passed: wait() then only collects.
inline constexpr Instant k_long_ago = Instant::min();
/// A moment that never comes.
inline constexpr Instant k_never = Instant::max();

}  // namespace samara::port
