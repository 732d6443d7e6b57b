#include "fleet/manager.hpp"

#include "wire/fields.hpp"

namespace samara::fleet {

Manager::Manager(const ManagerConfig& config, const Policy& policy)
    : config_(config),
      policy_(policy),
      placer_(nodes_, submitters_, policy_),
      random_(config.seed),
      out_(wire::k_packet_bytes_max) {}

Result<void> Manager::replay(ByteView bytes) {
  SAMARA_TRY(Record record, decode_record(bytes));
  return ledger_.apply(record);
}

std::span<const Action> Manager::begin(Instant now) {
  now_ = now;
  actions_.clear();
  for (NodeId id = 0; id < ledger_.nodes(); id++) fleet_node(id);
  commit(record::Epoch{.number = ledger_.epoch() + 1});
  epoch_sequence_ = appended_;
  std::vector<Task*> tasks;
  tasks.reserve(ledger_.unfinished());
  ledger_.each([&](Task& task) {
    if (!task.finished()) tasks.push_back(&task);
  });
  // The table has no order; everything that follows shall have one.
  std::sort(tasks.begin(), tasks.end(),
            [](const Task* a, const Task* b) { return a->spec.id < b->spec.id; });
  for (Task* task : tasks) adopt(*task);
  std::vector<JobId> jobs;
  jobs.reserve(ledger_.jobs().size());
  for (const auto& [id, job] : ledger_.jobs()) jobs.push_back(id);
  for (const JobId& id : jobs) take(id, jobs_.begin(id, ledger_));
  auto size = wire::encode(wire::ToNode(wire::Who{.epoch = ledger_.epoch()}), out_);
  SAMARA_ASSERT(size.has_value());
  after(epoch_sequence_,
        action::SendAll{
            .bytes = Bytes(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(*size))});
  finish_step();
  return actions_;
}

/// A task of an earlier life. What its attempts are doing their nodes will tell, or their leases.
void Manager::adopt(Task& task) {
  task.waiting_since = now_;
  if (task.spec.queue_ms != 0) {
    timers_.set({.at = now_ + Millis(task.spec.queue_ms),
                 .kind = TimerKind::queue_limit,
                 .task = task.spec.id});
  }
  for (Attempt& attempt : task.attempts) {
    if (!attempt.live()) continue;
    FleetNode& node = nodes_[attempt.node];
    node.attempts.push_back({.task = task.spec.id, .number = attempt.number});
    node.memory_reserved += task.spec.limits.memory_bytes;
    attempt.phase = Phase::orphaned;
    attempt.lease_until = lease_end(task, now_) + config_.silent_max;
    set_timer(task, attempt);
  }
  decide(task);
}

std::span<const Action> Manager::step(Instant now, const Event& event) {
  now_ = now;
  actions_.clear();
  std::visit([this](const auto& one) { on(one); }, event);
  finish_step();
  return actions_;
}

void Manager::finish_step() {
  run_timers();
  do {
    dispatch();
  } while (run_jobs());
  forget_old();
}

Instant Manager::wake_at() const { return timers_.next(); }

void Manager::commit(const Record& record) {
  auto applied = ledger_.apply(record);
  SAMARA_ASSERT(applied.has_value());
  actions_.push_back(action::Append{.sequence = ++appended_, .record = encode_record(record)});
}

void Manager::after(uint64_t sequence, Action action) {
  if (sequence <= durable_ || mutations.forget_durability) {
    actions_.push_back(std::move(action));
    return;
  }
  // Kept in the order of their records; nearly always it belongs at the end.
  auto at = held_.end();
  while (at != held_.begin() && std::prev(at)->sequence > sequence) --at;
  held_.insert(at, Held{.sequence = sequence, .action = std::move(action)});
}

void Manager::on(const event::Durable& e) {
  if (e.sequence > durable_) durable_ = e.sequence;
  while (!held_.empty() && held_.front().sequence <= durable_) {
    actions_.push_back(std::move(held_.front().action));
    held_.pop_front();
  }
}

void Manager::send(const FleetNode& node, const wire::ToNode& message, uint64_t after_sequence) {
  auto size = wire::encode(message, out_);
  // What is too large was refused at the submission.
  SAMARA_ASSERT(size.has_value());
  after(after_sequence,
        action::Send{
            .node = ledger_.node_name(node.id),
            .channel = wire::channel_of(wire::kind_of(message)),
            .bytes = Bytes(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(*size))});
}

std::optional<Code> Manager::refusal_of(const TaskSpec& spec) const {
  size_t bytes = 0;
  if (spec.arguments.size() > wire::k_arguments_max ||
      spec.needs.functions.size() > wire::k_functions_max ||
      spec.needs.labels.size() > wire::k_labels_max ||
      spec.manifest.size() > wire::k_manifest_bytes_max ||
      spec.signature.size() > wire::k_signature_bytes_max) {
    return Code::exhausted;
  }
  for (const ArgumentSpec& argument : spec.arguments) {
    bytes += argument.value.size();
    if (argument.object && argument.object->size == 0) return Code::invalid_argument;
  }
  if (bytes > wire::k_inline_bytes_max) return Code::exhausted;
  const auto name_ok = [](std::string_view text, size_t max) {
    return text.size() <= max && wire::is_name(text);
  };
  const auto names_ok = [&](const std::vector<std::string>& all, size_t max) {
    return std::all_of(all.begin(), all.end(), [&](const auto& one) { return name_ok(one, max); });
  };
  if (!name_ok(spec.needs.runtime, wire::k_name_bytes_max) ||
      !names_ok(spec.needs.functions, wire::k_function_name_bytes_max) ||
      !names_ok(spec.needs.labels, wire::k_label_bytes_max) ||
      (!spec.needs.target.empty() && !name_ok(spec.needs.target, wire::k_name_bytes_max)) ||
      (!spec.needs.node.empty() && !wire::is_topic_level(spec.needs.node)) ||
      spec.submitter.size() > wire::k_name_bytes_max || !wire::is_utf8(spec.submitter)) {
    return Code::invalid_argument;
  }
  if (spec.module.size == 0 || spec.attempts_max == 0 || spec.attempts_max > k_attempts_max ||
      spec.lease_ms == 0 || spec.quorum_k == 0 || spec.quorum_k > spec.quorum_n ||
      spec.quorum_n > k_quorum_max || (spec.quorum_n > 1 && !spec.repeatable())) {
    return Code::invalid_argument;
  }
  if (ledger_.unfinished() >= config_.tasks_max) return Code::exhausted;
  // A task may wait for a node that is still to come, but not for any number of them.
  if (!spec.needs.node.empty() && !ledger_.known_node(spec.needs.node) &&
      ledger_.nodes() >= config_.nodes_max) {
    return Code::exhausted;
  }
  return std::nullopt;
}

void Manager::on(const event::Submit& e) {
  if (const Task* known = ledger_.find(e.spec.id)) {
    // Said again because the answer got lost. Something else under the same name is a mistake.
    const bool same = known->finished() || known->spec == e.spec;
    counters_.resubmitted++;
    std::optional<Code> refused;
    if (!same) refused = Code::exists;
    after(appended_, action::Submitted{.task = e.spec.id, .refused = refused});
    if (known->finished()) after(appended_, action::Finished{.task = e.spec.id});
    return;
  }
  std::optional<Code> refused = refusal_of(e.spec);
  if (!refused && !placer_.lane(e.spec, now_)) refused = Code::exhausted;
  if (refused) {
    counters_.rejected++;
    actions_.push_back(action::Submitted{.task = e.spec.id, .refused = refused});
    return;
  }
  add_task(e.spec);
  after(appended_, action::Submitted{.task = e.spec.id, .refused = std::nullopt});
}

void Manager::add_task(const TaskSpec& spec) {
  commit(submitted_record(spec));
  counters_.submitted++;
  Task& task = *ledger_.find(spec.id);
  task.waiting_since = now_;
  if (task.spec.queue_ms != 0) {
    timers_.set({.at = now_ + Millis(task.spec.queue_ms),
                 .kind = TimerKind::queue_limit,
                 .task = task.spec.id});
  }
  decide(task);
}

void Manager::on(const event::Cancel& e) { cancel_task(e.task); }

void Manager::cancel_task(const TaskId& id) {
  Task* task = ledger_.find(id);
  if (task == nullptr || task->finished() || task->cancel_asked) return;
  commit(record::CancelAsked{.id = id});
  for (Attempt& attempt : task->attempts) {
    if (attempt.live() && attempt.phase != Phase::recalled) recall(*task, attempt);
  }
  decide(*task);
}

void Manager::on(const event::DrainNode& e) {
  const auto id = ledger_.known_node(e.node);
  if (!id || *id >= nodes_.size()) return;
  FleetNode& node = nodes_[*id];
  node.drain_asked = e.on;
  send(node, wire::Drain{.on = e.on});
  changed(node);
}

void Manager::on(const event::Quarantine& e) {
  const auto id = ledger_.known_node(e.node);
  if (!id || *id >= nodes_.size()) return;
  const Opinion opinion = ledger_.opinion(*id);
  commit(record::Standing{.node = e.node,
                          .agreed = e.on ? opinion.agreed : 0,
                          .disagreed = e.on ? opinion.disagreed : 0,
                          .quarantined = e.on});
  nodes_[*id].quarantined = e.on;
  changed(nodes_[*id]);
}

void Manager::on(const event::Reconnected&) {
  for (FleetNode& node : nodes_) {
    if (node.alive) node.last_seen = now_;
  }
  auto size = wire::encode(wire::ToNode(wire::Who{.epoch = ledger_.epoch()}), out_);
  SAMARA_ASSERT(size.has_value());
  after(epoch_sequence_,
        action::SendAll{
            .bytes = Bytes(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(*size))});
}

void Manager::changed(FleetNode& node, bool what_it_is) {
  placer_.update(node, now_, what_it_is);
  if (!node.pinned.empty()) ready_nodes_.push_back(node.id);
}

void Manager::run_timers() {
  Timer timer;
  while (timers_.pop_due(now_, timer)) {
    if (timer.kind == TimerKind::node) {
      node_timer(nodes_[timer.number]);
      continue;
    }
    if (timer.kind == TimerKind::reopen) {
      changed(nodes_[timer.number]);
      continue;
    }
    Task* task = ledger_.find(timer.task);
    if (task == nullptr || task->finished()) continue;
    switch (timer.kind) {
      case TimerKind::attempt:
        if (Attempt* attempt = task->find(timer.number)) attempt_timer(*task, *attempt);
        break;
      case TimerKind::queue_limit:
        queue_timer(*task);
        break;
      case TimerKind::retry:
        task->retry_timer = false;
        decide(*task);
        break;
      case TimerKind::node:
      case TimerKind::reopen:
        break;
    }
  }
}

void Manager::queue_timer(Task& task) {
  const Millis limit(task.spec.queue_ms);
  if (task.live_attempts() == 0 && now_ >= task.waiting_since + limit) {
    counters_.queue_timeouts++;
    return finish(task, {.kind = OutcomeKind::timeout,
                         .message = "no node took it before its time in the queue was over"});
  }
  const Instant at = task.live_attempts() == 0 ? task.waiting_since + limit : now_ + limit;
  timers_.set({.at = at, .kind = TimerKind::queue_limit, .task = task.spec.id});
}

void Manager::forget_old() {
  while (ledger_.finished() > config_.finished_kept) {
    const auto oldest = ledger_.oldest_finished();
    SAMARA_ASSERT(oldest.has_value());
    // Not before it was told.
    if (ledger_.find(*oldest)->finished_sequence > durable_) return;
    counters_.forgotten++;
    commit(record::Forgotten{.id = *oldest});
  }
}

const FleetNode* Manager::node(std::string_view name) const {
  const auto id = ledger_.known_node(name);
  return !id || *id >= nodes_.size() ? nullptr : &nodes_[*id];
}

}  // namespace samara::fleet
