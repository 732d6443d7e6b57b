#pragma once
// LinuxProcesses: processes as /proc shows them. Threads: any.

#include "port/processes.hpp"

namespace samara::port {

class LinuxProcesses final : public Processes {
 public:
  ProcessId self() override;
  bool alive(const ProcessId& process) override;
  std::chrono::nanoseconds thread_cpu() override;
};

}  // namespace samara::port
