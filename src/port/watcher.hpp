#pragma once
// Watcher: waits for names to appear in folders. What it tells is a hint: events may be missing or
// too many, and `look` says that some were lost. Who needs certainty watches first, then looks.
// Beside names it waits for doorbells: what two processes that share memory wake each other by.
// Threads: watch, wait and alarm by one thread at a time; interrupt by any.
// Specified by: docs/formats/queue.md, "Waking" and "Rings".

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "port/clock.hpp"
#include "port/files.hpp"

namespace samara::port {

enum class WatchFor : uint8_t {
  arrivals,   // a name came by rename
  creations,  // a file was made under a name
  releases,   // a file that was open for writing was closed for the last time, also by a death
  rings,      // a doorbell was rung; for simulators: who hangs one waits for it
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

  /// Makes a doorbell under a name of a folder: wait() also ends when it was rung, by whomever.
  /// Rings that nobody waited for end the next wait. Errors: unsupported, io.
  virtual Result<void> hang_doorbell(Handle directory, std::string_view name);
  /// For those who wait by other means, together with other things: a file descriptor that can be
  /// read from (poll) while there is something to collect. From the first call on, a wait that only
  /// collects (k_long_ago) also takes the interrupts. -1: there is none.
  virtual int32_t descriptor() { return -1; }
  /// The descriptor can be read from at `at`, too, until the next call. Requires: descriptor().
  virtual void alarm(Instant at) { static_cast<void>(at); }
};

/// The doorbell of another. Threads: any.
class Doorbell {
 public:
  virtual ~Doorbell() = default;
  virtual void ring() = 0;
};

/// Lets a simulator stop a process between two accesses to shared memory.
class MemorySteps {
 public:
  virtual ~MemorySteps() = default;
  /// False: the process is dead, and may change nothing.
  virtual bool step() = 0;
};

/// Bytes of a file that several processes read and write at once. Nothing in them is to be believed
/// unchecked. Pages are aligned.
class SharedMemory {
 public:
  virtual ~SharedMemory() = default;
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  std::span<uint8_t> bytes() const { return bytes_; }
  /// To be called before each access that others may notice.
  bool step() const { return steps_ == nullptr || steps_->step(); }

 protected:
  explicit SharedMemory(std::span<uint8_t> bytes, MemorySteps* steps = nullptr)
      : bytes_(bytes), steps_(steps) {}

 private:
  std::span<uint8_t> bytes_;
  MemorySteps* steps_;
};

class Watchers {
 public:
  virtual ~Watchers() = default;
  /// Errors: exhausted (the user's watchers are used up), unsupported.
  virtual Result<std::unique_ptr<Watcher>> make() = 0;
  /// The doorbell that somebody hung there. Errors: not_found, unsupported, io.
  virtual Result<std::unique_ptr<Doorbell>> find_doorbell(Handle directory, std::string_view name);
  /// The first bytes of an open file as shared memory; a shorter file is made as long, with zeros.
  /// Room on the disk is taken at once. Errors: unsupported, disk_full, io.
  virtual Result<std::unique_ptr<SharedMemory>> share(Handle file, size_t size_bytes);
  /// Whether somebody else can run while we do: waiting actively may be worth while.
  virtual bool many_cores() const { return false; }
};

/// A moment that has passed: wait() then only collects.
inline constexpr Instant k_long_ago = Instant::min();
/// A moment that never comes.
inline constexpr Instant k_never = Instant::max();

}  // namespace samara::port
