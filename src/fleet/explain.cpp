// What `samara why` shows of a task of the fleet.

#include "fleet/manager.hpp"

namespace samara::fleet {

namespace {

std::string_view phase_name(Phase phase) {
  switch (phase) {
    case Phase::sent:
      return "sent";
    case Phase::accepted:
      return "accepted";
    case Phase::started:
      return "running";
    case Phase::recalled:
      return "told to stop";
    case Phase::orphaned:
      return "its node is silent";
  }
  return "";
}

}  // namespace

std::optional<Explanation> Manager::explain(const TaskId& id, Instant now) const {
  const Task* task = ledger_.find(id);
  if (task == nullptr) return std::nullopt;
  Explanation out;
  out.decision = task->decision;
  if (task->finished()) {
    out.state = std::string(outcome_name(task->outcome->kind));
    if (!task->outcome->node.empty()) out.state += " from '" + task->outcome->node + "'";
    return out;
  }
  for (const Attempt& attempt : task->attempts) {
    if (!attempt.live()) continue;
    out.state += (out.state.empty() ? "" : ", ") + std::string("attempt ") +
                 std::to_string(attempt.number) + " at '" + ledger_.node_name(attempt.node) +
                 "': " + std::string(phase_name(attempt.phase));
  }
  if (out.state.empty()) out.state = task->retry_timer ? "waits for its next attempt" : "waits";
  out.candidates.reserve(nodes_.size());
  for (const FleetNode& node : nodes_) {
    Candidate one;
    one.node = ledger_.node_name(node.id);
    if (!node.introduced) {
      one.reason = "has not said what it is";
    } else if (!task->spec.needs.node.empty() && task->spec.needs.node != one.node) {
      one.reason = "the task is bound to '" + task->spec.needs.node + "'";
    } else if (!Placer::suits(node, task->spec.needs, &one.reason)) {
      // suits() has said why
    } else if (!node.alive) {
      one.reason = "does not answer";
    } else if (node.quarantined) {
      one.reason = "is in quarantine";
    } else if (node.draining || node.drain_asked) {
      one.reason = "is draining";
    } else if (unfit_here(*task, node.id)) {
      one.reason = "has refused it for good";
    } else if (task->excludes(node.id)) {
      one.reason = "has had an attempt at it";
    } else if (node.attempts.size() >= node.slots) {
      one.reason = "all task slots are taken";
    } else if (node.closed_until > now) {
      one.reason = "has just refused a task for want of room";
    } else if (node.memory_left() < task->spec.limits.memory_bytes) {
      one.reason = "not enough memory is free";
    } else {
      const bool holds = node.holds(task->spec.module.hash);
      one.possible = true;
      one.score = policy_.score(node, task->spec, holds);
      one.reason = holds ? "has the module" : "";
    }
    out.candidates.push_back(std::move(one));
  }
  std::stable_sort(out.candidates.begin(), out.candidates.end(),
                   [](const Candidate& a, const Candidate& b) {
                     if (a.possible != b.possible) return a.possible;
                     return a.possible && a.score < b.score;
                   });
  return out;
}

}  // namespace samara::fleet
