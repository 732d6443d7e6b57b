// The nodes of a World.

#include <cstring>

#include "tests/sim/world_parts.hpp"

namespace samara::test {

using namespace std::chrono_literals;

void World::make_node(uint32_t index) {
  const WorldFaults& f = options_.faults;
  auto made = std::make_unique<SimNode>();
  SimNode& node = *made;
  node.name = "n" + std::to_string(index);
  node_index_.emplace(node.name, index);
  node.liar = dice_.permille(f.liars_permille);
  node.hash_liar = !node.liar && dice_.permille(f.hash_liars_permille);
  node.forger = dice_.permille(f.forgers_permille);
  node.slow = dice_.permille(f.slow_permille);
  node.deaf = dice_.permille(f.deaf_permille);
  if (f.drift_permille_max != 0) {
    const auto width = static_cast<uint64_t>(2 * f.drift_permille_max + 1);
    node.drift_permille = static_cast<int32_t>(dice_.below(width)) - f.drift_permille_max;
  }
  node::NodeConfig& c = node.config;
  c.name = wire::NodeName(node.name);
  c.version = "sim";
  static_cast<void>(c.runtimes.push_back("wasm"));
  if (index % 2 == 0) static_cast<void>(c.runtimes.push_back("native"));
  static_cast<void>(c.targets.push_back(index % 3 == 0 ? "cortex-m3" : "x86_64"));
  static_cast<void>(c.labels.push_back(index % 4 == 0 ? "site=north" : "site=south"));
  c.power = index % 5 == 0 ? wire::Power::battery : wire::Power::mains;
  c.slots = static_cast<uint16_t>(2 + dice_.below(4));
  c.running_max = static_cast<uint16_t>(1 + dice_.below(2));
  c.memory_bytes = (64 + 64 * dice_.below(4)) * 1024;
  c.data_bytes = 256;
  c.out_bytes = 4096;
  c.objects = static_cast<uint16_t>(3 + dice_.below(3));
  c.object_bytes = 48 * 1024;
  c.chunk_bytes = 1024;
  c.window_bytes = 8 * 1024;
  constexpr size_t k_arena_bytes = 20 * 1024;
  node.memory.resize(k_arena_bytes / 8);
  nodes_.push_back(std::move(made));
}

Instant World::local(const SimNode& node) const {
  const auto t = schedule_.now().time_since_epoch();
  return Instant(t + t / 1000 * node.drift_permille);
}

Instant World::global(const SimNode& node, Instant local) const {
  const auto t = local.time_since_epoch();
  // One microsecond later than exact, so that rounding never wakes it too early again and again.
  return Instant(t * 1000 / (1000 + node.drift_permille) + 1us);
}

void World::boot(uint32_t index) {
  SimNode& node = *nodes_[index];
  node.generation++;
  node.boots++;
  node.leaving = false;
  node.connected = false;
  node.running.clear();
  node.tick_at = Instant::max();
  node.config.boot = dice_.next();
  std::fill(node.memory.begin(), node.memory.end(), 0xa5a5a5a5a5a5a5a5ULL);
  Arena arena({reinterpret_cast<uint8_t*>(node.memory.data()), node.memory.size() * 8});
  auto core = node::Node::make(arena, node.config);
  SAMARA_ASSERT(core.has_value());
  node.core = *core;
  node.objects.assign(node.config.objects, {});
  note(node.name + " boots");
  std::map<Hash, uint64_t> found;
  for (const auto& [hash, size] : node.on_disk) {
    if (found.size() == node.config.objects || !dice_.permille(700)) continue;
    found.emplace(hash, size);
  }
  node.on_disk = found;
  for (const auto& [hash, size] : found) {
    node_step(index, node::event::ObjectFound{.ref = {.hash = hash, .size = size}});
  }
  for (size_t i = 0; i < node.objects.size(); i++) {
    const auto& entry = node.core->object(static_cast<uint16_t>(i));
    if (entry.state == node::ObjectState::ready) node.objects[i] = *objects_.at(entry.ref.hash);
  }
  const std::map<uint16_t, Bytes> kept = std::move(node.kept);
  node.kept.clear();
  for (const auto& [slot, bytes] : kept) {
    rare("node_result_restored");
    node_step(index, node::event::Restored{.bytes = bytes});
  }
  if (broker_up_) {
    schedule_.in(some(200ms),
                 {.kind = Kind::node_connect, .node = index, .generation = node.boots});
  }
}

void World::crash(uint32_t index) {
  SimNode& node = *nodes_[index];
  note(node.name + " crashes");
  for (auto& [ticket, run] : node.running) {
    promises_.at(run.attempt.task)->running--;
    if (run.outcome == OutcomeKind::value) report_.coverage["crash_while_running"]++;
  }
  count(node);
  const bool was_connected = node.connected;
  const uint64_t boot_id = node.config.boot;
  node.core = nullptr;
  node.connected = false;
  node.generation++;
  node.running.clear();
  // The broker says the will, if it notices; half of the time nobody does.
  if (was_connected && broker_up_ && !dice_.one_in(2)) {
    Bytes will(64);
    auto size = wire::encode(wire::FromNode(wire::Will{.boot = boot_id}), will);
    will.resize(*size);
    schedule_.in(some(20ms), {.kind = Kind::manager_message, .node = index, .bytes = will});
  }
}

void World::connect(uint32_t index) {
  SimNode& node = *nodes_[index];
  if (!broker_up_ || node.connected) return;
  node.connected = true;
  node.generation++;
  node_step(index, node::event::Connected{});
}

void World::disconnect(uint32_t index) {
  SimNode& node = *nodes_[index];
  if (!node.connected) return;
  node.connected = false;
  node.generation++;
  node_step(index, node::event::Disconnected{});
}

void World::node_step(uint32_t index, const node::Event& event) {
  SimNode& node = *nodes_[index];
  const auto actions = node.core->step(local(node), event);
  for (const node::Action& action : actions) {
    node_act(index, action);
    if (node.core == nullptr) return;
  }
  const std::vector<uint16_t> failed = std::move(failed_keeps_);
  failed_keeps_.clear();
  for (const uint16_t slot : failed) node_step(index, node::event::KeepFailed{.slot = slot});
  plan_tick(index);
}

void World::count(const SimNode& node) {
  const node::NodeCounters& c = node.core->counters();
  report_.coverage["node_bad_messages"] += c.bad_messages;
  report_.coverage["node_refused_starts"] += c.refused_starts;
  report_.coverage["node_repeated_starts"] += c.repeated_starts;
  report_.coverage["node_lies"] += c.lies;
  report_.coverage["node_storage_failures"] += c.storage_failures;
  report_.coverage["node_leases_lapsed"] += c.leases_lapsed;
  report_.coverage["node_deadlines"] += c.deadlines;
  report_.coverage["node_given_up"] += c.given_up;
  report_.coverage["node_results_resent"] += c.results_resent;
}

void World::plan_tick(uint32_t index) {
  SimNode& node = *nodes_[index];
  const Instant wake = node.core->wake_at();
  if (wake == Instant::max()) return;
  const Instant at = std::max(global(node, wake), schedule_.now());
  if (at >= node.tick_at) return;
  node.tick_at = at;
  schedule_.at(at, {.kind = Kind::node_tick, .node = index});
}

void World::node_act(uint32_t index, const node::Action& what) {
  SimNode& node = *nodes_[index];
  const WorldFaults& f = options_.faults;
  if (const auto* a = std::get_if<node::action::Send>(&what)) return to_manager(index, a->bytes);
  if (const auto* a = std::get_if<node::action::Run>(&what)) return begin_run(index, a->id);
  if (const auto* a = std::get_if<node::action::Cancel>(&what)) {
    const auto run = node.running.find(a->id.ticket);
    if (run == node.running.end()) return fail("a run is cancelled that does not run");
    if (node.deaf) {
      rare("deaf_run");
      return;
    }
    run->second.cancelled = true;
    schedule_.in(some(10ms), {.kind = Kind::node_ended,
                              .node = index,
                              .generation = node.boots,
                              .number = a->id.ticket});
    return;
  }
  if (const auto* a = std::get_if<node::action::ObjectBegin>(&what)) {
    node.objects[a->index].clear();
    return;
  }
  if (const auto* a = std::get_if<node::action::ObjectWrite>(&what)) {
    Bytes& object = node.objects[a->index];
    if (a->offset < object.size()) object.resize(static_cast<size_t>(a->offset));
    if (a->offset != object.size()) return fail("a chunk is written behind a hole");
    object.insert(object.end(), a->bytes.begin(), a->bytes.end());
    return;
  }
  if (const auto* a = std::get_if<node::action::ObjectReady>(&what)) {
    const auto& entry = node.core->object(a->index);
    if (sha256(node.objects[a->index]) != entry.ref.hash) fail("an object has another hash");
    node.on_disk[entry.ref.hash] = entry.ref.size;
    return;
  }
  if (const auto* a = std::get_if<node::action::ObjectDrop>(&what)) {
    // Its entry says what it was until this step is over.
    rare("object_evicted");
    if (!node.objects[a->index].empty()) node.on_disk.erase(sha256(node.objects[a->index]));
    node.objects[a->index].clear();
    return;
  }
  if (const auto* a = std::get_if<node::action::Keep>(&what)) {
    if (!calm_ && dice_.permille(f.node_disk_full_permille)) {
      rare("node_disk_full");
      node.kept.erase(a->slot);
      failed_keeps_.push_back(a->slot);
      return;
    }
    node.kept[a->slot] = Bytes(a->bytes.begin(), a->bytes.end());
    return;
  }
  if (const auto* a = std::get_if<node::action::Forget>(&what)) {
    node.kept.erase(a->slot);
    return;
  }
  if (std::holds_alternative<node::action::Leave>(what)) {
    note(node.name + " leaves");
    rare("node_left");
    count(node);
    node.core = nullptr;
    node.connected = false;
    node.generation++;
    schedule_.in(some(20s), {.kind = Kind::node_boot, .node = index});
  }
}

void World::to_manager(uint32_t index, ByteView bytes) {
  SimNode& node = *nodes_[index];
  if (!node.connected || !broker_up_) return;
  Bytes copy(bytes.begin(), bytes.end());
  if (node.hash_liar || node.forger) {
    auto message = wire::decode_from_node(copy);
    if (const auto* result = message ? std::get_if<wire::TaskResult>(&*message) : nullptr) {
      if (node.hash_liar && result->outcome == OutcomeKind::value) {
        wire::TaskResult lie = *result;
        lie.digest.bytes[3] ^= 1U;
        Bytes out(1024);
        auto size = wire::encode(wire::FromNode(lie), out);
        out.resize(*size);
        copy = out;
      }
      if (node.heard.size() < 50) node.heard.push_back({result->attempt, copy});
    }
  }
  if (!calm_ && dice_.permille(options_.faults.garbage_permille) && !copy.empty()) {
    rare("garbage");
    copy[static_cast<size_t>(dice_.below(copy.size()))] ^=
        static_cast<uint8_t>(1 + dice_.below(255));
  }
  for (const auto delay : network_.deliveries(index, schedule_.now())) {
    schedule_.in(delay, {.kind = Kind::manager_message, .node = index, .bytes = copy});
  }
}

void World::begin_run(uint32_t index, node::SlotId id) {
  SimNode& node = *nodes_[index];
  const node::RunOrder order = node.core->order(id);
  const auto promise = promises_.find(order.attempt.task);
  if (promise == promises_.end()) return fail("a node runs what nobody asked for");
  Promise& p = *promise->second;
  p.runs++;
  p.running++;
  note(node.name + " runs " + p.spec.id.text() + " attempt " +
       std::to_string(order.attempt.number));
  if (!p.spec.repeatable()) {
    if (p.runs > 1) return fail("effectful task " + p.spec.id.text() + " runs a second time");
    if (p.running > 1) return fail("effectful task runs twice at once");
  }
  if (node.objects[order.module] != *objects_.at(p.spec.module.hash)) {
    return fail("a node runs a module of other bytes");
  }
  if (order.arguments.size() != p.spec.arguments.size() || order.arguments.empty()) {
    return fail("a node runs a task with other arguments");
  }
  const ByteView input = order.data.subspan(order.arguments[0].offset, order.arguments[0].size);
  if (Bytes(input.begin(), input.end()) != p.spec.arguments[0].value) {
    return fail("a node runs a task with another argument");
  }
  if (p.member != nullptr) {
    for (const fleet::ResultArgument& result : p.member->results) {
      const Promise& from = *promises_.at(fleet::member_task(p.job->id, result.from));
      const node::SlotArgument& given = order.arguments[result.argument];
      const ByteView bytes = order.data.subspan(given.offset, given.size);
      // The outcome may be known to the manager and not yet to the client.
      const fleet::Task* known =
          manager_ == nullptr ? nullptr : manager_->ledger().find(from.spec.id);
      const Bytes* expected = from.outcome                         ? &from.outcome->value
                              : known != nullptr && known->outcome ? &known->outcome->value
                                                                   : nullptr;
      if (expected == nullptr) continue;
      rare("result_passed_on");
      if (Bytes(bytes.begin(), bytes.end()) != *expected) {
        return fail("a member of a job runs with another result than was given");
      }
    }
  }
  Running run;
  run.attempt = order.attempt;
  run.began = schedule_.now();
  Nanos takes = 20ms * (1U + input[1]) * (node.slow ? 10 : 1);
  if (options_.plain_work) takes = options_.plain_run / 2 + options_.plain_run * input[1] / 256;
  switch (static_cast<Behaviour>(input[0])) {
    case Behaviour::value:
      run.value = answer_of(p.spec);
      break;
    case Behaviour::error:
      run.outcome = OutcomeKind::error;
      break;
    case Behaviour::endless:
      takes = 10h;
      break;
    case Behaviour::crash:
      // Half of the time, so that another attempt may do better.
      if (dice_.one_in(2)) {
        run.outcome = OutcomeKind::crash;
      } else {
        run.value = answer_of(p.spec);
      }
      break;
    case Behaviour::large:
      run.value = Bytes(300, 7);
      break;
  }
  if (node.liar && run.outcome == OutcomeKind::value && !run.value.empty()) {
    // Each liar has its own lies, so that two of them do not agree.
    rare("lie");
    run.value[0] ^= static_cast<uint8_t>(1 + index % 255);
    run.value[1] ^= static_cast<uint8_t>(index / 255);
  }
  if (run.outcome == OutcomeKind::value) {
    p.produced[{order.attempt.number, index}] = sha256(run.value);
  }
  node.running.emplace(id.ticket, std::move(run));
  schedule_.in(takes, {.kind = Kind::node_ended,
                       .node = index,
                       .generation = node.boots,
                       .number = uint64_t{id.ticket} | uint64_t{id.slot} << 32U});
}

void World::end_run(uint32_t index, uint64_t number) {
  SimNode& node = *nodes_[index];
  const auto ticket = static_cast<uint32_t>(number);
  const auto at = node.running.find(ticket);
  if (at == node.running.end()) return;
  Running run = std::move(at->second);
  node.running.erase(at);
  Promise& p = *promises_.at(run.attempt.task);
  p.running--;
  if (node.config.power == wire::Power::battery) {
    report_.battery_seconds += std::chrono::duration<double>(schedule_.now() - run.began).count();
  }
  // The slot is found by its ticket: a cancel does not carry it.
  uint16_t slot = 0;
  for (const node::TaskSlot& one : node.core->slots()) {
    if (one.ticket == ticket) slot = static_cast<uint16_t>(&one - node.core->slots().data());
  }
  node::event::Ended ended;
  ended.id = {.slot = slot, .ticket = ticket};
  ended.outcome = run.cancelled ? OutcomeKind::cancelled : run.outcome;
  if (ended.outcome == OutcomeKind::value) ended.value = run.value;
  if (ended.outcome == OutcomeKind::error) ended.message = "division by zero";
  ended.wall_us = static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(schedule_.now() - run.began).count());
  node_step(index, ended);
}

/// Says things about tasks of others, or says old things again.
void World::forge(uint32_t index) {
  SimNode& node = *nodes_[index];
  if (!node.connected || order_.empty() || calm_) return;
  if (!node.heard.empty() && dice_.one_in(3)) {
    rare("replayed_result");
    const Bytes bytes = node.heard[static_cast<size_t>(dice_.below(node.heard.size()))].second;
    return schedule_.in(5ms, {.kind = Kind::manager_message, .node = index, .bytes = bytes});
  }
  const size_t back = static_cast<size_t>(dice_.below(std::min<size_t>(order_.size(), 10)));
  const fleet::TaskId task = order_[order_.size() - 1 - back];
  const Bytes value(16, 0x66);
  wire::TaskResult result;
  result.attempt = {.task = task, .number = static_cast<uint32_t>(1 + dice_.below(2))};
  result.outcome = OutcomeKind::value;
  result.value = value;
  result.digest = sha256(value);
  result.size = value.size();
  // For an attempt of its own it would be no forgery but a lie, and it may tell those.
  const fleet::Task* known = manager_ == nullptr ? nullptr : manager_->ledger().find(task);
  if (known != nullptr) {
    for (const fleet::Attempt& attempt : known->attempts) {
      if (manager_->ledger().node_name(attempt.node) == node.name) return;
    }
  }
  rare("forged_result");
  Bytes out(512);
  auto size = wire::encode(wire::FromNode(result), out);
  out.resize(*size);
  schedule_.in(5ms, {.kind = Kind::manager_message, .node = index, .bytes = out});
  wire::Hello hello;
  hello.node = nodes_[(index + 1) % nodes_.size()]->name;
  hello.boot = dice_.next();
  hello.slots = 50;
  Bytes spoof(512);
  size = wire::encode(wire::FromNode(hello), spoof);
  spoof.resize(*size);
  schedule_.in(6ms, {.kind = Kind::manager_message, .node = index, .bytes = spoof});
}

}  // namespace samara::test
