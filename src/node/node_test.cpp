#include "node/node.hpp"

#include <gtest/gtest.h>

#include <vector>

using namespace samara;
using namespace samara::node;
using namespace std::chrono_literals;

namespace {

constexpr uint64_t k_boot = 0xb007;
const Bytes k_module = {'m', 'o', 'd', 'u', 'l', 'e'};

// A node, and a manager's side of it that says and hears whole messages.
struct Bench {
  std::vector<uint64_t> memory = std::vector<uint64_t>(4096);
  Node* node = nullptr;
  Instant now{1000s};
  uint32_t orders = 0;
  std::vector<Bytes> sent;
  std::vector<wire::FromNode> said;  // what was sent, decoded; borrows from `sent`
  std::vector<SlotId> runs;
  std::vector<SlotId> cancels;
  std::vector<std::pair<uint16_t, Bytes>> kept;
  std::vector<uint16_t> forgotten;
  Bytes stored;
  bool left = false;

  explicit Bench(void (*change)(NodeConfig&) = nullptr, bool connect = true) {
    NodeConfig config;
    config.name = wire::NodeName("pump");
    config.boot = k_boot;
    EXPECT_TRUE(config.runtimes.push_back("wasm"));
    config.slots = 3;
    config.data_bytes = 64;
    if (change != nullptr) change(config);
    Arena arena({reinterpret_cast<uint8_t*>(memory.data()), memory.size() * 8});
    auto made = Node::make(arena, config);
    EXPECT_TRUE(made.has_value());
    node = *made;
    if (connect) step(event::Connected{});
  }

  void step(const Event& event) {
    const auto actions = node->step(now, event);
    said.clear();
    sent.clear();
    sent.reserve(actions.size());
    for (const Action& one : actions) {
      if (const auto* send = std::get_if<action::Send>(&one)) {
        sent.emplace_back(send->bytes.begin(), send->bytes.end());
        auto message = wire::decode_from_node(sent.back());
        ASSERT_TRUE(message.has_value());
        said.push_back(*message);
      }
      if (const auto* run = std::get_if<action::Run>(&one)) runs.push_back(run->id);
      if (const auto* cancel = std::get_if<action::Cancel>(&one)) cancels.push_back(cancel->id);
      if (const auto* keep = std::get_if<action::Keep>(&one)) {
        kept.emplace_back(keep->slot, Bytes(keep->bytes.begin(), keep->bytes.end()));
      }
      if (const auto* forget = std::get_if<action::Forget>(&one)) forgotten.push_back(forget->slot);
      if (const auto* write = std::get_if<action::ObjectWrite>(&one)) {
        stored.insert(stored.end(), write->bytes.begin(), write->bytes.end());
      }
      if (std::holds_alternative<action::Leave>(one)) left = true;
    }
  }
  void pass(Millis wait) {
    now += wait;
    step(event::Tick{});
  }
  void hear(const wire::ToNode& message) {
    Bytes bytes(2048);
    auto size = wire::encode(message, bytes);
    ASSERT_TRUE(size.has_value());
    bytes.resize(*size);
    step(event::Received{.bytes = bytes});
  }
  template <typename T>
  const T* heard() const {
    for (const wire::FromNode& one : said) {
      if (const T* message = std::get_if<T>(&one)) return message;
    }
    return nullptr;
  }
  wire::Start start(uint8_t task, Effect effect = Effect::pure) {
    wire::Start out;
    out.attempt.task.bytes[0] = task;
    out.attempt.number = 1;
    out.fence = {.boot = k_boot, .epoch = 1, .order = ++orders};
    out.runtime = "wasm";
    out.module = {.hash = sha256(k_module), .size = k_module.size()};
    out.effect = effect;
    out.lease_ms = 10'000;
    out.limits.wall_ms = 60'000;
    return out;
  }
  void give_module() {
    hear(wire::Chunk{
        .hash = sha256(k_module), .offset = 0, .total = k_module.size(), .data = k_module});
  }
  void end(SlotId id, ByteView value) {
    event::Ended ended;
    ended.id = id;
    ended.outcome = OutcomeKind::value;
    ended.value = value;
    step(ended);
  }
};

}  // namespace

TEST(Node, says_hello_and_beats_on_each_connect) {
  Bench b;
  const auto* hello = b.heard<wire::Hello>();
  ASSERT_NE(hello, nullptr);
  EXPECT_EQ(hello->node, "pump");
  EXPECT_EQ(hello->boot, k_boot);
  ASSERT_NE(b.heard<wire::Beat>(), nullptr);
  b.step(event::Disconnected{});
  b.step(event::Connected{});
  EXPECT_NE(b.heard<wire::Hello>(), nullptr);
  b.pass(10s);
  EXPECT_EQ(b.heard<wire::Hello>(), nullptr);
  EXPECT_NE(b.heard<wire::Beat>(), nullptr);
}

TEST(Node, fetches_the_module_runs_once_and_sends_the_result_until_acknowledged) {
  Bench b;
  const auto start = b.start(1);
  b.hear(start);
  EXPECT_NE(b.heard<wire::Accepted>(), nullptr);
  const auto* request = b.heard<wire::ChunkRequest>();
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(request->length, k_module.size());
  EXPECT_TRUE(b.runs.empty());
  b.give_module();
  EXPECT_EQ(b.stored, k_module);
  ASSERT_EQ(b.runs.size(), 1U);
  EXPECT_NE(b.heard<wire::Started>(), nullptr);
  const Bytes value = {9, 8, 7};
  b.end(b.runs[0], value);
  const auto* result = b.heard<wire::TaskResult>();
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->outcome, OutcomeKind::value);
  EXPECT_EQ(result->digest, sha256(value));
  ASSERT_EQ(b.kept.size(), 1U);
  b.pass(1s);
  EXPECT_NE(b.heard<wire::TaskResult>(), nullptr);
  b.pass(1s);
  EXPECT_EQ(b.heard<wire::TaskResult>(), nullptr);  // the pause doubles
  b.pass(1s);
  EXPECT_NE(b.heard<wire::TaskResult>(), nullptr);
  b.hear(wire::Ack{.attempt = start.attempt, .fence = start.fence});
  EXPECT_EQ(b.forgotten.size(), 1U);
  EXPECT_TRUE(b.node->idle());
  b.pass(60s);
  EXPECT_EQ(b.heard<wire::TaskResult>(), nullptr);
}

TEST(Node, a_start_that_comes_again_is_answered_and_never_run_again) {
  Bench b;
  const auto start = b.start(1, Effect::effectful);
  b.hear(start);
  b.give_module();
  b.hear(start);
  EXPECT_NE(b.heard<wire::Accepted>(), nullptr);
  EXPECT_NE(b.heard<wire::Started>(), nullptr);
  EXPECT_EQ(b.runs.size(), 1U);
  b.end(b.runs[0], {});
  b.hear(start);
  EXPECT_NE(b.heard<wire::TaskResult>(), nullptr);
  b.hear(wire::Ack{.attempt = start.attempt, .fence = start.fence});
  b.hear(start);
  const auto* refused = b.heard<wire::Refused>();
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->reason, wire::Refusal::stale);
  EXPECT_EQ(b.runs.size(), 1U);
}

// Found by the simulator: the start of the manager's next life was overtaken by the
// acknowledgement.
TEST(Node, a_start_that_the_acknowledgement_overtakes_is_not_run) {
  Bench b;
  const auto start = b.start(1, Effect::effectful);
  b.hear(start);
  b.give_module();
  b.end(b.runs[0], {});
  auto again = start;
  again.fence = {.boot = k_boot, .epoch = 2, .order = 1};
  b.hear(wire::Ack{.attempt = start.attempt, .fence = again.fence});
  b.hear(again);
  EXPECT_EQ(b.runs.size(), 1U);
}

TEST(Node, a_start_for_another_boot_is_not_even_answered) {
  Bench b;
  auto start = b.start(1);
  start.fence.boot = k_boot + 1;
  b.hear(start);
  EXPECT_TRUE(b.said.empty());
  EXPECT_EQ(b.node->counters().refused_starts, 1U);
}

TEST(Node, a_stop_before_its_start_keeps_the_start_from_running) {
  Bench b;
  const auto start = b.start(1, Effect::effectful);
  b.hear(wire::Stop{.attempt = start.attempt, .fence = start.fence});
  const auto* stopped = b.heard<wire::Stopped>();
  ASSERT_NE(stopped, nullptr);
  EXPECT_EQ(stopped->fence, start.fence);
  b.hear(start);
  EXPECT_NE(b.heard<wire::Refused>(), nullptr);
  EXPECT_TRUE(b.node->idle());
}

TEST(Node, what_does_not_suit_it_is_refused_with_the_reason) {
  Bench b;
  auto start = b.start(1);
  start.runtime = "python";
  b.hear(start);
  EXPECT_EQ(b.heard<wire::Refused>()->reason, wire::Refusal::runtime);
  start = b.start(2);
  start.limits.memory_bytes = uint64_t{1} << 40;
  b.hear(start);
  EXPECT_EQ(b.heard<wire::Refused>()->reason, wire::Refusal::size);
  start = b.start(3);
  start.module.size = uint64_t{1} << 30;
  b.hear(start);
  EXPECT_EQ(b.heard<wire::Refused>()->reason, wire::Refusal::size);
  for (uint8_t i = 0; i < 3; i++) b.hear(b.start(static_cast<uint8_t>(10 + i)));
  b.hear(b.start(20));
  EXPECT_EQ(b.heard<wire::Refused>()->reason, wire::Refusal::slots);
  b.hear(wire::Drain{.on = true});
  EXPECT_TRUE(b.heard<wire::Hello>()->draining);
  b.hear(b.start(21));
  EXPECT_EQ(b.heard<wire::Refused>()->reason, wire::Refusal::draining);
}

TEST(Node, an_object_that_lies_twice_refuses_the_task) {
  Bench b;
  b.hear(b.start(1));
  const Bytes lie = {'m', 'o', 'd', 'u', 'l', 'E'};
  for (int i = 0; i < 2; i++) {
    b.hear(wire::Chunk{.hash = sha256(k_module), .offset = 0, .total = lie.size(), .data = lie});
  }
  const auto* refused = b.heard<wire::Refused>();
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->reason, wire::Refusal::object);
  EXPECT_EQ(b.node->counters().lies, 2U);
  EXPECT_TRUE(b.node->idle());
}

TEST(Node, a_fetch_goes_on_from_where_it_stopped) {
  Bench b;
  b.hear(b.start(1));
  b.hear(wire::Chunk{.hash = sha256(k_module),
                     .offset = 0,
                     .total = k_module.size(),
                     .data = ByteView(k_module).first(4)});
  b.step(event::Disconnected{});
  b.step(event::Connected{});
  const auto* request = b.heard<wire::ChunkRequest>();
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(request->offset, 4U);
  EXPECT_EQ(request->length, 2U);
}

TEST(Node, the_deadline_ends_a_run_with_a_timeout) {
  Bench b;
  auto start = b.start(1);
  start.limits.wall_ms = 500;
  b.hear(start);
  b.give_module();
  b.pass(499ms);
  EXPECT_TRUE(b.cancels.empty());
  b.pass(1ms);
  ASSERT_EQ(b.cancels.size(), 1U);
  event::Ended ended;
  ended.id = b.cancels[0];
  ended.outcome = OutcomeKind::cancelled;
  b.step(ended);
  EXPECT_EQ(b.heard<wire::TaskResult>()->outcome, OutcomeKind::timeout);
}

TEST(Node, an_effectful_run_ends_with_its_lease_and_a_pure_one_goes_on) {
  Bench b([](NodeConfig& c) { c.running_max = 2; });
  b.hear(b.start(1, Effect::effectful));
  b.hear(b.start(2, Effect::pure));
  b.give_module();
  ASSERT_EQ(b.runs.size(), 2U);
  b.step(event::Disconnected{});
  b.pass(10s);
  ASSERT_EQ(b.cancels.size(), 1U);
  EXPECT_EQ(b.cancels[0], b.runs[0]);
  EXPECT_EQ(b.node->counters().leases_lapsed, 1U);
}

TEST(Node, a_renewal_counts_from_when_the_beat_was_sent) {
  Bench b;
  b.hear(b.start(1, Effect::effectful));
  b.give_module();
  b.pass(9s);
  b.step(event::Connected{});
  const auto* beat = b.heard<wire::Beat>();
  ASSERT_NE(beat, nullptr);
  const uint32_t number = beat->number;
  b.now += 500ms;
  b.hear(wire::Renew{.boot = k_boot, .beat = number});
  b.step(event::Disconnected{});
  b.pass(9s + 499ms);
  EXPECT_TRUE(b.cancels.empty());
  b.pass(1ms);
  EXPECT_EQ(b.cancels.size(), 1U);
}

TEST(Node, a_run_that_does_not_end_is_given_up_and_keeps_its_place) {
  Bench b;
  auto start = b.start(1);
  start.limits.wall_ms = 100;
  b.hear(start);
  b.give_module();
  b.pass(100ms);
  b.pass(5s);
  ASSERT_NE(b.heard<wire::TaskResult>(), nullptr);
  b.hear(wire::Ack{.attempt = start.attempt, .fence = std::nullopt});
  b.hear(b.start(2));
  EXPECT_EQ(b.heard<wire::Refused>()->reason, wire::Refusal::slots);
  b.end(b.runs[0], {});
  EXPECT_EQ(b.heard<wire::TaskResult>(), nullptr);
  b.hear(b.start(3));
  EXPECT_NE(b.heard<wire::Accepted>(), nullptr);
}

TEST(Node, a_result_that_was_kept_is_sent_by_the_next_boot) {
  Bench before;
  const auto start = before.start(1);
  before.hear(start);
  before.give_module();
  const Bytes value = {1, 2, 3};
  before.end(before.runs[0], value);
  ASSERT_EQ(before.kept.size(), 1U);
  Bench after([](NodeConfig& c) { c.boot = k_boot + 1; }, false);
  after.step(event::Restored{.bytes = before.kept[0].second});
  after.step(event::Connected{});
  EXPECT_EQ(after.heard<wire::Hello>()->outbox, 1U);
  const auto* result = after.heard<wire::TaskResult>();
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->attempt, start.attempt);
  EXPECT_EQ(result->digest, sha256(value));
}

TEST(Node, a_result_that_is_too_large_is_a_limit) {
  Bench b;
  b.hear(b.start(1));
  b.give_module();
  b.end(b.runs[0], Bytes(65, 1));
  const auto* result = b.heard<wire::TaskResult>();
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->outcome, OutcomeKind::limit);
  EXPECT_EQ(result->which, "output");
}

TEST(Node, a_shutdown_hands_back_what_waits_ends_what_runs_and_leaves) {
  Bench b;
  b.hear(b.start(1));
  b.hear(b.start(2));
  b.give_module();
  ASSERT_EQ(b.runs.size(), 1U);
  b.step(event::Shutdown{.grace = 2s});
  EXPECT_NE(b.heard<wire::Stopped>(), nullptr);
  EXPECT_TRUE(b.cancels.empty());
  b.pass(2s);
  ASSERT_EQ(b.cancels.size(), 1U);
  event::Ended ended;
  ended.id = b.cancels[0];
  ended.outcome = OutcomeKind::cancelled;
  b.step(ended);
  const auto* result = b.heard<wire::TaskResult>();
  ASSERT_NE(result, nullptr);
  EXPECT_FALSE(b.left);
  b.hear(wire::Ack{.attempt = result->attempt, .fence = std::nullopt});
  EXPECT_NE(b.heard<wire::Bye>(), nullptr);
  EXPECT_TRUE(b.left);
}

TEST(Node, priorities_go_first) {
  Bench b;
  b.hear(b.start(1));
  auto low = b.start(2);
  b.hear(low);
  auto high = b.start(3);
  high.priority = 1;
  b.hear(high);
  b.give_module();
  ASSERT_EQ(b.runs.size(), 1U);
  EXPECT_EQ(b.node->order(b.runs[0]).attempt, high.attempt);
}

TEST(Node, asks_for_a_signature_where_it_has_a_verifier) {
  struct Verifier final : wire::ManifestVerifier {
    bool trusted(std::string_view key, ByteView, ByteView signature) override {
      return key == "release" && signature.size() == 2;
    }
  };
  static Verifier verifier;
  Bench b([](NodeConfig& c) { c.verifier = &verifier; });
  auto start = b.start(1);
  b.hear(start);
  EXPECT_EQ(b.heard<wire::Refused>()->reason, wire::Refusal::signature);
  start = b.start(2);
  Bytes manifest(256);
  wire::Manifest statement;
  statement.function = start.function;
  statement.module = start.module;
  statement.runtime = "wasm";
  statement.key = "release";
  auto size = wire::encode_manifest(statement, manifest);
  ASSERT_TRUE(size.has_value());
  manifest.resize(*size);
  const Bytes signature = {1, 2};
  start.manifest = manifest;
  start.signature = signature;
  b.hear(start);
  EXPECT_NE(b.heard<wire::Accepted>(), nullptr);
  start = b.start(3);
  start.module.size++;  // not what was signed
  start.manifest = manifest;
  start.signature = signature;
  b.hear(start);
  EXPECT_EQ(b.heard<wire::Refused>()->reason, wire::Refusal::signature);
}

TEST(Node, any_bytes_are_heard_without_harm) {
  Bench b;
  uint64_t state = 1;
  for (int i = 0; i < 2000; i++) {
    Bytes bytes(static_cast<size_t>(i % 60));
    for (uint8_t& byte : bytes) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      byte = static_cast<uint8_t>(state >> 56);
    }
    b.step(event::Received{.bytes = bytes});
  }
  EXPECT_EQ(b.node->counters().bad_messages, 2000U);
}

TEST(Node, a_small_node_needs_little_memory) {
  std::vector<uint64_t> memory(4096);
  Arena arena({reinterpret_cast<uint8_t*>(memory.data()), memory.size() * 8});
  NodeConfig config;
  config.name = wire::NodeName("pump");
  ASSERT_TRUE(Node::make(arena, config).has_value());
  RecordProperty("arena_bytes", static_cast<int>(arena.used_bytes()));
  // Four slots of 1 KB, eight objects, 4 KB for messages.
  EXPECT_LT(arena.used_bytes(), 18U * 1024);
}

TEST(Node, an_arena_that_is_too_small_is_an_error) {
  std::vector<uint64_t> memory(64);
  Arena arena({reinterpret_cast<uint8_t*>(memory.data()), memory.size() * 8});
  NodeConfig config;
  config.name = wire::NodeName("pump");
  auto made = Node::make(arena, config);
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().code, Code::exhausted);
}
