#pragma once
// Programs by posix_spawn, pipes and poll. Threads: any.

#include "port/programs.hpp"

namespace samara::port {

class LinuxPrograms final : public Programs {
 public:
  Result<ProgramReport> run(const ProgramOrder& order) override;
  Result<std::string> make_scratch() override;
  void remove_scratch(const std::string& folder) override;
};

/// The folder of the program that runs, with a slash at its end. Empty: it is not known.
std::string own_folder();

/// The path of a program installed beside the one that runs, or beside the library that this code
/// is in. Empty: there is none.
std::string program_beside(std::string_view name);

}  // namespace samara::port
