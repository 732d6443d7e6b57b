#include "runtime/wasm/module_cache.hpp"

namespace samara::runtime::wasm {

ModuleCache::Entry ModuleCache::find(const Hash& key) {
  std::lock_guard lock(mutex_);
  auto at = by_key_.find(key);
  if (at == by_key_.end()) return nullptr;
  list_.splice(list_.begin(), list_, at->second);
  return at->second->second;
}

void ModuleCache::put(const Hash& key, Entry module) {
  std::lock_guard lock(mutex_);
  auto at = by_key_.find(key);
  if (at != by_key_.end()) {
    at->second->second = std::move(module);
    return;
  }
  list_.emplace_front(key, std::move(module));
  by_key_.emplace(key, list_.begin());
  if (list_.size() <= entries_max_) return;
  by_key_.erase(list_.back().first);
  list_.pop_back();
}

}  // namespace samara::runtime::wasm
