// The fleet in virtual time: many seeds, each an hour of a small fleet in which everything fails
// now and then; a large fleet; and proofs that the checker would notice.
//   SAMARA_SIM_SEEDS=1000    as many seeds instead of the usual few; SAMARA_SIM_FIRST=n, from there
//   SAMARA_SIM_SEED=n        this one alone, with its log
//   SAMARA_SIM_NODES=n SAMARA_SIM_MINUTES=n
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/sim/world.hpp"

using namespace samara;
using namespace samara::test;
using namespace std::chrono_literals;

namespace {

uint64_t number_of(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

WorldOptions options_of(uint64_t seed) {
  WorldOptions options;
  options.seed = seed;
  port::SimDice dice(seed * 7919);
  options.nodes = static_cast<uint32_t>(number_of("SAMARA_SIM_NODES", 4 + dice.below(16)));
  options.duration = std::chrono::minutes(number_of("SAMARA_SIM_MINUTES", 60));
  options.calm_from = options.duration * 3 / 4;
  options.submit_every = 1s + std::chrono::milliseconds(dice.below(8000));
  options.faults = faults_of(seed);
  options.manager.finished_kept = 200;
  const char* policies[] = {"balanced", "balanced", "round_robin", "random"};
  options.policy = policies[dice.below(4)];
  return options;
}

void print_log(const WorldReport& report) {
  for (const std::string& line : report.log) std::printf("%s\n", line.c_str());
}

/// What the simulated world has no way to bring about; unit tests do.
bool never_here(std::string_view name) {
  return name == "rejected" || name == "recalls_unanswered";
}

/// What happens in one seed of a hundred or less.
bool seldom(std::string_view name) { return name == "uncertain_returns"; }

void add(Coverage& all, const Coverage& some) {
  for (const auto& [name, count] : some) all[name] += count;
}

}  // namespace

TEST(FleetSim, promises_are_kept_whatever_fails) {
  const uint64_t one = number_of("SAMARA_SIM_SEED", 0);
  const uint64_t seeds = one != 0 ? 1 : number_of("SAMARA_SIM_SEEDS", 120);
  Coverage coverage;
  uint64_t steps = 0;
  uint64_t tasks = 0;
  for (uint64_t i = 0; i < seeds; i++) {
    const uint64_t seed = one != 0 ? one : number_of("SAMARA_SIM_FIRST", 1) + i;
    WorldOptions options = options_of(seed);
    options.log = one != 0;
    WorldReport report = World(options).run();
    if (options.log) print_log(report);
    ASSERT_EQ(report.failure, "") << "seed " << seed << ": SAMARA_SIM_SEED=" << seed
                                  << " shows the log";
    EXPECT_EQ(report.submitted, report.finished) << "seed " << seed;
    add(coverage, report.coverage);
    steps += report.steps;
    tasks += report.finished;
  }
  std::printf("%llu seeds, %llu steps, %llu tasks\n", static_cast<unsigned long long>(seeds),
              static_cast<unsigned long long>(steps), static_cast<unsigned long long>(tasks));
  for (const auto& [name, count] : coverage) {
    std::printf("  %-36s %llu\n", name.c_str(), static_cast<unsigned long long>(count));
  }
  if (one != 0) return;
  // What never happened was not tested.
#define SAMARA_FLEET_COUNTER(name)                               \
  if (!never_here(#name) && (seeds >= 1000 || !seldom(#name))) { \
    EXPECT_GT(coverage["manager_" #name], 0U) << #name;          \
  }
#include "fleet/counters.def"
#undef SAMARA_FLEET_COUNTER
  for (const char* name : {"network_lost",
                           "network_twice",
                           "network_late",
                           "node_crash",
                           "node_shutdown",
                           "node_left",
                           "partition",
                           "broker_restart",
                           "manager_kill",
                           "manager_kill_with_unsynced",
                           "journal_compacted",
                           "disk_full",
                           "node_disk_full",
                           "node_result_restored",
                           "bad_chunk",
                           "garbage",
                           "lie",
                           "deaf_run",
                           "object_evicted",
                           "replayed_result",
                           "forged_result",
                           "wrong_value_of_a_liar",
                           "trusted_again",
                           "node_bad_messages",
                           "node_refused_starts",
                           "node_repeated_starts",
                           "node_lies",
                           "node_storage_failures",
                           "node_leases_lapsed",
                           "node_deadlines",
                           "node_given_up",
                           "node_results_resent",
                           "outcome_value",
                           "outcome_error",
                           "outcome_timeout",
                           "outcome_lost",
                           "outcome_cancelled",
                           "outcome_limit",
                           "outcome_crash",
                           "broadcast",
                           "job_cancelled",
                           "job_over",
                           "member_over",
                           "member_skipped",
                           "result_passed_on"}) {
    EXPECT_GT(coverage[name], 0U) << name;
  }
}

namespace {

/// Runs seeds until the checker finds something; the failure it found.
std::string found_by_checker(fleet::Manager::Mutations mutations, uint64_t seeds) {
  for (uint64_t seed = 1; seed <= seeds; seed++) {
    WorldOptions options = options_of(seed);
    options.mutations = mutations;
    const WorldReport report = World(options).run();
    if (!report.failure.empty()) return report.failure;
  }
  return "";
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST(FleetSim, a_manager_that_runs_effectful_tasks_again_is_found_out) {
  const std::string failure = found_by_checker({.rerun_effectful = true}, 50);
  EXPECT_TRUE(has(failure, "runs a second time") || has(failure, "two leases")) << failure;
}

TEST(FleetSim, a_manager_that_believes_anybody_is_found_out) {
  const std::string failure = found_by_checker({.believe_anybody = true}, 50);
  EXPECT_TRUE(has(failure, "did not run it") || has(failure, "another value")) << failure;
}

TEST(FleetSim, a_manager_that_speaks_before_it_has_written_is_found_out) {
  const std::string failure = found_by_checker({.forget_durability = true}, 100);
  EXPECT_TRUE(has(failure, "is lost") || has(failure, "ends twice") ||
              has(failure, "runs a second time") || has(failure, "never ends"))
      << failure;
}

TEST(FleetSim, a_seed_gives_the_same_run_again) {
  WorldOptions options = options_of(7);
  options.log = true;
  const WorldReport once = World(options).run();
  const WorldReport again = World(options).run();
  EXPECT_EQ(once.steps, again.steps);
  EXPECT_EQ(once.log, again.log);
}

TEST(FleetSim, ten_thousand_nodes_are_kept_alive_and_busy) {
  WorldOptions options;
  options.seed = 3;
  options.nodes = static_cast<uint32_t>(number_of("SAMARA_SIM_NODES", 10'000));
  options.duration = 6min;
  options.calm_from = 2min;
  options.submit_every = 5ms;
  options.faults.network.loss_permille = 5;
  options.faults.node_crash = 30min;
  options.faults.broker_restart = 90s;
  options.faults.manager_kill = 80s;
  options.manager.finished_kept = 100'000;
  const WorldReport report = World(options).run();
  EXPECT_EQ(report.failure, "");
  EXPECT_EQ(report.submitted, report.finished);
  EXPECT_GT(report.values, 10'000U);
}

namespace {

struct Compared {
  double makespan_s = 0;
  double small_s = 0;  // from submission to end, mean: the client with little work
  double large_s = 0;
  double battery_s = 0;  // computed on battery
  double module_kb = 0;  // sent to nodes
};

/// 4,000 tasks of 1 to 3 s on 40 nodes, a fifth of them on battery, a tenth ten times as slow;
/// every tenth task is of a client with little work.
Compared compare(const std::string& policy, Nanos every) {
  constexpr int k_seeds = 3;
  Compared sum;
  for (uint64_t seed = 1; seed <= k_seeds; seed++) {
    WorldOptions options;
    options.seed = seed;
    options.nodes = 40;
    options.plain_work = true;
    options.plain_tasks = 4000;
    options.plain_run = 2s;
    options.plain_every = every;
    options.policy = policy;
    options.faults.slow_permille = 100;
    options.manager.finished_kept = 100'000;
    const WorldReport report = World(options).run();
    EXPECT_EQ(report.failure, "");
    EXPECT_EQ(report.finished, 4000U);
    const auto mean = [&](const char* client, int tasks) {
      return std::chrono::duration<double>(report.submitter_done.at(client)).count() / tasks;
    };
    sum.makespan_s += std::chrono::duration<double>(report.makespan).count() - 30;
    sum.small_s += mean("client-small", 400);
    sum.large_s += mean("client-large", 3600);
    sum.battery_s += report.battery_seconds;
    sum.module_kb += static_cast<double>(report.module_bytes) / 1024;
  }
  for (double* one :
       {&sum.makespan_s, &sum.small_s, &sum.large_s, &sum.battery_s, &sum.module_kb}) {
    *one /= k_seeds;
  }
  std::printf(
      "%-12s makespan %.1f s, small client %.2f s, large %.2f s, battery %.0f s, modules %.0f KB\n",
      policy.c_str(), sum.makespan_s, sum.small_s, sum.large_s, sum.battery_s, sum.module_kb);
  return sum;
}

}  // namespace

TEST(FleetSim, with_room_to_choose_the_balanced_policy_spares_batteries_and_bandwidth) {
  const Compared balanced = compare("balanced", 60ms);
  for (const char* other : {"round_robin", "random"}) {
    const Compared one = compare(other, 60ms);
    EXPECT_LT(balanced.large_s, one.large_s * 1.1) << other;
    EXPECT_LT(balanced.battery_s, one.battery_s * 0.7) << other;
    EXPECT_LT(balanced.module_kb, one.module_kb) << other;
  }
}

TEST(FleetSim, with_all_work_at_once_who_wants_little_waits_little) {
  for (const char* policy : {"balanced", "round_robin", "random"}) {
    const Compared one = compare(policy, 1us);
    // A tenth of the work and half of the turns: done after a fifth of the time, on average after a
    // tenth, where first come first served would take a half.
    EXPECT_LT(one.small_s, one.makespan_s / 4) << policy;
  }
}
