#pragma once
// VerifiedFiles: which large files of objects this process has hashed, or written, since they were
// last changed: they need not be hashed again. A file that is written to, touched or replaced has
// another time of change, inode or size. One for the process, because each thread of a program may
// have a repository of its own; what other processes of the user have hashed is told by a file that
// ends with the machine's uptime. Threads: any.

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

  /// Shares from now on with all who have this file, which must be open for reading and writing,
  /// private to people whom we trust as ourselves, and gone when the machine starts anew. `files`
  /// must live as long as the process.
  void share(port::Files& files, port::OpenFile file);

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
  static Bytes row(const Hash& hash, const Mark& mark);
  void remember(const Hash& hash, const Mark& mark);

  std::mutex mutex_;  // guards all below
  std::unordered_map<Hash, Mark, HashOfHash> marks_;
  port::Files* files_ = nullptr;
  port::OpenFile file_;
};

}  // namespace samara::store
