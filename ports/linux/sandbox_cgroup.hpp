#pragma once
// SandboxCgroup: a control group of one zygote and its runner, below a subtree that the operator
// has made writable for us. Version 2, or the hierarchies `memory` and `pids` of version 1. A wall
// behind the others: it counts what they cannot, pages of shared memory and of the kernel.
// Threads: one at a time. Specified by: docs/formats/native-image.md, section 9.
// Source: the kernel's Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace samara::port {

class SandboxCgroup {
 public:
  SandboxCgroup() = default;
  SandboxCgroup(SandboxCgroup&& other) noexcept { folders_.swap(other.folders_); }
  SandboxCgroup& operator=(SandboxCgroup&&) = delete;
  SandboxCgroup(const SandboxCgroup&) = delete;
  /// Requires: its processes have ended, or will at once.
  ~SandboxCgroup();

  /// `subtrees`: folders, with colons between; empty: no group, which does nothing.
  /// Errors: those of making a folder and writing to its files.
  static Result<SandboxCgroup> make(std::string_view subtrees);

  /// Processes that it starts from now on belong to the group too. Errors: as make.
  Result<void> add(int process) const;
  /// Errors: as make.
  Result<void> limit_memory(uint64_t bytes) const;
  /// Bits of sandbox::Wall.
  uint32_t walls() const;

 private:
  std::vector<std::string> folders_;
};

}  // namespace samara::port
