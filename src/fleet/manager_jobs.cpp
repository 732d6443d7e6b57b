// The part of Manager which leads jobs.

#include "fleet/manager.hpp"
#include "wire/fields.hpp"

namespace samara::fleet {

void Manager::on(const event::SubmitJob& e) {
  const JobId id = e.job.id;
  if (ledger_.job_end(id) != nullptr) {
    counters_.resubmitted++;
    after(appended_, action::JobSubmitted{.job = id, .refused = std::nullopt});
    after(appended_, action::JobFinished{.job = id});
    return;
  }
  if (const DurableJob* known = ledger_.find_job(id)) {
    counters_.resubmitted++;
    std::optional<Code> refused;
    if (!(known->spec == e.job)) refused = Code::exists;
    after(appended_, action::JobSubmitted{.job = id, .refused = refused});
    return;
  }
  std::optional<Code> refused;
  if (auto checked = check_job(e.job); !checked) refused = checked.error().code;
  for (const JobMember& member : e.job.members) {
    if (refused) break;
    refused = refusal_of(member.task);
  }
  if (e.job.submitter.size() > wire::k_name_bytes_max || !wire::is_utf8(e.job.submitter)) {
    refused = Code::invalid_argument;
  }
  Bytes members;
  if (!refused) {
    members = encode_job_members(e.job.members);
    if (members.size() > k_job_bytes_max) refused = Code::exhausted;
  }
  if (refused) {
    counters_.rejected++;
    actions_.push_back(action::JobSubmitted{.job = id, .refused = refused});
    return;
  }
  commit(record::JobSubmitted{.id = id,
                              .submitter = e.job.submitter,
                              .members = members,
                              .stop_on_failure = e.job.stop_on_failure});
  counters_.jobs++;
  after(appended_, action::JobSubmitted{.job = id, .refused = std::nullopt});
  take(id, jobs_.begin(id, ledger_));
}

void Manager::on(const event::CancelJob& e) {
  const DurableJob* job = ledger_.find_job(e.job);
  if (job == nullptr || job->cancel_asked) return;
  commit(record::JobCancelAsked{.id = e.job});
  take(e.job, jobs_.cancel(e.job, ledger_));
}

void Manager::take(const JobId& id, const Jobs::Steps& steps) {
  for (const TaskSpec& spec : steps.submit) {
    if (ledger_.find(spec.id) != nullptr) continue;  // of a stranger who guessed the name
    const auto refused = refusal_of(spec);
    if (!refused && placer_.lane(spec, now_)) {
      add_task(spec);
      continue;
    }
    // The results that it takes are too large together: that is how it ends.
    TaskSpec empty = spec;
    empty.arguments.clear();
    commit(submitted_record(empty));
    counters_.submitted++;
    finish(*ledger_.find(spec.id), {.kind = OutcomeKind::limit,
                                    .message = "its arguments are larger than a message",
                                    .which = "arguments"});
  }
  for (const TaskId& task : steps.cancel) cancel_task(task);
  if (!steps.end) return;
  jobs_.erase(id);
  counters_.jobs_finished++;
  commit(record::JobFinished{.id = id,
                             .outcome = steps.end->outcome,
                             .succeeded = steps.end->succeeded,
                             .failed = steps.end->failed,
                             .skipped = steps.end->skipped});
  after(appended_, action::JobFinished{.job = id});
}

bool Manager::run_jobs() {
  if (member_ends_.empty()) return false;
  // What ends while these are told goes behind them.
  for (size_t i = 0; i < member_ends_.size(); i++) {
    const MemberEnd end = member_ends_[i];
    take(end.job, jobs_.ended(end.job, end.member, ledger_));
  }
  member_ends_.clear();
  return true;
}

std::vector<JobMember> Manager::for_each_node(const TaskSpec& task) const {
  std::vector<JobMember> out;
  out.reserve(nodes_alive_);
  for (const FleetNode& node : nodes_) {
    if (!node.alive || !Placer::suits(node, task.needs)) continue;
    if (out.size() == k_job_members_max) break;
    JobMember member;
    member.task = task;
    member.task.needs.node = ledger_.node_name(node.id);
    out.push_back(std::move(member));
  }
  return out;
}

}  // namespace samara::fleet
