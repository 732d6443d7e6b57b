#pragma once
// LinuxWatchers: inotify, and pipes with a name as doorbells. Threads: as the interface says.

#include "port/watcher.hpp"

namespace samara::port {

class LinuxWatchers final : public Watchers {
 public:
  Result<std::unique_ptr<Watcher>> make() override;
  Result<std::unique_ptr<Doorbell>> find_doorbell(Handle directory, std::string_view name) override;
  Result<std::unique_ptr<SharedMemory>> share(Handle file, size_t size_bytes) override;
  bool many_cores() const override;
};

/// false: SAMARA_QUEUE_RINGS=0 in the environment, so that calls go by file alone.
bool rings_wanted();

}  // namespace samara::port
