#include "port/watcher.hpp"

namespace samara::port {

Result<void> Watcher::hang_doorbell(Handle, std::string_view) {
  return Error(Code::unsupported, "there are no doorbells here");
}

Result<std::unique_ptr<Doorbell>> Watchers::find_doorbell(Handle, std::string_view) {
  return Error(Code::unsupported, "there are no doorbells here");
}

Result<std::unique_ptr<SharedMemory>> Watchers::share(Handle, size_t) {
  return Error(Code::unsupported, "memory cannot be shared here");
}

}  // namespace samara::port
