#pragma once
// The worker's side: loads modules and runs them, as the host says, until the host is gone or has
// been silent for long. The module may get hold of this process, so nothing of the host's is in it
// but what the host has sent.
//
// Threads: the one that calls serve(), and a watchdog.
// Specified by: docs/decisions/0007-wasm-workers.md.

#include "port/clock.hpp"
#include "port/processes.hpp"
#include "port/random.hpp"
#include "port/workers.hpp"

namespace samara::runtime::wasm {

struct WorkerParts {
  port::Line& line;
  port::Clock& clock;
  port::Processes& processes;
  port::Random& random;
  /// As in WasmRuntimeParts.
  uint32_t stack_bytes = 64U << 10;
  uint32_t heap_bytes = 0;
  /// Silence of the host after which the worker ends itself.
  std::chrono::nanoseconds idle_max = std::chrono::seconds(60);
};

class WorkerService {
 public:
  /// Starts the engine and the watchdog, on this thread: afterwards the process needs no files and
  /// no more threads. Errors: unsupported (no engine), exhausted.
  static Result<std::unique_ptr<WorkerService>> start(const WorkerParts& parts);
  virtual ~WorkerService() = default;
  /// Says hello, then serves. Requires: on the thread of start().
  /// Errors: io (the host's messages are none); the host's end and silence are no error.
  virtual Result<void> serve(bool walls_are_enough, std::span<const port::SandboxWall> walls) = 0;
};

}  // namespace samara::runtime::wasm
