#include "fleet/jobs.hpp"

#include <gtest/gtest.h>

#include "core/sha256.hpp"

using namespace samara;
using namespace samara::fleet;

namespace {

JobMember member(std::vector<MemberIndex> waits_for = {}, RunIf run_if = RunIf::all_succeeded) {
  JobMember out;
  out.task.module.size = 1;
  out.task.needs.runtime = "wasm";
  out.waits_for = std::move(waits_for);
  out.run_if = run_if;
  return out;
}

// A ledger in which tasks end as the test says, and nothing else happens.
struct Bench {
  Ledger ledger;
  Jobs jobs;
  JobSpec job;
  std::vector<MemberIndex> submitted;
  std::vector<TaskSpec> specs;
  std::vector<TaskId> cancelled;
  std::optional<JobEnd> end;

  explicit Bench(std::vector<JobMember> members, bool stop_on_failure = false) {
    job.id.bytes[0] = 7;
    job.submitter = "me";
    job.members = std::move(members);
    job.stop_on_failure = stop_on_failure;
    const Bytes bytes = encode_job_members(job.members);
    apply(record::JobSubmitted{.id = job.id,
                               .submitter = job.submitter,
                               .members = bytes,
                               .stop_on_failure = stop_on_failure});
    take(jobs.begin(job.id, ledger));
  }
  void apply(const Record& record) { EXPECT_TRUE(ledger.apply(record).has_value()); }
  void take(const Jobs::Steps& steps) {
    for (const TaskSpec& spec : steps.submit) {
      submitted.push_back(spec.member);
      specs.push_back(spec);
      apply(submitted_record(spec));
    }
    cancelled.insert(cancelled.end(), steps.cancel.begin(), steps.cancel.end());
    if (steps.end) end = steps.end;
  }
  void finish(MemberIndex index, OutcomeKind kind = OutcomeKind::value, uint8_t value = 0) {
    const Bytes bytes = {value};
    record::Finished finished;
    finished.id = member_task(job.id, index);
    finished.outcome = kind;
    if (kind == OutcomeKind::value) finished.value = bytes;
    apply(finished);
    take(jobs.ended(job.id, index, ledger));
  }
};

}  // namespace

TEST(Jobs, members_without_order_all_begin_at_once) {
  Bench b({member(), member(), member()});
  EXPECT_EQ(b.submitted.size(), 3U);
  for (MemberIndex i = 0; i < 3; i++) b.finish(i);
  ASSERT_TRUE(b.end.has_value());
  EXPECT_EQ(b.end->succeeded, 3U);
  EXPECT_EQ(b.end->outcome, OutcomeKind::value);
}

TEST(Jobs, a_sequence_goes_step_by_step) {
  std::vector<JobMember> members = {member(), member(), member()};
  make_sequential(members);
  Bench b(std::move(members));
  for (MemberIndex i = 0; i < 3; i++) {
    EXPECT_EQ(b.submitted.size(), i + 1);
    b.finish(i);
  }
  EXPECT_TRUE(b.end.has_value());
}

TEST(Jobs, results_become_arguments) {
  JobMember last = member({0, 1});
  last.task.arguments.resize(2);
  last.results = {{.argument = 0, .from = 1}, {.argument = 1, .from = 0}};
  Bench b({member(), member(), last});
  b.finish(0, OutcomeKind::value, 10);
  b.finish(1, OutcomeKind::value, 11);
  ASSERT_EQ(b.specs.size(), 3U);
  EXPECT_EQ(b.specs[2].arguments[0].value, Bytes{11});
  EXPECT_EQ(b.specs[2].arguments[1].value, Bytes{10});
}

TEST(Jobs, a_failure_skips_what_needs_it_and_runs_what_cleans_up) {
  // 1 needs 0, 2 needs 1; 3 cleans up after 2; 4 comes always.
  Bench b({member(), member({0}), member({1}), member({2}, RunIf::any_failed),
           member({2}, RunIf::always)});
  b.finish(0, OutcomeKind::error);
  EXPECT_EQ(b.submitted, (std::vector<MemberIndex>{0, 3, 4}));
  b.finish(3);
  b.finish(4);
  ASSERT_TRUE(b.end.has_value());
  EXPECT_EQ(*b.end,
            (JobEnd{.outcome = OutcomeKind::error, .succeeded = 2, .failed = 1, .skipped = 2}));
}

TEST(Jobs, nothing_to_clean_up_is_skipped_and_no_failure) {
  Bench b({member(), member({0}, RunIf::any_failed), member({1})});
  b.finish(0);
  EXPECT_EQ(b.submitted, (std::vector<MemberIndex>{0, 2}));
  b.finish(2);
  ASSERT_TRUE(b.end.has_value());
  EXPECT_EQ(b.end->outcome, OutcomeKind::value);
}

TEST(Jobs, a_failure_can_stop_the_others) {
  Bench b({member(), member(), member({1}), member({}, RunIf::always)}, true);
  b.finish(0, OutcomeKind::crash);
  EXPECT_EQ(b.cancelled, (std::vector<TaskId>{member_task(b.job.id, 1)}));
  b.finish(1, OutcomeKind::cancelled);
  b.finish(3);
  ASSERT_TRUE(b.end.has_value());
  EXPECT_EQ(b.end->skipped, 1U);
  EXPECT_EQ(b.end->failed, 2U);
}

TEST(Jobs, a_long_chain_is_skipped_without_a_deep_stack) {
  std::vector<JobMember> members(k_job_members_max, member());
  make_sequential(members);
  Bench b(std::move(members));
  b.finish(0, OutcomeKind::error);
  ASSERT_TRUE(b.end.has_value());
  EXPECT_EQ(b.end->skipped, k_job_members_max - 1);
}

TEST(Jobs, progress_is_worked_out_again_from_the_outcomes) {
  Bench b({member(), member({0}), member({1})});
  b.finish(0);
  Jobs again;
  const auto steps = again.begin(b.job.id, b.ledger);
  EXPECT_TRUE(steps.submit.empty());
  EXPECT_EQ(again.find(b.job.id)->members[0].state, MemberState::succeeded);
  EXPECT_EQ(again.find(b.job.id)->members[1].state, MemberState::submitted);
  EXPECT_EQ(again.find(b.job.id)->members[2].state, MemberState::waits);
}

TEST(Jobs, circles_and_strange_results_are_refused) {
  JobSpec job;
  EXPECT_FALSE(check_job(job).has_value());
  job.members = {member({0})};
  EXPECT_FALSE(check_job(job).has_value());
  job.members = {member(), member({1})};
  EXPECT_FALSE(check_job(job).has_value());
  job.members = {member(), member()};
  job.members[1].task.arguments.resize(1);
  job.members[1].results = {{.argument = 0, .from = 0}};
  EXPECT_FALSE(check_job(job).has_value());
  job.members[1].waits_for = {0};
  EXPECT_TRUE(check_job(job).has_value());
}

TEST(Jobs, members_come_back_from_their_record) {
  JobMember one = member({0}, RunIf::always);
  one.task.arguments.resize(2);
  one.task.arguments[1].value = {1, 2};
  one.results = {{.argument = 0, .from = 0}};
  const std::vector<JobMember> members = {member(), one};
  const Bytes bytes = encode_job_members(members);
  auto back = decode_job_members(bytes);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(*back, members);
  for (size_t n = 0; n < bytes.size(); n++) {
    EXPECT_FALSE(decode_job_members(ByteView(bytes).first(n)).has_value());
  }
}
