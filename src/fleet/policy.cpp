#include "fleet/policy.hpp"

namespace samara::fleet {

namespace {
constexpr uint64_t k_full = 1000;           // all slots taken
constexpr int64_t k_module_is_there = 600;  // worth more than half a node's slots
constexpr uint64_t k_battery = 8 * k_full;  // last, whatever the load of the others
constexpr uint64_t k_battery_low = 8 * k_full;
constexpr uint64_t k_solar = 2 * k_full;
constexpr uint16_t k_low_permille = 200;
}  // namespace

uint64_t BalancedPolicy::key(const FleetNode& node) const {
  uint64_t cost = node.slots == 0 ? k_full : node.attempts.size() * k_full / node.slots;
  // What the machine does for others counts, but it is old news.
  cost += node.load_permille / 4;
  switch (node.power) {
    case wire::Power::battery:
      cost += k_battery;
      if (node.battery_permille && *node.battery_permille < k_low_permille) cost += k_battery_low;
      break;
    case wire::Power::solar:
      cost += k_solar;
      break;
    case wire::Power::mains:
    case wire::Power::unknown:
      break;
  }
  return cost;
}

int64_t BalancedPolicy::score(const FleetNode& node, const TaskSpec&, bool holds) const {
  return static_cast<int64_t>(key(node)) - (holds ? k_module_is_there : 0);
}

std::unique_ptr<Policy> make_policy(std::string_view name) {
  if (name == "round_robin") return std::make_unique<RoundRobinPolicy>();
  if (name == "random") return std::make_unique<RandomPolicy>();
  return std::make_unique<BalancedPolicy>();
}

}  // namespace samara::fleet
