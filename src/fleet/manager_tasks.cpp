// The part of Manager which leads tasks and attempts to their ends.

#include "fleet/manager.hpp"

namespace samara::fleet {

namespace {

/// Whether another node, or another time, may do better.
bool worth_another(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::crash:
    case OutcomeKind::memory:
    case OutcomeKind::lost:
    case OutcomeKind::cancelled:
      return true;
    case OutcomeKind::value:
    case OutcomeKind::error:
    case OutcomeKind::trap:
    case OutcomeKind::timeout:
    case OutcomeKind::limit:
      return false;
  }
  return false;
}

constexpr size_t k_attempts_kept_max = 64;

}  // namespace

uint64_t Manager::draw() {
  random_ += 0x9e3779b97f4a7c15ULL;
  uint64_t z = random_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

Instant Manager::lease_end(const Task& task, Instant from) const {
  const uint32_t ms = task.spec.lease_ms;
  return from + Millis(ms) + Millis(ms / 20) + config_.clock_margin;
}

Millis Manager::backoff(const Task& task) {
  if (task.failures == 0 || task.spec.backoff_ms == 0) return Millis{0};
  const uint32_t doublings = std::min<uint32_t>(task.failures - 1, 16);
  Millis wait = Millis(task.spec.backoff_ms) * (1U << doublings);
  wait = std::min(wait, config_.backoff_max);
  // Up to a quarter more, so that what failed together does not come back together.
  return wait +
         Millis(static_cast<int64_t>(draw() % (static_cast<uint64_t>(wait.count()) / 4 + 1)));
}

/// The one place where it is decided what comes next for a task.
void Manager::decide(Task& task) {
  if (task.finished()) return;
  const TaskSpec& spec = task.spec;
  const uint32_t live = task.live_attempts();
  if (task.votes_best() >= spec.quorum_k) {
    const auto best =
        std::max_element(task.votes.begin(), task.votes.end(),
                         [](const Vote& a, const Vote& b) { return a.count < b.count; });
    const Hash winner = best->digest;
    TaskOutcome outcome{.kind = OutcomeKind::value, .value = best->value, .digest = winner};
    for (const Attempt& attempt : task.attempts) {
      if (attempt.end == AttemptEnd::answered && attempt.digest == winner) {
        outcome.node = ledger_.node_name(attempt.node);
        outcome.attempt = attempt.number;
      }
    }
    if (spec.quorum_k > 1) counters_.quorums++;
    return finish(task, outcome);
  }
  if (task.cancel_asked) {
    if (live == 0) {
      counters_.cancelled++;
      finish(task, {.kind = OutcomeKind::cancelled, .message = "stopped on request"});
    }
    return;
  }
  const Attempt* failure = nullptr;
  for (const Attempt& attempt : task.attempts) {
    if (attempt.end == AttemptEnd::failed || attempt.end == AttemptEnd::lost) failure = &attempt;
  }
  const bool repeat = spec.repeatable() || mutations.rerun_effectful;
  if (failure != nullptr && live == 0 &&
      (!repeat || task.failures >= spec.attempts_max ||
       (spec.quorum_k == 1 && !worth_another(failure->outcome)))) {
    if (!repeat && failure->end == AttemptEnd::lost) counters_.effectful_lost++;
    return finish(task, task.last_failure
                            ? *task.last_failure
                            : TaskOutcome{.kind = failure->outcome,
                                          .message = "its node is gone, or does not answer",
                                          .node = ledger_.node_name(failure->node),
                                          .attempt = failure->number});
  }
  if (failure != nullptr && (!repeat || task.failures >= spec.attempts_max)) return;
  if (task.attempts.size() >= k_attempts_kept_max && live == 0) {
    return finish(task, {.kind = OutcomeKind::lost, .message = "no node can run it"});
  }
  const uint32_t votes = task.votes_given();
  if (votes >= spec.quorum_n && live == 0) {
    return finish(task,
                  {.kind = OutcomeKind::lost, .message = "the nodes do not agree on the value"});
  }
  if (live >= spec.quorum_k - task.votes_best() || votes + live >= spec.quorum_n) return;
  enqueue(task);
}

void Manager::enqueue(Task& task) {
  if (task.place || task.retry_timer || task.waits_for_node) return;
  if (task.not_before > now_) {
    task.retry_timer = true;
    timers_.set({.at = task.not_before, .kind = TimerKind::retry, .task = task.spec.id});
    return;
  }
  if (!task.spec.needs.node.empty()) {
    // Bound to a node: waits with it, not in a lane.
    FleetNode& node = fleet_node(ledger_.node_id(task.spec.needs.node));
    node.pinned.push_back(task.spec.id);
    task.waits_for_node = true;
    ready_nodes_.push_back(node.id);
    return;
  }
  auto lane = placer_.lane(task.spec, now_);
  if (!lane) {
    task.not_before = now_ + config_.backoff_max;
    task.retry_timer = true;
    timers_.set({.at = task.not_before, .kind = TimerKind::retry, .task = task.spec.id});
    return;
  }
  task.lane = *lane;
  placer_.push(task);
}

void Manager::dispatch() {
  for (size_t i = 0; i < ready_nodes_.size(); i++) {
    FleetNode& node = nodes_[ready_nodes_[i]];
    while (!node.pinned.empty() && node.takes_work(now_)) {
      Task* task = ledger_.find(node.pinned.front());
      node.pinned.erase(node.pinned.begin());
      if (task == nullptr || task->finished() || !task->waits_for_node) continue;
      task->waits_for_node = false;
      std::string why_not;
      if (!Placer::suits(node, task->spec.needs, &why_not) || unfit_here(*task, node.id)) {
        finish(*task,
               {.kind = OutcomeKind::lost,
                .message = "the node cannot run it" + (why_not.empty() ? why_not : ": " + why_not),
                .node = ledger_.node_name(node.id)});
        continue;
      }
      task->decision = "bound to this node";
      place(*task, node);
    }
  }
  ready_nodes_.clear();
  while (auto id = placer_.next()) {
    Task& task = *ledger_.find(*id);
    placer_.erase(task);
    const auto node = placer_.choose(task);
    if (!node) {
      counters_.parked++;
      // Asked again after a while, which grows: what is missing may not come soon.
      constexpr Millis k_parked{100};
      constexpr uint32_t k_doublings_max = 5;
      task.not_before = now_ + k_parked * (1U << std::min(task.parked++, k_doublings_max));
      task.decision = "no open node has what it needs";
      enqueue(task);
      continue;
    }
    place(task, nodes_[*node]);
  }
}

bool Manager::unfit_here(const Task& task, NodeId node) {
  for (const Attempt& attempt : task.attempts) {
    if (attempt.node == node && attempt.unfit) return true;
  }
  return false;
}

void Manager::place(Task& task, FleetNode& node) {
  const wire::AttemptId id{.task = task.spec.id, .number = task.next_number};
  if (task.failures > 0) counters_.retries++;
  task.parked = 0;
  commit(record::Placed{.attempt = id, .node = ledger_.node_name(node.id), .boot = node.boot});
  counters_.placed++;
  node.attempts.push_back({.task = id.task, .number = id.number});
  node.memory_reserved += task.spec.limits.memory_bytes;
  node.placed = ++placings_;
  node.draw = draw();
  changed(node);
  submitters_.pay(submitters_.index(task.spec.submitter), 1);

  Attempt& attempt = *task.find(id.number);
  attempt.placed_at = now_;
  attempt.send_after = task.spec.repeatable() ? epoch_sequence_ : appended_;
  attempt.start_by = task.spec.start_ms == 0 ? Instant::max() : now_ + Millis(task.spec.start_ms);
  send_start(task, attempt);
  set_timer(task, attempt);
  // The other members of a quorum.
  decide(task);
}

void Manager::send_start(Task& task, Attempt& attempt) {
  FleetNode& node = nodes_[attempt.node];
  const TaskSpec& spec = task.spec;
  if (attempt.order == 0) {
    attempt.order = ++node.order;
    attempt.start_by = spec.start_ms == 0 ? Instant::max() : now_ + Millis(spec.start_ms);
    if (attempt.send_after < epoch_sequence_) attempt.send_after = epoch_sequence_;
  }
  wire::Start start;
  start.attempt = {.task = spec.id, .number = attempt.number};
  start.fence = {.boot = attempt.boot, .epoch = ledger_.epoch(), .order = attempt.order};
  start.function = spec.function;
  start.runtime = spec.needs.runtime;
  start.module = spec.module;
  for (const ArgumentSpec& argument : spec.arguments) {
    SAMARA_ASSERT(start.arguments.push_back({.value = argument.value, .object = argument.object}));
  }
  start.effect = spec.effect;
  start.lease_ms = spec.lease_ms;
  start.start_within_ms = spec.start_ms;
  start.priority = spec.priority;
  start.limits = spec.limits;
  start.manifest = spec.manifest;
  start.signature = spec.signature;
  send(node, start, attempt.send_after);
  attempt.resend_at = now_ + config_.resend;
  attempt.lease_until = lease_end(task, now_);
}

void Manager::send_stop(const Task& task, Attempt& attempt) {
  FleetNode& node = nodes_[attempt.node];
  // Not started in this life: a number of this one makes void what earlier ones have sent.
  if (attempt.order == 0) attempt.order = ++node.order;
  send(
      node,
      wire::Stop{.attempt = {.task = task.spec.id, .number = attempt.number},
                 .fence = {.boot = attempt.boot, .epoch = ledger_.epoch(), .order = attempt.order}},
      epoch_sequence_);
}

void Manager::recall(Task& task, Attempt& attempt) {
  counters_.recalls++;
  attempt.phase = Phase::recalled;
  attempt.recall_until = lease_end(task, now_);
  attempt.resend_at = now_ + config_.resend;
  send_stop(task, attempt);
  set_timer(task, attempt);
}

void Manager::set_timer(Task& task, Attempt& attempt) {
  Instant at = Instant::max();
  switch (attempt.phase) {
    case Phase::sent:
      at = std::min(attempt.resend_at, attempt.start_by);
      break;
    case Phase::accepted:
      at = attempt.start_by;
      break;
    case Phase::started:
      at = attempt.run_by;
      break;
    case Phase::recalled:
      at = std::min(attempt.resend_at, attempt.recall_until);
      break;
    case Phase::orphaned:
      at = attempt.lease_until;
      break;
  }
  if (at >= attempt.timer_at) return;
  attempt.timer_at = at;
  timers_.set(
      {.at = at, .kind = TimerKind::attempt, .task = task.spec.id, .number = attempt.number});
}

void Manager::attempt_timer(Task& task, Attempt& attempt) {
  if (now_ < attempt.timer_at) return;
  attempt.timer_at = Instant::max();
  if (!attempt.live()) return;
  switch (attempt.phase) {
    case Phase::sent:
      if (now_ >= attempt.start_by) {
        counters_.start_timeouts++;
        attempt.too_slow = true;
        return recall(task, attempt);
      }
      if (now_ >= attempt.resend_at) {
        counters_.starts_resent++;
        send_start(task, attempt);
      }
      break;
    case Phase::accepted:
      if (now_ >= attempt.start_by) {
        counters_.start_timeouts++;
        attempt.too_slow = true;
        return recall(task, attempt);
      }
      break;
    case Phase::started:
      if (now_ >= attempt.run_by) {
        counters_.run_timeouts++;
        return recall(task, attempt);
      }
      break;
    case Phase::recalled:
      if (now_ >= attempt.recall_until) {
        counters_.recalls_unanswered++;
        return attempt_over(task, attempt, AttemptEnd::lost, OutcomeKind::lost);
      }
      if (now_ >= attempt.resend_at) {
        attempt.resend_at = now_ + config_.resend;
        send_stop(task, attempt);
      }
      break;
    case Phase::orphaned:
      if (now_ >= attempt.lease_until) {
        counters_.leases_lapsed++;
        return attempt_over(task, attempt, AttemptEnd::lost, OutcomeKind::lost);
      }
      break;
  }
  set_timer(task, attempt);
}

void Manager::release(const Task& task, const Attempt& attempt) {
  FleetNode& node = nodes_[attempt.node];
  const AttemptRef ref{.task = task.spec.id, .number = attempt.number};
  const auto at = std::find(node.attempts.begin(), node.attempts.end(), ref);
  if (at == node.attempts.end()) return;
  *at = node.attempts.back();
  node.attempts.pop_back();
  node.memory_reserved -= std::min(node.memory_reserved, task.spec.limits.memory_bytes);
  changed(node);
}

void Manager::attempt_over(Task& task, Attempt& attempt, AttemptEnd end, OutcomeKind kind,
                           const wire::TaskResult* result, bool unfit) {
  release(task, attempt);
  const bool finished = task.finished();
  record::Ended ended{.attempt = {.task = task.spec.id, .number = attempt.number},
                      .end = end,
                      .outcome = kind,
                      .digest = result == nullptr ? Hash{} : result->digest,
                      .value = {},
                      .unfit = unfit};
  if (result != nullptr && end == AttemptEnd::answered) ended.value = result->value;
  if (end == AttemptEnd::failed && result != nullptr) {
    task.last_failure = TaskOutcome{.kind = kind,
                                    .value = {},
                                    .digest = {},
                                    .message = std::string(result->message),
                                    .which = std::string(result->which),
                                    .node = ledger_.node_name(attempt.node),
                                    .attempt = attempt.number};
  } else if (end == AttemptEnd::failed || end == AttemptEnd::lost) {
    task.last_failure.reset();
  }
  // `attempt` is not to be touched behind this: a returned one is not kept.
  commit(ended);
  if (finished) return;
  // What was refused has waited all the time.
  if (end != AttemptEnd::returned && task.live_attempts() == 0) task.waiting_since = now_;
  if (end == AttemptEnd::failed) task.not_before = std::max(task.not_before, now_ + backoff(task));
  decide(task);
}

void Manager::finish(Task& task, const TaskOutcome& outcome) {
  const TaskId id = task.spec.id;
  if (task.place) placer_.erase(task);
  if (task.waits_for_node) {
    task.waits_for_node = false;
    std::erase(fleet_node(ledger_.node_id(task.spec.needs.node)).pinned, id);
  }
  if (task.spec.quorum_k > 1)
    judge(task, outcome.kind == OutcomeKind::value ? outcome.digest : Hash{});
  // The outcome is written first: whatever happens behind it, the task is over.
  commit(record::Finished{.id = id,
                          .outcome = outcome.kind,
                          .value = outcome.value,
                          .digest = outcome.digest,
                          .message = outcome.message,
                          .which = outcome.which,
                          .node = outcome.node,
                          .attempt = outcome.attempt});
  counters_.finished++;
  task.finished_sequence = appended_;
  for (Attempt& attempt : task.attempts) {
    if (!attempt.live()) continue;
    send_stop(task, attempt);
    release(task, attempt);
    commit(record::Ended{.attempt = {.task = id, .number = attempt.number},
                         .end = AttemptEnd::unneeded,
                         .outcome = OutcomeKind::cancelled});
  }
  after(appended_, action::Finished{.task = id});
  if (task.spec.job) member_ends_.push_back({.job = *task.spec.job, .member = task.spec.member});
}

void Manager::judge(Task& task, const Hash& winner) {
  if (winner == Hash{}) {
    // Nobody knows who is wrong.
    if (task.votes.size() > 1) counters_.disagreements++;
    return;
  }
  if (task.votes.size() > 1) counters_.disagreements++;
  for (const Attempt& attempt : task.attempts) {
    if (attempt.end != AttemptEnd::answered) continue;
    Opinion opinion = ledger_.opinion(attempt.node);
    if (attempt.digest == winner) {
      opinion.agreed++;
    } else {
      opinion.disagreed++;
    }
    const bool bad = opinion.disagreed >= config_.disagreed_max &&
                     opinion.disagreed * 4 > opinion.agreed + opinion.disagreed;
    if (bad && !opinion.quarantined) counters_.quarantines++;
    opinion.quarantined = opinion.quarantined || bad;
    commit(record::Standing{.node = ledger_.node_name(attempt.node),
                            .agreed = opinion.agreed,
                            .disagreed = opinion.disagreed,
                            .quarantined = opinion.quarantined});
    FleetNode& node = nodes_[attempt.node];
    if (node.quarantined != opinion.quarantined) {
      node.quarantined = opinion.quarantined;
      changed(node);
    }
  }
}

}  // namespace samara::fleet
