// The cores of the fleet, without broker or disk.
//   workload                                              goal (docs: issue of the fleet)
//   place, accept and complete a task, 10 … 10,000 nodes   10,000/s in the whole manager; O(log n)
//   a beat with its renewal                                1,000/s are 10,000 nodes
//   memory of the manager for each node                    4 KB
//   start and result, encoded and decoded                  -
//   cmake --build build/release --target bench_fleet && build/release/bin/bench_fleet
#include <benchmark/benchmark.h>
#include <malloc.h>

#include "core/sha256.hpp"
#include "fleet/manager.hpp"

using namespace samara;
using namespace samara::fleet;

namespace {

Bytes encoded(const wire::FromNode& message) {
  Bytes out(4096);
  auto size = wire::encode(message, out);
  SAMARA_ASSERT(size.has_value());
  out.resize(*size);
  return out;
}

/// A manager with so many nodes, whose journal is durable at once.
struct Fleet {
  BalancedPolicy policy;
  ManagerConfig config;
  std::unique_ptr<Manager> manager;
  Instant now{std::chrono::seconds(1000)};
  uint64_t appended = 0;
  uint64_t tasks = 0;
  std::vector<std::string> names;
  std::vector<std::pair<std::string, wire::AttemptId>> started;
  uint64_t finished = 0;

  explicit Fleet(size_t nodes) {
    config.finished_kept = 1000;
    manager = std::make_unique<Manager>(config, policy);
    take(manager->begin(now));
    for (size_t i = 0; i < nodes; i++) {
      names.push_back("node-" + std::to_string(i));
      wire::Hello hello;
      hello.node = names.back();
      hello.boot = i + 1;
      hello.slots = 4;
      hello.memory_bytes = uint64_t{1} << (24 + i % 6);
      hello.inline_bytes_max = 4096;
      hello.message_bytes_max = 65536;
      static_cast<void>(hello.runtimes.push_back("wasm"));
      if (i % 2 == 0) static_cast<void>(hello.runtimes.push_back("native"));
      static_cast<void>(hello.labels.push_back(i % 3 == 0 ? "site=north" : "site=south"));
      static_cast<void>(hello.labels.push_back(names.back()));
      hear(names.back(), encoded(hello));
    }
  }
  void take(std::span<const Action> actions) {
    for (const Action& one : actions) {
      if (const auto* a = std::get_if<action::Append>(&one)) appended = a->sequence;
      if (const auto* s = std::get_if<action::Send>(&one)) {
        auto message = wire::decode_to_node(s->bytes);
        if (const auto* start = message ? std::get_if<wire::Start>(&*message) : nullptr) {
          started.emplace_back(s->node, start->attempt);
        }
      }
      if (std::holds_alternative<action::Finished>(one)) finished++;
    }
  }
  void step(const Event& event) {
    take(manager->step(now, event));
    take(manager->step(now, event::Durable{.sequence = appended}));
  }
  void hear(const std::string& node, const Bytes& bytes) {
    step(event::Received{.node = node, .bytes = bytes});
  }
  void submit() {
    TaskSpec spec;
    const uint64_t number = ++tasks;
    for (size_t i = 0; i < 8; i++) spec.id.bytes[i] = static_cast<uint8_t>(number >> (56 - 8 * i));
    spec.submitter = number % 3 == 0 ? "a" : "b";
    spec.module.size = 1000;
    spec.module.hash.bytes[0] = static_cast<uint8_t>(number % 7);
    spec.needs.runtime = number % 5 == 0 ? "native" : "wasm";
    if (number % 4 == 0) spec.needs.labels = {"site=north"};
    spec.arguments.push_back({.value = Bytes(64, 1), .object = std::nullopt});
    spec.effect = Effect::pure;
    spec.limits.memory_bytes = 1 << 20;
    step(event::Submit{.spec = std::move(spec)});
  }
  void complete_all() {
    static const Bytes value(64, 2);
    static const Hash digest = sha256(value);
    auto all = std::move(started);
    started.clear();
    for (const auto& [node, attempt] : all) {
      hear(node, encoded(wire::Accepted{.attempt = attempt}));
      hear(node, encoded(wire::Started{.attempt = attempt}));
      wire::TaskResult result;
      result.attempt = attempt;
      result.outcome = OutcomeKind::value;
      result.value = value;
      result.size = value.size();
      result.digest = digest;
      hear(node, encoded(result));
    }
  }
};

/// Tasks placed, accepted, started, returned and acknowledged, a dozen at a time.
void place_and_complete(benchmark::State& state) {
  Fleet fleet(static_cast<size_t>(state.range(0)));
  constexpr int k_batch = 12;
  for (auto unused : state) {
    for (int i = 0; i < k_batch; i++) fleet.submit();
    fleet.complete_all();
  }
  SAMARA_ASSERT(fleet.finished == fleet.tasks);
  state.SetItemsProcessed(static_cast<int64_t>(fleet.tasks));
}
BENCHMARK(place_and_complete)->RangeMultiplier(10)->Range(10, 10'000);

/// The same with many tasks waiting.
void place_behind_a_queue(benchmark::State& state) {
  Fleet fleet(100);
  for (int64_t i = 0; i < state.range(0) + 400; i++) fleet.submit();
  for (auto unused : state) {
    const size_t running = fleet.started.size();
    fleet.complete_all();
    for (size_t i = 0; i < running; i++) fleet.submit();
    state.SetItemsProcessed(state.items_processed() + static_cast<int64_t>(running));
  }
}
BENCHMARK(place_behind_a_queue)->RangeMultiplier(10)->Range(10, 100'000);

void beat(benchmark::State& state) {
  Fleet fleet(static_cast<size_t>(state.range(0)));
  uint32_t number = 0;
  size_t node = 0;
  for (auto unused : state) {
    wire::Beat message;
    message.boot = node + 1;
    message.number = ++number;
    message.load_permille = static_cast<uint16_t>(number % 50);
    message.memory_free_bytes = 1 << 20;
    fleet.hear(fleet.names[node], encoded(message));
    node = (node + 1) % fleet.names.size();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(beat)->RangeMultiplier(10)->Range(10, 10'000);

void memory_of_nodes(benchmark::State& state) {
  const auto nodes = static_cast<size_t>(state.range(0));
  size_t bytes = 0;
  for (auto unused : state) {
    const size_t before = ::mallinfo2().uordblks;
    Fleet fleet(nodes);
    bytes = ::mallinfo2().uordblks - before;
  }
  state.counters["bytes_each"] = static_cast<double>(bytes) / static_cast<double>(nodes);
}
BENCHMARK(memory_of_nodes)->Arg(10'000)->Iterations(1);

void message_codec(benchmark::State& state) {
  const Bytes input(64, 1);
  wire::Start start;
  start.attempt.number = 3;
  start.runtime = "wasm";
  start.module.size = 40'000;
  static_cast<void>(start.arguments.push_back({.value = input, .object = std::nullopt}));
  Bytes out(4096);
  for (auto unused : state) {
    auto size = wire::encode(wire::ToNode(start), out);
    auto back = wire::decode_to_node(ByteView(out).first(*size));
    benchmark::DoNotOptimize(back.has_value());
  }
}
BENCHMARK(message_codec);

}  // namespace
