#include "node/fence_window.hpp"

#include <gtest/gtest.h>

using namespace samara::node;

TEST(FenceWindow, each_number_is_fresh_once_in_any_order) {
  FenceWindow window;
  for (const uint32_t order : {1U, 3U, 2U, 60U, 10U}) {
    EXPECT_EQ(window.check(1, order), FenceCheck::fresh) << order;
    window.mark(1, order);
    EXPECT_EQ(window.check(1, order), FenceCheck::seen) << order;
  }
  EXPECT_EQ(window.check(1, 4), FenceCheck::fresh);
}

TEST(FenceWindow, what_is_too_old_to_remember_is_stale) {
  FenceWindow window;
  window.mark(1, 100);
  EXPECT_EQ(window.check(1, 100 - FenceWindow::k_width), FenceCheck::stale);
  EXPECT_EQ(window.check(1, 101 - FenceWindow::k_width), FenceCheck::fresh);
  EXPECT_EQ(window.check(1, 0), FenceCheck::stale);
}

TEST(FenceWindow, a_new_life_of_the_manager_makes_older_ones_stale) {
  FenceWindow window;
  window.mark(1, 5);
  EXPECT_EQ(window.check(2, 1), FenceCheck::fresh);
  window.mark(2, 1);
  EXPECT_EQ(window.check(1, 6), FenceCheck::stale);
  EXPECT_EQ(window.check(2, 5), FenceCheck::fresh);
}

TEST(FenceWindow, a_leap_forgets_the_bits_behind_it) {
  FenceWindow window;
  window.mark(1, 1);
  window.mark(1, 1000);
  EXPECT_EQ(window.check(1, 1000), FenceCheck::seen);
  EXPECT_EQ(window.check(1, 999), FenceCheck::fresh);
  EXPECT_EQ(window.check(1, 1), FenceCheck::stale);
}
