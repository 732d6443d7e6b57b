// Processes that are killed while they call and work, by files and by rings: each call of a caller
// that lives ends once and rightly, what may be repeated ends by a value, and no request is run by
// two workers at a time. SAMARA_QUEUE_SEEDS sets how many seeds are run (1000 take some minutes),
// SAMARA_QUEUE_SEED which is the first.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <new>

#include "ports/linux/clock.hpp"
#include "ports/linux/files.hpp"
#include "ports/linux/random.hpp"
#include "ports/linux/watcher.hpp"
#include "ports/sim/seeded_random.hpp"
#include "queue/caller.hpp"
#include "queue/worker.hpp"

using namespace samara;
using namespace samara::queue;
using namespace std::chrono_literals;

namespace {

struct World {
  TypeTable table;
  RecordTypes records{table};
  MessageTypes types{records};
  port::LinuxFiles files;
  port::LinuxWatchers watchers;
  port::LinuxClock clock;
  port::LinuxRandom random;
  QueueParts parts{files, watchers, clock, random, types};
};

class Scratch {
 public:
  Scratch() {
    std::string pattern = testing::TempDir() + "samara-queue-XXXXXX";
    SAMARA_ASSERT(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
    SAMARA_ASSERT(::mkdir((path_ + "/queue").c_str(), 0777) == 0);
    SAMARA_ASSERT(::mkdir((path_ + "/running").c_str(), 0777) == 0);
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string queue() const { return path_ + "/queue"; }
  std::string running() const { return path_ + "/running/"; }

 private:
  std::string path_;
};

constexpr int k_ok = 0;
constexpr int k_two_at_once = 40;
constexpr int k_wrong = 41;
constexpr int k_error = 42;

// What all processes of a run count.
struct Counts {
  std::atomic<uint64_t> calls{0}, by_ring{0}, crashes{0}, cancelled{0}, kills{0};
};

Counts& counts() {
  static void* const memory =
      ::mmap(nullptr, sizeof(Counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  SAMARA_ASSERT(memory != MAP_FAILED);
  static Counts* const out = new (memory) Counts;
  return *out;
}

// Runs requests until it is killed: each under a lock that says that nobody else runs it now. Some
// are given back at first.
int work(const Scratch& scratch, uint64_t seed) {
  World world;
  port::SeededRandom random(seed);
  auto worker = Worker::open(
      world.parts, scratch.queue(),
      {.queues = {"cpp"}, .word = "test", .slots = 1 + static_cast<uint32_t>(seed % 3)});
  if (!worker) return k_error;
  while (true) {
    auto claim = (*worker)->next(port::k_never);
    if (!claim) return k_error;
    if (!claim->has_value()) continue;
    Request& request = (*claim)->request;
    if (random.next_u64() % 64 == 0) {
      if (!(*worker)->give_back(request.id)) return k_error;
      continue;
    }
    const std::string path = scratch.running() + request.id.text();
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) return k_error;
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) return k_two_at_once;
    // Some take long, so that death meets them in hand.
    if (random.next_u64() % 8 == 0) ::usleep(static_cast<useconds_t>(random.next_u64() % 2000));
    Reply reply;
    reply.outcome = Outcome::of_value({});
    reply.bytes = request.arguments[0].bytes;
    for (uint8_t& byte : reply.bytes) byte ^= 0xff;
    ::close(file);
    ::unlink(path.c_str());
    if (!(*worker)->answer(request.id, std::move(reply))) return k_error;
  }
}

// Makes `count` calls, some tens at a time, and checks each answer. Cancels a few.
int call(const Scratch& scratch, uint64_t seed, uint64_t count) {
  constexpr size_t k_window = 24;
  World world;
  port::SeededRandom random(seed);
  auto caller = Caller::open(world.parts, scratch.queue(),
                             {.word = "test", .ring_after = static_cast<uint32_t>((seed + 1) % 4)});
  if (!caller) return k_error;
  struct Asked {
    Bytes value;
    bool repeatable = true;
    bool cancelled = false;
  };
  std::map<Uuid, Asked> asked;
  uint64_t published = 0;
  const port::Instant limit = world.clock.now() + 120s;
  while (published < count || !asked.empty()) {
    while (published < count && asked.size() < k_window) {
      Request request;
      // Some are too large for a ring, or their replies are.
      Bytes value(1 + random.next_u64() % (random.next_u64() % 4 == 0 ? 6000 : 1000));
      random.fill(value);
      request.arguments.push_back({.bytes = value, .object = {}});
      request.repeatable = published % 4 != 0;
      request.attempts_max = 1000;  // killed at random, so the number says nothing of the request
      request.priority = static_cast<uint8_t>(random.next_u64() % 3);
      const bool repeatable = request.repeatable;
      auto id = (*caller)->publish("cpp", std::move(request), WhenFull::wait, limit);
      if (!id) return k_error;
      const bool cancelled = random.next_u64() % 32 == 0;
      asked.emplace(*id, Asked{std::move(value), repeatable, cancelled});
      if (cancelled && !(*caller)->cancel(*id)) return k_error;
      published++;
    }
    auto answer = (*caller)->next(limit);
    if (!answer) {
      std::fprintf(stderr, "next: %s\n", std::string(answer.error().message()).c_str());
      return k_error;
    }
    if (!answer->has_value()) return k_wrong;  // the limit: somebody waits for ever
    auto found = asked.find((*answer)->id);
    if (found == asked.end()) return k_wrong;
    const Reply& reply = (*answer)->reply;
    Bytes expected = found->second.value;
    for (uint8_t& byte : expected) byte ^= 0xff;
    const bool value = reply.outcome.is_value() && reply.bytes == expected;
    // Only what may not be repeated ends by a crash, only what was cancelled as cancelled.
    const bool crash = reply.outcome.kind == OutcomeKind::crash && !found->second.repeatable;
    const bool cancelled = reply.outcome.kind == OutcomeKind::cancelled && found->second.cancelled;
    if (!value && !crash && !cancelled) {
      std::fprintf(stderr, "outcome: %s\n", outcome_text(reply.outcome).c_str());
      return k_wrong;
    }
    counts().calls++;
    counts().crashes += crash ? 1 : 0;
    counts().cancelled += cancelled ? 1 : 0;
    asked.erase(found);
  }
  counts().by_ring += (*caller)->sent_by_ring();
  return k_ok;
}

template <typename Body>
pid_t start(Body&& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  return child;
}

void run_seed(uint64_t seed) {
  constexpr size_t k_workers = 3;
  constexpr uint64_t k_calls = 250;
  Scratch scratch;
  port::SeededRandom random(seed);
  std::vector<pid_t> workers;
  for (size_t i = 0; i < k_workers; i++) {
    workers.push_back(start([&] { return work(scratch, seed + i); }));
  }
  const pid_t caller = start([&] { return call(scratch, seed, k_calls); });
  pid_t victim_caller = start([&] { return call(scratch, seed + 1000, 1'000'000); });
  int status = 0;
  int kills = 0;
  while (::waitpid(caller, &status, WNOHANG) == 0) {
    ::usleep(static_cast<useconds_t>(200 + random.next_u64() % 4000));
    const size_t at = random.next_u64() % (k_workers + 1);
    pid_t& victim = at < k_workers ? workers[at] : victim_caller;
    ::kill(victim, SIGKILL);
    int end = 0;
    ::waitpid(victim, &end, 0);
    ASSERT_TRUE(WIFSIGNALED(end)) << "seed " << seed << ": a process ended with "
                                  << WEXITSTATUS(end);
    kills++;
    counts().kills++;
    const uint64_t next = random.next_u64();
    victim = at < k_workers ? start([&] { return work(scratch, next); })
                            : start([&] { return call(scratch, next, 1'000'000); });
  }
  for (pid_t process : workers) ::kill(process, SIGKILL);
  ::kill(victim_caller, SIGKILL);
  for (pid_t process : workers) {
    int end = 0;
    ::waitpid(process, &end, 0);
    EXPECT_TRUE(WIFSIGNALED(end)) << "seed " << seed << ": a worker ended with "
                                  << WEXITSTATUS(end);
  }
  ::waitpid(victim_caller, nullptr, 0);
  ASSERT_TRUE(WIFEXITED(status)) << "seed " << seed;
  ASSERT_EQ(WEXITSTATUS(status), k_ok) << "seed " << seed << ", after " << kills << " kills";

  // Whoever comes next leaves nothing behind but its own.
  World world;
  auto after = Caller::open(world.parts, scratch.queue(), {.word = "test"});
  ASSERT_TRUE(after);
  ASSERT_TRUE((*after)->next(world.clock.now() + 20ms));
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch.queue())) {
    if (entry.is_regular_file()) left.push_back(entry.path());
  }
  ASSERT_EQ(left.size(), 1U) << "seed " << seed << ": " << left[0] << " " << left.back();
}

uint64_t number_from(const char* name, uint64_t otherwise) {
  const char* text = ::getenv(name);
  return text == nullptr ? otherwise : ::strtoull(text, nullptr, 10);
}

TEST(QueueCrash, every_call_ends_rightly_while_processes_are_killed) {
  const uint64_t first = number_from("SAMARA_QUEUE_SEED", 1);
  const uint64_t seeds = number_from("SAMARA_QUEUE_SEEDS", 60);
  counts();
  for (uint64_t seed = first; seed < first + seeds && !HasFatalFailure(); seed++) run_seed(seed);
  const Counts& all = counts();
  std::printf(
      "  %llu seeds: %llu calls, %llu sent by ring, %llu crashes, %llu cancelled, %llu kills\n",
      static_cast<unsigned long long>(seeds), static_cast<unsigned long long>(all.calls.load()),
      static_cast<unsigned long long>(all.by_ring.load()),
      static_cast<unsigned long long>(all.crashes.load()),
      static_cast<unsigned long long>(all.cancelled.load()),
      static_cast<unsigned long long>(all.kills.load()));
}

}  // namespace
