#pragma once
// LinuxCommands: posix_spawn, and folders below TMPDIR. Threads: any.

#include "port/commands.hpp"

namespace samara::port {

class LinuxCommands final : public Commands {
 public:
  Result<CommandResult> run(const CommandOrder& order) override;
  Result<std::string> make_scratch() override;
  void remove_scratch(const std::string& folder) override;
};

}  // namespace samara::port
