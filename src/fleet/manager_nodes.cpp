// The part of Manager which hears nodes.

#include "core/sha256.hpp"
#include "fleet/manager.hpp"

namespace samara::fleet {

namespace {
template <size_t N>
std::vector<std::string> copy(const wire::Names<N>& names) {
  std::vector<std::string> out;
  out.reserve(names.size());
  for (const std::string_view name : names) out.emplace_back(name);
  return out;
}
}  // namespace

FleetNode& Manager::fleet_node(NodeId id) {
  while (nodes_.size() <= id) {
    FleetNode& node = nodes_.emplace_back();
    node.id = static_cast<NodeId>(nodes_.size() - 1);
    node.draw = draw();
    node.quarantined = ledger_.opinion(node.id).quarantined;
  }
  return nodes_[id];
}

void Manager::on(const event::Received& e) {
  auto message = wire::decode_from_node(e.bytes);
  if (!message || !wire::is_topic_level(e.node)) {
    counters_.bad_messages++;
    return;
  }
  const auto known = ledger_.known_node(e.node);
  if (!known &&
      (nodes_.size() >= config_.nodes_max || wire::kind_of(*message) != wire::Kind::hello)) {
    // Who has not said what it is is asked to. What it had to say it says again.
    counters_.introductions_asked++;
    auto size = wire::encode(wire::ToNode(wire::Who{.epoch = ledger_.epoch()}), out_);
    SAMARA_ASSERT(size.has_value());
    actions_.push_back(action::Send{
        .node = std::string(e.node),
        .channel = wire::Channel::control,
        .bytes = Bytes(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(*size))});
    return;
  }
  FleetNode& node = fleet_node(known ? *known : ledger_.node_id(e.node));
  std::visit([&](const auto& one) { got(node, one); }, *message);
}

void Manager::got(FleetNode& node, const wire::Hello& m) {
  if (m.node != ledger_.node_name(node.id)) {
    counters_.spoofed_hellos++;
    return;
  }
  for (const uint64_t old : node.old_boots) {
    if (old == m.boot && node.boot != m.boot) {
      counters_.old_boots++;
      return;
    }
  }
  const bool new_boot = node.introduced && node.boot != m.boot;
  if (new_boot) {
    counters_.reboots++;
    if (node.old_boots.full()) {
      for (size_t i = 1; i < node.old_boots.size(); i++) node.old_boots[i - 1] = node.old_boots[i];
      node.old_boots[node.old_boots.size() - 1] = node.boot;
    } else {
      static_cast<void>(node.old_boots.push_back(node.boot));
    }
  }
  node.boot = m.boot;
  node.introduced = true;
  node.version = m.version;
  node.runtimes = copy(m.runtimes);
  node.targets = copy(m.targets);
  node.functions = copy(m.functions);
  node.labels = copy(m.labels);
  node.slots = m.slots;
  node.memory_bytes = m.memory_bytes;
  node.inline_bytes_max = m.inline_bytes_max;
  node.message_bytes_max = m.message_bytes_max;
  node.power = m.power;
  node.draining = m.draining;
  node.held.clear();
  for (const Hash& hash : m.held) placer_.holds(node, hash);
  alive(node);
  changed(node, true);
  send(node, wire::Welcome{.boot = node.boot,
                           .epoch = ledger_.epoch(),
                           .beat_ms = static_cast<uint32_t>(config_.beat_every.count())});
  if (node.drain_asked) send(node, wire::Drain{.on = true});
  rebooted(node, m);
  resume(node);
}

/// What was on the node in an earlier boot is gone, but for results that it has kept.
void Manager::rebooted(FleetNode& node, const wire::Hello& m) {
  const std::vector<AttemptRef> attempts = node.attempts;
  for (const AttemptRef& ref : attempts) {
    Task* task = ledger_.find(ref.task);
    Attempt* attempt = task == nullptr ? nullptr : task->find(ref.number);
    if (attempt == nullptr || !attempt->live() || attempt->boot == m.boot) continue;
    if (task->spec.repeatable() || m.outbox == 0) {
      counters_.attempts_lost++;
      attempt_over(*task, *attempt, AttemptEnd::lost, OutcomeKind::lost);
    } else if (attempt->phase != Phase::orphaned) {
      attempt->phase = Phase::orphaned;
      attempt->lease_until = lease_end(*task, now_);
      set_timer(*task, *attempt);
    }
  }
}

/// The same boot speaks again: what it was given is said once more; it knows what it has had.
void Manager::resume(FleetNode& node) {
  const std::vector<AttemptRef> attempts = node.attempts;
  for (const AttemptRef& ref : attempts) {
    Task* task = ledger_.find(ref.task);
    Attempt* attempt = task == nullptr ? nullptr : task->find(ref.number);
    if (attempt == nullptr || !attempt->live() || attempt->boot != node.boot) continue;
    if (attempt->phase == Phase::recalled) {
      send_stop(*task, *attempt);
    } else if (task->cancel_asked) {
      recall(*task, *attempt);
    } else {
      attempt->phase = Phase::sent;
      send_start(*task, *attempt);
      set_timer(*task, *attempt);
    }
  }
}

void Manager::alive(FleetNode& node) {
  node.last_seen = now_;
  if (node.alive) return;
  node.alive = true;
  nodes_alive_++;
  if (!node.timer_set) {
    node.timer_set = true;
    timers_.set({.at = now_ + config_.silent_max, .kind = TimerKind::node, .number = node.id});
  }
}

void Manager::got(FleetNode& node, const wire::Beat& m) {
  if (!node.introduced || node.boot != m.boot) {
    for (const uint64_t old : node.old_boots) {
      if (old == m.boot) {
        counters_.old_boots++;
        return;
      }
    }
    counters_.introductions_asked++;
    return send(node, wire::Who{.epoch = ledger_.epoch()});
  }
  const bool was_alive = node.alive;
  alive(node);
  node.last_beat = m.number;
  node.load_permille = m.load_permille;
  node.memory_free_bytes = m.memory_free_bytes;
  node.temperature_decidegrees = m.temperature_decidegrees;
  node.battery_permille = m.battery_permille;
  node.rssi_dbm = m.rssi_dbm;
  if (m.power != wire::Power::unknown) node.power = m.power;
  // In the index it moves only if that changes its place; a beat that says nothing new is cheap.
  if (!was_alive || (!node.open && node.takes_work(now_)) || policy_.key(node) != node.key) {
    changed(node);
  }
  if (!node.attempts.empty()) send(node, wire::Renew{.boot = m.boot, .beat = m.number});
  if (!was_alive) resume(node);
}

void Manager::got(FleetNode& node, const wire::Will& m) {
  if (node.boot != m.boot || !node.alive) {
    counters_.old_boots++;
    return;
  }
  counters_.wills++;
  node_lost(node);
}

void Manager::got(FleetNode& node, const wire::Bye& m) {
  if (node.boot != m.boot || !node.alive) return;
  counters_.byes++;
  node_lost(node);
}

void Manager::node_timer(FleetNode& node) {
  node.timer_set = false;
  if (!node.alive) return;
  if (now_ - node.last_seen >= config_.silent_max) {
    counters_.nodes_silent++;
    return node_lost(node);
  }
  node.timer_set = true;
  timers_.set(
      {.at = node.last_seen + config_.silent_max, .kind = TimerKind::node, .number = node.id});
}

void Manager::node_lost(FleetNode& node) {
  SAMARA_ASSERT(node.alive && nodes_alive_ > 0);
  node.alive = false;
  nodes_alive_--;
  changed(node);
  const std::vector<AttemptRef> attempts = node.attempts;
  for (const AttemptRef& ref : attempts) {
    Task* task = ledger_.find(ref.task);
    Attempt* attempt = task == nullptr ? nullptr : task->find(ref.number);
    if (attempt == nullptr || !attempt->live()) continue;
    if (task->spec.repeatable() || mutations.rerun_effectful) {
      counters_.attempts_lost++;
      attempt_over(*task, *attempt, AttemptEnd::lost, OutcomeKind::lost);
    } else if (attempt->phase != Phase::orphaned) {
      // It may still run, and its result may still come: until its lease is over.
      attempt->phase = Phase::orphaned;
      attempt->lease_until = lease_end(*task, node.last_seen);
      set_timer(*task, *attempt);
    }
  }
}

Attempt* Manager::attempt_of(const FleetNode& node, const wire::AttemptId& id, Task** task) {
  *task = ledger_.find(id.task);
  if (*task == nullptr) return nullptr;
  Attempt* attempt = (*task)->find(id.number);
  if (attempt == nullptr || (attempt->node != node.id && !mutations.believe_anybody))
    return nullptr;
  return attempt;
}

void Manager::got(FleetNode& node, const wire::Accepted& m) {
  Task* task = nullptr;
  Attempt* attempt = attempt_of(node, m.attempt, &task);
  if (attempt == nullptr || !attempt->live() || attempt->phase != Phase::sent) return;
  attempt->phase = Phase::accepted;
  set_timer(*task, *attempt);
}

void Manager::got(FleetNode& node, const wire::Started& m) {
  Task* task = nullptr;
  Attempt* attempt = attempt_of(node, m.attempt, &task);
  if (attempt == nullptr || !attempt->live()) return;
  if (attempt->phase != Phase::sent && attempt->phase != Phase::accepted) return;
  attempt->phase = Phase::started;
  placer_.holds(node, task->spec.module.hash);
  const uint32_t wall_ms =
      task->spec.limits.wall_ms == 0 ? config_.wall_ms : task->spec.limits.wall_ms;
  attempt->run_by = now_ + Millis(wall_ms) + Millis(wall_ms / 20) + config_.run_margin;
  set_timer(*task, *attempt);
}

void Manager::got(FleetNode& node, const wire::Progress& m) {
  Task* task = nullptr;
  const Attempt* attempt = attempt_of(node, m.attempt, &task);
  if (attempt == nullptr || !attempt->live()) return;
  actions_.push_back(action::Progress{
      .attempt = m.attempt, .offset = m.offset, .log = std::string(m.log), .permille = m.permille});
}

/// Whether a node that says "it will not run" speaks of the start that was sent last. If not, that
/// one may be on its way to it: an effectful task is given to nobody else until the node has said
/// so again.
bool Manager::certain(Task& task, Attempt& attempt, const wire::Fence& fence) {
  if (task.spec.repeatable()) return true;
  if (fence.boot == attempt.boot && fence.epoch == ledger_.epoch() &&
      fence.order == attempt.order) {
    return true;
  }
  counters_.uncertain_returns++;
  if (attempt.phase != Phase::recalled) recall(task, attempt);
  return false;
}

void Manager::got(FleetNode& node, const wire::Refused& m) {
  Task* task = nullptr;
  Attempt* attempt = attempt_of(node, m.attempt, &task);
  if (attempt == nullptr || !attempt->live()) return;
  if (!certain(*task, *attempt, m.fence)) return;
  switch (wire::refusal_class(m.reason)) {
    case wire::RefusalClass::busy:
      counters_.refused_busy++;
      node.closed_until = now_ + config_.busy_pause;
      timers_.set({.at = node.closed_until, .kind = TimerKind::reopen, .number = node.id});
      task->not_before = std::max(task->not_before, now_ + config_.busy_pause / 2);
      if (m.reason == wire::Refusal::draining) node.draining = true;
      attempt_over(*task, *attempt, AttemptEnd::returned, OutcomeKind::lost);
      break;
    case wire::RefusalClass::unfit:
      counters_.refused_unfit++;
      attempt_over(*task, *attempt, AttemptEnd::returned, OutcomeKind::lost, nullptr, true);
      break;
    case wire::RefusalClass::stale:
      counters_.refused_stale++;
      attempt_over(*task, *attempt, AttemptEnd::returned, OutcomeKind::lost);
      break;
  }
}

void Manager::got(FleetNode& node, const wire::Stopped& m) {
  Task* task = nullptr;
  Attempt* attempt = attempt_of(node, m.attempt, &task);
  if (attempt == nullptr || !attempt->live()) return;
  if (!certain(*task, *attempt, m.fence)) return;
  counters_.handed_back++;
  // One that has it and does not begin is not asked again.
  attempt_over(*task, *attempt, AttemptEnd::returned, OutcomeKind::lost, nullptr,
               attempt->too_slow);
}

void Manager::acknowledge(const FleetNode& node, const wire::AttemptId& id) {
  wire::Ack ack{.attempt = id, .fence = std::nullopt};
  Task* task = nullptr;
  const Attempt* attempt = attempt_of(node, id, &task);
  if (attempt != nullptr && attempt->order != 0) {
    ack.fence =
        wire::Fence{.boot = attempt->boot, .epoch = ledger_.epoch(), .order = attempt->order};
  }
  // Also what came twice is acknowledged only when its first coming is durable.
  send(node, ack, appended_);
}

void Manager::got(FleetNode& node, const wire::TaskResult& m) {
  Task* task = nullptr;
  Attempt* attempt = attempt_of(node, m.attempt, &task);
  if (task == nullptr) {
    counters_.results_unknown++;
    return acknowledge(node, m.attempt);
  }
  if (attempt == nullptr) {
    counters_.results_foreign++;
    return acknowledge(node, m.attempt);
  }
  const bool given_up = attempt->end == AttemptEnd::lost && task->spec.repeatable();
  if (task->finished() || (!attempt->live() && !given_up)) {
    counters_.results_late++;
    if (attempt->live()) attempt_over(*task, *attempt, AttemptEnd::unneeded, m.outcome);
    return acknowledge(node, m.attempt);
  }
  counters_.results++;
  if (given_up) counters_.results_after_loss++;
  if (m.outcome != OutcomeKind::value) {
    if (attempt->live()) attempt_over(*task, *attempt, AttemptEnd::failed, m.outcome, &m);
  } else if (m.size != m.value.size() || sha256(m.value) != m.digest) {
    counters_.results_lying++;
    if (attempt->live()) attempt_over(*task, *attempt, AttemptEnd::failed, OutcomeKind::crash);
  } else {
    attempt_over(*task, *attempt, AttemptEnd::answered, OutcomeKind::value, &m);
  }
  acknowledge(node, m.attempt);
}

void Manager::got(FleetNode& node, const wire::ChunkRequest& m) {
  actions_.push_back(action::Serve{.node = ledger_.node_name(node.id), .request = m});
}

}  // namespace samara::fleet
