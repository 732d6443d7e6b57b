#include "fleet/manager.hpp"

#include <gtest/gtest.h>

#include "core/sha256.hpp"

using namespace samara;
using namespace samara::fleet;
using namespace std::chrono_literals;

namespace {

// A manager with a journal that is durable at once, unless told otherwise, and hand-made nodes.
struct Bench {
  BalancedPolicy policy;
  ManagerConfig config;
  std::unique_ptr<Manager> manager;
  Instant now{1000s};
  std::vector<Bytes> journal;
  uint64_t appended = 0;
  bool durable = true;
  std::vector<action::Send> sent;
  std::vector<TaskId> submitted;
  std::vector<TaskId> finished;
  std::optional<Code> refused;

  Bench() { restart(); }
  void restart() {
    manager = std::make_unique<Manager>(config, policy);
    appended = 0;
    for (const Bytes& record : journal) ASSERT_TRUE(manager->replay(record).has_value());
    take(manager->begin(now));
    sync();
  }
  void take(std::span<const Action> actions) {
    for (const Action& one : actions) {
      if (const auto* a = std::get_if<action::Append>(&one)) {
        journal.push_back(a->record);
        appended = a->sequence;
      }
      if (const auto* s = std::get_if<action::Send>(&one)) sent.push_back(*s);
      if (const auto* c = std::get_if<action::Submitted>(&one)) {
        submitted.push_back(c->task);
        refused = c->refused;
      }
      if (const auto* f = std::get_if<action::Finished>(&one)) finished.push_back(f->task);
    }
  }
  void sync() { take(manager->step(now, event::Durable{.sequence = appended})); }
  void step(const Event& event) {
    sent.clear();
    take(manager->step(now, event));
    if (durable) sync();
  }
  void pass(Millis wait) {
    now += wait;
    step(event::Tick{});
  }
  void say(std::string_view node, const wire::FromNode& message) {
    Bytes bytes(2048);
    auto size = wire::encode(message, bytes);
    ASSERT_TRUE(size.has_value());
    bytes.resize(*size);
    step(event::Received{.node = node, .bytes = bytes});
  }
  void hello(std::string_view name, uint64_t boot = 1, uint16_t slots = 2,
             wire::Power power = wire::Power::mains, uint16_t outbox = 0) {
    wire::Hello hello;
    hello.node = name;
    hello.boot = boot;
    hello.slots = slots;
    hello.memory_bytes = 1 << 20;
    hello.inline_bytes_max = 1024;
    hello.message_bytes_max = 4096;
    hello.power = power;
    hello.outbox = outbox;
    EXPECT_TRUE(hello.runtimes.push_back("wasm"));
    say(name, hello);
  }
  TaskSpec spec(uint8_t n, Effect effect = Effect::pure) {
    TaskSpec out;
    out.id.bytes[0] = n;
    out.submitter = "me";
    out.module = {.hash = Hash{}, .size = 10};
    out.needs.runtime = "wasm";
    out.effect = effect;
    return out;
  }
  // The start that was sent in the last step, and to whom.
  std::optional<wire::Start> start(std::string* node = nullptr) {
    for (const action::Send& one : sent) {
      kept = one.bytes;
      auto message = wire::decode_to_node(kept);
      if (const auto* found = message ? std::get_if<wire::Start>(&*message) : nullptr) {
        if (node != nullptr) *node = one.node;
        return *found;
      }
    }
    return std::nullopt;
  }
  template <typename T>
  std::optional<T> heard() {
    for (const action::Send& one : sent) {
      kept = one.bytes;
      auto message = wire::decode_to_node(kept);
      if (const auto* found = message ? std::get_if<T>(&*message) : nullptr) return *found;
    }
    return std::nullopt;
  }
  void answer(std::string_view node, const wire::AttemptId& attempt, uint8_t value) {
    const Bytes bytes = {value};
    wire::TaskResult result;
    result.attempt = attempt;
    result.outcome = OutcomeKind::value;
    result.value = bytes;
    result.size = 1;
    result.digest = sha256(bytes);
    say(node, result);
  }
  const TaskOutcome& outcome(uint8_t n) {
    TaskId id;
    id.bytes[0] = n;
    return *manager->ledger().find(id)->outcome;
  }
  Bytes kept;
};

}  // namespace

TEST(Manager, places_a_task_and_takes_its_result) {
  Bench b;
  b.hello("a");
  EXPECT_TRUE(b.heard<wire::Welcome>().has_value());
  b.step(event::Submit{.spec = b.spec(1)});
  auto start = b.start();
  ASSERT_TRUE(start.has_value());
  EXPECT_EQ(start->fence.boot, 1U);
  b.answer("a", start->attempt, 42);
  ASSERT_EQ(b.finished.size(), 1U);
  EXPECT_EQ(b.outcome(1).value, Bytes{42});
  EXPECT_EQ(b.outcome(1).node, "a");
  auto ack = b.heard<wire::Ack>();
  ASSERT_TRUE(ack.has_value());
  EXPECT_EQ(ack->attempt, start->attempt);
}

TEST(Manager, says_nothing_before_it_is_durable) {
  Bench b;
  b.hello("a");
  b.durable = false;
  b.step(event::Submit{.spec = b.spec(1, Effect::effectful)});
  EXPECT_TRUE(b.submitted.empty());
  EXPECT_FALSE(b.start().has_value());
  b.sent.clear();
  b.sync();
  EXPECT_EQ(b.submitted.size(), 1U);
  auto start = b.start();
  ASSERT_TRUE(start.has_value());
  b.answer("a", start->attempt, 1);
  EXPECT_FALSE(b.heard<wire::Ack>().has_value());
  EXPECT_TRUE(b.finished.empty());
  b.sync();
  EXPECT_EQ(b.finished.size(), 1U);
}

TEST(Manager, a_pure_start_does_not_wait_for_the_disk) {
  Bench b;
  b.hello("a");
  b.durable = false;
  b.step(event::Submit{.spec = b.spec(1)});
  EXPECT_TRUE(b.start().has_value());
}

TEST(Manager, the_will_of_a_node_moves_its_pure_task_at_once) {
  Bench b;
  b.hello("a");
  b.step(event::Submit{.spec = b.spec(1)});
  ASSERT_TRUE(b.start().has_value());
  b.hello("b");
  b.say("a", wire::Will{.boot = 1});
  std::string node;
  auto start = b.start(&node);
  ASSERT_TRUE(start.has_value());
  EXPECT_EQ(node, "b");
  EXPECT_EQ(start->attempt.number, 2U);
}

TEST(Manager, the_will_of_an_earlier_boot_harms_nobody) {
  Bench b;
  b.hello("a", 1);
  b.hello("a", 2);
  b.say("a", wire::Will{.boot = 1});
  EXPECT_TRUE(b.manager->node("a")->alive);
  b.hello("a", 1);  // late
  EXPECT_EQ(b.manager->node("a")->boot, 2U);
}

TEST(Manager, an_effectful_task_of_a_dead_node_is_lost_when_its_lease_is_over) {
  Bench b;
  b.hello("a");
  b.step(event::Submit{.spec = b.spec(1, Effect::effectful)});
  auto start = b.start();
  ASSERT_TRUE(start.has_value());
  b.say("a", wire::Started{.attempt = start->attempt});
  b.hello("b");
  b.say("a", wire::Will{.boot = 1});
  EXPECT_FALSE(b.start().has_value());
  EXPECT_TRUE(b.finished.empty());
  b.pass(40s);
  ASSERT_EQ(b.finished.size(), 1U);
  EXPECT_EQ(b.outcome(1).kind, OutcomeKind::lost);
  // Too late now, but acknowledged, so that the node can forget it.
  b.answer("a", start->attempt, 1);
  EXPECT_TRUE(b.heard<wire::Ack>().has_value());
  EXPECT_EQ(b.outcome(1).kind, OutcomeKind::lost);
}

TEST(Manager, an_effectful_result_that_survived_a_reboot_still_counts) {
  Bench b;
  b.hello("a");
  b.step(event::Submit{.spec = b.spec(1, Effect::effectful)});
  auto start = b.start();
  ASSERT_TRUE(start.has_value());
  b.hello("a", 2, 2, wire::Power::mains, 1);
  EXPECT_TRUE(b.finished.empty());
  b.answer("a", start->attempt, 5);
  EXPECT_EQ(b.outcome(1).value, Bytes{5});
}

TEST(Manager, a_refused_effectful_task_goes_elsewhere) {
  Bench b;
  b.hello("a");
  b.step(event::Submit{.spec = b.spec(1, Effect::effectful)});
  auto start = b.start();
  ASSERT_TRUE(start.has_value());
  b.hello("b");
  b.say("a", wire::Refused{
                 .attempt = start->attempt, .fence = start->fence, .reason = wire::Refusal::room});
  b.pass(1s);
  std::string node;
  // Either has room again by now; what counts is that there is exactly one attempt.
  TaskId id = b.spec(1).id;
  EXPECT_EQ(b.manager->ledger().find(id)->live_attempts(), 1U);
}

// Found by the simulator: the answer to a start of an earlier life says nothing about the one that
// is on its way.
TEST(Manager, a_refusal_of_an_older_start_is_not_believed_of_an_effectful_task) {
  Bench b;
  b.hello("a");
  b.step(event::Submit{.spec = b.spec(1, Effect::effectful)});
  auto old = b.start();
  ASSERT_TRUE(old.has_value());
  const wire::Fence old_fence = old->fence;
  const wire::AttemptId attempt = old->attempt;
  b.restart();
  b.hello("a");
  auto start = b.start();
  ASSERT_TRUE(start.has_value());
  EXPECT_GT(start->fence.epoch, old_fence.epoch);
  const wire::Fence fence = start->fence;
  b.say("a", wire::Refused{.attempt = attempt, .fence = old_fence, .reason = wire::Refusal::slots});
  EXPECT_EQ(b.manager->counters().uncertain_returns, 1U);
  auto stop = b.heard<wire::Stop>();
  ASSERT_TRUE(stop.has_value());
  EXPECT_EQ(stop->fence, fence);
  b.say("a", wire::Stopped{.attempt = attempt, .fence = fence});
  EXPECT_EQ(b.start()->attempt.number, attempt.number + 1);
}

TEST(Manager, a_stop_that_is_never_answered_ends_with_the_lease) {
  Bench b;
  b.hello("a");
  b.step(event::Submit{.spec = b.spec(1, Effect::effectful)});
  b.step(event::Cancel{.task = b.spec(1).id});
  EXPECT_TRUE(b.heard<wire::Stop>().has_value());
  for (uint32_t i = 1; i < 40 && b.finished.empty(); i++) {
    wire::Beat beat;
    beat.boot = 1;
    beat.number = i;
    b.say("a", beat);
    b.pass(1s);
  }
  EXPECT_EQ(b.manager->counters().recalls_unanswered, 1U);
  EXPECT_EQ(b.finished.size(), 1U);
}

TEST(Manager, a_result_from_a_node_that_does_not_own_the_task_is_dropped) {
  Bench b;
  b.hello("a");
  b.step(event::Submit{.spec = b.spec(1)});
  auto start = b.start();
  ASSERT_TRUE(start.has_value());
  b.hello("b");
  b.answer("b", start->attempt, 6);
  EXPECT_TRUE(b.finished.empty());
  EXPECT_EQ(b.manager->counters().results_foreign, 1U);
  b.answer("a", start->attempt, 7);
  EXPECT_EQ(b.outcome(1).value, Bytes{7});
  b.answer("a", start->attempt, 8);
  EXPECT_EQ(b.outcome(1).value, Bytes{7});
  EXPECT_EQ(b.manager->counters().results_late, 1U);
}

TEST(Manager, a_failed_attempt_is_made_again_elsewhere_after_a_pause) {
  Bench b;
  b.hello("a", 1, 8);
  b.hello("b", 1, 1);
  b.step(event::Submit{.spec = b.spec(1)});
  std::string first;
  auto start = b.start(&first);
  ASSERT_TRUE(start.has_value());
  wire::TaskResult crash;
  crash.attempt = start->attempt;
  crash.outcome = OutcomeKind::crash;
  b.say(first, crash);
  EXPECT_FALSE(b.start().has_value());
  b.pass(2s);
  std::string second;
  ASSERT_TRUE(b.start(&second).has_value());
  EXPECT_NE(second, first);
}

TEST(Manager, an_error_of_the_program_is_an_answer) {
  Bench b;
  b.hello("a");
  b.step(event::Submit{.spec = b.spec(1)});
  wire::TaskResult error;
  error.attempt = b.start()->attempt;
  error.outcome = OutcomeKind::error;
  error.message = "division by zero";
  b.say("a", error);
  ASSERT_EQ(b.finished.size(), 1U);
  EXPECT_EQ(b.outcome(1).message, "division by zero");
}

TEST(Manager, attempts_come_to_an_end) {
  Bench b;
  b.hello("a", 1, 8);
  auto spec = b.spec(1);
  spec.attempts_max = 2;
  spec.backoff_ms = 0;
  b.step(event::Submit{.spec = spec});
  for (int i = 0; i < 2; i++) {
    wire::TaskResult crash;
    crash.attempt = b.start()->attempt;
    crash.outcome = OutcomeKind::crash;
    b.say("a", crash);
  }
  ASSERT_EQ(b.finished.size(), 1U);
  EXPECT_EQ(b.outcome(1).kind, OutcomeKind::crash);
}

TEST(Manager, a_quorum_finds_out_who_is_wrong) {
  Bench b;
  b.hello("a");
  b.hello("b");
  b.hello("c");
  for (uint8_t task = 1; task <= 2; task++) {
    auto spec = b.spec(task);
    spec.quorum_k = 2;
    spec.quorum_n = 3;
    b.step(event::Submit{.spec = spec});
    // Whoever is asked: c is wrong.
    for (int turn = 0; turn < 4; turn++) {
      const Task* known = b.manager->ledger().find(spec.id);
      if (known->finished()) break;
      const std::vector<Attempt> attempts = known->attempts;
      for (const Attempt& attempt : attempts) {
        if (!attempt.live()) continue;
        const std::string node = b.manager->ledger().node_name(attempt.node);
        b.answer(node, {.task = spec.id, .number = attempt.number}, node == "c" ? 13 : 12);
        break;
      }
    }
    EXPECT_EQ(b.outcome(task).value, Bytes{12});
  }
  if (b.manager->counters().disagreements == 2) {
    EXPECT_TRUE(b.manager->node("c")->quarantined);
    b.restart();
    b.hello("c");
    EXPECT_TRUE(b.manager->node("c")->quarantined);
  }
}

TEST(Manager, the_same_submission_again_is_confirmed_and_another_is_refused) {
  Bench b;
  b.step(event::Submit{.spec = b.spec(1)});
  b.step(event::Submit{.spec = b.spec(1)});
  EXPECT_EQ(b.submitted.size(), 2U);
  EXPECT_FALSE(b.refused.has_value());
  auto other = b.spec(1);
  other.priority = 1;
  b.step(event::Submit{.spec = other});
  EXPECT_EQ(b.refused, Code::exists);
  auto bad = b.spec(2);
  bad.quorum_k = 2;
  b.step(event::Submit{.spec = bad});
  EXPECT_EQ(b.refused, Code::invalid_argument);
  EXPECT_EQ(b.manager->counters().rejected, 1U);
}

TEST(Manager, nobody_takes_it_in_time) {
  Bench b;
  auto spec = b.spec(1);
  spec.queue_ms = 5000;
  b.step(event::Submit{.spec = spec});
  b.pass(5s);
  ASSERT_EQ(b.finished.size(), 1U);
  EXPECT_EQ(b.outcome(1).kind, OutcomeKind::timeout);
}

TEST(Manager, a_node_that_drains_gets_nothing_new) {
  Bench b;
  b.hello("a");
  b.step(event::DrainNode{.node = "a", .on = true});
  EXPECT_TRUE(b.heard<wire::Drain>().has_value());
  b.step(event::Submit{.spec = b.spec(1)});
  EXPECT_FALSE(b.start().has_value());
  b.step(event::DrainNode{.node = "a", .on = false});
  EXPECT_TRUE(b.start().has_value());
}

TEST(Manager, battery_comes_last_and_the_module_counts) {
  Bench b;
  b.hello("battery", 1, 8, wire::Power::battery);
  b.hello("mains", 1, 2);
  std::string node;
  b.step(event::Submit{.spec = b.spec(1)});
  auto start = b.start(&node);
  EXPECT_EQ(node, "mains");
  b.say("mains", wire::Started{.attempt = start->attempt});
  b.hello("fresh", 1, 2);
  // One of two slots is taken, but it has the module.
  b.step(event::Submit{.spec = b.spec(2)});
  b.start(&node);
  EXPECT_EQ(node, "mains");
  b.step(event::Submit{.spec = b.spec(3)});
  b.start(&node);
  EXPECT_EQ(node, "fresh");
}

TEST(Manager, explains_who_could_and_who_could_not) {
  Bench b;
  b.hello("a");
  b.hello("dead");
  b.say("dead", wire::Will{.boot = 1});
  auto spec = b.spec(1);
  spec.needs.labels = {"site=moon"};
  b.step(event::Submit{.spec = spec});
  auto why = b.manager->explain(spec.id, b.now);
  ASSERT_TRUE(why.has_value());
  EXPECT_EQ(why->state, "waits");
  ASSERT_EQ(why->candidates.size(), 2U);
  EXPECT_EQ(why->candidates[0].reason, "no label 'site=moon'");
  b.step(event::Submit{.spec = b.spec(2)});
  why = b.manager->explain(b.spec(2).id, b.now);
  EXPECT_EQ(why->state, "attempt 1 at 'a': sent");
  bool dead = false;
  for (const Candidate& one : why->candidates) dead |= one.reason == "does not answer";
  EXPECT_TRUE(dead);
  EXPECT_FALSE(b.manager->explain(b.spec(9).id, b.now).has_value());
}

TEST(Manager, bytes_of_strangers_are_counted_and_change_nothing) {
  Bench b;
  const Bytes garbage = {1, 2, 3};
  b.step(event::Received{.node = "x", .bytes = garbage});
  b.step(event::Received{.node = "x/#", .bytes = garbage});
  EXPECT_EQ(b.manager->counters().bad_messages, 2U);
  b.say("x", wire::Beat{.boot = 1, .number = 1});
  EXPECT_TRUE(b.heard<wire::Who>().has_value());
  EXPECT_EQ(b.manager->node("x"), nullptr);
  wire::Hello hello;
  hello.node = "victim";
  hello.slots = 1;
  b.say("x", hello);
  EXPECT_EQ(b.manager->counters().spoofed_hellos, 1U);
}

TEST(Manager, a_damaged_journal_is_an_error) {
  BalancedPolicy policy;
  Manager manager({}, policy);
  const Bytes garbage = {0x82, 0x02, 0xa0};
  auto result = manager.replay(garbage);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, Code::corrupt);
  const Bytes unknown = {0x82, 0x18, 0x63, 0xa0};
  EXPECT_EQ(manager.replay(unknown).error().code, Code::unsupported);
  const Bytes forgotten = encode_record(record::Forgotten{});
  EXPECT_EQ(manager.replay(forgotten).error().code, Code::conflict);
}

TEST(Manager, nodes_are_bounded_in_number) {
  Bench b;
  b.config.nodes_max = 1;
  b.restart();
  b.hello("a");
  b.hello("b");
  EXPECT_EQ(b.manager->node("b"), nullptr);
  auto spec = b.spec(1);
  spec.needs.node = "c";
  b.step(event::Submit{.spec = spec});
  EXPECT_EQ(b.refused, Code::exhausted);
}

TEST(Manager, a_job_passes_results_on_and_is_told_at_its_end) {
  Bench b;
  b.hello("a");
  JobSpec job;
  job.id.bytes[0] = 77;
  job.members.resize(2);
  for (JobMember& member : job.members) member.task = b.spec(0);
  job.members[1].waits_for = {0};
  job.members[1].task.arguments.resize(1);
  job.members[1].results = {{.argument = 0, .from = 0}};
  b.step(event::SubmitJob{.job = job});
  auto first = b.start();
  ASSERT_TRUE(first.has_value());
  b.restart();  // in the middle of it
  b.hello("a");
  auto again = b.start();
  ASSERT_TRUE(again.has_value());
  b.answer("a", again->attempt, 5);
  auto second = b.start();
  ASSERT_TRUE(second.has_value());
  ASSERT_EQ(second->arguments.size(), 1U);
  EXPECT_EQ(to_hex(second->arguments[0].value), "05");
  b.answer("a", second->attempt, 6);
  const JobEnd* end = b.manager->ledger().job_end(job.id);
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->succeeded, 2U);
}

TEST(Manager, a_broadcast_has_a_member_for_each_node_that_suits) {
  Bench b;
  b.hello("a");
  b.hello("b");
  b.hello("dead");
  b.say("dead", wire::Will{.boot = 1});
  JobSpec job;
  job.members = b.manager->for_each_node(b.spec(1));
  ASSERT_EQ(job.members.size(), 2U);
  b.step(event::SubmitJob{.job = job});
  std::vector<std::string> nodes;
  nodes.reserve(b.sent.size());
  for (const action::Send& one : b.sent) nodes.push_back(one.node);
  EXPECT_EQ(nodes, (std::vector<std::string>{"a", "b"}));
}

TEST(Manager, a_task_bound_to_a_node_waits_for_it) {
  Bench b;
  b.hello("a");
  auto spec = b.spec(1);
  spec.needs.node = "b";
  b.step(event::Submit{.spec = spec});
  EXPECT_FALSE(b.start().has_value());
  b.hello("b");
  std::string node;
  ASSERT_TRUE(b.start(&node).has_value());
  EXPECT_EQ(node, "b");
}
