#pragma once
// What this process may use of the machine: the cores and the memory that its control groups leave
// it, and how much of them is free. Reads /proc and /sys/fs/cgroup. Threads: any.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace samara::port {

/// At least 1: what it may be scheduled on, and not more than the quota of its control groups.
uint32_t usable_cores();

struct MachineMemory {
  uint64_t total = 0;      // or the smallest limit of its control groups
  uint64_t available = 0;  // without making anybody swap
};
/// Zeros: it cannot be known.
MachineMemory machine_memory();

/// What a process has for itself: shared files, which would be in memory for others as well, are
/// left out. 0: it is gone.
uint64_t own_memory_of(pid_t process);
/// Processes that one has started, and those which they have.
std::vector<pid_t> descendants_of(pid_t process);

/// Tells when tasks have to wait for memory: more than 15 % of a second. Threads: one.
class MemoryPressure {
 public:
  /// Where the kernel does not tell, nothing is ever told.
  MemoryPressure();
  ~MemoryPressure();
  MemoryPressure(const MemoryPressure&) = delete;
  MemoryPressure& operator=(const MemoryPressure&) = delete;
  /// Whether it happened since the last look.
  bool happened();
  bool works() const { return file_ >= 0; }

 private:
  int file_ = -1;
};

}  // namespace samara::port
