#include "ports/linux/budget.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <thread>

#include <gtest/gtest.h>

#include "ports/linux/machine_limits.hpp"

namespace samara::port {
namespace {

using Turn = Budget::Turn;
constexpr uint64_t k_mebibyte = uint64_t{1} << 20;

class BudgetTest : public testing::Test {
 protected:
  void SetUp() override {
    char path[] = "/tmp/samara-budget-XXXXXX";
    ASSERT_NE(::mkdtemp(path), nullptr);
    folder_ = path;
    supervisor_ = supervisor({.cores = 2, .memory_bytes = 700 * k_mebibyte});
    worker_ = worker(*supervisor_);
  }
  void TearDown() override {
    worker_.reset();
    supervisor_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string path() const { return folder_ + "/budget"; }

  std::unique_ptr<Budget> supervisor(const BudgetOrder& order) const {
    auto out = Budget::open(path());
    EXPECT_TRUE(out) << out.error().message();
    EXPECT_TRUE((*out)->supervise(order));
    return std::move(*out);
  }
  std::unique_ptr<Budget> worker(const Budget& of) const {
    auto out = Budget::look(path());
    EXPECT_TRUE(out) << out.error().message();
    EXPECT_TRUE((*out)->join(of.group_text()));
    return std::move(*out);
  }

  // A process that does something and then waits to be killed.
  pid_t process(const std::function<void()>& work) {
    int ready[2];
    EXPECT_EQ(::pipe(ready), 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      work();
      static_cast<void>(!::write(ready[1], "x", 1));
      for (;;) ::pause();
    }
    char word = 0;
    EXPECT_EQ(::read(ready[0], &word, 1), 1);
    ::close(ready[0]);
    ::close(ready[1]);
    return pid;
  }
  static void kill(pid_t pid) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }

  uint32_t sit(uint64_t bytes, Turn expected) {
    uint32_t seat = Budget::k_no_seat;
    EXPECT_EQ(worker_->sit({.memory_bytes = bytes, .repeatable = true}, seat), expected);
    return seat;
  }

  std::string folder_;
  std::unique_ptr<Budget> supervisor_;
  std::unique_ptr<Budget> worker_;
};

TEST_F(BudgetTest, no_more_run_than_there_are_cores) {
  const uint32_t first = sit(0, Turn::runs);
  sit(0, Turn::runs);
  const uint32_t third = sit(0, Turn::no_core);
  EXPECT_EQ(worker_->try_begin(third), Turn::no_core);
  worker_->leave(first);
  EXPECT_EQ(worker_->try_begin(third), Turn::runs);
  EXPECT_EQ(supervisor_->use().cores_taken, 2U);
}

TEST_F(BudgetTest, who_came_first_runs_first) {
  const uint32_t first = sit(0, Turn::runs);
  sit(0, Turn::runs);
  const uint32_t third = sit(0, Turn::no_core);
  const uint32_t fourth = sit(0, Turn::no_core);
  worker_->leave(first);
  EXPECT_EQ(worker_->try_begin(fourth), Turn::no_core);
  EXPECT_EQ(worker_->try_begin(third), Turn::runs);
}

TEST_F(BudgetTest, one_that_nobody_looks_after_holds_back_no_others) {
  const uint32_t first = sit(0, Turn::runs);
  sit(0, Turn::runs);
  const uint32_t third = sit(0, Turn::no_core);
  const uint32_t fourth = sit(0, Turn::no_core);
  worker_->rest(third);
  worker_->leave(first);
  EXPECT_EQ(worker_->try_begin(fourth), Turn::runs);
}

TEST_F(BudgetTest, memory_is_shared_and_small_calls_pass) {
  const uint32_t hog = sit(400 * k_mebibyte, Turn::runs);
  const uint32_t other = sit(400 * k_mebibyte, Turn::no_memory);
  sit(10 * k_mebibyte, Turn::runs);
  worker_->leave(hog);
  EXPECT_EQ(worker_->try_begin(other), Turn::runs);
}

TEST_F(BudgetTest, idle_processes_have_memory_too) {
  worker_->set_idle_bytes(200 * k_mebibyte);
  sit(300 * k_mebibyte, Turn::runs);
  sit(300 * k_mebibyte, Turn::no_memory);
  worker_->set_idle_bytes(50 * k_mebibyte);
  EXPECT_EQ(supervisor_->use().memory_claimed, 350 * k_mebibyte);
}

TEST_F(BudgetTest, one_that_was_stopped_runs_alone) {
  sit(100 * k_mebibyte, Turn::runs);
  uint32_t alone = Budget::k_no_seat;
  EXPECT_EQ(worker_->sit({.memory_bytes = 1, .repeatable = true, .alone = true}, alone),
            Turn::no_memory);
}

TEST_F(BudgetTest, what_is_larger_than_all_runs_where_nothing_else_does) {
  const uint32_t hog = sit(900 * k_mebibyte, Turn::runs);
  sit(100 * k_mebibyte, Turn::no_memory);
  worker_->leave(hog);
}

TEST_F(BudgetTest, a_core_is_lent_while_its_owner_waits) {
  const uint32_t first = sit(0, Turn::runs);
  const uint32_t second = sit(0, Turn::runs);
  const uint32_t third = sit(0, Turn::no_core);
  worker_->park(first);
  EXPECT_EQ(worker_->try_begin(third), Turn::runs);
  worker_->resume(first);  // at once, though all are taken
  EXPECT_EQ(supervisor_->use().cores_taken, 3U);
  const uint32_t fourth = sit(0, Turn::no_core);
  worker_->leave(first);
  EXPECT_EQ(worker_->try_begin(fourth), Turn::no_core);
  worker_->leave(second);
  EXPECT_EQ(worker_->try_begin(fourth), Turn::runs);
}

// The one that waits holds memory which the other needs: it would wait for ever.
TEST_F(BudgetTest, where_all_wait_for_others_memory_holds_nobody_back) {
  const uint32_t caller = sit(400 * k_mebibyte, Turn::runs);
  const uint32_t called = sit(400 * k_mebibyte, Turn::no_memory);
  worker_->park(caller);
  EXPECT_EQ(worker_->try_begin(called), Turn::runs);
}

// Another one that runs for long would hold it back in vain.
TEST_F(BudgetTest, who_waits_for_a_call_does_not_hold_back_its_memory) {
  sit(0, Turn::runs);
  uint32_t caller = 0;
  EXPECT_EQ(worker_->sit({.memory_bytes = 400 * k_mebibyte, .call = 7}, caller), Turn::runs);
  worker_->park(caller);
  uint32_t seat = 0;
  EXPECT_EQ(worker_->sit({.memory_bytes = 400 * k_mebibyte, .ancestors = {8}}, seat),
            Turn::no_memory);
  EXPECT_EQ(worker_->sit({.memory_bytes = 400 * k_mebibyte, .ancestors = {6, 7}}, seat),
            Turn::runs);
}

TEST_F(BudgetTest, what_a_killed_process_held_is_free) {
  const pid_t pid = process([&] {
    auto own = worker(*supervisor_);
    uint32_t seat = 0;
    own->sit({.memory_bytes = 300 * k_mebibyte}, seat);
    own->sit({.memory_bytes = 300 * k_mebibyte}, seat);
    static_cast<void>(own.release());
  });
  const uint32_t waits = sit(300 * k_mebibyte, Turn::no_core);
  supervisor_->forget_the_dead();
  EXPECT_EQ(worker_->try_begin(waits), Turn::no_core);  // it lives
  kill(pid);
  supervisor_->forget_the_dead();
  EXPECT_EQ(worker_->try_begin(waits), Turn::runs);
  const BudgetUse use = supervisor_->use();
  EXPECT_EQ(use.workers, 1U);
  EXPECT_EQ(use.cores_taken, 1U);
  EXPECT_EQ(use.memory_claimed, 300 * k_mebibyte);
}

// Processes take and leave seats as fast as they can until they are killed, so some die with the
// lock in their hands.
TEST_F(BudgetTest, deaths_at_any_point_lose_nothing) {
  for (int round = 0; round < 30; round++) {
    std::vector<pid_t> all;
    all.reserve(3);
    for (int i = 0; i < 3; i++) {
      all.push_back(process([&] {
        Budget* own = worker(*supervisor_).release();
        std::thread([own] {
          for (;;) {
            uint32_t seat = 0;
            own->sit({.memory_bytes = 60 * k_mebibyte}, seat);
            own->park(seat);
            own->resume(seat);
            own->leave(seat);
          }
        }).detach();
      }));
    }
    ::usleep(2000);
    for (pid_t pid : all) kill(pid);
    supervisor_->forget_the_dead();
    const BudgetUse use = supervisor_->use();
    ASSERT_EQ(use.cores_taken, 0U);
    ASSERT_EQ(use.memory_claimed, 0U);
    ASSERT_EQ(use.waiting, 0U);
    ASSERT_EQ(use.parked, 0U);
    ASSERT_EQ(use.workers, 1U);
  }
  worker_->leave(sit(700 * k_mebibyte, Turn::runs));
}

TEST_F(BudgetTest, two_supervisors_share_the_larger_order_and_keep_to_their_own) {
  auto small = supervisor({.cores = 1, .memory_bytes = 200 * k_mebibyte});
  auto others = worker(*small);
  EXPECT_EQ(supervisor_->whole().cores, 2U);
  sit(0, Turn::runs);
  sit(0, Turn::runs);
  // Nobody is shut out: one may always run.
  uint32_t first = 0;
  uint32_t second = 0;
  EXPECT_EQ(others->sit({}, first), Turn::runs);
  EXPECT_EQ(others->sit({}, second), Turn::no_core);
  EXPECT_EQ(supervisor_->use().cores_taken, 3U);
  EXPECT_EQ(others->memory_bytes(), 200 * k_mebibyte);
  others.reset();
  small.reset();
  EXPECT_EQ(supervisor_->use().supervisors, 1U);
}

TEST_F(BudgetTest, the_order_of_a_supervisor_goes_with_it) {
  const pid_t pid = process([&] {
    static_cast<void>(supervisor({.cores = 8, .memory_bytes = 9000 * k_mebibyte}).release());
  });
  EXPECT_EQ(supervisor_->whole().cores, 8U);
  kill(pid);
  supervisor_->forget_the_dead();
  EXPECT_EQ(supervisor_->whole().cores, 2U);
}

TEST_F(BudgetTest, a_worker_of_a_supervisor_that_is_gone_has_no_place) {
  auto gone = supervisor({.cores = 1});
  const std::string group = gone->group_text();
  gone.reset();
  auto again = supervisor({.cores = 1});
  auto late = Budget::look(path());
  ASSERT_TRUE(late);
  auto joined = (*late)->join(group);
  ASSERT_FALSE(joined);
  EXPECT_EQ(joined.error().code, Code::not_found);
}

TEST_F(BudgetTest, whoever_waits_is_woken) {
  const uint32_t first = sit(0, Turn::runs);
  sit(0, Turn::runs);
  const uint32_t third = sit(0, Turn::no_core);
  const uint32_t seen = worker_->changes();
  std::thread leaver([&] { worker_->leave(first); });
  worker_->await_change(seen, std::chrono::milliseconds(60'000));
  EXPECT_EQ(worker_->try_begin(third), Turn::runs);
  leaver.join();
}

TEST_F(BudgetTest, the_guard_sleeps_until_something_is_in_hand) {
  std::thread guard([&] { EXPECT_TRUE(supervisor_->wait_for_work()); });
  sit(0, Turn::runs);
  guard.join();
  supervisor_->stop_waiting();
  EXPECT_TRUE(supervisor_->stopped());
  EXPECT_FALSE(supervisor_->wait_for_work());
}

TEST_F(BudgetTest, a_file_that_is_none_is_refused) {
  const std::string other = folder_ + "/other";
  std::FILE* file = std::fopen(other.c_str(), "w");
  ASSERT_NE(file, nullptr);
  std::fputs("something else", file);
  std::fclose(file);
  EXPECT_FALSE(Budget::open(other));
  EXPECT_FALSE(Budget::look(other));
  EXPECT_FALSE(Budget::look(folder_ + "/none"));
}

TEST(MachineLimits, tell_what_there_is) {
  EXPECT_GE(usable_cores(), 1U);
  const MachineMemory memory = machine_memory();
  EXPECT_GT(memory.total, 0U);
  EXPECT_LE(memory.available, memory.total);
  EXPECT_GT(own_memory_of(::getpid()), 0U);
}

TEST(MachineLimits, know_whom_a_process_has_started) {
  int end[2];
  ASSERT_EQ(::pipe(end), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    char word = 0;
    ::close(end[1]);
    static_cast<void>(!::read(end[0], &word, 1));
    ::_exit(0);
  }
  EXPECT_EQ(descendants_of(::getpid()), std::vector<pid_t>{child});
  ::close(end[0]);
  ::close(end[1]);
  ::waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace samara::port
