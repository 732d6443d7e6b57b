#include "store/verified.hpp"

namespace samara::store {

namespace {
constexpr size_t k_marks_max = 4096;
}  // namespace

VerifiedFiles& VerifiedFiles::of_process() {
  static VerifiedFiles files;
  return files;
}

VerifiedFiles::Mark VerifiedFiles::mark_of(const port::FileInfo& info) {
  return {info.device, info.inode, info.size_bytes, info.modified, info.changed};
}

bool VerifiedFiles::holds(const Hash& hash, const port::FileInfo& info) {
  if (info.size_bytes < k_bytes_min || info.changed == port::WallTime{}) return false;
  std::lock_guard guard(mutex_);
  auto at = marks_.find(hash);
  return at != marks_.end() && at->second == mark_of(info);
}

void VerifiedFiles::note(const Hash& hash, const port::FileInfo& info) {
  if (info.size_bytes < k_bytes_min || info.changed == port::WallTime{}) return;
  std::lock_guard guard(mutex_);
  if (marks_.size() >= k_marks_max) marks_.clear();
  marks_.insert_or_assign(hash, mark_of(info));
}

}  // namespace samara::store
