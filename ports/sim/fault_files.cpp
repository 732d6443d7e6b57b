#include "ports/sim/fault_files.hpp"

#include <cerrno>

namespace samara::port {

FaultFiles::~FaultFiles() {
  for (int32_t number : open_) real_.close(Handle{number});
}

void FaultFiles::plan(const FaultPlan& plan) {
  plan_ = plan;
  calls_ = 0;
  fired_ = false;
}

bool FaultFiles::due() {
  if (dead_) return true;
  calls_++;
  return calls_ == plan_.call;
}

Error FaultFiles::fault() {
  fired_ = true;
  if (plan_.kind == FaultKind::error) return os_error(plan_.error_number);
  dead_ = true;
  // The kernel closes what a dead process had open, and frees its locks.
  for (int32_t number : open_) real_.close(Handle{number});
  open_.clear();
  return Error(Code::io, "the process died");
}

template <typename F>
auto FaultFiles::guarded(F&& call) -> decltype(call()) {
  if (!due()) return call();
  if (!dead_ && plan_.after) static_cast<void>(call());
  return fault();
}

Result<Handle> FaultFiles::open(Handle directory, std::string_view path, OpenMode mode) {
  if (due()) {
    if (!dead_ && plan_.after) {
      auto opened = real_.open(directory, path, mode);
      if (opened) real_.close(*opened);
    }
    return fault();
  }
  auto opened = real_.open(directory, path, mode);
  if (opened) open_.insert(opened->number);
  return opened;
}

void FaultFiles::close(Handle file) {
  if (open_.erase(file.number) > 0) real_.close(file);
}

Result<size_t> FaultFiles::read_at(Handle file, uint64_t offset, std::span<uint8_t> out) {
  return guarded([&] { return real_.read_at(file, offset, out); });
}

Result<void> FaultFiles::write(Handle file, ByteView bytes) {
  if (!due()) return real_.write(file, bytes);
  if (!dead_) {
    static_cast<void>(real_.write(file, plan_.after ? bytes : bytes.first(bytes.size() / 2)));
  }
  return fault();
}

Result<void> FaultFiles::write_at(Handle file, uint64_t offset, ByteView bytes) {
  if (!due()) return real_.write_at(file, offset, bytes);
  if (!dead_) {
    static_cast<void>(
        real_.write_at(file, offset, plan_.after ? bytes : bytes.first(bytes.size() / 2)));
  }
  return fault();
}

Result<void> FaultFiles::truncate(Handle file, uint64_t size_bytes) {
  return guarded([&] { return real_.truncate(file, size_bytes); });
}

Result<void> FaultFiles::sync(Handle file) {
  return guarded([&] { return real_.sync(file); });
}

Result<void> FaultFiles::sync_directory(Handle directory) {
  return guarded([&] { return real_.sync_directory(directory); });
}

Result<FileInfo> FaultFiles::info(Handle file) {
  return guarded([&] { return real_.info(file); });
}

Result<FileInfo> FaultFiles::info_at(Handle directory, std::string_view path) {
  return guarded([&] { return real_.info_at(directory, path); });
}

Result<void> FaultFiles::touch(Handle file) {
  return guarded([&] { return real_.touch(file); });
}

Result<std::vector<DirectoryEntry>> FaultFiles::list(Handle directory) {
  return guarded([&] { return real_.list(directory); });
}

Result<void> FaultFiles::make_directory(Handle directory, std::string_view path) {
  return guarded([&] { return real_.make_directory(directory, path); });
}

Result<void> FaultFiles::rename(Handle from_directory, std::string_view from, Handle to_directory,
                                std::string_view to, Replace replace) {
  return guarded([&] { return real_.rename(from_directory, from, to_directory, to, replace); });
}

Result<void> FaultFiles::remove(Handle directory, std::string_view path) {
  return guarded([&] { return real_.remove(directory, path); });
}

Result<void> FaultFiles::remove_directory(Handle directory, std::string_view path) {
  return guarded([&] { return real_.remove_directory(directory, path); });
}

Result<bool> FaultFiles::lock(Handle file, LockMode mode, LockWait wait) {
  return guarded([&] { return real_.lock(file, mode, wait); });
}

Result<void> FaultFiles::unlock(Handle file) {
  return guarded([&] { return real_.unlock(file); });
}

Result<bool> FaultFiles::lock_byte(Handle file, uint64_t at, LockWait wait) {
  return guarded([&] { return real_.lock_byte(file, at, wait); });
}

Result<void> FaultFiles::unlock_byte(Handle file, uint64_t at) {
  return guarded([&] { return real_.unlock_byte(file, at); });
}

Result<ByteView> FaultFiles::map(Handle file, uint64_t size_bytes) {
  if (due()) return fault();
  return real_.map(file, size_bytes);
}

void FaultFiles::unmap(ByteView bytes) { real_.unmap(bytes); }

}  // namespace samara::port
