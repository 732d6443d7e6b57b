#include "fleet/fair_queue.hpp"

#include <gtest/gtest.h>

using namespace samara;
using namespace samara::fleet;

namespace {

TaskId id(uint8_t n) {
  TaskId out;
  out.bytes[15] = n;
  return out;
}

TaskId take(FairQueue& queue, Submitters& submitters) {
  const FairQueue::Head head = queue.head();
  queue.erase(head.place);
  submitters.pay(head.place.submitter, 1);
  return head.task;
}

}  // namespace

TEST(FairQueue, one_with_many_tasks_does_not_hold_up_one_with_few) {
  Submitters submitters;
  FairQueue queue(submitters);
  const auto large = submitters.index("large");
  const auto small = submitters.index("small");
  for (uint8_t i = 0; i < 100; i++) queue.push(128, large, id(i));
  for (uint8_t i = 0; i < 50; i++) EXPECT_EQ(take(queue, submitters), id(i));
  queue.push(128, small, id(200));
  queue.push(128, small, id(201));
  int last = 0;
  for (int i = 0; i < 5; i++) {
    if (take(queue, submitters).bytes[15] >= 200) last = i;
  }
  EXPECT_LE(last, 4);
  EXPECT_EQ(queue.size(), 47U);
}

TEST(FairQueue, priority_goes_before_turns) {
  Submitters submitters;
  FairQueue queue(submitters);
  const auto a = submitters.index("a");
  queue.push(128, a, id(1));
  queue.push(1, a, id(2));
  queue.push(200, a, id(3));
  EXPECT_EQ(take(queue, submitters), id(2));
  EXPECT_EQ(take(queue, submitters), id(1));
  EXPECT_EQ(take(queue, submitters), id(3));
  EXPECT_TRUE(queue.empty());
}

TEST(FairQueue, rest_is_not_saved_up) {
  Submitters submitters;
  FairQueue queue(submitters);
  const auto busy = submitters.index("busy");
  const auto idle = submitters.index("idle");
  for (uint8_t i = 0; i < 50; i++) queue.push(128, busy, id(i));
  for (int i = 0; i < 20; i++) take(queue, submitters);
  for (uint8_t i = 100; i < 120; i++) queue.push(128, idle, id(i));
  int of_idle = 0;
  for (int i = 0; i < 10; i++) of_idle += take(queue, submitters).bytes[15] >= 100 ? 1 : 0;
  EXPECT_GE(of_idle, 4);
  EXPECT_LE(of_idle, 6);
}

TEST(FairQueue, twice_the_weight_is_twice_the_share) {
  Submitters submitters;
  FairQueue queue(submitters);
  submitters.set_weight("heavy", 2);
  for (uint8_t i = 0; i < 60; i++) queue.push(128, submitters.index("heavy"), id(i));
  for (uint8_t i = 100; i < 160; i++) queue.push(128, submitters.index("light"), id(i));
  int heavy = 0;
  for (int i = 0; i < 30; i++) heavy += take(queue, submitters).bytes[15] < 100 ? 1 : 0;
  EXPECT_NEAR(heavy, 20, 1);
}

TEST(FairQueue, what_is_taken_out_of_the_middle_is_gone) {
  Submitters submitters;
  FairQueue queue(submitters);
  const auto a = submitters.index("a");
  queue.push(128, a, id(1));
  const auto place = queue.push(128, a, id(2));
  queue.push(128, a, id(3));
  queue.erase(place);
  EXPECT_EQ(take(queue, submitters), id(1));
  EXPECT_EQ(take(queue, submitters), id(3));
}
