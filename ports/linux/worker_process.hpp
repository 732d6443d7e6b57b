#pragma once
// LinuxWorkers: workers from a program of ours. The new process gets nothing of this one but three
// descriptors: its bell, the shared memory, and a pipe whose end means that we are gone. It builds
// its walls itself, before it says a word (worker_walls.hpp).
//
// Threads: any. Specified by: docs/decisions/0007-wasm-workers.md.

#include <string>

#include "port/workers.hpp"

namespace samara::port {

/// Descriptors of a worker.
inline constexpr int k_worker_bell_fd = 3;
inline constexpr int k_worker_memory_fd = 4;
inline constexpr int k_worker_life_fd = 5;

class LinuxWorkers final : public Workers {
 public:
  /// `program`: its path; empty: there is none. `words`: what it is told. `clock` outlives it.
  LinuxWorkers(std::string program, std::vector<std::string> words, Clock& clock)
      : program_(std::move(program)), words_(std::move(words)), clock_(clock) {}
  Result<std::unique_ptr<Worker>> start() override;

 private:
  std::string program_;
  std::vector<std::string> words_;
  Clock& clock_;
};

/// The worker's end. Requires: the process was started by LinuxWorkers.
/// Errors: invalid_argument (it was not), io.
Result<std::unique_ptr<Line>> own_line(Clock& clock);

}  // namespace samara::port
