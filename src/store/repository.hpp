#pragma once
// Repository: objects, refs, execution records and pins in one place, whatever keeps them.
// DirectoryRepository is the one on a file system. Threads: any.

#include <string>

#include "store/cache.hpp"
#include "store/executions.hpp"
#include "store/live_log.hpp"
#include "store/objects.hpp"
#include "store/pins.hpp"
#include "store/refs.hpp"

namespace samara::store {

class Repository {
 public:
  virtual ~Repository() = default;
  virtual Objects& objects() = 0;
  virtual Refs& refs() = 0;
  virtual Executions& executions() = 0;
  virtual Pins& pins() = 0;
  virtual Cache& cache() = 0;
  /// Where it is, for messages.
  virtual std::string location() const = 0;
  /// Null: what runs print is seen when they have ended.
  virtual LiveLogs* live_logs() { return nullptr; }
};

}  // namespace samara::store
