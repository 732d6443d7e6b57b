#pragma once
// Workers: processes of ours that run what is not trusted, behind walls, and live from one piece of
// work to the next. They share a memory with us, with a bell each way; what is said over it is the
// matter of those who use it. Everything in the memory is the worker's word; how it ended is the
// kernel's.
//
// Threads: Workers may be called from any thread; a line is used by one thread at a time.
// Specified by: docs/decisions/0007-wasm-workers.md.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "port/clock.hpp"
#include "port/sandbox.hpp"

namespace samara::port {

enum class Heard : uint8_t {
  bell,  // the other side has rung since it was last heard
  gone,  // the other side has ended
  late,  // neither, up to the given time
};

/// One end of the shared memory.
class Line {
 public:
  virtual ~Line() = default;
  /// At least k_line_bytes, at first all zero; the other side may write it at any time.
  virtual std::span<uint8_t> memory() = 0;
  virtual void ring() = 0;
  virtual Heard wait(Instant until) = 0;
  /// Whether both sides can run at once, so that looking a few times is better than sleeping.
  virtual bool side_by_side() const = 0;
};
inline constexpr size_t k_line_bytes = size_t{1} << 20;

struct WorkerEnd {
  bool signalled = false;
  int32_t code = 0;  // signal or exit code
};

/// A worker's process. The destructor kills it.
class Worker : public Line {
 public:
  virtual void kill() = 0;
  /// How it ended. Requires: killed, or wait() has said `gone`; one that has only closed its end is
  /// killed now.
  virtual WorkerEnd end() = 0;
  /// Resident memory, by the kernel; 0: not known.
  virtual uint64_t memory_bytes() = 0;
};

class Workers {
 public:
  virtual ~Workers() = default;
  /// Errors: not_found (no such program), exhausted, io.
  virtual Result<std::unique_ptr<Worker>> start() = 0;
};

}  // namespace samara::port
