#pragma once
// LinuxWatchers: inotify. Threads: as the interface says.

#include "port/watcher.hpp"

namespace samara::port {

class LinuxWatchers final : public Watchers {
 public:
  Result<std::unique_ptr<Watcher>> make() override;
};

}  // namespace samara::port
