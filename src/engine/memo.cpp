#include "engine/memo.hpp"

namespace samara::engine {

std::shared_ptr<const Answer> Memo::find(const Hash& call) {
  std::lock_guard lock(mutex_);
  auto at = by_call_.find(call);
  if (at == by_call_.end()) return nullptr;
  list_.splice(list_.begin(), list_, at->second);
  return at->second->answer;
}

void Memo::put(const Hash& call, Answer answer) {
  if (entries_max_ == 0) return;
  auto made = std::make_shared<const Answer>(std::move(answer));
  std::lock_guard lock(mutex_);
  auto at = by_call_.find(call);
  if (at != by_call_.end()) {
    at->second->answer = std::move(made);
    list_.splice(list_.begin(), list_, at->second);
    return;
  }
  list_.push_front({call, std::move(made)});
  by_call_.emplace(call, list_.begin());
  if (list_.size() <= entries_max_) return;
  by_call_.erase(list_.back().call);
  list_.pop_back();
}

void Memo::forget(const Hash& call) {
  std::lock_guard lock(mutex_);
  auto at = by_call_.find(call);
  if (at == by_call_.end()) return;
  list_.erase(at->second);
  by_call_.erase(at);
}

}  // namespace samara::engine
