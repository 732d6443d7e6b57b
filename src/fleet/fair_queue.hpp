#pragma once
// FairQueue: tasks that wait, by priority, then in turns between submitters, then in the order in
// which they came. Turns are kept by virtual time: each submitter pays for what was placed for it,
// and who has paid least is next, so that one with ten thousand tasks does not hold up one with
// two. All steps cost O(log n). Threads: one.

#include <map>
#include <set>
#include <unordered_map>

#include "fleet/spec.hpp"

namespace samara::fleet {

/// What each submitter has paid, over all queues.
class Submitters {
 public:
  using Index = uint32_t;
  Index index(std::string_view name);
  const std::string& name(Index index) const { return all_[index].name; }
  uint64_t paid(Index index) const { return all_[index].paid; }
  void pay(Index index, uint64_t cost);
  /// Who waits for the first time, or again, starts where the others are: rest is not saved up.
  void joins(Index index) {
    if (all_[index].paid < floor_) all_[index].paid = floor_;
  }
  /// Twice the share of others for a weight of two.
  void set_weight(std::string_view name, uint32_t weight) { all_[index(name)].weight = weight; }
  size_t size() const { return all_.size(); }

 private:
  struct One {
    std::string name;
    uint64_t paid = 0;
    uint32_t weight = 1;
  };
  std::vector<One> all_;
  std::unordered_map<std::string, Index> by_name_;
  uint64_t floor_ = 0;
};

struct QueuePlace {
  uint8_t priority = 0;
  Submitters::Index submitter = 0;
  uint64_t number = 0;
};

class FairQueue {
 public:
  explicit FairQueue(Submitters& submitters) : submitters_(&submitters) {}
  QueuePlace push(uint8_t priority, Submitters::Index submitter, const TaskId& task);
  void erase(const QueuePlace& place);
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }

  struct Head {
    QueuePlace place;
    TaskId task;
    uint64_t paid = 0;
    /// Whether this one is to go before the other.
    bool before(const Head& other) const {
      if (place.priority != other.place.priority) return place.priority < other.place.priority;
      return paid < other.paid;
    }
  };
  /// Requires: not empty.
  Head head();

 private:
  struct Level {
    std::set<std::pair<uint64_t, Submitters::Index>> turns;
    std::unordered_map<Submitters::Index, std::map<uint64_t, TaskId>> waiting;
  };
  Submitters* submitters_;
  std::map<uint8_t, Level> levels_;
  uint64_t numbers_ = 0;
  size_t size_ = 0;
};

}  // namespace samara::fleet
