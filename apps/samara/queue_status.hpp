#pragma once
// What waits in the queues of a repository and who serves them, seen from outside: nothing is
// claimed, nobody is woken. Threads: one. Source: docs/formats/queue.md.

#include <optional>
#include <string>
#include <vector>

#include "port/files.hpp"

namespace samara::cli {

struct QueueLength {
  std::string name;
  size_t waiting = 0;
  std::optional<int64_t> oldest_ms;  // when the oldest was made
};

struct QueueWorker {
  std::string id;
  bool alive = false;
  std::string word;                // its first line, for people
  std::vector<std::string> facts;  // further lines: JSON objects
  size_t in_hand = 0;
};

struct QueueStatus {
  std::vector<QueueLength> queues;
  std::vector<QueueWorker> workers;
};

/// `path`: the folder `queue` of a repository. Errors: those of reading.
Result<QueueStatus> queue_status(port::Files& files, const std::string& path);

}  // namespace samara::cli
