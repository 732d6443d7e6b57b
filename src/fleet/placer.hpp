#pragma once
// Placer: waiting tasks and open nodes, and who comes to whom. Tasks with equal needs, and about as
// much memory, wait in one *lane*; nodes that suit the same lanes form a *group*. So capabilities
// are compared once for a node and a lane, not once for a node and a task. In a group, open nodes
// are kept by free memory and the key of the policy: placing, opening and closing cost O(log n) in
// nodes and in tasks. Threads: one.

#include <deque>

#include "fleet/policy.hpp"

namespace samara::fleet {

class Placer {
 public:
  using Nodes = std::deque<FleetNode>;
  static constexpr size_t k_lanes_max = 512;

  Placer(Nodes& nodes, Submitters& submitters, const Policy& policy)
      : nodes_(nodes), submitters_(submitters), policy_(policy) {}

  /// The lane of the task; `needs.node` is not looked at. Errors: exhausted (too many lanes have
  /// waiting tasks).
  Result<uint32_t> lane(const TaskSpec& task, Instant now);
  const Needs& needs(uint32_t lane) const { return lanes_[lane]->needs; }

  /// After anything about a node has changed. O(log n), and O(lanes) if `what_it_is` did.
  void update(FleetNode& node, Instant now, bool what_it_is = false);

  void push(Task& task);
  void erase(Task& task);
  size_t waiting() const { return waiting_; }
  size_t lanes() const { return lanes_.size(); }
  size_t groups() const { return group_ids_.size(); }

  /// The task whose turn it is and that some open node suits; nothing: none.
  std::optional<TaskId> next();
  /// The best open node for it. Nothing: none of those that are open has the memory, or all have
  /// failed it while others have not.
  std::optional<NodeId> choose(const Task& task);
  /// Whether the node suits the needs; `why_not` says what is missing.
  static bool suits(const FleetNode& node, const Needs& needs, std::string* why_not = nullptr);
  /// The node has the object, as far as is known.
  void holds(FleetNode& node, const Hash& hash);
  /// Nodes of the lane that are alive.
  size_t alive_nodes(uint32_t lane) const;

 private:
  struct Group {
    std::vector<bool> lanes;
    /// Open nodes, by free memory, then by key.
    std::map<uint32_t, std::set<std::pair<uint64_t, NodeId>>> open;
    size_t alive = 0;
  };
  struct Lane {
    explicit Lane(Submitters& submitters) : queue(submitters) {}
    Needs needs;
    uint32_t memory = 0;  // bucket: so one that waits for room holds up no smaller ones
    FairQueue queue;
    std::vector<uint32_t> groups;
  };

  void take_out(FleetNode& node);
  void put_in(FleetNode& node, Instant now);
  void regroup(FleetNode& node);
  bool any_open(const Lane& lane) const;
  /// Whether its inline arguments are not more than the node takes.
  static bool fits(const FleetNode& node, const TaskSpec& task);

  Nodes& nodes_;
  Submitters& submitters_;
  const Policy& policy_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::map<std::string, uint32_t> lane_ids_;
  std::vector<std::unique_ptr<Group>> groups_;
  std::map<std::vector<bool>, uint32_t> group_ids_;
  std::unordered_map<Hash, std::vector<NodeId>, HashOfHash> holders_;
  size_t waiting_ = 0;
};

/// Free memory in steps of an eighth, so that few distinct numbers are left.
uint32_t memory_bucket(uint64_t bytes);

}  // namespace samara::fleet
