#include "fleet/ledger.hpp"

#include <algorithm>

namespace samara::fleet {

namespace {

Error conflict(std::string_view what) { return Error(Code::conflict, what); }

template <size_t N>
wire::Names<N> names_of(const std::vector<std::string>& texts) {
  wire::Names<N> out;
  for (const std::string& text : texts) {
    if (!out.push_back(text)) break;
  }
  return out;
}

Bytes copy(ByteView bytes) { return Bytes(bytes.begin(), bytes.end()); }

}  // namespace

uint32_t Task::live_attempts() const {
  uint32_t count = 0;
  for (const Attempt& attempt : attempts) count += attempt.live() ? 1U : 0U;
  return count;
}

uint32_t Task::votes_given() const {
  uint32_t count = 0;
  for (const Vote& vote : votes) count += vote.count;
  return count;
}

uint32_t Task::votes_best() const {
  uint32_t best = 0;
  for (const Vote& vote : votes) best = std::max(best, vote.count);
  return best;
}

Attempt* Task::find(uint32_t number) {
  for (Attempt& attempt : attempts) {
    if (attempt.number == number) return &attempt;
  }
  return nullptr;
}

bool Task::excludes(NodeId node) const {
  for (const Attempt& attempt : attempts) {
    if (attempt.node != node) continue;
    if (attempt.unfit || attempt.end != AttemptEnd::returned) return true;
  }
  return false;
}

record::Submitted submitted_record(const TaskSpec& spec) {
  record::Submitted out;
  out.id = spec.id;
  out.submitter = spec.submitter;
  out.function = spec.function;
  out.module = spec.module;
  out.runtime = spec.needs.runtime;
  out.target = spec.needs.target;
  out.functions = names_of<wire::k_functions_max>(spec.needs.functions);
  out.labels = names_of<wire::k_labels_max>(spec.needs.labels);
  out.node = spec.needs.node;
  for (const ArgumentSpec& argument : spec.arguments) {
    if (!out.arguments.push_back({.value = argument.value, .object = argument.object})) break;
  }
  out.effect = spec.effect;
  out.priority = spec.priority;
  out.limits = spec.limits;
  out.manifest = spec.manifest;
  out.signature = spec.signature;
  out.attempts_max = spec.attempts_max;
  out.queue_ms = spec.queue_ms;
  out.start_ms = spec.start_ms;
  out.lease_ms = spec.lease_ms;
  out.backoff_ms = spec.backoff_ms;
  out.quorum_k = spec.quorum_k;
  out.quorum_n = spec.quorum_n;
  out.job = spec.job;
  out.member = spec.member;
  return out;
}

TaskSpec spec_of(const record::Submitted& r) {
  TaskSpec out;
  out.id = r.id;
  out.submitter = r.submitter;
  out.function = r.function;
  out.module = r.module;
  out.needs.runtime = r.runtime;
  out.needs.target = r.target;
  out.needs.functions.reserve(r.functions.size());
  for (const std::string_view name : r.functions) out.needs.functions.emplace_back(name);
  out.needs.labels.reserve(r.labels.size());
  for (const std::string_view name : r.labels) out.needs.labels.emplace_back(name);
  out.needs.node = r.node;
  out.arguments.reserve(r.arguments.size());
  for (const wire::Argument& argument : r.arguments) {
    out.arguments.push_back({.value = copy(argument.value), .object = argument.object});
  }
  out.effect = r.effect;
  out.priority = r.priority;
  out.limits = r.limits;
  out.manifest = copy(r.manifest);
  out.signature = copy(r.signature);
  out.attempts_max = r.attempts_max;
  out.queue_ms = r.queue_ms;
  out.start_ms = r.start_ms;
  out.lease_ms = r.lease_ms;
  out.backoff_ms = r.backoff_ms;
  out.quorum_k = r.quorum_k;
  out.quorum_n = r.quorum_n;
  out.job = r.job;
  out.member = r.member;
  return out;
}

Task* Ledger::find(const TaskId& id) {
  const auto at = tasks_.find(id);
  return at == tasks_.end() ? nullptr : at->second.get();
}

NodeId Ledger::node_id(std::string_view name) {
  auto [at, fresh] =
      node_ids_.try_emplace(std::string(name), static_cast<NodeId>(node_names_.size()));
  if (fresh) {
    node_names_.emplace_back(name);
    opinions_.emplace_back();
  }
  return at->second;
}

std::optional<NodeId> Ledger::known_node(std::string_view name) const {
  const auto at = node_ids_.find(std::string(name));
  if (at == node_ids_.end()) return std::nullopt;
  return at->second;
}

Result<void> Ledger::apply(const Record& record) {
  return std::visit([this](const auto& one) { return on(one); }, record);
}

Result<void> Ledger::on(const record::Epoch& r) {
  if (r.number <= epoch_) return conflict("a life of the manager before the one that is");
  epoch_ = r.number;
  return {};
}

Result<void> Ledger::on(const record::Submitted& r) {
  auto [at, fresh] = tasks_.try_emplace(r.id);
  if (!fresh) return conflict("a task is submitted twice");
  at->second = std::make_unique<Task>();
  at->second->spec = spec_of(r);
  at->second->next_number = r.next_number;
  unfinished_++;
  return {};
}

Result<void> Ledger::on(const record::Placed& r) {
  Task* task = find(r.attempt.task);
  if (task == nullptr || task->finished() || task->find(r.attempt.number) != nullptr) {
    return conflict("an attempt at no task");
  }
  Attempt attempt;
  attempt.number = r.attempt.number;
  attempt.node = node_id(r.node);
  attempt.boot = r.boot;
  task->attempts.push_back(attempt);
  task->next_number = std::max(task->next_number, r.attempt.number + 1);
  return {};
}

Result<void> Ledger::on(const record::Ended& r) {
  Task* task = find(r.attempt.task);
  Attempt* attempt = task == nullptr ? nullptr : task->find(r.attempt.number);
  if (attempt == nullptr) return conflict("the end of an attempt that never was");
  if (r.end == AttemptEnd::returned && !r.unfit) {
    // It says nothing about node or task, so nothing is kept of it.
    task->attempts.erase(task->attempts.begin() + (attempt - task->attempts.data()));
    return {};
  }
  const auto failure = [](AttemptEnd end) {
    return end == AttemptEnd::failed || end == AttemptEnd::lost;
  };
  // An answer that comes after all undoes the loss.
  if (failure(attempt->end)) task->failures--;
  if (failure(r.end)) task->failures++;
  attempt->end = r.end;
  attempt->outcome = r.outcome;
  attempt->digest = r.digest;
  attempt->unfit = r.unfit;
  if (r.end == AttemptEnd::answered) {
    auto vote = std::find_if(task->votes.begin(), task->votes.end(),
                             [&](const Vote& one) { return one.digest == r.digest; });
    if (vote == task->votes.end()) {
      task->votes.push_back({.digest = r.digest, .value = copy(r.value), .count = 1});
    } else {
      vote->count++;
    }
  }
  return {};
}

Result<void> Ledger::on(const record::Finished& r) {
  Task* task = find(r.id);
  if (task == nullptr || task->finished()) return conflict("the end of a task that is over");
  task->outcome = TaskOutcome{.kind = r.outcome,
                              .value = copy(r.value),
                              .digest = r.digest,
                              .message = std::string(r.message),
                              .which = std::string(r.which),
                              .node = std::string(r.node),
                              .attempt = r.attempt};
  // From here on only the outcome counts.
  task->votes.clear();
  task->spec.arguments.clear();
  task->spec.manifest.clear();
  unfinished_--;
  if (!task->spec.job || !jobs_.contains(*task->spec.job)) finish_order_.push_back(r.id);
  return {};
}

Result<void> Ledger::on(const record::CancelAsked& r) {
  Task* task = find(r.id);
  if (task == nullptr) return conflict("no task to be stopped");
  task->cancel_asked = true;
  return {};
}

Result<void> Ledger::on(const record::Forgotten& r) {
  Task* task = find(r.id);
  if (task == nullptr || !task->finished()) return conflict("a task is forgotten before its end");
  tasks_.erase(r.id);
  // They are forgotten in the order in which they ended, or nearly so.
  const auto at = std::find(finish_order_.begin() + static_cast<std::ptrdiff_t>(finish_dropped_),
                            finish_order_.end(), r.id);
  if (at != finish_order_.end()) {
    std::rotate(finish_order_.begin() + static_cast<std::ptrdiff_t>(finish_dropped_), at, at + 1);
    finish_dropped_++;
  }
  if (finish_dropped_ > 1024 && finish_dropped_ * 2 > finish_order_.size()) {
    finish_order_.erase(finish_order_.begin(),
                        finish_order_.begin() + static_cast<std::ptrdiff_t>(finish_dropped_));
    finish_dropped_ = 0;
  }
  return {};
}

Result<void> Ledger::on(const record::Standing& r) {
  Opinion& opinion = opinions_[node_id(r.node)];
  opinion = {.agreed = r.agreed, .disagreed = r.disagreed, .quarantined = r.quarantined};
  return {};
}

Result<void> Ledger::on(const record::JobSubmitted& r) {
  SAMARA_TRY(std::vector<JobMember> members, decode_job_members(r.members));
  auto [at, fresh] = jobs_.try_emplace(r.id);
  if (!fresh) return conflict("a job is submitted twice");
  at->second.spec = {.id = r.id,
                     .submitter = std::string(r.submitter),
                     .members = std::move(members),
                     .stop_on_failure = r.stop_on_failure};
  // A journal of other hands is no reason to fall over.
  return check_job(at->second.spec);
}

Result<void> Ledger::on(const record::JobCancelAsked& r) {
  const auto at = jobs_.find(r.id);
  if (at == jobs_.end()) return conflict("no job to be stopped");
  at->second.cancel_asked = true;
  return {};
}

Result<void> Ledger::on(const record::JobFinished& r) {
  const JobEnd end{
      .outcome = r.outcome, .succeeded = r.succeeded, .failed = r.failed, .skipped = r.skipped};
  if (!job_ends_.emplace(r.id, end).second) return conflict("a job ends twice");
  job_end_order_.push_back(r.id);
  if (const auto at = jobs_.find(r.id); at != jobs_.end()) {
    // Its tasks were kept for it.
    for (size_t i = 0; i < at->second.spec.members.size(); i++) {
      const Task* task = find(member_task(r.id, static_cast<MemberIndex>(i)));
      if (task != nullptr && task->finished()) finish_order_.push_back(task->spec.id);
    }
    jobs_.erase(at);
  }
  // Ends of jobs are small; enough of them are kept for those who come late.
  constexpr size_t k_job_ends_kept = 10'000;
  if (job_end_order_.size() > k_job_ends_kept) {
    job_ends_.erase(job_end_order_.front());
    job_end_order_.pop_front();
  }
  return {};
}

const DurableJob* Ledger::find_job(const JobId& id) const {
  const auto at = jobs_.find(id);
  return at == jobs_.end() ? nullptr : &at->second;
}

const JobEnd* Ledger::job_end(const JobId& id) const {
  const auto at = job_ends_.find(id);
  return at == job_ends_.end() ? nullptr : &at->second;
}

std::optional<TaskId> Ledger::oldest_finished() const {
  if (finish_dropped_ == finish_order_.size()) return std::nullopt;
  return finish_order_[finish_dropped_];
}

std::vector<Bytes> Ledger::compact() const {
  std::vector<Bytes> out;
  out.reserve(tasks_.size() * 3 + opinions_.size() + 1);
  if (epoch_ != 0) out.push_back(encode_record(record::Epoch{.number = epoch_}));
  std::map<std::string_view, const Opinion*> standings;
  for (size_t i = 0; i < opinions_.size(); i++) standings.emplace(node_names_[i], &opinions_[i]);
  for (const auto& [name, opinion] : standings) {
    if (opinion->agreed == 0 && opinion->disagreed == 0 && !opinion->quarantined) continue;
    out.push_back(encode_record(record::Standing{.node = name,
                                                 .agreed = opinion->agreed,
                                                 .disagreed = opinion->disagreed,
                                                 .quarantined = opinion->quarantined}));
  }
  for (const auto& [id, job] : jobs_) {
    const Bytes members = encode_job_members(job.spec.members);
    out.push_back(encode_record(record::JobSubmitted{.id = id,
                                                     .submitter = job.spec.submitter,
                                                     .members = members,
                                                     .stop_on_failure = job.spec.stop_on_failure}));
    if (job.cancel_asked) out.push_back(encode_record(record::JobCancelAsked{.id = id}));
  }
  for (const JobId& id : job_end_order_) {
    const JobEnd& end = job_ends_.find(id)->second;
    out.push_back(encode_record(record::JobFinished{.id = id,
                                                    .outcome = end.outcome,
                                                    .succeeded = end.succeeded,
                                                    .failed = end.failed,
                                                    .skipped = end.skipped}));
  }
  const auto write_task = [&](const Task& task) {
    record::Submitted submitted = submitted_record(task.spec);
    submitted.next_number = task.next_number;
    out.push_back(encode_record(submitted));
    if (task.cancel_asked) out.push_back(encode_record(record::CancelAsked{.id = task.spec.id}));
    for (const Attempt& attempt : task.attempts) {
      const wire::AttemptId id{.task = task.spec.id, .number = attempt.number};
      out.push_back(encode_record(
          record::Placed{.attempt = id, .node = node_names_[attempt.node], .boot = attempt.boot}));
      if (attempt.live()) continue;
      record::Ended ended{.attempt = id,
                          .end = attempt.end,
                          .outcome = attempt.outcome,
                          .digest = attempt.digest,
                          .unfit = attempt.unfit};
      for (const Vote& vote : task.votes) {
        if (attempt.end == AttemptEnd::answered && vote.digest == attempt.digest) {
          ended.value = vote.value;
        }
      }
      out.push_back(encode_record(ended));
    }
    if (!task.outcome) return;
    const TaskOutcome& end = *task.outcome;
    out.push_back(encode_record(record::Finished{.id = task.spec.id,
                                                 .outcome = end.kind,
                                                 .value = end.value,
                                                 .digest = end.digest,
                                                 .message = end.message,
                                                 .which = end.which,
                                                 .node = end.node,
                                                 .attempt = end.attempt}));
  };
  // Those that are over in the order in which they ended, the others by id: the order is part of
  // the state.
  for (size_t i = finish_dropped_; i < finish_order_.size(); i++) {
    write_task(*tasks_.find(finish_order_[i])->second);
  }
  std::map<TaskId, const Task*> rest;
  for (const auto& [id, task] : tasks_) {
    const bool kept = task->spec.job && jobs_.contains(*task->spec.job);
    if (!task->finished() || kept) rest.emplace(id, task.get());
  }
  for (const auto& [id, task] : rest) write_task(*task);
  return out;
}

Bytes Ledger::snapshot() const {
  Bytes out;
  for (const Bytes& record : compact()) out.insert(out.end(), record.begin(), record.end());
  const auto number = [&](uint64_t value) {
    for (unsigned i = 0; i < 8; i++) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
  };
  number(unfinished_);
  std::map<TaskId, const Task*> all;
  for (const auto& [id, task] : tasks_) all.emplace(id, task.get());
  for (const auto& [id, task] : all) {
    number(task->failures);
    number(task->next_number);
  }
  return out;
}

}  // namespace samara::fleet
