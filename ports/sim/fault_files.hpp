#pragma once
// FaultFiles: passes calls on to other Files, until the call that was planned to fail. A failing
// write first writes half of its bytes, as a full disk or a dying process does.
// Threads: one.

#include <set>

#include "port/files.hpp"

namespace samara::port {

enum class FaultKind : uint8_t {
  error,  // this call fails with an errno, later ones work
  death,  // the process dies in this call: it and all later ones fail, locks end
};

struct FaultPlan {
  uint64_t call = 0;  // counted from 1; 0: none
  FaultKind kind = FaultKind::error;
  int error_number = 0;
  bool after = false;  // the call takes effect, only its answer is lost (death)
};

class FaultFiles final : public Files {
 public:
  explicit FaultFiles(Files& real) : real_(real) {}
  ~FaultFiles() override;

  /// Counts anew from here.
  void plan(const FaultPlan& plan);
  /// Whether the planned call came.
  bool fired() const { return fired_; }
  bool dead() const { return dead_; }
  uint64_t calls() const { return calls_; }

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

 private:
  template <typename F>
  auto guarded(F&& call) -> decltype(call());
  bool due();
  Error fault();

  Files& real_;
  FaultPlan plan_;
  uint64_t calls_ = 0;
  bool fired_ = false;
  bool dead_ = false;
  std::set<int32_t> open_;
};

}  // namespace samara::port
