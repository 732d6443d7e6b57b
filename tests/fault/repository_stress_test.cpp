// Eight processes put, read, name, run and collect in one repository: no error, no lost object, no
// call that runs twice at a time. SAMARA_STRESS_SECONDS sets how long (3), for a long run:
//   SAMARA_STRESS_SECONDS=60 fault_repository_stress
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstring>

#include "core/sha256.hpp"
#include "ports/linux/clock.hpp"
#include "store/names.hpp"
#include "tests/fault/support.hpp"

using namespace samara;
using namespace samara::store;
using namespace samara::test;
using namespace std::chrono_literals;

namespace {

constexpr int k_processes = 8;
constexpr uint64_t k_texts = 40;
constexpr uint64_t k_names = 12;
constexpr uint64_t k_calls = 10;
constexpr int k_killed_max = 100'000;

int seconds() {
  const char* text = ::getenv("SAMARA_STRESS_SECONDS");
  const int value = text == nullptr ? 0 : ::atoi(text);
  return value > 0 ? value : 3;
}

// Memory that the processes share: what they found wrong, and what they count together.
struct Board {
  std::atomic<uint64_t> steps;
  std::atomic<uint64_t> collections;
  std::atomic<uint64_t> removed;
  std::atomic<uint64_t> counted;        // successful steps of the ref "counter"
  std::atomic<pid_t> running[k_calls];  // the process that runs the call
  std::atomic<pid_t> doomed[k_killed_max];
  std::atomic<int> failures;
  char failure[2000];
};

class SharedBoard {
 public:
  SharedBoard() {
    void* memory =
        ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    SAMARA_ASSERT(memory != MAP_FAILED);
    board_ = new (memory) Board();
  }
  ~SharedBoard() { ::munmap(board_, sizeof(Board)); }
  Board& operator*() { return *board_; }
  Board* operator->() { return board_; }

 private:
  Board* board_;
};

Hash call_hash(uint64_t n) { return sha256(as_bytes("call " + std::to_string(n))); }

class Player {
 public:
  Player(DirectoryRepository& repository, Board& board, uint64_t seed)
      : repository_(repository), board_(board), random_(seed) {}

  // One random deed; false after a failure.
  bool step() {
    board_.steps++;
    const uint64_t dice = random_.next_u64() % 100;
    if (dice < 25) return put_and_name();
    if (dice < 55) return read_ref();
    if (dice < 65) return count();
    if (dice < 80) return run_call();
    if (dice < 90) return replay_call();
    if (dice < 96) return remove_ref();
    return collect();
  }

 private:
  bool fail(std::string_view what, std::string_view why) {
    if (board_.failures.fetch_add(1) == 0) {
      std::snprintf(board_.failure, sizeof board_.failure, "%.*s: %.*s",
                    static_cast<int>(what.size()), what.data(), static_cast<int>(why.size()),
                    why.data());
    }
    return false;
  }
  template <typename T>
  bool fail(std::string_view what, const Result<T>& result) {
    return fail(what, result.error().message());
  }

  std::string text(uint64_t n) { return "text " + std::to_string(n % k_texts); }
  std::string ref_name() { return "r/" + std::to_string(random_.next_u64() % k_names); }

  // Stores a parent with two children out of few, so that processes meet at the same objects.
  bool put_and_name() {
    const std::string one = text(random_.next_u64());
    const std::string two = text(random_.next_u64());
    const std::vector<Hash> children{sha256(as_bytes(one)), sha256(as_bytes(two))};
    const std::string parent = object_referring_to(children);
    const Hash parent_hash = sha256(as_bytes(parent));
    // The collectors here know no grace, so what is stored is pinned before.
    PinScope pins(repository_.pins());
    for (const Hash& hash : {children[0], children[1], parent_hash}) {
      auto pinned = pins.pin(hash);
      if (!pinned) return fail("pin", pinned);
    }
    for (const std::string& bytes : {one, two, parent}) {
      auto put = repository_.objects().put(as_bytes(bytes), Durability::cached);
      if (!put) return fail("put", put);
      auto back = repository_.objects().get(*put);
      if (!back) return fail("get after put", back);
    }
    auto set = repository_.refs().set(ref_name(), parent_hash, RefCondition::any());
    if (!set) return fail("set", set);
    return true;
  }

  // What a ref names is there with all its children, as long as the ref names it.
  bool read_ref() {
    const std::string name = ref_name();
    for (int i = 0; i < 1000; i++) {
      auto target = repository_.refs().get(name);
      if (!target && target.error().code == Code::not_found) return true;
      if (!target) return fail("read ref", target);
      auto read = read_tree(*target);
      if (read) return true;
      auto now = repository_.refs().get(name);
      if (now && *now == *target) return fail("lost behind " + name, read);
    }
    return fail("read ref", "it never stood still");
  }

  Result<void> read_tree(const Hash& hash) {
    SAMARA_TRY(Bytes bytes, repository_.objects().get(hash));
    SAMARA_TRY(std::vector<Hash> children, test_references(hash, bytes));
    for (const Hash& child : children) SAMARA_CHECK(repository_.objects().get(child));
    return {};
  }

  // A chain of objects, one longer at each success: a lost update would cut it.
  bool count() {
    for (int i = 0; i < 10'000; i++) {
      auto current = repository_.refs().get("counter");
      if (!current && current.error().code != Code::not_found) return fail("counter", current);
      const std::string next =
          current ? object_referring_to({*current}, std::to_string(random_.next_u64()))
                  : object_referring_to({}, "start");
      PinScope pins(repository_.pins());
      auto pinned = pins.pin(sha256(as_bytes(next)));
      if (!pinned) return fail("pin", pinned);
      auto put = repository_.objects().put(as_bytes(next), Durability::cached);
      if (!put) return fail("put", put);
      auto set = repository_.refs().set(
          "counter", *put, current ? RefCondition::equals(*current) : RefCondition::absent());
      if (set) {
        board_.counted++;
        return true;
      }
      if (set.error().code != Code::conflict) return fail("counter", set);
    }
    return fail("counter", "no success in 10000 attempts");
  }

  // Whether the process was killed, perhaps while it ran a call.
  bool doomed(pid_t process) {
    for (const auto& victim : board_.doomed) {
      if (victim == process) return true;
      if (victim == 0) return false;
    }
    return false;
  }

  CallKey key(uint64_t n) { return {sha256(as_bytes("function")), call_hash(n)}; }

  bool run_call() {
    const uint64_t n = random_.next_u64() % k_calls;
    auto lock = repository_.executions().lock(key(n), port::LockWait::yes);
    if (!lock) return fail("lock", lock);
    const pid_t other = board_.running[n].exchange(::getpid());
    if (other != 0 && !doomed(other)) return fail("lock", "a call runs twice");
    const std::string result = "result of " + std::to_string(n);
    const Hash hash = sha256(as_bytes(result));
    PinScope pins(repository_.pins());
    auto pinned = pins.pin(hash);
    if (!pinned) return fail("pin", pinned);
    auto put = repository_.objects().put(as_bytes(result), Durability::cached);
    if (!put) return fail("put", put);
    const Hash names[] = {hash};
    auto written = repository_.executions().put(
        key(n), "record", as_bytes(object_referring_to({hash})), names, Durability::cached);
    board_.running[n] = 0;
    if (!written) return fail("record", written);
    return true;
  }

  // A memo hit: the record's result is held, and then it is there.
  bool replay_call() {
    const uint64_t n = random_.next_u64() % k_calls;
    auto record = repository_.executions().get(key(n), "record");
    if (!record && record.error().code == Code::not_found) return true;
    if (!record) return fail("read record", record);
    auto names = test_references(Hash{}, *record);
    if (!names || names->size() != 1) return fail("read record", "it is torn");
    PinScope pins(repository_.pins());
    auto held = pins.hold((*names)[0]);
    if (!held && held.error().code == Code::not_found) return true;  // too late: a miss
    if (!held) return fail("hold", held);
    auto result = repository_.objects().get((*names)[0]);
    if (!result) return fail("get what is held", result);
    return true;
  }

  bool remove_ref() {
    auto removed = repository_.refs().remove(ref_name(), RefCondition::any());
    if (!removed && removed.error().code != Code::not_found) return fail("remove", removed);
    return true;
  }

  bool collect() {
    GcOptions options;
    options.grace = 0ns;
    options.references = test_references;
    options.record_references = test_record_references;
    if (random_.next_u64() % 2 == 0) options.keep_records = 200ms;
    auto report = repository_.collect_garbage(options);
    if (!report && report.error().code == Code::locked) return true;
    if (!report) return fail("gc", report);
    board_.collections++;
    board_.removed += report->objects_removed;
    return true;
  }

  DirectoryRepository& repository_;
  Board& board_;
  port::SeededRandom random_;
};

[[noreturn]] void play(const std::string& path, Board& board, uint64_t seed, port::Instant end) {
  port::LinuxFiles files;
  port::LinuxRandom random;
  port::LinuxClock clock;
  {
    auto repository = DirectoryRepository::open(files, random, path, "a player");
    if (!repository) ::_exit(2);
    Player player(**repository, board, seed);
    while (clock.now() < end && board.failures == 0 && player.step()) {
    }
  }
  ::_exit(board.failures == 0 ? 0 : 1);
}

class RepositoryStress : public testing::Test {
 protected:
  void SetUp() override {
    path_ = scratch_.path() + "/repo";
    ASSERT_OK(DirectoryRepository::init(files_, path_));
  }

  pid_t start(uint64_t seed, port::Instant end) {
    const pid_t child = ::fork();
    if (child == 0) play(path_, *board_, seed, end);
    return child;
  }

  void finish() {
    EXPECT_EQ(board_->failures, 0) << board_->failure;
    EXPECT_GT(board_->steps, 0U);
    auto repository = std::move(*DirectoryRepository::open(files_, random_, path_, "t"));
    FsckOptions options;
    options.references = test_references;
    auto report = repository->check(options);
    ASSERT_OK(report);
    EXPECT_TRUE(report->clean()) << describe(*report);
    std::printf("%llu steps, %llu collections removed %llu objects, %llu kept\n",
                static_cast<unsigned long long>(board_->steps),
                static_cast<unsigned long long>(board_->collections),
                static_cast<unsigned long long>(board_->removed),
                static_cast<unsigned long long>(report->objects));
  }

  uint64_t chain_length() {
    auto repository = std::move(*DirectoryRepository::open(files_, random_, path_, "t"));
    auto at = repository->refs().get("counter");
    uint64_t length = 0;
    while (at) {
      auto bytes = repository->objects().get(*at);
      EXPECT_OK(bytes);
      if (!bytes) return 0;
      length++;
      auto next = test_references(*at, *bytes);
      at = next->empty() ? Result<Hash>(Error(Code::not_found, "")) : Result<Hash>((*next)[0]);
    }
    return length;
  }

  ScratchDirectory scratch_;
  std::string path_;
  port::LinuxFiles files_;
  port::LinuxRandom random_;
  port::LinuxClock clock_;
  SharedBoard board_;
};

}  // namespace

TEST_F(RepositoryStress, eight_processes_share_a_repository_without_error_or_loss) {
  const port::Instant end = clock_.now() + std::chrono::seconds(seconds());
  std::vector<pid_t> children;
  for (uint64_t i = 0; i < k_processes; i++) children.push_back(start(i + 1, end));
  for (pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  finish();
  EXPECT_GT(board_->collections, 0U);
  EXPECT_EQ(chain_length(), board_->counted);
}

TEST_F(RepositoryStress, processes_killed_at_any_time_harm_nobody) {
  const port::Instant end = clock_.now() + std::chrono::seconds(seconds());
  port::SeededRandom dice(17);
  std::vector<pid_t> children;
  uint64_t seed = 100;
  for (int i = 0; i < k_processes; i++) children.push_back(start(++seed, end));
  int killed = 0;
  while (clock_.now() + 100ms < end && board_->failures == 0 && killed < k_killed_max) {
    ::usleep(static_cast<useconds_t>(1000 + dice.next_u64() % 20'000));
    pid_t& victim = children[dice.next_u64() % children.size()];
    board_->doomed[killed++] = victim;
    ::kill(victim, SIGKILL);
    ::waitpid(victim, nullptr, 0);
    victim = start(++seed, end);
  }
  for (pid_t child : children) ::waitpid(child, nullptr, 0);
  EXPECT_GT(killed, 0);
  finish();
  // Sessions and temporary files of the dead go with the next collection.
  auto repository = std::move(*DirectoryRepository::open(files_, random_, path_, "t"));
  GcOptions options;
  options.references = test_references;
  options.record_references = test_record_references;
  ASSERT_OK(repository->collect_garbage(options));
  auto report = repository->check({});
  ASSERT_OK(report);
  EXPECT_TRUE(report->findings.empty()) << describe(*report);
}

TEST(RepositoryMaking, of_eight_that_make_one_repository_one_does_and_the_others_find_it) {
  ScratchDirectory scratch;
  for (int round = 0; round < 5; round++) {
    const std::string path = scratch.path() + "/" + std::to_string(round);
    std::vector<pid_t> children;
    for (int i = 0; i < k_processes; i++) {
      const pid_t child = ::fork();
      if (child == 0) {
        port::LinuxFiles files;
        auto made = DirectoryRepository::init(files, path);
        if (made) ::_exit(0);
        ::_exit(made.error().code == Code::exists ? 1 : 2);
      }
      children.push_back(child);
    }
    int makers = 0;
    for (pid_t child : children) {
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      ASSERT_TRUE(WIFEXITED(status));
      EXPECT_LT(WEXITSTATUS(status), 2);
      if (WEXITSTATUS(status) == 0) makers++;
    }
    EXPECT_EQ(makers, 1);
    port::LinuxFiles files;
    port::LinuxRandom random;
    EXPECT_OK(DirectoryRepository::open(files, random, path, "t"));
  }
}
