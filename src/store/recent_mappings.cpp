#include "store/recent_mappings.hpp"

#include <algorithm>

namespace samara::store {

namespace {

bool same_file(const port::FileInfo& a, const port::FileInfo& b) {
  return a.device == b.device && a.inode == b.inode && a.size_bytes == b.size_bytes &&
         a.modified == b.modified && a.changed == b.changed;
}

}  // namespace

std::shared_ptr<const port::Mapping> RecentMappings::find(const Hash& hash,
                                                          const port::FileInfo& info) {
  std::lock_guard guard(mutex_);
  auto at =
      std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) { return kept.hash == hash; });
  if (at == kept_.end() || !same_file(at->info, info)) return nullptr;
  kept_.splice(kept_.begin(), kept_, at);
  return at->mapping;
}

void RecentMappings::keep(const Hash& hash, const port::FileInfo& info,
                          std::shared_ptr<const port::Mapping> mapping) {
  // Without a time of change nobody could tell that the file is another one by now.
  if (info.size_bytes < k_bytes_min || info.size_bytes > k_bytes_max) return;
  if (info.changed == port::WallTime{}) return;
  std::lock_guard guard(mutex_);
  std::erase_if(kept_, [&](const Kept& kept) {
    if (kept.hash != hash) return false;
    bytes_ -= kept.info.size_bytes;
    return true;
  });
  kept_.push_front({hash, info, std::move(mapping)});
  bytes_ += info.size_bytes;
  while (bytes_ > k_bytes_max) {
    bytes_ -= kept_.back().info.size_bytes;
    kept_.pop_back();
  }
}

}  // namespace samara::store
