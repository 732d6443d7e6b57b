#pragma once
// The walls of a worker, built by itself before it hears of anything foreign. They only ever close:
// nothing that runs in the process afterwards can open one. Threads: see below.
// Specified by: docs/decisions/0007-wasm-workers.md.

#include <vector>

#include "port/sandbox.hpp"

namespace samara::port {

struct WorkerWallOptions {
  /// Writable memory that the process may have in all.
  uint64_t memory_bytes_max = uint64_t{12} << 30;
  /// Nothing that was written is run: for a worker that interprets.
  bool no_new_code = false;
};

class WorkerWalls {
 public:
  /// Namespaces, an empty root, no file system, no capabilities; and the kernel kills the process
  /// once whoever has started it is gone. Requires: this is the only thread, and everything that is
  /// read from files has been.
  void build_outer(const WorkerWallOptions& options);
  /// No more processes, threads and descriptors, and no system calls but those of a program that
  /// computes. Requires: all threads have been started.
  void build_inner();

  const std::vector<SandboxWall>& walls() const { return walls_; }
  /// Those without which nothing foreign is to be run.
  bool enough() const { return enough_; }

 private:
  void add(const char* name, bool stands) { walls_.push_back({name, stands}); }

  std::vector<SandboxWall> walls_;
  bool enough_ = false;
  bool no_new_privileges_ = false;
};

}  // namespace samara::port
