#pragma once
// The inside of a command box: what happens between the fork of a program that may have any number
// of threads and the start of the shell. Nothing here allocates or takes a lock: everything it
// needs was made before the fork. Threads: of the child, one.

#include <linux/filter.h>
#include <sys/resource.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "port/command_box.hpp"

namespace samara::port {

/// What the parent hears, one write each.
struct BoxWord {
  enum Kind : int32_t {
    k_failed,  // value: errno; `stage` says what
    k_ended,   // value: as of waitpid
  };
  Kind kind = k_failed;
  int32_t value = 0;
  char stage[32] = {};
};

/// Everything the child works with; made by the parent.
struct BoxPlan {
  const CommandOrder* order = nullptr;
  int input = -1;  // the shell's three
  int output = -1;
  int messages = -1;
  int result = -1;                                         // the bytes of the result file
  int words = -1;                                          // BoxWord
  std::string root_options;                                // of the file system in memory
  std::vector<std::string> bound;                          // folders of the system: "/usr"
  std::vector<std::pair<std::string, std::string>> links;  // "/bin" to "usr/bin"
  std::vector<std::string> file_paths;                     // "/box/in1"
  std::string result_path;
  std::vector<sock_filter> filter;
  rlim_t file_bytes_max = 0;
  rlim_t memory_bytes_max = 0;
  uint64_t words_begin = 0;  // arguments and environment of ours, where the kernel looks for them
  uint64_t words_end = 0;
  int overflow_user = 65534;  // who root is in the box: nobody

  /// Fills what depends on the machine and the order. Errors: unsupported.
  Result<void> make(const CommandOrder& order_given);
};

/// Does not return. Requires: a process of its own, whose memory is a copy of the parent's.
[[noreturn]] void run_box(BoxPlan& plan, int parent);

}  // namespace samara::port
