#pragma once
// Folder: the open directories of a directory repository, its lock files and temporary files; what
// the parts of DirectoryRepository share. Threads: any.
// Specified by: docs/formats/repository.md, "Layout".

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "port/files.hpp"
#include "port/random.hpp"
#include "store/call_locks.hpp"
#include "store/journals.hpp"
#include "store/session.hpp"

namespace samara::store {

/// The folders inside a repository, in the order in which they are made.
inline constexpr std::string_view k_folders[] = {"objects", "refs", "executions", "queue",
                                                 "workers", "tmp",  "locks",      "gc"};
inline constexpr std::string_view k_format_name = "samara.json";
inline constexpr std::string_view k_quarantine = "quarantine";
inline constexpr std::string_view k_policy = "policy.json";  // of those who trust, see src/trust

/// Lock files in locks/; they are never removed, so a name always leads to the one inode.
inline constexpr std::string_view k_lock_gc = "gc";          // one collector or repairer at a time
inline constexpr std::string_view k_lock_naming = "naming";  // shared: naming; exclusive: deciding
inline constexpr std::string_view k_lock_gate = "gate";    // lets a decider pass a crowd of namers
inline constexpr std::string_view k_lock_refs = "refs";    // one change of a ref at a time
inline constexpr std::string_view k_lock_calls = "call-";  // and a hex digit: bytes are calls

enum class ShortLockName : uint8_t { naming, gate };

class Folder;

/// Holds a lock until destroyed, and then gives its open file back for the next one.
class ShortLock {
 public:
  ShortLock(ShortLock&& other) noexcept
      : folder_(other.folder_), name_(other.name_), file_(std::move(other.file_)) {}
  ShortLock& operator=(ShortLock&&) = delete;
  ~ShortLock();
  port::Handle handle() const { return file_.handle(); }

 private:
  friend class Folder;
  ShortLock(Folder& folder, ShortLockName name, port::OpenFile file)
      : folder_(&folder), name_(name), file_(std::move(file)) {}

  Folder* folder_;
  ShortLockName name_;
  port::OpenFile file_;
};

class Folder {
 public:
  /// Errors: not_found, corrupt (a folder in it is missing), permission, io.
  static Result<std::unique_ptr<Folder>> open(port::Files& files, port::Random& random,
                                              std::string_view path, std::string_view owner);
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  port::Files& files() { return files_; }
  port::Random& random() { return random_; }
  const std::string& path() const { return path_; }
  const std::string& owner() const { return owner_; }
  Session& session() { return session_; }

  port::Handle root() const { return root_.handle(); }
  port::Handle objects() const { return objects_.handle(); }
  port::Handle refs() const { return refs_.handle(); }
  port::Handle executions() const { return executions_.handle(); }
  port::Handle workers() const { return workers_.handle(); }
  port::Handle tmp() const { return tmp_.handle(); }
  port::Handle locks() const { return locks_.handle(); }
  port::Handle gc() const { return gc_.handle(); }
  /// The directory of objects whose hash begins with this byte; it stays open. A missing one is
  /// made again, for the sake of damaged repositories.
  Result<port::Handle> fan_out(uint8_t first);

  /// Takes a lock of locks/; it ends with the returned file. Errors: locked (LockWait::no).
  Result<port::OpenFile> lock(std::string_view name, port::LockMode mode, port::LockWait wait);
  /// The lock of collectors and repairers, with the owner's name in it for those who find it taken.
  /// Errors: locked, naming the holder.
  Result<port::OpenFile> lock_upkeep();
  /// As lock() for one of the locks that are taken for a moment and often: the file stays open.
  Result<ShortLock> lock_shortly(ShortLockName name, port::LockMode mode);
  Journals& journals() { return journals_; }
  CallLocks& call_locks() { return call_locks_; }

 private:
  friend class ShortLock;
  Folder(port::Files& files, port::Random& random, std::string_view path, std::string_view owner);

  port::Files& files_;
  port::Random& random_;
  std::string path_;
  std::string owner_;
  port::OpenFile root_, objects_, refs_, executions_, workers_, tmp_, locks_, gc_;
  // -1 until opened. Two threads may open one at once; compare-exchange keeps the first.
  std::atomic<int32_t> fan_out_[256];
  std::mutex short_mutex_;
  std::vector<port::OpenFile> short_files_[2];  // open and not locked
  Session session_;
  CallLocks call_locks_;
  Journals journals_;  // the first to end: it finishes what it writes
};

/// The two hex digits of a fan-out directory.
struct FanOutName {
  explicit FanOutName(uint8_t first);
  std::string_view view() const { return {text, sizeof text}; }
  char text[2];
};

/// A new file that goes away again unless it is published.
class TempFile {
 public:
  static Result<TempFile> create(Folder& folder, port::Handle directory,
                                 port::OpenMode mode = port::OpenMode::create);
  TempFile(TempFile&& other) noexcept;
  TempFile& operator=(TempFile&& other) = delete;
  ~TempFile();

  port::Handle handle() const { return file_.handle(); }
  /// Gives the file its name and closes it. Errors: exists (Replace::no), and those of rename.
  Result<void> publish(port::Handle directory, std::string_view name, port::Replace replace);
  /// As publish with Replace::no, and the file stays open.
  Result<port::OpenFile> name_open(port::Handle directory, std::string_view name);

 private:
  TempFile(Folder& folder, port::Handle directory, const TempName& name, port::OpenFile file)
      : folder_(&folder), directory_(directory), name_(name), file_(std::move(file)) {}

  Folder* folder_;
  port::Handle directory_;
  TempName name_;
  port::OpenFile file_;
};

/// Reads a whole small file. Errors: exhausted (larger than `bytes_max`).
Result<Bytes> read_whole(port::Files& files, port::Handle directory, std::string_view name,
                         uint64_t bytes_max);

/// Writes a small file by way of tmp/ and rename.
Result<void> write_whole(Folder& folder, port::Handle directory, std::string_view name,
                         ByteView bytes, bool synced);

/// make_directory for which an existing directory is no error.
Result<void> ensure_directory(port::Files& files, port::Handle directory, std::string_view name);

/// Whether `name` still leads to the open file.
Result<bool> still_named(port::Files& files, port::Handle file, port::Handle directory,
                         std::string_view name);

}  // namespace samara::store
