#include "tests/sim/world.hpp"

#include "tests/sim/world_parts.hpp"

namespace samara::test {

using namespace std::chrono_literals;

WorldFaults faults_of(uint64_t seed) {
  port::SimDice dice(seed ^ 0xfa0175);
  WorldFaults f;
  const auto sometimes = [&](Nanos mean) {
    if (!dice.one_in(2)) return Nanos{0};
    return mean / 2 + Nanos(dice.below(static_cast<uint64_t>(mean.count())));
  };
  const auto chance = [&](uint32_t most) {
    return dice.one_in(2) ? static_cast<uint32_t>(dice.below(most + 1)) : 0U;
  };
  f.network.loss_permille = chance(30);
  f.network.twice_permille = chance(50);
  f.network.late_permille = chance(20);
  f.node_crash = sometimes(15min);
  f.node_shutdown = sometimes(30min);
  f.partition = sometimes(15min);
  f.broker_restart = sometimes(10min);
  f.manager_kill = sometimes(8min);
  f.disk_full = sometimes(15min);
  f.cancel = sometimes(1min);
  f.quarantine_lift = sometimes(10min);
  f.bad_chunk_permille = chance(30);
  f.garbage_permille = chance(5);
  f.liars_permille = chance(150);
  f.forgers_permille = chance(100);
  f.hash_liars_permille = chance(100);
  f.slow_permille = chance(200);
  f.deaf_permille = chance(100);
  f.node_disk_full_permille = chance(100);
  f.drift_permille_max = dice.one_in(2) ? 40 : 0;
  return f;
}

World::World(const WorldOptions& options)
    : options_(options),
      dice_(options.seed),
      network_(dice_, options.faults.network),
      policy_(fleet::make_policy(options.policy)) {
  constexpr size_t k_modules = 6;
  modules_.resize(k_modules);
  for (Module& module : modules_) {
    module.bytes.resize(500 + dice_.below(12'000));
    for (uint8_t& byte : module.bytes) byte = static_cast<uint8_t>(dice_.next());
    module.ref = {.hash = sha256(module.bytes), .size = module.bytes.size()};
    objects_.emplace(module.ref.hash, &module.bytes);
  }
}

World::~World() = default;

std::string World::time_text() const {
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(schedule_.now().time_since_epoch())
          .count();
  char text[32];
  std::snprintf(text, sizeof text, "%7lld.%03lld", static_cast<long long>(ms / 1000),
                static_cast<long long>(ms % 1000));
  return text;
}

void World::fail(const std::string& what) {
  if (!report_.failure.empty()) return;
  report_.failure = time_text() + " " + what;
  note("FAILED: " + what);
}

Nanos World::some(Nanos mean) {
  return mean / 4 + Nanos(dice_.below(static_cast<uint64_t>(mean.count()) * 3 / 2 + 1));
}

void World::plan(Kind kind, Nanos mean, uint32_t node) {
  if (mean == Nanos{0} || calm_) return;
  schedule_.in(some(mean), {.kind = kind, .node = node});
}

WorldReport World::run() {
  nodes_.reserve(options_.nodes);
  for (uint32_t i = 0; i < options_.nodes; i++) make_node(i);
  start_manager();
  const WorldFaults& f = options_.faults;
  for (uint32_t i = 0; i < options_.nodes; i++) {
    schedule_.in(Nanos(dice_.below(5'000'000'000)), {.kind = Kind::node_boot, .node = i});
    plan(Kind::node_crash, f.node_crash, i);
    plan(Kind::node_shutdown, f.node_shutdown, i);
    plan(Kind::node_partition, f.partition, i);
    if (nodes_[i]->forger) plan(Kind::node_forge, 20s, i);
  }
  plan(Kind::broker_restart, f.broker_restart);
  plan(Kind::manager_kill, f.manager_kill);
  plan(Kind::disk_full, f.disk_full);
  plan(Kind::cancel, f.cancel);
  plan(Kind::trust_again, f.quarantine_lift);
  schedule_.in(options_.plain_work ? Nanos(30s) : Nanos(1s), {.kind = Kind::submit});
  schedule_.in(10s, {.kind = Kind::look});
  schedule_.in(options_.calm_from, {.kind = Kind::calm});
  const Instant end = schedule_.now() + options_.duration;
  Instant last{};
  uint64_t same_instant = 0;
  while (!schedule_.empty() && schedule_.next() <= end && report_.failure.empty()) {
    const What what = schedule_.pop();
    same_instant = schedule_.now() == last ? same_instant + 1 : 0;
    last = schedule_.now();
    constexpr uint64_t k_busy_max = 20'000;
    if (same_instant > k_busy_max) {
      fail("time stands still: kind " + std::to_string(static_cast<int>(what.kind)) + " node " +
           std::to_string(what.node));
    }
    step(what);
    report_.steps++;
    if (options_.plain_work && tasks_made_ != 0 && open_promises_ == 0) break;
  }
  if (report_.failure.empty()) check_end();
  if (manager_ != nullptr) count_manager();
  report_.coverage["network_lost"] += network_.lost();
  report_.coverage["network_twice"] += network_.twice();
  report_.coverage["network_late"] += network_.late();
  for (const auto& node : nodes_) {
    if (node->core != nullptr) count(*node);
  }
  return std::move(report_);
}

bool World::is_fault(Kind kind) {
  switch (kind) {
    case Kind::node_crash:
    case Kind::node_shutdown:
    case Kind::node_partition:
    case Kind::node_forge:
    case Kind::manager_kill:
    case Kind::broker_restart:
    case Kind::disk_full:
    case Kind::cancel:
      return true;
    default:
      return false;
  }
}

void World::step(const What& what) {
  SimNode* node = what.node < nodes_.size() ? nodes_[what.node].get() : nullptr;
  const WorldFaults& f = options_.faults;
  if (calm_ && is_fault(what.kind)) return;
  switch (what.kind) {
    case Kind::node_tick:
      if (node->core == nullptr || schedule_.now() < node->tick_at) return;
      node->tick_at = Instant::max();
      return node_step(what.node, node::event::Tick{});
    case Kind::node_message:
      if (node->core == nullptr || !node->connected || node->generation != what.generation) return;
      return node_step(what.node, node::event::Received{.bytes = what.bytes});
    case Kind::node_ended:
      if (node->core == nullptr || node->boots != what.generation) return;
      return end_run(what.node, what.number);
    case Kind::node_connect:
      if (node->core != nullptr && node->boots == what.generation) connect(what.node);
      return;
    case Kind::node_boot:
      if (node->core == nullptr) boot(what.node);
      return;
    case Kind::node_crash:
      if (node->core != nullptr) {
        rare("node_crash");
        crash(what.node);
        schedule_.in(some(20s), {.kind = Kind::node_boot, .node = what.node});
      }
      return plan(Kind::node_crash, f.node_crash, what.node);
    case Kind::node_shutdown:
      if (node->core != nullptr && !node->leaving) {
        rare("node_shutdown");
        note(node->name + " shuts down");
        node->leaving = true;
        node_step(what.node, node::event::Shutdown{.grace = std::chrono::seconds(5)});
      }
      return plan(Kind::node_shutdown, f.node_shutdown, what.node);
    case Kind::node_partition:
      rare("partition");
      network_.partition(what.node, schedule_.now() + some(40s));
      note(node->name + " is cut off");
      return plan(Kind::node_partition, f.partition, what.node);
    case Kind::node_forge:
      forge(what.node);
      return plan(Kind::node_forge, 20s, what.node);
    case Kind::manager_message:
      if (manager_ == nullptr) return;
      return manager_step(
          fleet::event::Received{.node = nodes_[what.node]->name, .bytes = what.bytes});
    case Kind::manager_tick:
      if (manager_ == nullptr || schedule_.now() < manager_tick_) return;
      manager_tick_ = Instant::max();
      return manager_step(fleet::event::Tick{});
    case Kind::manager_synced:
      if (manager_ == nullptr || what.generation != manager_generation_) return;
      sync_planned_ = false;
      disk_.synced(static_cast<size_t>(disk_base_ + what.number));
      manager_step(fleet::event::Durable{.sequence = what.number});
      if (manager_ != nullptr) sync();
      return;
    case Kind::manager_kill:
      if (manager_ != nullptr && dice_.one_in(2)) {
        kill_armed_ = true;
      } else if (manager_ != nullptr) {
        kill_manager();
        schedule_.in(some(4s), {.kind = Kind::manager_start});
      }
      return plan(Kind::manager_kill, f.manager_kill);
    case Kind::manager_start:
      if (manager_ == nullptr) start_manager();
      return;
    case Kind::broker_restart:
      rare("broker_restart");
      note("the broker goes");
      broker_up_ = false;
      for (uint32_t i = 0; i < nodes_.size(); i++) disconnect(i);
      schedule_.in(some(3s), {.kind = Kind::broker_up});
      return plan(Kind::broker_restart, f.broker_restart);
    case Kind::broker_up:
      note("the broker is back");
      broker_up_ = true;
      for (uint32_t i = 0; i < nodes_.size(); i++) {
        if (nodes_[i]->core == nullptr) continue;
        schedule_.in(some(1s),
                     {.kind = Kind::node_connect, .node = i, .generation = nodes_[i]->boots});
      }
      if (manager_ != nullptr) manager_step(fleet::event::Reconnected{});
      return;
    case Kind::disk_full:
      rare("disk_full");
      disk_is_full_ = true;
      schedule_.in(some(10s), {.kind = Kind::disk_free});
      return plan(Kind::disk_full, f.disk_full);
    case Kind::disk_free:
      disk_is_full_ = false;
      return sync();
    case Kind::submit:
      return submit_new();
    case Kind::cancel:
      if (!order_.empty() && manager_ != nullptr) {
        const size_t back = static_cast<size_t>(dice_.below(std::min<size_t>(order_.size(), 20)));
        note("cancel");
        manager_step(fleet::event::Cancel{.task = order_[order_.size() - 1 - back]});
      }
      return plan(Kind::cancel, f.cancel);
    case Kind::trust_again:
      if (manager_ != nullptr) {
        for (const auto& one : nodes_) {
          const fleet::FleetNode* known = manager_->node(one->name);
          if (known != nullptr && known->quarantined) {
            rare("trusted_again");
            manager_step(fleet::event::Quarantine{.node = one->name, .on = false});
            break;
          }
        }
      }
      return plan(Kind::trust_again, f.quarantine_lift);
    case Kind::calm:
      note("from here on nothing fails");
      calm_ = true;
      disk_is_full_ = false;
      network_.set_faults({});
      network_.heal();
      sync();
      if (manager_ == nullptr) start_manager();
      for (uint32_t i = 0; i < nodes_.size(); i++) {
        if (nodes_[i]->core == nullptr) boot(i);
      }
      return;
    case Kind::look:
      look();
      schedule_.in(10s, {.kind = Kind::look});
      return;
  }
}

}  // namespace samara::test
