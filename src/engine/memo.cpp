#include "engine/memo.hpp"

namespace samara::engine {

Memo::~Memo() {
  for (const Entry& entry : list_) static_cast<void>(pins_.unpin(entry.answer->value));
}

std::shared_ptr<const Answer> Memo::find(const Hash& call) {
  std::lock_guard lock(mutex_);
  auto at = by_call_.find(call);
  if (at == by_call_.end()) return nullptr;
  list_.splice(list_.begin(), list_, at->second);
  return at->second->answer;
}

void Memo::put(const Hash& call, Answer answer) {
  if (entries_max_ == 0) return;
  // The pin is taken before the entry can be seen and given back after it is gone.
  if (!pins_.hold(answer.value)) return;
  std::optional<Hash> unpin;
  {
    std::lock_guard lock(mutex_);
    auto made = std::make_shared<const Answer>(std::move(answer));
    auto at = by_call_.find(call);
    if (at != by_call_.end()) {
      unpin = at->second->answer->value;
      at->second->answer = std::move(made);
      list_.splice(list_.begin(), list_, at->second);
    } else {
      list_.push_front({call, std::move(made)});
      by_call_.emplace(call, list_.begin());
      if (list_.size() > entries_max_) {
        unpin = list_.back().answer->value;
        by_call_.erase(list_.back().call);
        list_.pop_back();
      }
    }
  }
  // A pin that stays keeps an object too long, which harms nobody.
  if (unpin.has_value()) static_cast<void>(pins_.unpin(*unpin));
}

void Memo::forget(const Hash& call) {
  std::optional<Hash> unpin;
  {
    std::lock_guard lock(mutex_);
    auto at = by_call_.find(call);
    if (at == by_call_.end()) return;
    unpin = at->second->answer->value;
    list_.erase(at->second);
    by_call_.erase(at);
  }
  static_cast<void>(pins_.unpin(*unpin));
}

}  // namespace samara::engine
