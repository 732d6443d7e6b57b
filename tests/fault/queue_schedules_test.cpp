// Every order in which callers and workers can take turns, and a death at every step: the real code
// of the queue over the simulator's files, each file operation a step. Bounded by how often a
// process is left although it could go on; random orders go beyond the bound.
//
// Held: each request is answered once, by a right outcome; none is run by two processes at a time;
// nobody waits for ever (with no timer but those of the protocol itself).

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdio>
#include <map>

#include "core/sanitizers.hpp"
#include "queue/caller.hpp"
#include "queue/worker.hpp"
#include "queue_world.hpp"

using namespace samara;
using namespace samara::queue;
using namespace samara::test;

namespace {

struct Scenario {
  unsigned callers = 1;
  unsigned workers = 2;
  unsigned requests = 1;  // of each caller
  bool repeatable = true;
  bool workers_mortal = true;
  bool callers_mortal = false;
  bool quiet_start = false;  // only what comes after opening is explored
  bool cancel = false;       // each caller cancels its first request after publishing
  uint32_t ring_after = 2;   // 0: files alone
  unsigned warm_up = 0;      // requests of each caller before what is explored, one by one
  bool one_at_a_time = false;
  unsigned run_ms = 0;         // how long a request runs
  size_t value_bytes_min = 0;  // of replies
  WorldLimits limits;
};

Request request_of(const Scenario& scenario, uint8_t mark) {
  Request out;
  out.function.bytes.fill(1);
  out.arguments.push_back({.bytes = {mark, 2, 3}, .object = {}});
  out.repeatable = scenario.repeatable;
  return out;
}

// What happened in one run.
struct Story {
  std::map<Uuid, const QueueWorld::Process*> running;
  unsigned callers_done = 0;
  unsigned callers_warm = 0;
};

uint64_t requests_by_ring = 0;  // in all runs

// Calls by which a caller and a worker get to know each other: a ring lies between them then.
bool warm_up(QueueWorld& world, QueueWorld::Process& self, Caller& caller, const Scenario& scenario,
             Story& story) {
  for (unsigned i = 0; i < scenario.warm_up; i++) {
    auto id = caller.publish("cpp", request_of(scenario, 99));
    auto answer = caller.next(port::k_never);
    if (self.dead()) return false;
    if (!id || !answer || !answer->has_value() || (*answer)->id != *id) {
      world.fail("a warming call failed");
      return false;
    }
  }
  if (++story.callers_warm == scenario.callers) world.set_quiet(false);
  return true;
}

void caller_body(QueueWorld& world, QueueWorld::Process& self, const Scenario& scenario,
                 Story& story) {
  self.set_quiet(scenario.quiet_start);
  auto caller =
      Caller::open(self.parts(), "/queue", {.word = "c", .ring_after = scenario.ring_after});
  if (caller && !warm_up(world, self, **caller, scenario, story)) return;
  self.set_quiet(false);
  if (!caller) {
    if (!self.dead()) world.fail("caller: " + std::string(caller.error().message()));
    return;
  }
  std::map<Uuid, uint8_t> asked;
  uint8_t published = 0;
  while (published < scenario.requests || !asked.empty()) {
    while (published < scenario.requests && (asked.empty() || !scenario.one_at_a_time)) {
      auto id = (*caller)->publish("cpp", request_of(scenario, published));
      if (self.dead()) return;
      if (!id) return world.fail("publish: " + std::string(id.error().message()));
      asked[*id] = published;
      if (published++ == 0 && scenario.cancel) {
        auto cancelled = (*caller)->cancel(*id);
        if (!cancelled && !self.dead()) return world.fail("cancel failed");
      }
    }
    auto answer = (*caller)->next(port::k_never);
    if (self.dead()) return;
    if (!answer) return world.fail("next: " + std::string(answer.error().message()));
    if (!answer->has_value()) continue;
    auto found = asked.find((*answer)->id);
    if (found == asked.end()) return world.fail("an answer came twice, or to nobody");
    const Reply& reply = (*answer)->reply;
    Bytes expected{found->second, 2, 3};
    expected.resize(std::max(expected.size(), scenario.value_bytes_min));
    const bool value = reply.outcome.is_value() && reply.bytes == expected;
    const bool crash = reply.outcome.kind == OutcomeKind::crash && !scenario.repeatable;
    const bool cancelled = reply.outcome.kind == OutcomeKind::cancelled && scenario.cancel;
    if (!value && !crash && !cancelled) {
      return world.fail("a wrong outcome: " + outcome_text(reply.outcome));
    }
    asked.erase(found);
  }
  story.callers_done++;
  requests_by_ring += (*caller)->sent_by_ring();
}

void worker_body(QueueWorld& world, QueueWorld::Process& self, const Scenario& scenario,
                 Story& story) {
  self.set_quiet(scenario.quiet_start);
  auto worker = Worker::open(self.parts(), "/queue", {.queues = {"cpp"}, .word = "w"});
  if (!worker) {
    if (!self.dead()) world.fail("worker: " + std::string(worker.error().message()));
    return;
  }
  self.set_quiet(false);
  while (true) {
    auto claim = (*worker)->next(port::k_never);
    if (self.dead()) return;
    if (!claim) return world.fail("worker: " + std::string(claim.error().message()));
    if (!claim->has_value()) continue;
    Request& request = (*claim)->request;
    auto [other, alone] = story.running.emplace(request.id, &self);
    if (!alone && !other->second->dead()) return world.fail("two run one request");
    other->second = &self;
    // Runs: a time in which anything may happen.
    self.sleep_until(self.now() + std::chrono::milliseconds(scenario.run_ms));
    if (self.dead()) return;
    story.running.erase(request.id);
    Reply reply;
    reply.outcome = Outcome::of_value({});
    reply.bytes = std::move(request.arguments[0].bytes);
    reply.bytes.resize(std::max(reply.bytes.size(), scenario.value_bytes_min));
    auto answered = (*worker)->answer(request.id, std::move(reply));
    if (!answered && !self.dead()) return world.fail("answer failed");
  }
}

std::string run_once(Explorer& explorer, const Scenario& scenario) {
  QueueWorld world(explorer, scenario.limits);
  world.set_quiet(scenario.warm_up > 0);
  Story story;
  std::vector<const QueueWorld::Process*> callers;
  for (unsigned i = 0; i < scenario.callers; i++) {
    world.add("caller" + std::to_string(i), scenario.callers_mortal, [&](auto& self) {
      callers.push_back(&self);
      caller_body(world, self, scenario, story);
    });
  }
  for (unsigned i = 0; i < scenario.workers; i++) {
    world.add("worker" + std::to_string(i), scenario.workers_mortal,
              [&](auto& self) { worker_body(world, self, scenario, story); });
  }
  auto done = [&] {
    unsigned dead = 0;
    for (const auto* caller : callers) dead += caller->dead() ? 1U : 0U;
    return story.callers_done + dead >= scenario.callers;
  };
  std::string failure = world.run(done);
  if (failure.empty()) return {};
  failure += "\nsteps:";
  for (const std::string& step : world.trace()) failure += "\n  " + step;
  return failure;
}

void explore(const Scenario& scenario) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the thread sanitizer cannot follow processes that share a thread";
#endif
  // Enough for all orders of all scenarios but one; SAMARA_QUEUE_ORDERS=0 sets no bound.
  const char* given = ::getenv("SAMARA_QUEUE_ORDERS");
  // Runs with rings have more steps.
  const uint64_t usual = (SAMARA_ADDRESS_SANITIZER ? uint64_t{1'000} : uint64_t{30'000}) /
                         (scenario.warm_up > 0 ? 8 : 1);
  const uint64_t bound = given == nullptr ? usual : ::strtoull(given, nullptr, 10);
  Explorer explorer;
  requests_by_ring = 0;
  uint64_t runs = 0;
  bool more = true;
  while (more && (bound == 0 || runs < bound)) {
    std::string failure = run_once(explorer, scenario);
    runs++;
    ASSERT_EQ(failure, "") << "run " << runs << ", choices " << explorer.text();
    more = explorer.advance();
  }
  std::printf("  %s %llu orders, %llu requests by ring\n", more ? "the first" : "all",
              static_cast<unsigned long long>(runs),
              static_cast<unsigned long long>(requests_by_ring));
  if (scenario.ring_after == 1) {
    EXPECT_GT(requests_by_ring, runs / 4);
  }
  EXPECT_GT(runs, 100U);
}

void sample(Scenario scenario, uint64_t runs) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the thread sanitizer cannot follow processes that share a thread";
#endif
  scenario.limits.preemptions = 1'000'000;
  for (uint64_t seed = 1; seed <= runs; seed++) {
    Explorer explorer;
    explorer.randomize(seed);
    ASSERT_EQ(run_once(explorer, scenario), "") << "seed " << seed;
  }
}

TEST(QueueSchedules, two_workers_and_one_request) {
  explore({.quiet_start = true, .limits = {.preemptions = 2}});
}

TEST(QueueSchedules, workers_that_come_while_requests_do) {
  explore({.limits = {.preemptions = 1}});
}

TEST(QueueSchedules, a_worker_dies_at_any_step) {
  explore({.quiet_start = true, .limits = {.preemptions = 1, .deaths = 1}});
}

TEST(QueueSchedules, a_worker_dies_at_any_step_of_its_start) {
  explore({.limits = {.preemptions = 0, .deaths = 1}});
}

TEST(QueueSchedules, a_worker_dies_over_what_may_not_run_twice) {
  explore({.repeatable = false, .quiet_start = true, .limits = {.preemptions = 1, .deaths = 1}});
}

TEST(QueueSchedules, one_of_two_callers_dies_at_any_step) {
  explore({.callers = 2,
           .workers = 1,
           .workers_mortal = false,
           .callers_mortal = true,
           .limits = {.preemptions = 0, .deaths = 1}});
}

TEST(QueueSchedules, a_caller_dies_while_its_request_is_answered) {
  explore({.callers = 2,
           .workers = 1,
           .workers_mortal = false,
           .callers_mortal = true,
           .quiet_start = true,
           .limits = {.preemptions = 1, .deaths = 1}});
}

TEST(QueueSchedules, a_caller_cancels_at_any_moment) {
  explore({.workers = 1, .requests = 2, .cancel = true, .limits = {.preemptions = 2}});
}

// --- rings ---------------------------------------------------------------------------------------

TEST(QueueRingSchedules, a_request_goes_through_a_ring) {
  explore({.ring_after = 1, .warm_up = 2, .limits = {.preemptions = 2}});
}

TEST(QueueRingSchedules, two_requests_and_a_worker_that_is_busy) {
  explore(
      {.requests = 2, .ring_after = 1, .warm_up = 2, .run_ms = 5, .limits = {.preemptions = 2}});
}

TEST(QueueRingSchedules, a_worker_dies_at_any_step) {
  explore(
      {.requests = 2, .ring_after = 1, .warm_up = 2, .limits = {.preemptions = 1, .deaths = 1}});
}

TEST(QueueRingSchedules, a_worker_dies_over_what_may_not_run_twice) {
  explore({.repeatable = false,
           .ring_after = 1,
           .warm_up = 2,
           .limits = {.preemptions = 1, .deaths = 1}});
}

TEST(QueueRingSchedules, a_worker_dies_over_a_reply_that_needs_a_file) {
  explore({.ring_after = 1,
           .warm_up = 2,
           .value_bytes_min = 5000,
           .limits = {.preemptions = 1, .deaths = 1}});
}

TEST(QueueRingSchedules, a_ring_is_offered_while_a_worker_may_die) {
  explore({.requests = 4,
           .quiet_start = true,
           .ring_after = 1,
           .one_at_a_time = true,
           .limits = {.preemptions = 1, .deaths = 1}});
}

TEST(QueueRingSchedules, one_of_two_callers_dies_at_any_step) {
  explore({.callers = 2,
           .workers = 1,
           .workers_mortal = false,
           .callers_mortal = true,
           .ring_after = 1,
           .warm_up = 2,
           .limits = {.preemptions = 1, .deaths = 1}});
}

TEST(QueueRingSchedules, a_caller_cancels_at_any_moment) {
  explore({.workers = 1,
           .requests = 2,
           .cancel = true,
           .ring_after = 1,
           .warm_up = 2,
           .limits = {.preemptions = 2}});
}

TEST(QueueRingSchedules, a_caller_cancels_and_the_worker_dies) {
  explore({.requests = 2,
           .cancel = true,
           .ring_after = 1,
           .warm_up = 2,
           .limits = {.preemptions = 1, .deaths = 1}});
}

TEST(QueueRingSchedules, many_random_orders) {
  sample({.callers = 2, .workers = 2, .requests = 6, .ring_after = 1, .limits = {}}, 500);
}

TEST(QueueRingSchedules, many_random_orders_with_deaths) {
  sample({.callers = 2, .workers = 3, .requests = 6, .ring_after = 1, .limits = {.deaths = 2}},
         1000);
  sample({.callers = 2,
          .workers = 3,
          .requests = 6,
          .callers_mortal = true,
          .cancel = true,
          .ring_after = 1,
          .one_at_a_time = true,
          .limits = {.deaths = 2}},
         1000);
}

TEST(QueueSchedules, many_random_orders) {
  sample({.callers = 2, .workers = 2, .requests = 2, .limits = {}}, 1000);
}

TEST(QueueSchedules, many_random_orders_with_deaths) {
  sample({.callers = 2, .workers = 3, .requests = 2, .limits = {.deaths = 2}}, 2000);
  // Who recovers for the dead may die over it; the other caller has to notice.
  sample({.callers = 2,
          .workers = 3,
          .requests = 2,
          .callers_mortal = true,
          .cancel = true,
          .limits = {.deaths = 2}},
         2000);
}

}  // namespace
