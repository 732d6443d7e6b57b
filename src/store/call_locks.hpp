#pragma once
// CallLocks: the right to run a call on this machine, as locks on single bytes of a few files, so
// that a call which leaves no file of its own needs none for its lock. Threads: any.
// Specified by: docs/formats/repository.md, "Execution records".

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

#include "port/files.hpp"
#include "store/executions.hpp"

namespace samara::store {

class Folder;

/// Where the lock of a call is: a byte of a file in locks/.
struct CallLockPlace {
  std::string file;
  uint64_t byte = 0;
};
CallLockPlace lock_place(const Hash& call);

class CallLocks {
 public:
  explicit CallLocks(Folder& folder) : folder_(folder) {}
  /// Errors: locked (LockWait::no).
  Result<std::unique_ptr<CallLock>> lock(const CallKey& key, port::LockWait wait);

 private:
  class Held;
  static constexpr size_t k_files = 16;  // a file's list of locks is searched from its beginning
  void release(const Hash& call);
  Result<port::Handle> file_of(const Hash& call);

  Folder& folder_;
  std::mutex mutex_;  // guards files_ and held_
  std::condition_variable released_;
  std::array<port::OpenFile, k_files> files_;
  // Locks of one open file do not exclude each other, so this process keeps a list of its own.
  std::unordered_set<Hash, HashOfHash> held_;
};

}  // namespace samara::store
