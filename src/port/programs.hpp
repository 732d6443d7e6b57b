#pragma once
// Programs: runs another program to its end, with its input and output in memory and a deadline.
// Threads: implementations may be called from any thread.

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "core/bytes.hpp"

namespace samara::port {

struct ProgramOrder {
  std::string path;                // of the file; without a slash it is looked for as shells do
  std::vector<std::string> words;  // the arguments, without the program's own name
  ByteView input;                  // its standard input
  /// Then it is killed. Zero: none.
  std::chrono::nanoseconds wall_max = std::chrono::minutes(1);
  /// Of standard output; when there is more, it is killed.
  uint64_t output_bytes_max = uint64_t{256} << 20;
  /// Set by another thread to have it killed, within some ten milliseconds.
  const std::atomic<bool>* cancel = nullptr;
};

enum class ProgramEnd : uint8_t { exited, signalled, timed_out, cancelled, output_too_large };

struct ProgramReport {
  ProgramEnd end = ProgramEnd::exited;
  int32_t code = 0;  // exit code or signal
  Bytes output;
  std::string messages;  // the first 64 KiB of standard error

  bool done() const { return end == ProgramEnd::exited && code == 0; }
};

class Programs {
 public:
  virtual ~Programs() = default;
  /// The program gets no descriptors but the three, none of our signal settings, and a process
  /// group of its own: when it is killed, so are those that it has started. Errors: not_found (no
  /// such file), permission, exhausted (processes, descriptors).
  virtual Result<ProgramReport> run(const ProgramOrder& order) = 0;
  /// A new empty folder that nobody else can read. Errors: as Files.
  virtual Result<std::string> make_scratch() = 0;
  /// Removes a folder of make_scratch with the files in it.
  virtual void remove_scratch(const std::string& folder) = 0;
};

}  // namespace samara::port
