#include "queue/recovery.hpp"

#include <gtest/gtest.h>

namespace samara::queue {
namespace {

constexpr RepeatRule k_twice{.repeatable = true, .attempts_max = 2};

TEST(Recovery, a_death_that_nobody_explains_is_a_crash) {
  EXPECT_EQ(death_of(std::nullopt, "w1"), Death::crash);
  EXPECT_TRUE(runs_again(k_twice, 1, Death::crash));
  EXPECT_FALSE(runs_again(k_twice, 2, Death::crash));
  EXPECT_FALSE(runs_again({.repeatable = false, .attempts_max = 2}, 1, Death::crash));
}

TEST(Recovery, who_was_stopped_to_save_memory_has_lost_no_attempt) {
  StopNote note;
  note.worker = "w1";
  note.stops = 1;
  EXPECT_EQ(death_of(note, "w1"), Death::stopped);
  EXPECT_TRUE(runs_again(k_twice, 2, Death::stopped));
}

TEST(Recovery, a_note_of_another_worker_explains_no_death) {
  StopNote note;
  note.worker = "w1";
  EXPECT_EQ(death_of(note, "w2"), Death::crash);
}

TEST(Recovery, who_is_stopped_too_often_hears_both_numbers) {
  StopNote note;
  note.worker = "w1";
  note.stops = k_memory_stops_max;
  note.held_bytes = uint64_t{900} << 20;
  note.budget_bytes = uint64_t{700} << 20;
  const Death death = death_of(note, "w1");
  EXPECT_EQ(death, Death::stopped_too_often);
  EXPECT_FALSE(runs_again(k_twice, 1, death));
  const Outcome outcome = end_outcome(true, 1, death, note);
  EXPECT_EQ(outcome.kind, OutcomeKind::memory);
  EXPECT_NE(outcome.message.find("900 MiB"), std::string::npos);
  EXPECT_NE(outcome.message.find("700 MiB"), std::string::npos);
}

}  // namespace
}  // namespace samara::queue
