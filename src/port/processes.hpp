#pragma once
// Processes: who we are, and whether another process is still there. A process number alone is
// reused; with the start time and the boot it is unique.
// Threads: implementations may be called from any thread.

#include <chrono>
#include <cstdint>
#include <string>

namespace samara::port {

struct ProcessId {
  int64_t pid = 0;
  int64_t started = 0;  // ticks of the kernel's clock, as it reports them
  std::string boot;     // empty where it is not known
};

class Processes {
 public:
  virtual ~Processes() = default;
  virtual ProcessId self() = 0;
  /// False only if the process is certainly gone.
  virtual bool alive(const ProcessId& process) = 0;
  /// Processor time of the calling thread so far; zero where nobody measures it.
  virtual std::chrono::nanoseconds thread_cpu() = 0;
};

}  // namespace samara::port
