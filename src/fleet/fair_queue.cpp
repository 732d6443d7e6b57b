#include "fleet/fair_queue.hpp"

namespace samara::fleet {

namespace {
constexpr uint64_t k_unit = 1U << 20U;
}

Submitters::Index Submitters::index(std::string_view name) {
  auto [at, fresh] = by_name_.try_emplace(std::string(name), static_cast<Index>(all_.size()));
  if (fresh) all_.push_back({.name = std::string(name), .paid = floor_});
  return at->second;
}

void Submitters::pay(Index index, uint64_t cost) {
  One& one = all_[index];
  if (one.paid > floor_) floor_ = one.paid;
  one.paid += cost * k_unit / (one.weight == 0 ? 1 : one.weight);
}

QueuePlace FairQueue::push(uint8_t priority, Submitters::Index submitter, const TaskId& task) {
  Level& level = levels_[priority];
  auto& waiting = level.waiting[submitter];
  if (waiting.empty()) {
    submitters_->joins(submitter);
    level.turns.emplace(submitters_->paid(submitter), submitter);
  }
  const uint64_t number = ++numbers_;
  waiting.emplace(number, task);
  size_++;
  return {.priority = priority, .submitter = submitter, .number = number};
}

void FairQueue::erase(const QueuePlace& place) {
  const auto level = levels_.find(place.priority);
  SAMARA_ASSERT(level != levels_.end());
  const auto waiting = level->second.waiting.find(place.submitter);
  SAMARA_ASSERT(waiting != level->second.waiting.end());
  SAMARA_ASSERT(waiting->second.erase(place.number) == 1);
  size_--;
  // Its turn stays in `turns` until head() finds that nothing waits for it.
  if (waiting->second.empty()) level->second.waiting.erase(waiting);
  if (level->second.waiting.empty()) levels_.erase(level);
}

FairQueue::Head FairQueue::head() {
  SAMARA_ASSERT(size_ > 0);
  auto& [priority, level] = *levels_.begin();
  for (;;) {
    const auto turn = level.turns.begin();
    const auto [paid, submitter] = *turn;
    const auto waiting = level.waiting.find(submitter);
    const uint64_t now = submitters_->paid(submitter);
    if (waiting == level.waiting.end() || now != paid) {
      // It has paid since, in this queue or another: to its new place.
      level.turns.erase(turn);
      if (waiting != level.waiting.end()) level.turns.emplace(now, submitter);
      continue;
    }
    const auto first = waiting->second.begin();
    return {.place = {.priority = priority, .submitter = submitter, .number = first->first},
            .task = first->second,
            .paid = paid};
  }
}

}  // namespace samara::fleet
