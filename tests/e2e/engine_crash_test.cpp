// Several processes on one repository, and processes that die in the middle of a call.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "tests/support/engine_fixture.hpp"

namespace samara::test {
namespace {

using ir::BuiltinId;
using ir::Label;

// A child with its own view of the repository; no engine of the parent may be alive at the fork.
pid_t in_child(const std::string& path, const std::function<int(EngineSetup&)>& work) {
  // Made before the fork, so that parent and child do not both make it.
  {
    EngineSetup prepared(path);
  }
  pid_t child = fork();
  if (child != 0) return child;
  EngineSetup setup(path);
  _exit(work(setup));
}

int wait_for(pid_t child) {
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return status;
}

Hash add_counting(EngineSetup& s) {
  return s.must_add(*s.b.program({s.types.integer()}, [&](auto p) {
    return s.b.platform("test_count", {s.b(p[0])}, s.types.integer());
  }));
}

Hash add_endless(EngineSetup& s) {
  return s.must_add(*s.b.program({s.types.integer()}, [&](auto) {
    return s.b.block([&](ir::Statements& st) {
      st(s.b.while_(s.b.boolean(true), [&](Label) { return s.b.null(); }));
      return s.b.integer(0);
    });
  }));
}

class EngineCrash : public testing::Test {
 protected:
  std::string path() const { return directory_ / "repository"; }
  TempDirectory directory_;
};

TEST_F(EngineCrash, a_killed_call_is_lost_and_the_next_one_runs) {
  pid_t child = in_child(path(), [](EngineSetup& s) {
    static_cast<void>(s.call(add_endless(s), {s.encoded(1)}));
    return 0;
  });
  EngineSetup s(path());
  store::CallKey key;
  for (int i = 0; i < 3000; i++) {
    auto calls = s.engine->calls();
    if (calls && calls->size() == 1) {
      key = calls->front().key;
      EXPECT_TRUE(calls->front().latest.running);
      break;
    }
    s.clock.sleep_until(s.clock.now() + std::chrono::milliseconds(10));
  }
  kill(child, SIGKILL);
  wait_for(child);
  ASSERT_NE(key.call, Hash{});
  auto attempts = s.engine->attempts(key);
  ASSERT_TRUE(attempts);
  ASSERT_EQ(attempts->size(), 1U);
  EXPECT_FALSE(attempts->front().running);
  EXPECT_EQ(attempts->front().record.outcome->kind, OutcomeKind::lost);
  EXPECT_EQ(attempts->front().record.outcome->message,
            "process " + std::to_string(child) + " that ran it is gone");
  EXPECT_TRUE(s.fsck().clean());

  engine::CallOptions options;
  options.limits.steps_max = 1000;
  auto next = s.call(key.function, {s.encoded(1)}, options);
  ASSERT_TRUE(next) << next.error().message();
  EXPECT_EQ(next->outcome.which, "steps");
  attempts = s.engine->attempts(key);
  ASSERT_EQ(attempts->size(), 2U);
  EXPECT_TRUE(attempts->front().record.finished_ms.has_value());
  EXPECT_EQ(attempts->back().record.attempt, 2);
}

TEST_F(EngineCrash, a_process_killed_at_any_time_leaves_a_clean_repository) {
  Hash function;
  {
    EngineSetup s(path());
    function = add_counting(s);
  }
  int64_t round = 0;
  for (int delay_us = 200; delay_us < 60'000; delay_us = delay_us * 3 / 2) {
    pid_t child = in_child(path(), [&](EngineSetup& s) -> int {
      for (int64_t i = 0;; i++)
        static_cast<void>(s.call(function, {s.encoded(round * 1'000'000 + i)}));
    });
    ::usleep(static_cast<useconds_t>(delay_us));
    kill(child, SIGKILL);
    wait_for(child);
    EngineSetup s(path());
    EXPECT_TRUE(s.fsck().clean());
    for (int64_t i = 0; i < 3; i++) {
      auto result = s.call(function, {s.encoded(round * 1'000'000 + i)});
      ASSERT_TRUE(result) << result.error().message();
      EXPECT_EQ(s.integer_of(*result), round * 1'000'000 + i);
    }
    round++;
  }
  EngineSetup s(path());
  auto calls = s.engine->calls({.calls_max = 1'000'000});
  ASSERT_TRUE(calls);
  for (const engine::CallSummary& call : *calls) {
    const Outcome& outcome = *call.latest.record.outcome;
    EXPECT_TRUE(outcome.is_value() || outcome.kind == OutcomeKind::lost) << outcome_text(outcome);
  }
}

TEST_F(EngineCrash, processes_that_ask_the_same_run_it_once) {
  Hash function;
  {
    EngineSetup s(path());
    function = s.must_add(*s.b.program({s.types.integer()}, [&](auto p) {
      return s.b.block([&](ir::Statements& st) {
        ir::Var i = st.mutable_(s.b.integer(0));
        st(s.b.while_(
            s.b.builtin(BuiltinId::Less, {s.types.integer()}, {s.b(i), s.b.integer(500'000)}),
            [&](Label) { return s.b.assign(i, s.b.add(s.b(i), s.b.integer(1))); }));
        return s.b.add(s.b(i), s.b(p[0]));
      });
    }));
  }
  constexpr int64_t k_calls = 5;
  std::vector<pid_t> children;
  for (int i = 0; i < 4; i++) {
    children.push_back(in_child(path(), [&](EngineSetup& s) {
      for (int64_t n = 0; n < k_calls; n++) {
        auto result = s.call(function, {s.encoded(n)});
        if (!result || !result->outcome.is_value() || s.integer_of(*result) != 500'000 + n)
          return 1;
      }
      return 0;
    }));
  }
  for (pid_t child : children) EXPECT_EQ(wait_for(child), 0);
  EngineSetup s(path());
  auto calls = s.engine->calls();
  ASSERT_TRUE(calls);
  EXPECT_EQ(calls->size(), static_cast<size_t>(k_calls));
  for (const engine::CallSummary& call : *calls) EXPECT_EQ(call.attempts, 1U);
  EXPECT_TRUE(s.fsck().clean());
}

}  // namespace
}  // namespace samara::test
