// The manager of a World, its journal and its clients; and the checks.

#include "tests/sim/world_parts.hpp"

namespace samara::test {

using namespace std::chrono_literals;

void World::start_manager() {
  fleet::ManagerConfig config = options_.manager;
  config.seed = dice_.next();
  manager_ = std::make_unique<fleet::Manager>(config, *policy_);
  manager_->mutations = options_.mutations;
  manager_generation_++;
  for (const Bytes& record : disk_.records()) {
    auto applied = manager_->replay(record);
    if (!applied) return fail("the journal cannot be read back");
  }
  disk_base_ = disk_.size();
  sync_planned_ = false;
  manager_tick_ = Instant::max();
  note("the manager starts, epoch " + std::to_string(manager_->ledger().epoch() + 1));
  manager_act(manager_->begin(schedule_.now()));
  // Clients that have no answer ask again, and who waits for an end asks how it stands.
  std::vector<fleet::TaskId> again;
  for (const fleet::TaskId& id : order_) {
    const Promise& p = *promises_.at(id);
    if (!p.told && p.member == nullptr) again.push_back(id);
  }
  for (auto& [id, job] : jobs_) {
    if (manager_ == nullptr) return;
    if (!job.over) manager_step(fleet::event::SubmitJob{.job = job.spec});
  }
  for (const fleet::TaskId& id : again) {
    if (manager_ == nullptr) return;
    manager_step(fleet::event::Submit{.spec = promises_.at(id)->spec});
  }
  if (broker_up_ && manager_ != nullptr) manager_step(fleet::event::Reconnected{});
}

/// Dies between two actions of a step: what comes behind is never done.
void World::kill_manager_within_step() {
  rare("manager_kill");
  rare("manager_kill_within_step");
  count_manager();
  manager_.reset();
  manager_generation_++;
  if (disk_.unsynced() != 0) rare("manager_kill_with_unsynced");
  disk_.crash(static_cast<size_t>(dice_.below(disk_.unsynced() + 1)));
  note("the manager dies within a step");
  schedule_.in(some(4s), {.kind = Kind::manager_start});
}

void World::kill_manager() {
  rare("manager_kill");
  count_manager();
  if (disk_.unsynced() != 0) rare("manager_kill_with_unsynced");
  // What was appended is the state, whatever of it survives now.
  fleet::Ledger replayed;
  for (const Bytes& bytes : disk_.records()) {
    auto record = fleet::decode_record(bytes);
    if (!record || !replayed.apply(*record)) return fail("a record does not follow from others");
  }
  const Bytes before = manager_->ledger().snapshot();
  if (replayed.snapshot() != before) return fail("the replayed state is another one");
  std::vector<Bytes> compact = replayed.compact();
  fleet::Ledger again;
  for (const Bytes& bytes : compact) {
    auto record = fleet::decode_record(bytes);
    if (!record || !again.apply(*record)) return fail("a compact record does not follow");
  }
  if (again.snapshot() != before) return fail("the compact journal gives another state");
  manager_.reset();
  manager_generation_++;
  const size_t unsynced = disk_.unsynced();
  disk_.crash(static_cast<size_t>(dice_.below(unsynced + 1)));
  if (unsynced == 0 && dice_.one_in(2)) {
    rare("journal_compacted");
    disk_.replace(std::move(compact));
  }
  note("the manager is killed");
}

void World::manager_step(const fleet::Event& event) {
  manager_act(manager_->step(schedule_.now(), event));
  if (manager_ == nullptr) return;
  const Instant wake = manager_->wake_at();
  if (wake < manager_tick_) {
    manager_tick_ = std::max(wake, schedule_.now());
    schedule_.at(manager_tick_, {.kind = Kind::manager_tick});
  }
}

void World::manager_act(std::span<const fleet::Action> actions) {
  bool appended = false;
  for (const fleet::Action& what : actions) {
    if (const auto* a = std::get_if<fleet::action::Append>(&what)) {
      disk_.append(a->record);
      appended = true;
      if (kill_armed_ && !calm_ && dice_.one_in(2)) {
        kill_armed_ = false;
        return kill_manager_within_step();
      }
    } else if (const auto* m = std::get_if<fleet::action::Send>(&what)) {
      const auto at = node_index_.find(m->node);
      if (at != node_index_.end()) to_node(at->second, m->bytes);
    } else if (const auto* all = std::get_if<fleet::action::SendAll>(&what)) {
      for (uint32_t i = 0; i < nodes_.size(); i++) to_node(i, all->bytes);
    } else if (const auto* wanted = std::get_if<fleet::action::Serve>(&what)) {
      serve(node_index_.at(wanted->node), wanted->request);
    } else if (const auto* answer = std::get_if<fleet::action::Submitted>(&what)) {
      Promise& p = *promises_.at(answer->task);
      if (answer->refused) fail("a task is refused: " + std::string(code_name(*answer->refused)));
      p.confirmed = true;
      std::erase(unconfirmed_, answer->task);
    } else if (const auto* over = std::get_if<fleet::action::Finished>(&what)) {
      told(over->task);
    } else if (const auto* job = std::get_if<fleet::action::JobSubmitted>(&what)) {
      if (job->refused) fail("a job is refused: " + std::string(code_name(*job->refused)));
      jobs_.at(job->job).confirmed = true;
    } else if (const auto* ended = std::get_if<fleet::action::JobFinished>(&what)) {
      job_over(ended->job);
    }
  }
  if (appended) sync();
}

void World::sync() {
  if (sync_planned_ || disk_is_full_ || manager_ == nullptr || disk_.unsynced() == 0) return;
  sync_planned_ = true;
  schedule_.in(some(3ms), {.kind = Kind::manager_synced,
                           .generation = manager_generation_,
                           .number = disk_.size() - disk_base_});
}

void World::to_node(uint32_t index, ByteView bytes) {
  const SimNode& node = *nodes_[index];
  if (!node.connected || !broker_up_) return;
  Bytes copy(bytes.begin(), bytes.end());
  if (!calm_ && dice_.permille(options_.faults.garbage_permille) && !copy.empty()) {
    rare("garbage");
    // Only what is no message any more: a broker does not make valid messages of others, and starts
    // are not to be invented here.
    copy[0] ^= static_cast<uint8_t>(1 + dice_.below(255));
  }
  for (const auto delay : network_.deliveries(index, schedule_.now())) {
    schedule_.in(
        delay,
        {.kind = Kind::node_message, .node = index, .generation = node.generation, .bytes = copy});
  }
}

void World::serve(uint32_t index, const wire::ChunkRequest& request) {
  const auto at = objects_.find(request.hash);
  Bytes out(wire::k_chunk_bytes_max + 256);
  if (at == objects_.end() || request.offset >= at->second->size() || request.chunk_bytes == 0) {
    auto size = wire::encode(wire::ToNode(wire::NoObject{.hash = request.hash}), out);
    return to_node(index, ByteView(out).first(*size));
  }
  const Bytes& object = *at->second;
  uint64_t offset = request.offset;
  const uint64_t end = std::min<uint64_t>(object.size(), offset + request.length);
  while (offset < end) {
    const auto length = static_cast<size_t>(std::min<uint64_t>(end - offset, request.chunk_bytes));
    Bytes data(object.begin() + static_cast<std::ptrdiff_t>(offset),
               object.begin() + static_cast<std::ptrdiff_t>(offset + length));
    report_.module_bytes += length;
    if (!calm_ && dice_.permille(options_.faults.bad_chunk_permille)) {
      rare("bad_chunk");
      data[static_cast<size_t>(dice_.below(data.size()))] ^= 0x10U;
    }
    auto size = wire::encode(
        wire::ToNode(wire::Chunk{
            .hash = request.hash, .offset = offset, .total = object.size(), .data = data}),
        out);
    to_node(index, ByteView(out).first(*size));
    offset += length;
  }
}

Bytes World::answer_of(const fleet::TaskSpec& spec) const {
  const Hash hash = sha256(spec.arguments[0].value);
  return Bytes(hash.bytes.begin(), hash.bytes.begin() + 16);
}

/// What a task asks for, but for its name and its submitter.
void World::fill(fleet::TaskSpec& s) {
  const Module& module = modules_[static_cast<size_t>(dice_.below(modules_.size()))];
  s.function = module.ref.hash;
  s.module = module.ref;
  s.needs.runtime = "wasm";
  Bytes input(8 + static_cast<size_t>(dice_.below(40)));
  for (uint8_t& byte : input) byte = static_cast<uint8_t>(dice_.next());
  input[0] = static_cast<uint8_t>(Behaviour::value);
  const uint64_t kind = dice_.below(100);
  s.effect = kind < 60 ? Effect::pure : kind < 75 ? Effect::idempotent : Effect::effectful;
  if (options_.plain_work) {
    s.effect = Effect::pure;
  } else {
    const uint64_t behaviour = dice_.below(40);
    if (behaviour == 0) input[0] = static_cast<uint8_t>(Behaviour::error);
    if (behaviour == 1) input[0] = static_cast<uint8_t>(Behaviour::endless);
    if (behaviour < 5 && behaviour > 1) input[0] = static_cast<uint8_t>(Behaviour::crash);
    if (behaviour == 5) input[0] = static_cast<uint8_t>(Behaviour::large);
    s.priority = static_cast<uint8_t>(dice_.one_in(10) ? 10 : 128);
    if (dice_.one_in(5)) s.needs.runtime = "native";
    if (dice_.one_in(8)) s.needs.labels = {"site=north"};
    if (dice_.one_in(8)) s.needs.target = "cortex-m3";
    if (dice_.one_in(12))
      s.needs.node = nodes_[static_cast<size_t>(dice_.below(nodes_.size()))]->name;
    if (!s.needs.node.empty()) {
      s.needs.runtime = "wasm";
      s.needs.labels.clear();
      s.needs.target.clear();
    }
    s.queue_ms = 30'000 + static_cast<uint32_t>(dice_.below(200'000));
    if (dice_.one_in(10) && s.repeatable() && s.needs.node.empty()) {
      s.quorum_k = 2;
      s.quorum_n = 3;
    }
    if (dice_.one_in(6)) {
      const Module& other = modules_[static_cast<size_t>(dice_.below(modules_.size()))];
      s.arguments.push_back({.value = {}, .object = other.ref});
    }
  }
  s.arguments.insert(s.arguments.begin(), {.value = input, .object = std::nullopt});
  s.limits.memory_bytes = 16 * 1024 + dice_.below(48 * 1024);
  s.limits.wall_ms = 20'000;
  s.lease_ms = 20'000 + static_cast<uint32_t>(dice_.below(20'000));
  s.attempts_max = 5;
}

void World::submit_new() {
  const auto last = options_.calm_from + (options_.duration - options_.calm_from) / 8;
  if (!options_.plain_work && schedule_.now().time_since_epoch() < last) {
    schedule_.in(some(options_.submit_every), {.kind = Kind::submit});
    if (dice_.one_in(30)) return submit_job();
  }
  auto made = std::make_unique<Promise>();
  fleet::TaskSpec& s = made->spec;
  const uint64_t number = ++tasks_made_;
  for (size_t i = 0; i < 8; i++) s.id.bytes[i] = static_cast<uint8_t>(number >> (56 - 8 * i));
  for (size_t i = 8; i < 16; i++) s.id.bytes[i] = static_cast<uint8_t>(dice_.next());
  fill(s);
  s.submitter = "client-" + std::to_string(dice_.below(3));
  // One client wants most of it, at once; the other has less, and should not wait for it.
  if (options_.plain_work) s.submitter = number % 10 == 0 ? "client-small" : "client-large";
  made->submitted_at = schedule_.now();
  const fleet::TaskId id = s.id;
  promises_.emplace(id, std::move(made));
  order_.push_back(id);
  unconfirmed_.push_back(id);
  open_promises_++;
  report_.submitted++;
  if (manager_ != nullptr) manager_step(fleet::event::Submit{.spec = promises_.at(id)->spec});
  if (options_.plain_work) {
    if (tasks_made_ < options_.plain_tasks)
      schedule_.in(options_.plain_every, {.kind = Kind::submit});
    return;
  }
}

/// A few tasks that wait for each other, or the same on each node.
void World::submit_job() {
  fleet::JobSpec job;
  const uint64_t number = ++tasks_made_;
  for (size_t i = 0; i < 8; i++) job.id.bytes[i] = static_cast<uint8_t>(number >> (56 - 8 * i));
  job.id.bytes[15] = 0x10;
  job.submitter = "client-jobs";
  job.stop_on_failure = dice_.one_in(3);
  // To ten thousand nodes twice a second would be a load of its own.
  constexpr size_t k_broadcast_max = 100;
  if (manager_ != nullptr && nodes_.size() < k_broadcast_max && dice_.one_in(4)) {
    rare("broadcast");
    fleet::TaskSpec spec;
    fill(spec);
    spec.needs = {};
    spec.needs.runtime = "wasm";
    spec.quorum_k = 1;
    spec.quorum_n = 1;
    job.members = manager_->for_each_node(spec);
    if (job.members.empty()) return;
  } else {
    const size_t members = 2 + static_cast<size_t>(dice_.below(6));
    for (size_t i = 0; i < members; i++) {
      fleet::JobMember member;
      fill(member.task);
      for (size_t k = 0; k < i; k++) {
        if (!dice_.one_in(2)) continue;
        const auto from = static_cast<fleet::MemberIndex>(k);
        member.waits_for.push_back(from);
        if (!dice_.one_in(2) || member.task.arguments.size() > 8) continue;
        member.results.push_back(
            {.argument = static_cast<uint32_t>(member.task.arguments.size()), .from = from});
        member.task.arguments.emplace_back();
      }
      if (dice_.one_in(6)) member.run_if = fleet::RunIf::always;
      if (dice_.one_in(6)) member.run_if = fleet::RunIf::any_failed;
      job.members.push_back(std::move(member));
    }
  }
  const fleet::JobId id = job.id;
  auto& kept = jobs_[id];
  kept.spec = std::move(job);
  for (size_t i = 0; i < kept.spec.members.size(); i++) {
    auto made = std::make_unique<Promise>();
    made->spec = kept.spec.members[i].task;
    made->spec.id = fleet::member_task(id, static_cast<fleet::MemberIndex>(i));
    made->spec.submitter = kept.spec.submitter;
    made->member = &kept.spec.members[i];
    made->job = &kept.spec;
    made->submitted_at = schedule_.now();
    const fleet::TaskId task = made->spec.id;
    promises_.emplace(task, std::move(made));
    order_.push_back(task);
  }
  if (manager_ != nullptr) manager_step(fleet::event::SubmitJob{.job = kept.spec});
  if (manager_ != nullptr && !calm_ && dice_.one_in(8)) {
    rare("job_cancelled");
    kept.cancelled = true;
    manager_step(fleet::event::CancelJob{.job = id});
  }
}

/// A client hears that its job is over: what was skipped had to be.
void World::job_over(const fleet::JobId& id) {
  JobPromise& job = jobs_.at(id);
  if (job.over) return;
  job.over = true;
  if (manager_->ledger().job_end(id) == nullptr) return fail("a job is said to be over and is not");
  rare("job_over");
  bool failed_anywhere = false;
  std::vector<bool> bad(job.spec.members.size(), false);
  std::vector<size_t> skipped;
  for (size_t i = 0; i < job.spec.members.size(); i++) {
    const auto task = fleet::member_task(id, static_cast<fleet::MemberIndex>(i));
    Promise& p = *promises_.at(task);
    const fleet::Task* known = manager_->ledger().find(task);
    if (!p.told && known != nullptr) told(task);
    bool bad_before = false;
    for (const fleet::MemberIndex before : job.spec.members[i].waits_for) {
      bad_before = bad_before || bad[before];
    }
    if (p.told) {
      bad[i] = p.outcome->kind != OutcomeKind::value;
      failed_anywhere = failed_anywhere || bad[i];
      const bool should = job.spec.members[i].run_if == fleet::RunIf::always ||
                          (job.spec.members[i].run_if == fleet::RunIf::any_failed) == bad_before;
      if (!should && !job.cancelled && !job.spec.stop_on_failure)
        return fail("a member of a job ran that was to be skipped");
      continue;
    }
    skipped.push_back(i);
    bad[i] = bad_before;
    p.told = true;  // nothing is to come
    const bool right = (job.spec.members[i].run_if == fleet::RunIf::all_succeeded && bad_before) ||
                       (job.spec.members[i].run_if == fleet::RunIf::any_failed && !bad_before);
    if (right) {
      rare("member_skipped");
    } else if (!job.cancelled && !job.spec.stop_on_failure) {
      return fail("a member of a job was skipped that was to run");
    }
  }
}

/// A client hears that its task is over.
void World::told(const fleet::TaskId& id) {
  Promise& p = *promises_.at(id);
  const fleet::Task* task = manager_->ledger().find(id);
  if (task == nullptr || !task->finished()) return fail("a task is said to be over and is not");
  const fleet::TaskOutcome& outcome = *task->outcome;
  note("task " + id.text() + " ended: " + std::string(outcome_name(outcome.kind)) + " " +
       outcome.message);
  if (p.told) {
    if (*p.outcome != outcome) fail("a task ends twice, in different ways");
    return;
  }
  p.told = true;
  p.outcome = outcome;
  if (p.member == nullptr) {
    open_promises_--;
    report_.finished++;
  } else {
    rare("member_over");
  }
  report_.makespan = schedule_.now().time_since_epoch();
  report_.submitter_done[p.spec.submitter] += schedule_.now() - p.submitted_at;
  report_.coverage["outcome_" + std::string(outcome_name(outcome.kind))]++;
  if (outcome.kind != OutcomeKind::value) return;
  report_.values++;
  const auto node = node_index_.find(outcome.node);
  if (node == node_index_.end()) return fail("a value from nobody");
  const auto produced = p.produced.find({outcome.attempt, node->second});
  if (produced == p.produced.end()) {
    return fail("task " + id.text() + ": a value from '" + outcome.node +
                "', which did not run it");
  }
  if (produced->second != outcome.digest || sha256(outcome.value) != outcome.digest) {
    return fail("task " + id.text() + ": another value than its node computed");
  }
  const bool right = outcome.value == answer_of(p.spec);
  if (!right && (p.spec.quorum_k > 1 || nodes_[node->second]->honest())) {
    return fail("task " + id.text() + ": a wrong value, in spite of a quorum or an honest node");
  }
  if (!right) rare("wrong_value_of_a_liar");
}

void World::look() {
  if (manager_ == nullptr) return;
  const fleet::Manager& m = *manager_;
  size_t attempts = 0;
  for (const fleet::TaskId& id : order_) {
    const Promise& p = *promises_.at(id);
    if (p.told || (!p.confirmed && p.member == nullptr)) continue;
    const fleet::Task* task = m.ledger().find(id);
    if (p.member != nullptr && task == nullptr) continue;
    if (task == nullptr) return fail("task " + id.text() + " is lost");
    attempts += task->attempts.size();
    uint32_t live = task->live_attempts();
    if (!p.spec.repeatable() && live > 1) return fail("two leases of an effectful task");
    const bool waits = task->place || task->retry_timer || task->waits_for_node;
    if (!task->finished() && live == 0 && !waits) {
      return fail("nobody cares for task " + id.text());
    }
  }
  for (const auto& [id, job] : jobs_) {
    if (!job.confirmed || job.over) continue;
    if (m.ledger().find_job(id) == nullptr && m.ledger().job_end(id) == nullptr) {
      return fail("job " + id.text() + " is lost");
    }
  }
  // Everything that is remembered belongs to something that is there.
  const size_t bound = 64 + 4 * nodes_.size() + 12 * (m.ledger().unfinished() + attempts) +
                       (options_.plain_work ? 5000 : 200);
  if (m.timers() > bound) return fail("timers without an end: " + std::to_string(m.timers()));
  if (!disk_is_full_ && m.ledger().finished() > options_.manager.finished_kept + 50) {
    return fail("too many are kept");
  }
  // Now and then the tasks that wait for a node that was cut off from news.
  std::erase_if(order_, [&](const fleet::TaskId& id) {
    const Promise& p = *promises_.at(id);
    return p.told && order_.size() > 2000;
  });
}

void World::check_end() {
  for (const auto& [id, job] : jobs_) {
    if (!job.over) return fail("job " + id.text() + " never ends");
  }
  for (const auto& [id, p] : promises_) {
    if (p->confirmed && !p->told) {
      std::string where = "?";
      if (manager_ != nullptr) {
        if (auto why = manager_->explain(id, schedule_.now()))
          where = why->state + "; " + why->decision;
      }
      return fail("task " + id.text() + " never ends: " + where);
    }
    if (p->member != nullptr) continue;
    if (!p->confirmed) return fail("task " + id.text() + " was never confirmed");
  }
}

void World::count_manager() {
  const fleet::ManagerCounters& c = manager_->counters();
#define SAMARA_FLEET_COUNTER(name) report_.coverage["manager_" #name] += c.name;
#include "fleet/counters.def"
#undef SAMARA_FLEET_COUNTER
}

}  // namespace samara::test
