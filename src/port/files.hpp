#pragma once
// Files: the calls of a file system that the product needs, relative to directory handles so that
// hot paths resolve one name at a time. Errors: not_found, exists, permission, disk_full, exhausted
// (too many open files), io; each with domain errno and detail = errno.
// Threads: implementations may be called from any thread; a handle is closed once.
// Specified by: docs/formats/repository.md, "What the file system must do".

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "port/clock.hpp"

namespace samara::port {

/// An open file or directory of one Files object.
struct Handle {
  int32_t number = -1;
  bool valid() const { return number >= 0; }
  bool operator==(const Handle&) const = default;
};

/// Stands for "no directory": the path is absolute, or relative to the working directory.
inline constexpr Handle k_no_directory{-100};

enum class OpenMode : uint8_t {
  read,            // must exist
  create,          // for writing, must not exist; read-only for everybody once closed
  create_private,  // as create, and nobody but the owner may read it
  create_shared,   // for reading and writing, made when absent: lock files
  append,          // for writing at the end, must exist
  update,          // for reading and writing, must exist
  directory,       // must exist
};

enum class FileKind : uint8_t { file, directory, other };

struct FileInfo {
  FileKind kind = FileKind::file;
  uint64_t size_bytes = 0;
  WallTime modified{};
  WallTime changed{};        // of contents or attributes, which nobody can set; zero: not known
  uint32_t links = 0;        // 0: no name leads to it any more
  uint32_t permissions = 0;  // the nine bits of owner, group, others
  uint64_t device = 0;       // (device, inode) tells whether two names lead to one file
  uint64_t inode = 0;
};

struct DirectoryEntry {
  std::string name;
  FileKind kind = FileKind::file;
};

enum class LockMode : uint8_t { shared, exclusive };
enum class LockWait : uint8_t { yes, no };
enum class Replace : uint8_t { yes, no };

class Files {
 public:
  virtual ~Files() = default;

  virtual Result<Handle> open(Handle directory, std::string_view path, OpenMode mode) = 0;
  /// Also frees the locks of the handle.
  virtual void close(Handle file) = 0;

  /// Fills `out` from `offset`; a smaller count means the end of the file.
  virtual Result<size_t> read_at(Handle file, uint64_t offset, std::span<uint8_t> out) = 0;
  /// Writes all bytes behind those written before (append: at the end of the file).
  virtual Result<void> write(Handle file, ByteView bytes) = 0;
  /// Writes all bytes at `offset`; what is behind them stays.
  virtual Result<void> write_at(Handle file, uint64_t offset, ByteView bytes) = 0;
  virtual Result<void> truncate(Handle file, uint64_t size_bytes) = 0;
  /// The bytes of the file survive a power loss when this returns.
  virtual Result<void> sync(Handle file) = 0;
  /// The names in the directory survive a power loss when this returns.
  virtual Result<void> sync_directory(Handle directory) = 0;

  virtual Result<FileInfo> info(Handle file) = 0;
  virtual Result<FileInfo> info_at(Handle directory, std::string_view path) = 0;
  /// Sets the time of modification to now.
  virtual Result<void> touch(Handle file) = 0;
  virtual Result<std::vector<DirectoryEntry>> list(Handle directory) = 0;

  virtual Result<void> make_directory(Handle directory, std::string_view path) = 0;
  /// Atomic. Replace::no: exists, if the target name is taken.
  virtual Result<void> rename(Handle from_directory, std::string_view from, Handle to_directory,
                              std::string_view to, Replace replace) = 0;
  virtual Result<void> remove(Handle directory, std::string_view path) = 0;
  /// Errors: also exists, when the directory is not empty.
  virtual Result<void> remove_directory(Handle directory, std::string_view path) = 0;

  /// A kernel lock on the open file; it ends with the handle, so also with the process. Two handles
  /// of one process exclude each other. false: LockWait::no and somebody holds it.
  virtual Result<bool> lock(Handle file, LockMode mode, LockWait wait) = 0;
  /// Gives back what lock() took, without closing.
  virtual Result<void> unlock(Handle file) = 0;
  /// As an exclusive lock() on one byte, which need not be there. Handles exclude each other;
  /// whoever shares one handle must see to that himself. Requires: the file is open for writing.
  virtual Result<bool> lock_byte(Handle file, uint64_t at, LockWait wait) = 0;
  virtual Result<void> unlock_byte(Handle file, uint64_t at) = 0;

  /// The first `size_bytes` bytes as read-only memory, until unmap.
  virtual Result<ByteView> map(Handle file, uint64_t size_bytes) = 0;
  virtual void unmap(ByteView bytes) = 0;
};

/// Owns a handle.
class OpenFile {
 public:
  OpenFile() = default;
  OpenFile(Files& files, Handle handle) : files_(&files), handle_(handle) {}
  OpenFile(OpenFile&& other) noexcept : files_(other.files_), handle_(other.release()) {}
  OpenFile& operator=(OpenFile&& other) noexcept;
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() { reset(); }

  static Result<OpenFile> open(Files& files, Handle directory, std::string_view path,
                               OpenMode mode);
  Handle handle() const { return handle_; }
  bool valid() const { return handle_.valid(); }
  void reset();
  Handle release() {
    Handle out = handle_;
    handle_ = Handle{};
    return out;
  }

 private:
  Files* files_ = nullptr;
  Handle handle_;
};

/// Owns a read-only mapping.
class Mapping {
 public:
  Mapping() = default;
  Mapping(Files& files, ByteView bytes) : files_(&files), bytes_(bytes) {}
  Mapping(Mapping&& other) noexcept : files_(other.files_), bytes_(other.bytes_) {
    other.bytes_ = {};
  }
  Mapping& operator=(Mapping&& other) noexcept;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { reset(); }

  /// An empty file gives an empty view.
  static Result<Mapping> map(Files& files, Handle file, uint64_t size_bytes);
  ByteView bytes() const { return bytes_; }
  void reset();

 private:
  Files* files_ = nullptr;
  ByteView bytes_;
};

/// The Error for an errno: code, domain errno, detail, and a lower-case text for people.
Error os_error(int number);

}  // namespace samara::port
