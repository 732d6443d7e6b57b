#pragma once
// LinuxSandbox: each run in a process of its own, made by a zygote that keeps the image mapped.
// Zygotes wait in a pool and are started again when they die. Threads: any; a run takes a zygote
// for itself. A forked child must make its own.
// Specified by: docs/formats/native-image.md, section 9.

#include <mutex>

#include "port/sandbox.hpp"

namespace samara::port {

class SandboxSlot;  // a zygote with its memory; in sandbox_slot.hpp

struct LinuxSandboxOptions {
  /// Zygotes that wait for work; more are made while more runs go on at once.
  size_t idle_max = 4;
  /// How long, and for how many runs, one process serves the same image.
  uint32_t reuse_runs_max = 1000;
  std::chrono::seconds reuse_time_max{60};
  /// Control groups below which each zygote gets one of its own: folders that we may write to, with
  /// colons between. Empty: those of the environment variable SAMARA_CGROUP; without it, none.
  std::string cgroups{};
};

class LinuxSandbox final : public Sandbox {
 public:
  explicit LinuxSandbox(const LinuxSandboxOptions& options = {});
  ~LinuxSandbox() override;

  uint64_t place(uint64_t image_bytes) override;
  Result<std::shared_ptr<const SandboxProgram>> load(const SandboxImage& image) override;
  Result<SandboxReport> run(const SandboxProgram& program, const SandboxOrder& order) override;
  Result<std::vector<SandboxWall>> walls() override;

 private:
  Result<std::unique_ptr<SandboxSlot>> new_slot() const;
  std::unique_ptr<SandboxSlot> take_idle(uint64_t program);
  void give_back(std::unique_ptr<SandboxSlot> slot);

  LinuxSandboxOptions options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<SandboxSlot>> idle_;  // guarded by mutex_; the last used is last
};

}  // namespace samara::port
