#pragma once
// CommandBox: runs a line of the shell behind walls: programs of this machine, dynamically linked
// as they are, which see the system's folders and a scratch folder of their own and nothing else.
// Threads: implementations may be called from any thread.
// Specified by: docs/formats/function.md, "Commands".

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"

namespace samara::port {

/// The working folder of a command, as it sees it itself.
inline constexpr std::string_view k_command_folder = "/box";

/// Gets what a command prints, as it comes. Threads: that of the run.
class CommandWatcher {
 public:
  virtual ~CommandWatcher() = default;
  /// Standard output, where that is not the result.
  virtual void output(std::string_view text) = 0;
  virtual void messages(std::string_view text) = 0;  // standard error
};

struct CommandFile {
  std::string name;  // in k_command_folder
  ByteView bytes;
};

struct CommandOrder {
  std::string line;                // for /bin/sh -c
  std::vector<CommandFile> files;  // there when it starts
  ByteView input;                  // its standard input
  std::string result_file;         // in k_command_folder; empty: its standard output is the result
  bool network = false;            // the machine's own; else none at all
  /// Of all its processes together, files in its folders included.
  uint64_t memory_bytes_max = uint64_t{1} << 30;
  uint64_t output_bytes_max = uint64_t{256} << 20;  // of the result
  std::chrono::nanoseconds wall_max{0};             // zero: none
  const std::atomic<bool>* cancel = nullptr;        // set by another thread to have it ended
  CommandWatcher* watcher = nullptr;
};

enum class CommandEnd : uint8_t {
  exited,            // `code` is its exit status
  signalled,         // `code` is the signal
  timed_out,         // the deadline
  cancelled,         // by the caller
  output_too_large,  // the result
  memory,            // too much, or the system killed it for want of it
  no_result,         // it ended well, but its result file is none
};

struct CommandReport {
  CommandEnd end = CommandEnd::exited;
  int32_t code = 0;
  Bytes result;
  std::chrono::nanoseconds cpu{0};
  uint64_t peak_memory_bytes = 0;
};

class CommandBox {
 public:
  virtual ~CommandBox() = default;
  /// When it returns, no process that the command started is left.
  /// Errors: unsupported (this machine has not the walls, or no /bin/sh), exhausted, io.
  virtual Result<CommandReport> run(const CommandOrder& order) = 0;
};

}  // namespace samara::port
