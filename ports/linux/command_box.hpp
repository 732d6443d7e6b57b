#pragma once
// LinuxCommandBox: a CommandBox of namespaces: users, processes, mounts, network, host name. The
// root is a file system in memory with the system's folders in it, read-only. Nothing is run where
// the kernel refuses one of these. Threads: any.

#include "port/command_box.hpp"

namespace samara::port {

class LinuxCommandBox final : public CommandBox {
 public:
  Result<CommandReport> run(const CommandOrder& order) override;
};

}  // namespace samara::port
