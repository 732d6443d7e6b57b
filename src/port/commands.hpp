#pragma once
// Commands: programs of the system that do a piece of work for us, like compilers.
// Threads: implementations may be called from any thread.

#include <chrono>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace samara::port {

struct CommandOrder {
  std::vector<std::string> words;  // the program, looked for as a shell would, and its arguments
  std::chrono::milliseconds wall_max{60'000};
  /// Of what it writes to both its outputs; the rest is dropped.
  size_t output_bytes_max = 1U << 20;
};

struct CommandResult {
  int status = 0;      // 0: it did what it should; 128 + n: signal n
  std::string output;  // both its outputs
};

class Commands {
 public:
  virtual ~Commands() = default;
  /// Without input. Errors: not_found (no such program), timeout (it was killed), exhausted, io.
  virtual Result<CommandResult> run(const CommandOrder& order) = 0;
  /// A new empty folder that nobody else can read. Errors: as Files.
  virtual Result<std::string> make_scratch() = 0;
  /// Removes a folder of make_scratch with the files in it.
  virtual void remove_scratch(const std::string& folder) = 0;
};

}  // namespace samara::port
