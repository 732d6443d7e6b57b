#pragma once
// LinuxFiles: Files by system calls. Locks are flock locks, those of bytes OFD locks: both belong
// to the open file. Threads: any.

#include "port/files.hpp"

namespace samara::port {

class LinuxFiles final : public Files {
 public:
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
  Result<bool> lock(Handle file, LockMode mode, LockWait wait) override;
  Result<void> unlock(Handle file) override;
  Result<bool> lock_byte(Handle file, uint64_t at, LockWait wait) override;
  Result<void> unlock_byte(Handle file, uint64_t at) override;
  Result<ByteView> map(Handle file, uint64_t size_bytes) override;
  void unmap(ByteView bytes) override;
};

}  // namespace samara::port
