#pragma once
// VerifiedFiles: which large files of objects this process has hashed, or written, since they were
// last changed: they need not be hashed again. A file that is written to, touched or replaced has
// another time of change, inode or size. One for the process, because each thread of a program may
// have a repository of its own. Threads: any.

#include <mutex>
#include <unordered_map>

#include "core/hash.hpp"
#include "port/files.hpp"

namespace samara::store {

class VerifiedFiles {
 public:
  /// Below this, hashing costs less than it is worth to remember.
  static constexpr uint64_t k_bytes_min = uint64_t{1} << 20;

  static VerifiedFiles& of_process();

  bool holds(const Hash& hash, const port::FileInfo& info);
  /// `info` is what the file had before it was hashed.
  void note(const Hash& hash, const port::FileInfo& info);

 private:
  struct Mark {
    uint64_t device = 0;
    uint64_t inode = 0;
    uint64_t size_bytes = 0;
    port::WallTime modified{};
    port::WallTime changed{};
    bool operator==(const Mark&) const = default;
  };
  static Mark mark_of(const port::FileInfo& info);

  std::mutex mutex_;  // guards marks_
  std::unordered_map<Hash, Mark, HashOfHash> marks_;
};

}  // namespace samara::store
