#include "queue/backlog.hpp"

namespace samara::queue {

void Backlog::add(std::string_view name, size_t queue) {
  auto parsed = MessageName::parse(name);
  if (!parsed) return;
  Entry entry{std::string(name), queue, std::move(*parsed)};
  if (entry.parsed.ready_ms > 0) {
    const int64_t ready = entry.parsed.ready_ms;
    later_.emplace(ready, std::move(entry));
  } else {
    std::string key = entry.name;
    ready_.emplace(std::move(key), std::move(entry));
  }
}

void Backlog::clear() {
  ready_.clear();
  later_.clear();
}

const Backlog::Entry* Backlog::first(int64_t now_ms) {
  while (!later_.empty() && later_.begin()->first <= now_ms) {
    Entry entry = std::move(later_.begin()->second);
    later_.erase(later_.begin());
    std::string key = entry.name;
    ready_.emplace(std::move(key), std::move(entry));
  }
  return ready_.empty() ? nullptr : &ready_.begin()->second;
}

Backlog::Entry Backlog::take_first() {
  SAMARA_ASSERT(!ready_.empty());
  Entry out = std::move(ready_.begin()->second);
  ready_.erase(ready_.begin());
  return out;
}

std::optional<int64_t> Backlog::next_ready_ms() const {
  if (later_.empty()) return std::nullopt;
  return later_.begin()->first;
}

}  // namespace samara::queue
