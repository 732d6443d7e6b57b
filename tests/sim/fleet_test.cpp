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

void add(Coverage& all, const Coverage& some) {
  for (const auto& [name, count] : some) all[name] += count;
}

}  // namespace

TEST(FleetSim, promises_are_kept_whatever_fails) {
  const uint64_t one = number_of("SAMARA_SIM_SEED", 0);
  const uint64_t seeds = one != 0 ? 1 : number_of("SAMARA_SIM_SEEDS", 60);
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
#define SAMARA_FLEET_COUNTER(name)                      \
  if (std::string_view(#name) != "rejected") {          \
    EXPECT_GT(coverage["manager_" #name], 0U) << #name; \
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
                           "outcome_crash"}) {
    EXPECT_GT(coverage[name], 0U) << name;
  }
}
