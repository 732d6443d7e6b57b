#include "runtime/wasm/module_cache.hpp"

#include <algorithm>

namespace samara::runtime::wasm {

namespace {

constexpr size_t k_bindings_max = 16;  // of one module; more than one is rare

}  // namespace

Bindings::Entry Bindings::find(std::span<const Type* const> inputs, const Type* output) const {
  std::lock_guard lock(mutex_);
  for (const Entry& entry : list_) {
    if (entry->output == output &&
        std::equal(inputs.begin(), inputs.end(), entry->inputs.begin(), entry->inputs.end())) {
      return entry;
    }
  }
  return nullptr;
}

void Bindings::put(Entry binding) {
  std::lock_guard lock(mutex_);
  if (list_.size() == k_bindings_max) list_.erase(list_.begin());
  list_.push_back(std::move(binding));
}

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
