#pragma once
// Policy: which of the nodes that can take a task gets it. A policy orders the open nodes once, by
// a number that changes only when the node does, so that the best ones are found in O(log n); among
// the few that are found it decides with the task in view. Threads: one.

#include "fleet/registry.hpp"

namespace samara::fleet {

class Policy {
 public:
  virtual ~Policy() = default;
  virtual std::string_view name() const = 0;
  /// Lower is asked first.
  virtual uint64_t key(const FleetNode& node) const = 0;
  /// Lower is better. `holds`: the node has the module already.
  virtual int64_t score(const FleetNode& node, const TaskSpec& task, bool holds) const = 0;
};

/// The least busy node, rather one that has the module, mains before battery.
class BalancedPolicy final : public Policy {
 public:
  std::string_view name() const override { return "balanced"; }
  uint64_t key(const FleetNode& node) const override;
  int64_t score(const FleetNode& node, const TaskSpec& task, bool holds) const override;
};

/// One after the other.
class RoundRobinPolicy final : public Policy {
 public:
  std::string_view name() const override { return "round_robin"; }
  uint64_t key(const FleetNode& node) const override { return node.placed; }
  int64_t score(const FleetNode& node, const TaskSpec&, bool) const override {
    return static_cast<int64_t>(node.placed);
  }
};

/// Any.
class RandomPolicy final : public Policy {
 public:
  std::string_view name() const override { return "random"; }
  uint64_t key(const FleetNode& node) const override { return node.draw >> 1U; }
  int64_t score(const FleetNode& node, const TaskSpec&, bool) const override {
    return static_cast<int64_t>(node.draw >> 1U);
  }
};

std::unique_ptr<Policy> make_policy(std::string_view name);

}  // namespace samara::fleet
