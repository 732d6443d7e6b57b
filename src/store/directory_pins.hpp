#pragma once
// DirectoryPins: Pins as lines of this process's session file. Threads: any.
// Specified by: docs/formats/repository.md, "Workers and pins".

#include "store/directory_objects.hpp"
#include "store/pins.hpp"

namespace samara::store {

class DirectoryPins final : public Pins {
 public:
  DirectoryPins(Folder& folder, DirectoryObjects& objects) : folder_(folder), objects_(objects) {}

  Result<void> pin(const Hash& hash) override;
  Result<void> hold(const Hash& hash) override;
  Result<void> unpin(const Hash& hash) override;

 private:
  Folder& folder_;
  DirectoryObjects& objects_;
};

}  // namespace samara::store
