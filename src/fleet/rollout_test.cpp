#include "fleet/rollout.hpp"

#include <gtest/gtest.h>

using namespace samara;
using namespace samara::fleet;
using namespace std::chrono_literals;

namespace {

Hash version(uint8_t n) {
  Hash out;
  out.bytes[0] = n;
  return out;
}

TaskId task(uint32_t n) {
  TaskId out;
  for (unsigned i = 0; i < 4; i++) out.bytes[12 + i] = static_cast<uint8_t>(n >> (24 - 8 * i));
  return out;
}

Rollout made(Instant now) {
  RolloutPlan plan;
  plan.from = version(1);
  plan.to = version(2);
  auto out = Rollout::make(plan, now);
  EXPECT_TRUE(out.has_value());
  return std::move(*out);
}

int of_new(const Rollout& rollout) {
  int count = 0;
  for (uint32_t i = 0; i < 10'000; i++) count += rollout.version_of(task(i)) == version(2) ? 1 : 0;
  return count;
}

}  // namespace

TEST(Rollout, goes_from_stage_to_stage_when_enough_ended_well_for_long_enough) {
  Instant now{1000s};
  Rollout rollout = made(now);
  EXPECT_NEAR(of_new(rollout), 500, 150);
  for (int i = 0; i < 20; i++) rollout.ended(version(2), true, now);
  EXPECT_EQ(rollout.stage(), 0U);  // too early
  now += 60s;
  rollout.tick(now);
  EXPECT_EQ(rollout.permille(), 250);
  now += 60s;
  rollout.tick(now);
  EXPECT_EQ(rollout.stage(), 1U);  // too few
  for (int i = 0; i < 20; i++) rollout.ended(version(2), true, now);
  EXPECT_EQ(rollout.permille(), 1000);
  now += 60s;
  for (int i = 0; i < 20; i++) rollout.ended(version(2), true, now);
  EXPECT_EQ(rollout.state(), RolloutState::done);
  EXPECT_EQ(of_new(rollout), 10'000);
}

TEST(Rollout, who_has_the_new_version_keeps_it) {
  Instant now{1000s};
  Rollout rollout = made(now);
  std::vector<uint32_t> early;
  for (uint32_t i = 0; i < 1000; i++) {
    if (rollout.version_of(task(i)) == version(2)) early.push_back(i);
  }
  EXPECT_FALSE(early.empty());
  now += 60s;
  for (int i = 0; i < 20; i++) rollout.ended(version(2), true, now);
  ASSERT_EQ(rollout.stage(), 1U);
  for (const uint32_t one : early) EXPECT_EQ(rollout.version_of(task(one)), version(2));
}

TEST(Rollout, too_many_failures_take_it_back_at_once) {
  const Instant now{1000s};
  Rollout rollout = made(now);
  rollout.ended(version(1), false, now);  // the old one has its own troubles
  rollout.ended(version(2), false, now);
  EXPECT_EQ(rollout.state(), RolloutState::going);  // one of twenty is allowed
  rollout.ended(version(2), false, now);
  EXPECT_EQ(rollout.state(), RolloutState::rolled_back);
  EXPECT_EQ(rollout.reason(), "2 of 2 failed at 50 thousandths");
  EXPECT_EQ(of_new(rollout), 0);
  rollout.ended(version(2), true, now);
  EXPECT_EQ(rollout.state(), RolloutState::rolled_back);
}

TEST(Rollout, stages_that_do_not_end_with_all_are_refused) {
  RolloutPlan plan;
  for (const auto& stages : {std::vector<uint16_t>{}, {500}, {500, 500, 1000}, {1000, 500}}) {
    plan.stages = stages;
    EXPECT_FALSE(Rollout::make(plan, Instant{}).has_value());
  }
}
