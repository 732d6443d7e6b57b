#include "fleet/jobs.hpp"

namespace samara::fleet {

namespace {

MemberState state_of(const Task& task) {
  if (!task.finished()) return MemberState::submitted;
  return task.outcome->kind == OutcomeKind::value ? MemberState::succeeded : MemberState::failed;
}

}  // namespace

Job* Jobs::find(const JobId& id) {
  const auto at = jobs_.find(id);
  return at == jobs_.end() ? nullptr : at->second.get();
}

Jobs::Steps Jobs::begin(const JobId& id, const Ledger& ledger) {
  auto& place = jobs_[id];
  place = std::make_unique<Job>();
  Job& job = *place;
  job.durable = ledger.find_job(id);
  SAMARA_ASSERT(job.durable != nullptr);
  job.members.assign(job.durable->spec.members.size(), {});
  job.stopping = job.durable->cancel_asked;
  std::vector<MemberIndex> first;
  for (size_t i = 0; i < job.members.size(); i++) {
    const auto& waits_for = job.durable->spec.members[i].waits_for;
    job.members[i].waits_left = static_cast<uint32_t>(waits_for.size());
    if (waits_for.empty()) first.push_back(static_cast<MemberIndex>(i));
    for (const MemberIndex before : waits_for) {
      job.members[before].waiting.push_back(static_cast<MemberIndex>(i));
    }
  }
  Steps out;
  Settled settled;
  for (const MemberIndex member : first) ready(job, member, ledger, out, settled);
  settle(job, ledger, out, settled);
  return out;
}

Jobs::Steps Jobs::ended(const JobId& id, MemberIndex member, const Ledger& ledger) {
  Steps out;
  Job* job = find(id);
  if (job == nullptr || member >= job->members.size()) return out;
  if (job->members[member].state != MemberState::submitted) return out;
  const Task* task = ledger.find(member_task(id, member));
  if (task == nullptr || !task->finished()) return out;
  Settled settled = {{member, state_of(*task)}};
  settle(*job, ledger, out, settled);
  return out;
}

Jobs::Steps Jobs::cancel(const JobId& id, const Ledger& ledger) {
  Steps out;
  Job* job = find(id);
  if (job == nullptr) return out;
  stop(*job, out);
  Settled settled;
  settle(*job, ledger, out, settled);
  return out;
}

/// All that the member waited for are over.
void Jobs::ready(Job& job, MemberIndex index, const Ledger& ledger, Steps& out, Settled& settled) {
  Job::Progress& progress = job.members[index];
  const JobMember& member = job.durable->spec.members[index];
  const TaskId id = member_task(job.durable->spec.id, index);
  if (const Task* known = ledger.find(id)) {
    // At recovery: it was submitted before.
    progress.state = MemberState::submitted;
    if (known->finished()) {
      settled.emplace_back(index, state_of(*known));
    } else if (job.stopping &&
               (job.durable->cancel_asked || member.run_if == RunIf::all_succeeded)) {
      out.cancel.push_back(id);
    }
    return;
  }
  bool run = true;
  switch (member.run_if) {
    case RunIf::all_succeeded:
      run = !progress.failed_before && !job.stopping;
      break;
    case RunIf::any_failed:
      run = progress.failed_before;
      break;
    case RunIf::always:
      break;
  }
  if (!run || job.durable->cancel_asked) {
    settled.emplace_back(index, MemberState::skipped);
    return;
  }
  TaskSpec spec = member.task;
  spec.id = id;
  spec.submitter = job.durable->spec.submitter;
  spec.job = job.durable->spec.id;
  spec.member = index;
  for (const ResultArgument& result : member.results) {
    const Task* from = ledger.find(member_task(job.durable->spec.id, result.from));
    ArgumentSpec& argument = spec.arguments[result.argument];
    argument = {};
    // Of one that failed or was skipped there is no value; the empty one says so.
    if (from != nullptr && from->outcome) argument.value = from->outcome->value;
  }
  progress.state = MemberState::submitted;
  out.submit.push_back(std::move(spec));
}

/// Works off a list instead of calling itself: chains of skipped members are as long as the job.
void Jobs::settle(Job& job, const Ledger& ledger, Steps& out, Settled& settled) {
  for (size_t i = 0; i < settled.size(); i++) {
    const auto [index, how] = settled[i];
    Job::Progress& progress = job.members[index];
    progress.state = how;
    job.over++;
    if (how == MemberState::failed) {
      job.failed++;
      if (job.durable->spec.stop_on_failure && !job.stopping) stop(job, out);
    }
    // What was skipped because nothing had failed is no failure to those behind it.
    const bool bad = how == MemberState::failed ||
                     (how == MemberState::skipped && (progress.failed_before || job.stopping));
    for (const MemberIndex next : progress.waiting) {
      Job::Progress& other = job.members[next];
      other.failed_before = other.failed_before || bad;
      if (--other.waits_left == 0) ready(job, next, ledger, out, settled);
    }
  }
  if (job.done()) finish(job, out);
}

/// Nothing new begins, and what runs is stopped. What waits is skipped when its turn comes.
void Jobs::stop(Job& job, Steps& out) {
  job.stopping = true;
  for (size_t i = 0; i < job.members.size(); i++) {
    const auto member = static_cast<MemberIndex>(i);
    if (job.members[i].state != MemberState::submitted) continue;
    if (!job.durable->cancel_asked && job.durable->spec.members[i].run_if != RunIf::all_succeeded)
      continue;
    out.cancel.push_back(member_task(job.durable->spec.id, member));
  }
}

void Jobs::finish(const Job& job, Steps& out) {
  JobEnd end;
  for (const Job::Progress& member : job.members) {
    end.succeeded += member.state == MemberState::succeeded ? 1U : 0U;
    end.failed += member.state == MemberState::failed ? 1U : 0U;
    end.skipped += member.state == MemberState::skipped ? 1U : 0U;
  }
  if (job.durable->cancel_asked) {
    end.outcome = OutcomeKind::cancelled;
  } else if (end.failed != 0) {
    end.outcome = OutcomeKind::error;
  }
  out.end = end;
}

}  // namespace samara::fleet
