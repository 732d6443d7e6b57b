#pragma once
// Sandbox: runs machine code that nobody trusts, in a process behind walls. What the code says of
// itself is marked as its word; everything else in a report is the kernel's.
// Threads: implementations may be called from any thread.
// Specified by: docs/formats/native-image.md, section 9.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "port/clock.hpp"

namespace samara::port {

enum class SandboxRights : uint8_t { read, read_write, read_execute };

/// Whole pages of an image.
struct SandboxRegion {
  uint64_t address = 0;  // from its start
  uint64_t size_bytes = 0;
  SandboxRights rights = SandboxRights::read;
};

/// An image that was checked, loaded and relocated by the caller.
struct SandboxImage {
  uint64_t base = 0;                   // one of Sandbox::place
  ByteView memory;                     // whole pages, as they stand at `base`
  std::vector<SandboxRegion> regions;  // at most four, ascending
  uint64_t entry = 0;                  // from the base, as is the next
  uint64_t init_array = 0;
  uint64_t init_count = 0;
  uint64_t stack_bytes = 0;
  uint64_t heap_bytes = 0;
  uint64_t input_bytes_max = 0;
  uint64_t output_bytes_max = 0;
  uint64_t capabilities = 0;
  bool resettable = false;  // may run again in the same process once its data is restored
};

/// An image as the sandbox keeps it.
class SandboxProgram {
 public:
  virtual ~SandboxProgram() = default;
};

/// What a task says while it runs: its word. Threads: that of the run.
class SandboxWatcher {
 public:
  virtual ~SandboxWatcher() = default;
  /// New or changed.
  virtual void metric(std::string_view key, double value) = 0;
  virtual void progress(uint32_t permille) = 0;
};

struct SandboxOrder {
  ByteView input;
  uint64_t output_bytes_max = UINT64_MAX;
  std::chrono::nanoseconds wall_max{0};  // zero: none
  const std::atomic<bool>* cancel = nullptr;
  /// The process may be one that ran the same image before, and stay for the next run.
  bool reuse = false;
  uint32_t attempt = 0;
  /// Told within some ten milliseconds, and of what is left before the run returns; null: nobody.
  SandboxWatcher* watcher = nullptr;
};

enum class SandboxEnd : uint8_t {
  returned,      // the entry came back
  failed,        // the code ended itself with a code and a text
  crashed,       // a signal
  timed_out,     // the deadline
  cpu_used_up,   // processor time far beyond the deadline
  cancelled,     // by the caller
  out_of_order,  // the process left in a way that no task may
};

enum class SandboxPlace : uint8_t {
  unknown,
  null_page,
  code,
  data,
  heap,
  stack,
  stack_guard,
  input,
  output,
  control,
  guard,
  outside,
};

/// A stretch of memory of a task.
struct SandboxMapping {
  SandboxPlace place = SandboxPlace::unknown;
  uint64_t start = 0;
  uint64_t size_bytes = 0;
};

/// Told by the crashed process itself; `signal` of the report is the kernel's.
struct SandboxCrash {
  uint32_t signal = 0;
  int32_t code = 0;
  uint64_t address = 0;
  SandboxPlace place = SandboxPlace::unknown;  // of the address
  uint64_t pc = 0;                             // absolute
  SandboxPlace pc_place = SandboxPlace::unknown;
  uint64_t system_call = 0;
  std::vector<uint64_t> frames;  // return addresses, absolute
  /// Where the crashed function returns to if it had not yet made a frame; 0: not known. The frames
  /// then lack this one.
  uint64_t caller = 0;
  uint64_t sp = 0;
  std::vector<uint64_t> registers;  // in the order of the processor's numbers; x86: see runner.cpp
  std::vector<SandboxMapping> regions;  // what the task has, ascending; what lies between is guard
};

struct SandboxLogLine {
  uint32_t level = 0;
  std::string text;
};

struct SandboxMetric {
  std::string key;
  double value = 0;
};

struct SandboxReport {
  SandboxEnd end = SandboxEnd::out_of_order;
  uint32_t signal = 0;
  std::chrono::nanoseconds wall{0};
  std::chrono::nanoseconds cpu{0};  // of a reused process: its word, at most `wall`
  uint64_t peak_memory_bytes = 0;   // the larger of what the kernel and the task count
  bool reused = false;
  // The word of the task.
  int32_t code = 0;
  std::string text;
  Bytes output;
  bool output_too_large = false;
  uint64_t heap_peak_bytes = 0;
  uint64_t heap_failed_bytes = 0;  // first request that was not answered; 0: none
  uint64_t capabilities_refused = 0;
  uint32_t progress_permille = 0;
  SandboxCrash crash;
  std::vector<SandboxLogLine> log;
  uint64_t log_dropped = 0;
  std::vector<SandboxMetric> metrics;
};

/// One of the walls, for people.
struct SandboxWall {
  std::string name;
  bool stands = false;
  std::string hint{};  // what would make it stand; empty: another kernel
};

class Sandbox {
 public:
  virtual ~Sandbox() = default;
  /// A base address for an image of that size; another one each time.
  virtual uint64_t place(uint64_t image_bytes) = 0;
  /// Errors: unsupported (this kernel or processor gives too little), exhausted, io.
  virtual Result<std::shared_ptr<const SandboxProgram>> load(const SandboxImage& image) = 0;
  /// Requires: `program` comes from this sandbox; the input is at most its largest.
  /// Errors: io, exhausted: the sandbox itself could not do its work.
  virtual Result<SandboxReport> run(const SandboxProgram& program, const SandboxOrder& order) = 0;
  /// What stands around a run on this machine. Errors: as load.
  virtual Result<std::vector<SandboxWall>> walls() = 0;
};

}  // namespace samara::port
