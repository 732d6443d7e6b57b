#pragma once
// The worker programs of each runtime: where they are, and how they are started.
// Threads: pure apart from the file system and the environment.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ports/linux/child.hpp"

namespace samara::cli {

struct WorkerOrder {
  std::string runtime;  // "python", "node", "julia"; "cpp", "wasm", "native"
  std::string repository;
  uint32_t slots = 1;
  std::vector<std::string> platforms;  // files
};

/// All runtimes that there are programs for, in the order in which they are listed.
std::span<const std::string_view> known_runtimes();
/// The runtime whose worker reads such a file; nothing: none does.
std::optional<std::string_view> runtime_of_file(std::string_view path);
/// Errors: unsupported (no such runtime), not_found (its program is not installed; with what to
/// do).
Result<port::ChildOrder> worker_program(const WorkerOrder& order);

}  // namespace samara::cli
