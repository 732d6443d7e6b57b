#pragma once
// MemoryWatcher: a Watcher of MemoryFiles. How time passes while it waits is told by a SimWait.
// Threads: one.

#include <map>

#include "ports/sim/memory_files.hpp"

namespace samara::port {

/// Lets the rest of the simulated world go on.
class SimWait {
 public:
  virtual ~SimWait() = default;
  /// Returns when `ready` is true, or at `until`.
  virtual void pass(Instant until, const bool& ready) = 0;
};

class MemoryWatcher final : public Watcher, private NameListener {
 public:
  MemoryWatcher(MemoryFiles& files, SimWait& world) : files_(files), world_(world) {
    files_.listen(this);
  }
  ~MemoryWatcher() override { files_.unlisten(this); }

  Result<int32_t> watch(Handle directory, WatchFor what) override;
  Result<void> wait(Instant until, WatchReport& report) override;
  void interrupt() override { ready_ = true; }
  Result<void> hang_doorbell(Handle directory, std::string_view name) override;

 private:
  void heard(uint64_t inode, WatchFor what, const std::string& name) override;

  MemoryFiles& files_;
  SimWait& world_;
  std::map<std::pair<uint64_t, WatchFor>, int32_t> watches_;
  std::vector<WatchEvent> pending_;
  uint64_t doorbell_ = 0;  // the folder where ours hangs
  bool ready_ = false;
};

/// The doorbell that a MemoryWatcher hung.
class MemoryDoorbell final : public Doorbell {
 public:
  static Result<std::unique_ptr<Doorbell>> find(MemoryFiles& files, Handle directory,
                                                std::string_view name);
  void ring() override { files_.announce(folder_, WatchFor::rings, name_); }

 private:
  MemoryDoorbell(MemoryFiles& files, uint64_t folder, std::string_view name)
      : files_(files), folder_(folder), name_(name) {}

  MemoryFiles& files_;
  uint64_t folder_;
  std::string name_;
};

}  // namespace samara::port
