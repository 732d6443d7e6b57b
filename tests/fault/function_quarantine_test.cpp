// Quarantine of functions: what counts, what releases, many at once, failures of the store.

#include <gtest/gtest.h>

#include <thread>

#include "core/sha256.hpp"
#include "engine/quarantine.hpp"
#include "ports/sim/fault_files.hpp"
#include "support.hpp"

namespace samara::engine {
namespace {

using test::make_world;
using test::WorldKind;

const Hash k_function = sha256(as_bytes("function"));

ExecutionRecord run_that_ended(OutcomeKind kind, std::string_view runtime = "native",
                               uint8_t number = 1) {
  ExecutionRecord out;
  out.id.bytes[15] = number;
  out.call = sha256(as_bytes("call"));
  out.spec.function = k_function;
  out.runtime = runtime;
  out.started_ms = 1'700'000'000'000;
  out.outcome = kind == OutcomeKind::value   ? Outcome::of_value(k_function)
                : kind == OutcomeKind::error ? Outcome::of_error("no", {})
                : kind == OutcomeKind::limit ? Outcome::of_limit("output", "too much")
                                             : Outcome::of(kind, "SIGSEGV: \"bad\"\naddress");
  return out;
}

class QuarantineTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(store::DirectoryRepository::init(world_->files(), path_));
    auto opened = store::DirectoryRepository::open(world_->files(), random_, path_, "test");
    ASSERT_OK(opened);
    repository_ = std::move(*opened);
  }
  size_t in_a_row() { return Quarantine(*repository_, {}).failures(k_function)->list.size(); }

  std::unique_ptr<test::World> world_ = make_world(WorldKind::memory);
  std::string path_ = world_->path() + "/r";
  port::SeededRandom random_{1};
  std::unique_ptr<store::DirectoryRepository> repository_;
};

TEST_F(QuarantineTest, the_third_crash_in_a_row_stops_a_function_until_it_is_released) {
  Quarantine quarantine(*repository_, {});
  for (uint8_t i = 1; i <= 3; i++) {
    EXPECT_OK(quarantine.check(k_function, "native", "wild"));
    const auto said = quarantine.note(run_that_ended(OutcomeKind::crash, "native", i));
    EXPECT_EQ(said.has_value(), i == 3);
  }
  auto checked = quarantine.check(k_function, "native", "wild");
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, Code::not_trusted);
  const std::string message(checked.error().message());
  EXPECT_NE(message.find("'wild' is quarantined, it failed 3 times in a row"), std::string::npos);
  for (uint8_t i = 1; i <= 3; i++) {
    const std::string id = run_that_ended(OutcomeKind::crash, "native", i).id.text();
    EXPECT_NE(message.find("attempt " + id), std::string::npos) << message;
  }
  EXPECT_NE(message.find("'samara fn release wild'"), std::string::npos) << message;

  // Somebody else opens the repository later.
  EXPECT_FALSE(Quarantine(*repository_, {.after = 10}).check(k_function, "native", "wild"));
  // A run that began before does not release it.
  static_cast<void>(quarantine.note(run_that_ended(OutcomeKind::value)));
  EXPECT_FALSE(quarantine.check(k_function, "native", "wild"));
  ASSERT_OK(quarantine.release(k_function));
  EXPECT_OK(quarantine.check(k_function, "native", "wild"));
  EXPECT_CODE(Code::not_found, quarantine.release(k_function));
  EXPECT_FALSE(quarantine.note(run_that_ended(OutcomeKind::crash)).has_value());
  EXPECT_EQ(in_a_row(), 1U);
}

TEST_F(QuarantineTest, a_run_that_returns_ends_the_row) {
  Quarantine quarantine(*repository_, {});
  for (OutcomeKind good : {OutcomeKind::value, OutcomeKind::error}) {
    static_cast<void>(quarantine.note(run_that_ended(OutcomeKind::crash)));
    static_cast<void>(quarantine.note(run_that_ended(OutcomeKind::crash)));
    EXPECT_EQ(in_a_row(), 2U);
    static_cast<void>(quarantine.note(run_that_ended(good)));
    EXPECT_EQ(in_a_row(), 0U);
  }
  static_cast<void>(quarantine.note(run_that_ended(OutcomeKind::crash)));
  for (OutcomeKind neither : {OutcomeKind::memory, OutcomeKind::cancelled, OutcomeKind::lost,
                              OutcomeKind::limit, OutcomeKind::timeout, OutcomeKind::trap}) {
    static_cast<void>(quarantine.note(run_that_ended(neither)));
    EXPECT_EQ(in_a_row(), 1U) << static_cast<int>(neither);
  }
}

TEST_F(QuarantineTest, what_counts_depends_on_kind_and_rule) {
  static_cast<void>(Quarantine(*repository_, {}).note(run_that_ended(OutcomeKind::trap, "wasm")));
  EXPECT_EQ(in_a_row(), 1U);
  static_cast<void>(Quarantine(*repository_, {.after = 3, .timeouts = true})
                        .note(run_that_ended(OutcomeKind::timeout)));
  EXPECT_EQ(in_a_row(), 2U);
  static_cast<void>(
      Quarantine(*repository_, {.after = 0}).note(run_that_ended(OutcomeKind::crash)));
  static_cast<void>(Quarantine(*repository_, {}).note(run_that_ended(OutcomeKind::crash, "east")));
  EXPECT_EQ(in_a_row(), 2U);
  static_cast<void>(Quarantine(*repository_, {}).note(run_that_ended(OutcomeKind::crash)));
  EXPECT_FALSE(Quarantine(*repository_, {}).check(k_function, "wasm", "f"));
  EXPECT_TRUE(Quarantine(*repository_, {}).check(k_function, "east", "f"));
}

TEST_F(QuarantineTest, reports_of_any_text_are_read_back) {
  Failures failures;
  failures.quarantined = true;
  failures.list = {{"a", "b", -5, "quotes \" and \\ and \u00fc\n"}, {"", "", INT64_MAX, ""}};
  auto read = parse_failures(print_failures(failures));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, failures);
  EXPECT_EQ(*parse_failures(print_failures({})), Failures{});
  const std::string whole = print_failures(failures);
  for (size_t cut = 0; cut + 1 < whole.size(); cut++) {
    EXPECT_FALSE(parse_failures(whole.substr(0, cut))) << cut;
  }
  for (const char* text : {"{}", "[]", "{\"quarantined\": 1, \"failures\": []}",
                           "{\"quarantined\": true, \"failures\": [1]}",
                           "{\"quarantined\": true, \"failures\": [], \"more\": 1}"}) {
    EXPECT_FALSE(parse_failures(text)) << text;
  }
}

TEST_F(QuarantineTest, a_state_that_is_gone_keeps_nobody_from_running) {
  Quarantine quarantine(*repository_, {.after = 1});
  static_cast<void>(quarantine.note(run_that_ended(OutcomeKind::crash)));
  ASSERT_FALSE(quarantine.check(k_function, "native", "f"));
  const std::string ref = "quarantine/" + k_function.hex();
  auto other = repository_->objects().put(as_bytes("no failures"), store::Durability::synced);
  ASSERT_OK(repository_->refs().set(ref, *other, store::RefCondition::any()));
  EXPECT_OK(quarantine.check(k_function, "native", "f"));
  static_cast<void>(quarantine.note(run_that_ended(OutcomeKind::crash)));
  EXPECT_EQ(in_a_row(), 1U);
}

TEST(Quarantine, crashes_of_several_processes_at_once_all_count) {
  auto world = make_world(WorldKind::real);
  const std::string path = world->path() + "/r";
  ASSERT_OK(store::DirectoryRepository::init(world->files(), path));
  constexpr uint8_t k_threads = 4;
  constexpr uint8_t k_crashes = 5;
  std::atomic<int> told{0};
  std::vector<std::thread> threads;
  for (uint8_t t = 0; t < k_threads; t++) {
    threads.emplace_back([&, t] {
      port::LinuxFiles files;
      port::LinuxRandom random;
      auto opened = store::DirectoryRepository::open(files, random, path, "test");
      ASSERT_OK(opened);
      Quarantine quarantine(**opened, {.after = k_threads * k_crashes});
      for (uint8_t i = 0; i < k_crashes; i++) {
        const auto number = static_cast<uint8_t>(t * 16 + i);
        if (quarantine.note(run_that_ended(OutcomeKind::crash, "native", number))) told++;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  port::LinuxRandom random;
  auto opened = store::DirectoryRepository::open(world->files(), random, path, "test");
  ASSERT_OK(opened);
  auto failures = Quarantine(**opened, {}).failures(k_function);
  ASSERT_OK(failures);
  EXPECT_EQ(failures->list.size(), size_t{k_threads} * k_crashes);
  EXPECT_TRUE(failures->quarantined);
  EXPECT_EQ(told, 1);
}

TEST(Quarantine, a_store_that_fails_at_any_step_leaves_a_state_that_can_be_read) {
  for (uint64_t n = 1;; n++) {
    ASSERT_LT(n, 400U);
    auto world = make_world(WorldKind::memory);
    const std::string path = world->path() + "/r";
    ASSERT_OK(store::DirectoryRepository::init(world->files(), path));
    port::SeededRandom random(n);
    port::FaultFiles files(world->files());
    auto opened = store::DirectoryRepository::open(files, random, path, "test");
    ASSERT_OK(opened);
    Quarantine quarantine(**opened, {.after = 2});
    static_cast<void>(quarantine.note(run_that_ended(OutcomeKind::crash)));
    files.plan({.call = n, .kind = port::FaultKind::error, .error_number = ENOSPC});
    static_cast<void>(quarantine.note(run_that_ended(OutcomeKind::crash, "native", 2)));
    const bool fired = files.fired();
    files.plan({});
    auto failures = quarantine.failures(k_function);
    ASSERT_OK(failures);
    EXPECT_EQ(failures->quarantined, failures->list.size() == 2);
    EXPECT_FALSE(failures->list.empty());
    if (!fired) {
      EXPECT_TRUE(failures->quarantined);
      break;
    }
  }
}

}  // namespace
}  // namespace samara::engine
