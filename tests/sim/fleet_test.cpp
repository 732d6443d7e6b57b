// The fleet in virtual time: many seeds, each an hour of a small fleet in which everything fails
// now and then; a large fleet; and proofs that the checker would notice.
//   SAMARA_SIM_SEEDS=1000    as many seeds instead of the usual few
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
  const uint64_t seeds = one != 0 ? 1 : number_of("SAMARA_SIM_SEEDS", 200);
  Coverage coverage;
  uint64_t steps = 0;
  uint64_t tasks = 0;
  for (uint64_t i = 0; i < seeds; i++) {
    const uint64_t seed = one != 0 ? one : i + 1;
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
