// What the queue promises to callers and workers, on a real file system.

#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "ports/linux/clock.hpp"
#include "ports/linux/files.hpp"
#include "ports/linux/random.hpp"
#include "ports/linux/watcher.hpp"
#include "queue/caller.hpp"
#include "queue/worker.hpp"

using namespace samara;
using namespace samara::queue;
using namespace std::chrono_literals;

namespace {

// As when the user's watchers are used up.
class NoWatchers final : public port::Watchers {
 public:
  Result<std::unique_ptr<port::Watcher>> make() override {
    return Error(Code::exhausted, "no watchers left");
  }
};

// A watcher of a file system that tells nothing.
class DeafWatchers final : public port::Watchers {
  class Deaf final : public port::Watcher {
    Result<int32_t> watch(port::Handle, port::WatchFor) override { return 1; }
    Result<void> wait(port::Instant, port::WatchReport&) override { return {}; }
    void interrupt() override {}
  };

 public:
  Result<std::unique_ptr<port::Watcher>> make() override {
    return std::unique_ptr<port::Watcher>(std::make_unique<Deaf>());
  }
};

struct QueueSuite : testing::Test {
  QueueSuite() {
    std::string pattern = testing::TempDir() + "samara-queue-XXXXXX";
    SAMARA_ASSERT(::mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~QueueSuite() override {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }

  std::unique_ptr<Caller> caller(CallerOptions options = {.word = "test"}) {
    auto out = Caller::open(parts, path, std::move(options));
    SAMARA_ASSERT(out);
    return std::move(*out);
  }
  std::unique_ptr<Worker> worker(uint32_t slots = 1) {
    auto out =
        Worker::open(parts, path, {.queues = {"cpp", "python"}, .word = "test", .slots = slots});
    SAMARA_ASSERT(out);
    return std::move(*out);
  }
  static Request request(uint8_t mark = 1) {
    Request out;
    out.arguments.push_back({.bytes = {mark}, .object = {}});
    out.repeatable = true;
    return out;
  }
  static Claim claim(Worker& worker, port::Instant until = port::k_long_ago) {
    auto out = worker.next(until);
    SAMARA_ASSERT(out && out->has_value());
    return std::move(**out);
  }
  static bool nothing_for(Worker& worker) {
    auto out = worker.next(port::k_long_ago);
    return out && !out->has_value();
  }
  static void answer(Worker& worker, const Claim& claim) {
    Reply reply;
    reply.outcome = Outcome::of_value({});
    reply.bytes = claim.request.arguments[0].bytes;
    ASSERT_TRUE(worker.answer(claim.request.id, std::move(reply)));
  }
  Answer next(Caller& caller) {
    auto out = caller.next(clock.now() + 30s);
    SAMARA_ASSERT(out && out->has_value());
    return std::move(**out);
  }
  // As a death: the presence is let go with claims in hand.
  static void die(std::unique_ptr<Worker> worker) { worker.reset(); }

  TypeTable table;
  RecordTypes records{table};
  MessageTypes types{records};
  port::LinuxFiles files;
  port::LinuxWatchers watchers;
  NoWatchers no_watchers;
  DeafWatchers deaf_watchers;
  port::LinuxClock clock;
  port::LinuxRandom random;
  QueueParts parts{files, watchers, clock, random, types};
  QueueParts blind_parts{files, no_watchers, clock, random, types};
  std::string path;
};

TEST_F(QueueSuite, a_reply_comes_back_with_what_the_worker_said) {
  auto asking = caller();
  auto working = worker();
  Request sent = request();
  sent.arguments[0].bytes.assign(100'000, 7);
  auto id = asking->publish("python", sent);
  ASSERT_TRUE(id);
  Claim taken = claim(*working);
  EXPECT_EQ(taken.request.id, *id);
  EXPECT_EQ(taken.request.queue, "python");
  EXPECT_EQ(taken.attempt, 1U);
  answer(*working, taken);
  Answer got = next(*asking);
  EXPECT_EQ(got.id, *id);
  EXPECT_EQ(got.reply.bytes, sent.arguments[0].bytes);
  EXPECT_EQ(got.reply.worker, working->id());
  EXPECT_EQ(asking->in_flight(), 0U);
  EXPECT_EQ(working->in_hand(), 0U);
}

TEST_F(QueueSuite, urgent_requests_go_first_and_equal_ones_in_order) {
  auto asking = caller();
  auto working = worker();
  for (uint8_t i = 0; i < 6; i++) {
    Request sent = request(i);
    sent.priority = i < 3 ? 200 : 100;
    ASSERT_TRUE(asking->publish("cpp", sent));
  }
  std::string order;
  for (int i = 0; i < 6; i++) {
    Claim taken = claim(*working);
    order += std::to_string(taken.request.arguments[0].bytes[0]);
    answer(*working, taken);
  }
  EXPECT_EQ(order, "345012");
}

TEST_F(QueueSuite, an_urgent_request_passes_a_known_backlog) {
  auto asking = caller();
  auto working = worker();
  for (uint8_t i = 0; i < 3; i++) ASSERT_TRUE(asking->publish("cpp", request(i)));
  answer(*working, claim(*working));
  Request urgent = request(99);
  urgent.priority = 0;
  ASSERT_TRUE(asking->publish("cpp", urgent));
  EXPECT_EQ(claim(*working).request.arguments[0].bytes[0], 99);
}

TEST_F(QueueSuite, a_waiting_request_is_withdrawn_by_cancel) {
  auto asking = caller();
  auto id = asking->publish("cpp", request());
  ASSERT_TRUE(id);
  ASSERT_TRUE(asking->cancel(*id));
  EXPECT_EQ(next(*asking).reply.outcome.kind, OutcomeKind::cancelled);
  auto working = worker();
  EXPECT_TRUE(nothing_for(*working));
}

TEST_F(QueueSuite, cancel_reaches_the_worker_that_has_the_request) {
  auto asking = caller();
  auto working = worker();
  auto id = asking->publish("cpp", request());
  ASSERT_TRUE(id);
  Claim taken = claim(*working);
  EXPECT_FALSE(taken.cancelled->load());
  ASSERT_TRUE(asking->cancel(*id));
  ASSERT_TRUE(working->poll());
  EXPECT_TRUE(taken.cancelled->load());
  Reply reply;
  reply.outcome = Outcome::of(OutcomeKind::cancelled, "stopped");
  ASSERT_TRUE(working->answer(*id, std::move(reply)));
  EXPECT_EQ(next(*asking).reply.outcome.kind, OutcomeKind::cancelled);
}

TEST_F(QueueSuite, an_abandoned_request_brings_no_reply) {
  auto asking = caller();
  auto working = worker();
  auto first = asking->publish("cpp", request(1));
  ASSERT_TRUE(first);
  Claim taken = claim(*working);
  ASSERT_TRUE(asking->abandon(*first));
  answer(*working, taken);
  ASSERT_TRUE(asking->publish("cpp", request(2)));
  answer(*working, claim(*working));
  EXPECT_EQ(next(*asking).reply.bytes, Bytes{2});
}

TEST_F(QueueSuite, a_deadline_ends_the_wait_whatever_the_worker_does) {
  auto asking = caller();
  auto working = worker();
  Request sent = request();
  sent.deadline_ns = (clock.now() + 1s).time_since_epoch().count();
  ASSERT_TRUE(asking->publish("cpp", sent));
  Claim taken = claim(*working);
  EXPECT_EQ(next(*asking).reply.outcome.kind, OutcomeKind::timeout);
  ASSERT_TRUE(working->poll());
  EXPECT_TRUE(taken.cancelled->load());
}

TEST_F(QueueSuite, a_worker_does_not_run_what_is_too_late) {
  auto asking = caller();
  Request sent = request();
  sent.deadline_ns = 1;
  ASSERT_TRUE(asking->publish("cpp", sent));
  auto working = worker();
  EXPECT_TRUE(nothing_for(*working));
}

TEST_F(QueueSuite, a_full_queue_says_so_and_takes_more_later) {
  auto asking = caller({.word = "test", .waiting_max = 10});
  auto working = worker();
  size_t published = 0;
  while (asking->publish("cpp", request())) ASSERT_LT(++published, 100U);
  EXPECT_EQ(published, 10U);
  auto refused = asking->publish("cpp", request(), WhenFull::wait, clock.now() + 5ms);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::exhausted);
  answer(*working, claim(*working));
  EXPECT_TRUE(asking->publish("cpp", request()));
}

TEST_F(QueueSuite, what_a_dead_worker_had_is_run_by_another) {
  auto asking = caller();
  auto first = worker();
  ASSERT_TRUE(asking->publish("cpp", request(5)));
  claim(*first);
  die(std::move(first));
  ASSERT_TRUE(asking->next(clock.now() + 10ms));
  auto second = worker();
  Claim again = claim(*second, clock.now() + 30s);
  EXPECT_EQ(again.attempt, 2U);
  answer(*second, again);
  Answer got = next(*asking);
  EXPECT_EQ(got.reply.bytes, Bytes{5});
  EXPECT_EQ(got.reply.attempt, 2U);
}

TEST_F(QueueSuite, what_may_not_be_repeated_ends_as_a_crash) {
  auto asking = caller();
  auto working = worker();
  Request sent = request();
  sent.repeatable = false;
  ASSERT_TRUE(asking->publish("cpp", sent));
  claim(*working);
  die(std::move(working));
  EXPECT_EQ(next(*asking).reply.outcome.kind, OutcomeKind::crash);
}

TEST_F(QueueSuite, a_request_that_kills_workers_is_found_out_and_others_are_not_blamed) {
  auto asking = caller();
  constexpr uint8_t k_poison = 66;
  for (uint8_t mark : {uint8_t{1}, k_poison, uint8_t{2}}) {
    Request sent = request(mark);
    sent.attempts_max = 2;
    ASSERT_TRUE(asking->publish("cpp", sent));
  }
  // All three are in hand when the first worker dies.
  auto working = worker();
  for (int i = 0; i < 3; i++) claim(*working);
  die(std::move(working));
  ASSERT_TRUE(asking->next(clock.now() + 10ms));
  working = worker();
  std::map<uint8_t, OutcomeKind> ends;
  for (int i = 0; i < 3; i++) {
    Claim taken = claim(*working, clock.now() + 30s);
    const uint8_t mark = taken.request.arguments[0].bytes[0];
    EXPECT_TRUE(nothing_for(*working)) << "something was handed out beside a suspect";
    if (mark == k_poison) {
      die(std::move(working));
      working = worker();
    } else {
      answer(*working, taken);
    }
    Answer got = next(*asking);
    ends[mark] = got.reply.outcome.kind;
  }
  EXPECT_EQ(ends[1], OutcomeKind::value);
  EXPECT_EQ(ends[2], OutcomeKind::value);
  EXPECT_EQ(ends[k_poison], OutcomeKind::crash);
}

TEST_F(QueueSuite, what_is_given_back_is_a_first_attempt_again) {
  auto asking = caller();
  auto first = worker();
  auto id = asking->publish("cpp", request());
  ASSERT_TRUE(id);
  claim(*first);
  ASSERT_TRUE(first->give_back(*id));
  auto second = worker();
  EXPECT_EQ(claim(*second).attempt, 1U);
}

TEST_F(QueueSuite, requests_of_a_caller_that_is_gone_are_removed) {
  {
    auto asking = caller();
    ASSERT_TRUE(asking->publish("cpp", request()));
  }
  EXPECT_TRUE(std::filesystem::is_empty(path + "/cpp"));
}

TEST_F(QueueSuite, a_damaged_request_is_answered_and_harms_nobody) {
  auto asking = caller();
  ASSERT_TRUE(asking->publish("cpp", request()));
  for (const auto& entry : std::filesystem::directory_iterator(path + "/cpp")) {
    std::ofstream(entry.path()) << "nonsense";
  }
  ASSERT_TRUE(asking->publish("cpp", request(2)));
  auto working = worker();
  EXPECT_EQ(claim(*working).request.arguments[0].bytes, Bytes{2});
  EXPECT_EQ(next(*asking).reply.outcome.kind, OutcomeKind::trap);
}

TEST_F(QueueSuite, a_stray_file_in_a_queue_is_left_alone) {
  auto working = worker();
  std::ofstream(path + "/cpp/README") << "hello";
  auto later = worker();
  EXPECT_TRUE(nothing_for(*working));
  EXPECT_TRUE(nothing_for(*later));
  EXPECT_TRUE(std::filesystem::exists(path + "/cpp/README"));
}

TEST_F(QueueSuite, without_watchers_calls_go_through_by_looking) {
  auto asking = Caller::open(blind_parts, path, {.word = "test"});
  auto working = Worker::open(blind_parts, path, {.queues = {"cpp"}, .word = "test"});
  ASSERT_TRUE(asking && working);
  EXPECT_TRUE((*asking)->blind() && (*working)->blind());
  std::thread serving([&] {
    for (int i = 0; i < 5; i++) answer(**working, claim(**working, port::k_never));
  });
  for (uint8_t i = 0; i < 5; i++) {
    ASSERT_TRUE((*asking)->publish("cpp", request(i)));
    EXPECT_EQ(next(**asking).reply.bytes, Bytes{i});
  }
  serving.join();
}

TEST_F(QueueSuite, a_file_system_that_tells_nothing_is_noticed) {
  QueueParts deaf{files, deaf_watchers, clock, random, types};
  auto asking = Caller::open(deaf, path, {.word = "test"});
  auto working = Worker::open(deaf, path, {.queues = {"cpp"}, .word = "test"});
  ASSERT_TRUE(asking && working);
  EXPECT_TRUE((*asking)->blind());
  EXPECT_TRUE((*working)->blind());
}

TEST_F(QueueSuite, an_idle_worker_is_not_woken) {
  auto working = worker();
  rusage before{}, after{};
  std::thread idle([&] {
    ::getrusage(RUSAGE_THREAD, &before);
    EXPECT_TRUE(working->next(port::k_never));
    ::getrusage(RUSAGE_THREAD, &after);
  });
  std::this_thread::sleep_for(300ms);
  working->interrupt();
  idle.join();
  // Going to sleep once, and perhaps waiting for a lock of the kernel.
  EXPECT_LE(after.ru_nvcsw - before.ru_nvcsw, 3);
}

TEST_F(QueueSuite, an_interrupt_that_comes_with_a_request_is_not_lost) {
  auto asking = caller();
  auto working = worker();
  EXPECT_TRUE(nothing_for(*working));
  ASSERT_TRUE(asking->publish("cpp", request()));
  working->interrupt();
  const port::Instant start = clock.now();
  int claims = 0;
  for (int i = 0; i < 2; i++) {
    auto got = working->next(start + 100s);
    ASSERT_TRUE(got);
    if (got->has_value()) claims++;
  }
  EXPECT_EQ(claims, 1);
  EXPECT_LT(clock.now() - start, 50s) << "a wait went on in spite of an interrupt";
}

TEST_F(QueueSuite, an_interrupt_that_comes_with_a_reply_is_not_lost) {
  auto asking = caller();
  auto working = worker();
  ASSERT_TRUE(asking->next(port::k_long_ago));
  ASSERT_TRUE(asking->publish("cpp", request()));
  answer(*working, claim(*working));
  asking->interrupt();
  const port::Instant start = clock.now();
  int answers = 0;
  for (int i = 0; i < 2; i++) {
    auto got = asking->next(start + 100s);
    ASSERT_TRUE(got);
    if (got->has_value()) answers++;
  }
  EXPECT_EQ(answers, 1);
  EXPECT_LT(clock.now() - start, 50s) << "a wait went on in spite of an interrupt";
}

TEST_F(QueueSuite, an_interrupt_outlives_a_poll) {
  auto working = worker();
  working->wait_descriptor();
  working->interrupt();
  ASSERT_TRUE(working->poll());
  const port::Instant start = clock.now();
  ASSERT_TRUE(working->next(start + 100s));
  EXPECT_LT(clock.now() - start, 50s);
}

TEST_F(QueueSuite, one_can_wait_outside_by_a_descriptor) {
  auto asking = caller();
  auto working = worker();
  const int descriptor = working->wait_descriptor();
  ASSERT_GE(descriptor, 0);
  EXPECT_EQ(working->wait_descriptor(), descriptor);
  auto readable = [&](int limit_ms) {
    pollfd source{.fd = descriptor, .events = POLLIN, .revents = 0};
    return ::poll(&source, 1, limit_ms) == 1;
  };
  EXPECT_TRUE(nothing_for(*working));
  EXPECT_FALSE(readable(0));
  for (uint8_t i = 0; i < 3; i++) ASSERT_TRUE(asking->publish("cpp", request(i)));
  EXPECT_TRUE(readable(30'000));
  // Who waits outside takes until there is nothing.
  int taken_count = 0;
  while (auto more = *working->next(port::k_long_ago)) {
    answer(*working, *more);
    taken_count++;
  }
  EXPECT_EQ(taken_count, 3);
  EXPECT_FALSE(readable(0));
  working->interrupt();
  EXPECT_TRUE(readable(30'000));
  EXPECT_TRUE(nothing_for(*working));
  EXPECT_FALSE(readable(0));

  // Put off after a death: told when the time has come.
  ASSERT_TRUE(asking->publish("cpp", request(9)));
  auto doomed = worker();
  claim(*doomed);
  EXPECT_TRUE(nothing_for(*working));
  die(std::move(doomed));
  ASSERT_TRUE(asking->next(clock.now() + 10ms));
  const port::Instant limit = clock.now() + 30s;
  std::optional<Claim> got;
  while (!got.has_value() && clock.now() < limit) {
    ASSERT_TRUE(readable(30'000));
    auto taken = working->next(port::k_long_ago);
    ASSERT_TRUE(taken);
    got = std::move(*taken);
  }
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->attempt, 2U);
}

TEST_F(QueueSuite, a_blind_worker_has_no_descriptor) {
  auto working = Worker::open(blind_parts, path, {.queues = {"cpp"}, .word = "test"});
  ASSERT_TRUE(working);
  EXPECT_EQ((*working)->wait_descriptor(), -1);
}

// --- rings ---------------------------------------------------------------------------------------

// A caller and a worker that have got to know each other.
struct QueueRings : QueueSuite {
  QueueRings() { meet(*asking, *working); }
  void meet(Caller& caller, Worker& worker) {
    for (int i = 0; i < 2; i++) echo(caller, worker, 1);
    EXPECT_EQ(caller.sent_by_ring(), 0U);
    EXPECT_TRUE(nothing_for(worker));  // takes the ring up
    echo(caller, worker, 1);
    EXPECT_EQ(caller.sent_by_ring(), 1U);
  }
  void echo(Caller& caller, Worker& worker, uint8_t mark, size_t size = 1) {
    Request sent = request(mark);
    sent.arguments[0].bytes.assign(size, mark);
    ASSERT_TRUE(caller.publish("cpp", sent));
    answer(worker, claim(worker));
    EXPECT_EQ(next(caller).reply.bytes, Bytes(size, mark));
  }
  size_t files_waiting() const {
    size_t out = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path + "/cpp")) {
      out += entry.is_regular_file() ? 1U : 0U;
    }
    return out;
  }
  // Sends by ring, whatever the worker has in hand: it says that it can run many at once.
  Uuid send(const Request& sent) {
    const uint64_t before = asking->sent_by_ring();
    auto id = asking->publish("cpp", sent);
    SAMARA_ASSERT(id);
    EXPECT_EQ(asking->sent_by_ring(), before + 1);
    return *id;
  }

  std::unique_ptr<Caller> asking = caller();
  std::unique_ptr<Worker> working = worker(64);
};

TEST_F(QueueRings, a_call_by_ring_makes_no_file) {
  const Uuid id = send(request(7));
  EXPECT_EQ(files_waiting(), 0U);
  Claim taken = claim(*working);
  EXPECT_EQ(taken.request.id, id);
  EXPECT_EQ(taken.request.queue, "cpp");
  EXPECT_EQ(taken.request.caller, asking->id());
  EXPECT_EQ(taken.attempt, 1U);
  answer(*working, taken);
  Answer got = next(*asking);
  EXPECT_EQ(got.reply.worker, working->id());
  EXPECT_EQ(got.reply.bytes, Bytes{7});
  EXPECT_EQ(asking->in_flight(), 0U);
  EXPECT_EQ(working->in_hand(), 0U);
}

TEST_F(QueueRings, what_is_too_large_goes_by_file_in_either_direction) {
  const uint64_t before = asking->sent_by_ring();
  echo(*asking, *working, 3, 6000);
  EXPECT_EQ(asking->sent_by_ring(), before);
  // More replies that need files than there are slots.
  for (int i = 0; i < 100; i++) {
    send(request(4));
    Claim taken = claim(*working);
    Reply reply;
    reply.outcome = Outcome::of_value({});
    reply.bytes.assign(100'000, 9);
    ASSERT_TRUE(working->answer(taken.request.id, std::move(reply)));
    EXPECT_EQ(next(*asking).reply.bytes, Bytes(100'000, 9));
  }
}

TEST_F(QueueRings, rings_and_files_are_taken_in_one_order) {
  auto other = caller({.word = "files", .ring_after = 0});
  std::string order;
  for (uint8_t i = 0; i < 6; i++) {
    Request sent = request(i);
    sent.priority = i < 2 ? 200 : 100;
    if (i % 2 == 0) {
      send(sent);
    } else {
      ASSERT_TRUE(other->publish("cpp", sent));
    }
    std::this_thread::sleep_for(2ms);  // ids of several callers are in order by milliseconds
  }
  // As when it waited: a worker that takes from rings looks at files now and then only.
  ASSERT_TRUE(working->poll());
  for (int i = 0; i < 6; i++) {
    Claim taken = claim(*working);
    order += std::to_string(taken.request.arguments[0].bytes[0]);
    answer(*working, taken);
  }
  EXPECT_EQ(order, "234501");
}

TEST_F(QueueRings, a_file_is_not_kept_waiting_by_rings) {
  auto other = caller({.word = "files", .ring_after = 0});
  Request urgent = request(99);
  urgent.priority = 0;
  ASSERT_TRUE(other->publish("cpp", urgent));
  int passed = 0;
  while (passed < 100) {
    if (asking->in_flight() == 0) send(request(1));
    Claim taken = claim(*working);
    answer(*working, taken);
    if (taken.request.arguments[0].bytes[0] == 99) break;
    next(*asking);
    passed++;
  }
  EXPECT_LE(passed, 16);
}

TEST_F(QueueRings, an_untaken_request_is_withdrawn_by_cancel) {
  const Uuid id = send(request());
  ASSERT_TRUE(asking->cancel(id));
  EXPECT_EQ(next(*asking).reply.outcome.kind, OutcomeKind::cancelled);
  EXPECT_TRUE(nothing_for(*working));
}

TEST_F(QueueRings, cancel_reaches_the_worker_that_has_the_request) {
  const Uuid id = send(request());
  Claim taken = claim(*working);
  ASSERT_TRUE(working->poll());
  EXPECT_FALSE(taken.cancelled->load());
  ASSERT_TRUE(asking->cancel(id));
  ASSERT_TRUE(working->poll());
  EXPECT_TRUE(taken.cancelled->load());
}

TEST_F(QueueRings, a_deadline_ends_the_wait_whatever_the_worker_does) {
  Request sent = request();
  sent.deadline_ns = (clock.now() + 1s).time_since_epoch().count();
  send(sent);
  Claim taken = claim(*working);
  EXPECT_EQ(next(*asking).reply.outcome.kind, OutcomeKind::timeout);
  ASSERT_TRUE(working->poll());
  EXPECT_TRUE(taken.cancelled->load());
  // The slot of what was given up is used again.
  answer(*working, taken);
  for (int i = 0; i < 100; i++) echo(*asking, *working, 1);
}

TEST_F(QueueRings, what_a_busy_worker_leaves_in_its_ring_another_one_takes) {
  send(request(1));
  claim(*working);
  send(request(2));
  auto second = worker();
  EXPECT_TRUE(nothing_for(*second));
  ASSERT_TRUE(asking->next(clock.now() + 50ms));
  Claim taken = claim(*second, clock.now() + 30s);
  EXPECT_EQ(taken.request.arguments[0].bytes, Bytes{2});
  EXPECT_EQ(taken.attempt, 1U);
  EXPECT_TRUE(nothing_for(*working)) << "it is in two places";
}

TEST_F(QueueRings, a_worker_that_runs_long_gets_no_more_than_it_can_run) {
  auto busy = caller();
  auto slow = worker(1);
  meet(*busy, *slow);
  for (int i = 0; i < 10; i++) {
    ASSERT_TRUE(busy->publish("cpp", request()));
    Claim taken = claim(*slow);
    std::this_thread::sleep_for(4ms);
    answer(*slow, taken);
    next(*busy);
  }
  const uint64_t before = busy->sent_by_ring();
  for (int i = 0; i < 5; i++) ASSERT_TRUE(busy->publish("cpp", request()));
  EXPECT_EQ(busy->sent_by_ring(), before + 1);
  EXPECT_EQ(files_waiting(), 4U);
}

TEST_F(QueueRings, what_a_dead_worker_had_or_left_is_run_by_another) {
  send(request(1));
  claim(*working);
  send(request(2));
  die(std::move(working));
  auto second = worker();
  ASSERT_TRUE(asking->next(clock.now() + 10ms));
  std::map<uint8_t, uint32_t> attempts;
  for (int i = 0; i < 2; i++) {
    Claim taken = claim(*second, clock.now() + 30s);
    attempts[taken.request.arguments[0].bytes[0]] = taken.attempt;
    answer(*second, taken);
    next(*asking);
  }
  EXPECT_EQ(attempts[1], 2U) << "this one may have run";
  EXPECT_EQ(attempts[2], 1U);
}

TEST_F(QueueRings, what_may_not_be_repeated_ends_as_a_crash) {
  Request sent = request();
  sent.repeatable = false;
  send(sent);
  claim(*working);
  const std::string id = working->id();
  die(std::move(working));
  Answer got = next(*asking);
  EXPECT_EQ(got.reply.outcome.kind, OutcomeKind::crash);
  EXPECT_EQ(got.reply.worker, id);
}

TEST_F(QueueRings, what_was_answered_before_a_death_is_an_answer) {
  send(request(5));
  answer(*working, claim(*working));
  die(std::move(working));
  EXPECT_EQ(next(*asking).reply.bytes, Bytes{5});
}

TEST_F(QueueRings, what_is_given_back_is_a_first_attempt_again) {
  const Uuid id = send(request());
  claim(*working);
  ASSERT_TRUE(working->give_back(id));
  ASSERT_TRUE(asking->next(clock.now() + 10ms));
  auto second = worker();
  Claim taken = claim(*second);
  EXPECT_EQ(taken.request.id, id);
  EXPECT_EQ(taken.attempt, 1U);
}

TEST_F(QueueRings, a_caller_that_ends_leaves_nothing) {
  send(request(1));
  Claim taken = claim(*working);
  send(request(2));
  asking.reset();
  answer(*working, taken);
  EXPECT_TRUE(nothing_for(*working));
  working.reset();
  std::string left;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (!entry.is_directory()) left += entry.path().string() + " ";
  }
  EXPECT_EQ(left, "");
}

TEST_F(QueueRings, callers_come_and_go) {
  for (int i = 0; i < 100; i++) {
    auto one = caller({.word = "test", .ring_after = 1});
    echo(*one, *working, 1);
    EXPECT_TRUE(nothing_for(*working));
    echo(*one, *working, 2);
    EXPECT_EQ(one->sent_by_ring(), 1U);
  }
  echo(*asking, *working, 3);
}

TEST_F(QueueRings, a_ring_that_says_nonsense_harms_only_its_calls) {
  send(request(1));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (!entry.path().filename().string().starts_with("ring-")) continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(0);
    for (size_t i = 0; i < k_ring_bytes; i++) file.put(static_cast<char>(random.next_u64()));
  }
  for (int i = 0; i < 3; i++) {
    auto taken = working->next(port::k_long_ago);
    ASSERT_TRUE(taken);
    if (taken->has_value()) static_cast<void>(working->answer((*taken)->request.id, {}));
    ASSERT_TRUE(asking->next(port::k_long_ago));
  }
  auto other = caller({.word = "files", .ring_after = 0});
  echo(*other, *working, 3);
}

TEST_F(QueueRings, one_can_wait_outside_for_rings) {
  const int descriptor = working->wait_descriptor();
  ASSERT_GE(descriptor, 0);
  auto readable = [&](int limit_ms) {
    pollfd source{.fd = descriptor, .events = POLLIN, .revents = 0};
    return ::poll(&source, 1, limit_ms) == 1;
  };
  for (uint8_t i = 0; i < 50; i++) {
    EXPECT_TRUE(nothing_for(*working));
    ASSERT_FALSE(readable(0)) << int{i};
    for (int n = 0; n <= i % 3; n++) send(request(i));
    ASSERT_TRUE(readable(30'000));
    while (auto taken = *working->next(port::k_long_ago)) answer(*working, *taken);
    for (int n = 0; n <= i % 3; n++) next(*asking);
  }
  auto id = asking->publish("cpp", request());
  ASSERT_TRUE(id);
  Claim taken = claim(*working);
  EXPECT_TRUE(nothing_for(*working));
  ASSERT_TRUE(asking->cancel(*id));
  EXPECT_TRUE(readable(30'000)) << "a cancellation is news";
  EXPECT_TRUE(nothing_for(*working));
  EXPECT_TRUE(taken.cancelled->load());
}

TEST_F(QueueRings, nobody_is_woken_while_nothing_happens) {
  rusage workers{}, callers{};
  auto idle = [&](auto& peer, rusage& used) {
    EXPECT_TRUE(peer->next(port::k_never));
    ::getrusage(RUSAGE_THREAD, &used);
  };
  std::thread one([&] { idle(working, workers); });
  std::thread two([&] { idle(asking, callers); });
  std::this_thread::sleep_for(300ms);
  working->interrupt();
  asking->interrupt();
  one.join();
  two.join();
  EXPECT_LE(workers.ru_nvcsw, 5);
  EXPECT_LE(callers.ru_nvcsw, 5);
}

TEST_F(QueueRings, two_sides_that_sleep_wake_each_other) {
  std::atomic<bool> stop{false};
  std::thread serving([&] {
    while (!stop) {
      auto taken = working->next(port::k_never);
      ASSERT_TRUE(taken);
      if (taken->has_value()) answer(*working, **taken);
    }
  });
  for (int i = 0; i < 300; i++) {
    if (i % 3 == 0) std::this_thread::sleep_for(std::chrono::microseconds(i % 7 * 100));
    ASSERT_TRUE(asking->publish("cpp", request(static_cast<uint8_t>(i))));
    EXPECT_EQ(next(*asking).reply.bytes, Bytes{static_cast<uint8_t>(i)});
  }
  stop = true;
  working->interrupt();
  serving.join();
}

TEST_F(QueueSuite, many_threads_publish_and_each_reply_comes_once) {
  auto asking = caller();
  std::atomic<bool> stop{false};
  std::vector<std::thread> serving;
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < 3; i++) workers.push_back(worker());
  for (auto& one : workers) {
    serving.emplace_back([&, w = one.get()] {
      while (!stop) {
        auto taken = w->next(port::k_never);
        ASSERT_TRUE(taken);
        if (taken->has_value()) answer(*w, **taken);
      }
    });
  }
  std::vector<std::thread> publishing;
  for (int i = 0; i < 4; i++) {
    publishing.emplace_back([&] {
      for (int n = 0; n < 200; n++) ASSERT_TRUE(asking->publish("cpp", request()));
    });
  }
  std::set<Uuid> seen;
  for (int i = 0; i < 800; i++) EXPECT_TRUE(seen.insert(next(*asking).id).second);
  for (auto& thread : publishing) thread.join();
  stop = true;
  for (auto& one : workers) one->interrupt();
  for (auto& thread : serving) thread.join();
}

}  // namespace
