#pragma once
// DirectoryRepository: a repository in a directory of the file system, shared by any number of
// processes of one machine without a server. Threads: any; a forked child opens its own.
// Specified by: docs/formats/repository.md.

#include <memory>

#include "store/directory_cache.hpp"
#include "store/directory_executions.hpp"
#include "store/directory_objects.hpp"
#include "store/directory_pins.hpp"
#include "store/directory_refs.hpp"
#include "store/format_file.hpp"
#include "store/fsck.hpp"
#include "store/gc.hpp"
#include "store/repository.hpp"

namespace samara::store {

class DirectoryRepository final : public Repository {
 public:
  /// Makes a repository at `path`, whose parent exists. What an interrupted init left is completed.
  /// Errors: exists (a repository, or a directory with other things in it), permission, disk_full.
  static Result<void> init(port::Files& files, std::string_view path);

  /// `owner` tells people who holds a lock or a pin, such as "process 4121 (samara gc)".
  /// Errors: no_repository, unsupported (a newer generation), corrupt (samara.json), permission.
  /// Cost: some ten system calls, whatever the size of the repository.
  static Result<std::unique_ptr<DirectoryRepository>> open(port::Files& files, port::Random& random,
                                                           std::string_view path,
                                                           std::string_view owner);

  Objects& objects() override { return objects_; }
  Refs& refs() override { return refs_; }
  Executions& executions() override { return executions_; }
  Pins& pins() override { return pins_; }
  Cache& cache() override { return cache_; }
  LiveLogs* live_logs() override { return &live_logs_; }
  std::string location() const override { return folder_->path(); }
  const FormatFile& format() const { return format_; }

  /// How many quick calls become files before they go to a journal; 16 unless told otherwise.
  void journal_after(uint64_t calls) { folder_->journals().begin_after(calls); }
  /// Removes what nothing needs, while others work. Errors: locked (another collector), corrupt (a
  /// ref cannot be read, so what it needs is unknown).
  Result<GcReport> collect_garbage(const GcOptions& options);
  /// Proves the repository, or tells what is wrong. Errors: only where it cannot go on.
  Result<FsckReport> check(const FsckOptions& options);

 private:
  DirectoryRepository(std::unique_ptr<Folder> folder, FormatFile format);

  std::unique_ptr<Folder> folder_;
  FormatFile format_;
  DirectoryObjects objects_;
  DirectoryRefs refs_;
  DirectoryExecutions executions_;
  DirectoryPins pins_;
  DirectoryCache cache_;
  LiveLogs live_logs_;
};

}  // namespace samara::store
