#include "ports/sim/memory_watcher.hpp"

namespace samara::port {

Result<int32_t> MemoryWatcher::watch(Handle directory, WatchFor what) {
  SAMARA_TRY(FileInfo folder, files_.info(directory));
  // As with inotify, one folder has one number, whatever is watched for.
  for (const auto& [key, number] : watches_) {
    if (key.first != folder.inode) continue;
    watches_[{folder.inode, what}] = number;
    return number;
  }
  const auto number = static_cast<int32_t>(watches_.size() + 1);
  watches_[{folder.inode, what}] = number;
  return number;
}

Result<void> MemoryWatcher::hang_doorbell(Handle directory, std::string_view name) {
  SAMARA_TRY(FileInfo folder, files_.info(directory));
  SAMARA_TRY(Handle file, files_.open(directory, name, OpenMode::create));
  files_.close(file);
  doorbell_ = folder.inode;
  return {};
}

void MemoryWatcher::heard(uint64_t inode, WatchFor what, const std::string& name) {
  if (what == WatchFor::rings) {
    ready_ = ready_ || inode == doorbell_;
    return;
  }
  auto found = watches_.find({inode, what});
  if (found == watches_.end()) return;
  pending_.push_back({found->second, name});
  ready_ = true;
}

Result<void> MemoryWatcher::wait(Instant until, WatchReport& report) {
  if (!ready_ && until != k_long_ago) world_.pass(until, ready_);
  for (WatchEvent& event : pending_) report.events.push_back(std::move(event));
  pending_.clear();
  ready_ = false;
  return {};
}

Result<std::unique_ptr<Doorbell>> MemoryDoorbell::find(MemoryFiles& files, Handle directory,
                                                       std::string_view name) {
  SAMARA_TRY(FileInfo folder, files.info(directory));
  SAMARA_CHECK(files.info_at(directory, name));
  return std::unique_ptr<Doorbell>(new MemoryDoorbell(files, folder.inode, name));
}

}  // namespace samara::port
