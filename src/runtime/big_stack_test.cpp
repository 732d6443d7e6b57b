#include "runtime/big_stack.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

using namespace samara;
using namespace samara::runtime;

namespace {

// Uses about `bytes` of stack, and looks at all of it.
size_t use_stack(size_t bytes) {
  volatile char page[4096];
  for (size_t i = 0; i < sizeof page; i += 512) page[i] = static_cast<char>(i);
  if (bytes <= sizeof page) return static_cast<size_t>(page[512] + 1);
  return use_stack(bytes - sizeof page) + static_cast<size_t>(page[0]) + 1;
}

}  // namespace

TEST(BigStack, work_has_more_stack_than_a_thread_usually_gets) {
  BigStack stack;
  size_t used = 0;
  ASSERT_TRUE(stack.run([&] { used = use_stack(size_t{24} << 20); }));
  EXPECT_GT(used, 5000U);
}

TEST(BigStack, work_inside_work_runs_in_place) {
  BigStack stack;
  bool ran = false;
  std::thread::id outer;
  std::thread::id inner;
  ASSERT_TRUE(stack.run([&] {
    outer = std::this_thread::get_id();
    ran = stack.run([&] { inner = std::this_thread::get_id(); }).has_value();
  }));
  EXPECT_TRUE(ran);
  EXPECT_EQ(outer, inner);
  EXPECT_NE(outer, std::this_thread::get_id());
}

TEST(BigStack, many_callers_run_at_once) {
  BigStack stack;
  std::atomic<int> sum{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; i++) {
    callers.emplace_back([&] {
      for (int round = 0; round < 200; round++) {
        if (!stack.run([&] { sum.fetch_add(1); })) sum.fetch_add(1'000'000);
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(sum.load(), 800);
}
