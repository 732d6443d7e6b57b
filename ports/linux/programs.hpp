#pragma once
// Programs by posix_spawn, pipes and poll. Threads: any.

#include "port/programs.hpp"

namespace samara::port {

class LinuxPrograms final : public Programs {
 public:
  Result<ProgramReport> run(const ProgramOrder& order) override;
};

/// The folder of the running program, for the helpers that are installed beside it. Empty when
/// unknown.
std::string program_folder();

}  // namespace samara::port
