#pragma once
// MemoryFiles: a file system in memory that knows what would survive a power loss. Every inode has
// its current bytes and names and those which were synced; lose_power() makes the disk show what
// one crash could leave behind. Threads: one.

#include <map>
#include <memory>
#include <vector>

#include "port/files.hpp"
#include "port/watcher.hpp"

namespace samara::port {

/// What a power loss leaves of changes that were not synced.
enum class PowerLoss : uint8_t {
  drop_all,       // nothing: a disk that writes only when told to
  keep_names,     // names without their bytes: files are cut, or full of zeros
  keep_anything,  // each name and each file on its own by the seed: old, new, cut or zeroed
};

/// Hears what the kernel would tell a watcher.
class NameListener {
 public:
  virtual ~NameListener() = default;
  /// `inode` is the number of the folder.
  virtual void heard(uint64_t inode, WatchFor what, const std::string& name) = 0;
};

class MemoryFiles final : public Files {
 public:
  MemoryFiles();
  ~MemoryFiles() override;

  /// Ends all handles and mappings, as the machine's death does, and applies the loss.
  void lose_power(PowerLoss loss, uint64_t seed);
  /// Everything there is now survives a power loss.
  void settle();
  /// The clock that stamps files; every change moves it by one microsecond as well.
  void advance(std::chrono::nanoseconds by) { now_ += by; }
  /// Writes that need more room than this fail with ENOSPC.
  void limit_bytes(uint64_t bytes) { bytes_max_ = bytes; }
  void listen(NameListener* listener) { listeners_.push_back(listener); }
  /// Tells listeners of something that is no change of the folder.
  void announce(uint64_t folder, WatchFor what, const std::string& name) {
    tell(folder, what, name);
  }
  void unlisten(NameListener* listener) { std::erase(listeners_, listener); }
  /// Damages a file as a bad disk does: flips one bit of the byte at `offset`.
  Result<void> flip_bit(std::string_view path, size_t offset);

  Result<Handle> open(Handle directory, std::string_view path, OpenMode mode) override;
  void close(Handle file) override;
  Result<size_t> read_at(Handle file, uint64_t offset, std::span<uint8_t> out) override;
  Result<void> write(Handle file, ByteView bytes) override;
  Result<void> write_at(Handle file, uint64_t offset, ByteView bytes) override;
  Result<void> truncate(Handle file, uint64_t size_bytes) override;
  Result<void> sync(Handle file) override;
  Result<void> sync_directory(Handle directory) override;
  Result<FileInfo> info(Handle file) override;
  Result<FileInfo> info_at(Handle directory, std::string_view path) override;
  Result<void> touch(Handle file) override;
  Result<std::vector<DirectoryEntry>> list(Handle directory) override;
  Result<void> make_directory(Handle directory, std::string_view path) override;
  Result<void> rename(Handle from_directory, std::string_view from, Handle to_directory,
                      std::string_view to, Replace replace) override;
  Result<void> remove(Handle directory, std::string_view path) override;
  Result<void> remove_directory(Handle directory, std::string_view path) override;
  /// A wait that could never end (one thread) is reported as EDEADLK.
  Result<bool> lock(Handle file, LockMode mode, LockWait wait) override;
  Result<void> unlock(Handle file) override;
  Result<bool> lock_byte(Handle file, uint64_t at, LockWait wait) override;
  Result<void> unlock_byte(Handle file, uint64_t at) override;
  Result<ByteView> map(Handle file, uint64_t size_bytes) override;
  void unmap(ByteView bytes) override;

 private:
  struct Inode;
  using InodeRef = std::shared_ptr<Inode>;
  struct Open {
    InodeRef inode;
    uint64_t folder = 0;  // where it was opened, under which name
    std::string name;
    OpenMode mode = OpenMode::read;
    size_t position = 0;
    bool locked = false;
    LockMode lock = LockMode::shared;
  };
  // A path split into the directory that holds its last name, and that name.
  struct Place {
    InodeRef parent;
    std::string name;
    bool itself = false;  // the path names `parent`, as "." does
  };

  Result<InodeRef> start(Handle directory, std::string_view path);
  Result<Place> place(Handle directory, std::string_view path);
  Result<InodeRef> find(Handle directory, std::string_view path);
  Result<Open*> opened(Handle file);
  FileInfo describe(const Inode& inode) const;
  WallTime tick();
  void tell(uint64_t folder, WatchFor what, const std::string& name);
  Result<void> write_from(Open& open, size_t at, ByteView bytes);
  void settle(Inode& inode);
  void lose(const InodeRef& directory, PowerLoss loss, uint64_t& state);

  InodeRef root_;
  std::map<int32_t, Open> open_;
  std::vector<std::unique_ptr<Bytes>> mappings_;
  std::vector<NameListener*> listeners_;
  int32_t next_handle_ = 3;
  uint64_t next_inode_ = 1;
  uint64_t bytes_used_ = 0;
  uint64_t bytes_max_ = UINT64_MAX;
  WallTime now_{std::chrono::seconds(1'700'000'000)};
};

}  // namespace samara::port
