// The policy file of a repository: numbered editions, many writers, failures at each step.

#include <gtest/gtest.h>

#include <thread>

#include "ports/sim/fault_files.hpp"
#include "support.hpp"
#include "trust/policy_file.hpp"

namespace samara::trust {
namespace {

using test::make_world;
using test::WorldKind;

constexpr std::string_view k_path = "repository";

class StandingClock final : public port::Clock {
 public:
  port::Instant now() override { return {}; }
  port::WallTime wall() override { return port::WallTime(std::chrono::seconds(seconds)); }
  void sleep_until(port::Instant) override {}
  int64_t seconds = 1'000;
};

Result<void> one_more(Policy& policy) {
  policy.quarantine_after++;
  return {};
}

void write(port::Files& files, const std::string& path, std::string_view text) {
  static_cast<void>(files.remove(port::k_no_directory, path));
  auto file = port::OpenFile::open(files, port::k_no_directory, path, port::OpenMode::create);
  ASSERT_OK(file);
  ASSERT_OK(files.write(file->handle(), as_bytes(text)));
}

class PolicyFileTest : public testing::TestWithParam<WorldKind> {
 protected:
  void SetUp() override { ASSERT_OK(store::DirectoryRepository::init(world_->files(), path_)); }
  PolicyFile file() { return PolicyFile(world_->files(), clock_, path_); }
  void set(std::string_view text) { write(world_->files(), path_ + "/policy.json", text); }

  std::unique_ptr<test::World> world_ = make_world(GetParam());
  std::string path_ = world_->path() + "/" + std::string(k_path);
  StandingClock clock_;
};

INSTANTIATE_TEST_SUITE_P(Files, PolicyFileTest, testing::Values(WorldKind::real, WorldKind::memory),
                         test::world_name);

TEST_P(PolicyFileTest, without_a_file_unsigned_images_run) {
  PolicyFile file = this->file();
  auto rules = file.rules();
  ASSERT_OK(rules);
  EXPECT_EQ((*rules)->policy().number, 0U);
  EXPECT_FALSE((*rules)->policy().require_signatures);
  EXPECT_EQ(*file.rules(), *rules);
  EXPECT_EQ(file.now(), 1'000U);
}

TEST_P(PolicyFileTest, a_change_is_seen_by_those_who_had_read_before) {
  PolicyFile reader = file();
  PolicyFile writer = file();
  auto before = reader.rules();
  ASSERT_OK(before);
  auto changed = writer.change(one_more);
  ASSERT_OK(changed);
  EXPECT_EQ(changed->number, 1U);
  auto after = reader.rules();
  ASSERT_OK(after);
  EXPECT_NE(*before, *after);
  EXPECT_EQ((*after)->policy().quarantine_after, 4U);
  EXPECT_EQ(*reader.rules(), *after);
  ASSERT_OK(writer.change(one_more));
  EXPECT_EQ((*reader.rules())->policy().number, 2U);
  EXPECT_EQ((*after)->policy().number, 1U) << "who holds an edition keeps it";
}

TEST_P(PolicyFileTest, an_older_edition_is_never_taken) {
  PolicyFile writer = file();
  ASSERT_OK(writer.change(one_more));
  const std::string first = print_policy((*writer.rules())->policy());
  ASSERT_OK(writer.change(one_more));
  set(first);
  PolicyFile fresh = file();
  for (PolicyFile* reader : {&writer, &fresh}) {
    auto rules = reader->rules();
    EXPECT_CODE(Code::not_trusted, rules);
    EXPECT_NE(rules.error().message().find("number 2 was in force, this one has number 1"),
              std::string_view::npos)
        << rules.error().message();
  }
  EXPECT_CODE(Code::not_trusted, fresh.change(one_more));
  ASSERT_OK(world_->files().remove(port::k_no_directory, path_ + "/policy.json"));
  EXPECT_CODE(Code::not_trusted, fresh.rules());
  ASSERT_OK(world_->files().remove(port::k_no_directory, path_ + "/keys/policy-number"));
  EXPECT_OK(fresh.rules());
}

TEST_P(PolicyFileTest, an_edition_made_by_hand_counts_and_is_remembered) {
  PolicyFile reader = file();
  set("{\"format\": \"samara policy\", \"number\": 40}");
  ASSERT_OK(reader.rules());
  set("{\"format\": \"samara policy\", \"number\": 39}");
  EXPECT_CODE(Code::not_trusted, reader.rules());
  set("{\"format\": \"samara policy\", \"number\": 40, \"quarantine\": {\"after\": 9}}");
  auto rules = reader.rules();
  ASSERT_OK(rules);
  EXPECT_EQ((*rules)->policy().quarantine_after, 9U);
  auto changed = reader.change(one_more);
  ASSERT_OK(changed);
  EXPECT_EQ(changed->number, 41U);
}

TEST_P(PolicyFileTest, a_mistake_is_told_with_its_place_and_nothing_is_changed) {
  PolicyFile file = this->file();
  const std::string text = "{\"format\": \"samara policy\",\n  \"number\": 1,\n  \"kees\": []}";
  set(text);
  for (int i = 0; i < 2; i++) {
    auto rules = file.rules();
    EXPECT_CODE(Code::corrupt, rules);
    EXPECT_NE(rules.error().message().find("policy.json': line 3, column 3: a policy has no"),
              std::string_view::npos)
        << rules.error().message();
    EXPECT_CODE(Code::corrupt, file.change(one_more));
  }
  set("{\"format\": \"samara policy\", \"number\": 1}");
  EXPECT_OK(file.rules());
  EXPECT_CODE(Code::exists,
              file.change([](Policy&) -> Result<void> { return Error(Code::exists, ""); }));
  EXPECT_EQ((*file.rules())->policy().number, 1U);
}

TEST_P(PolicyFileTest, a_policy_is_no_stray_file) {
  PolicyFile file = this->file();
  ASSERT_OK(file.change(one_more));
  test::World& world = *world_;
  port::SeededRandom random(1);
  auto opened = store::DirectoryRepository::open(world.files(), random, path_, "test");
  ASSERT_OK(opened);
  auto report = (*opened)->check({});
  ASSERT_OK(report);
  EXPECT_TRUE(report->findings.empty()) << test::describe(*report);
}

TEST(PolicyFile, changes_of_several_at_once_are_all_there) {
  auto world = make_world(WorldKind::real);
  const std::string path = world->path() + "/r";
  ASSERT_OK(store::DirectoryRepository::init(world->files(), path));
  std::vector<std::thread> threads;
  constexpr uint32_t k_threads = 4;
  constexpr uint32_t k_changes = 10;
  for (uint32_t i = 0; i < k_threads; i++) {
    threads.emplace_back([&] {
      port::LinuxFiles files;
      StandingClock clock;
      PolicyFile file(files, clock, path);
      for (uint32_t n = 0; n < k_changes; n++) {
        EXPECT_OK(file.change(one_more));
        EXPECT_OK(file.rules());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  StandingClock clock;
  PolicyFile file(world->files(), clock, path);
  auto rules = file.rules();
  ASSERT_OK(rules);
  EXPECT_EQ((*rules)->policy().number, k_threads * k_changes);
  EXPECT_EQ((*rules)->policy().quarantine_after, 3 + k_threads * k_changes);
}

// Whatever fails and wherever the process dies: the edition before or the one after is in force,
// and the next change works.
TEST(PolicyFile, a_change_that_fails_at_any_step_leaves_an_edition_in_force) {
  for (const port::FaultKind kind : {port::FaultKind::error, port::FaultKind::death}) {
    for (uint64_t n = 1;; n++) {
      ASSERT_LT(n, 200U);
      auto world = make_world(WorldKind::memory);
      const std::string path = world->path() + "/r";
      ASSERT_OK(store::DirectoryRepository::init(world->files(), path));
      StandingClock clock;
      PolicyFile before(world->files(), clock, path);
      ASSERT_OK(before.change(one_more));
      bool fired = false;
      {
        port::FaultFiles files(world->files());
        PolicyFile file(files, clock, path);
        files.plan({.call = n, .kind = kind, .error_number = ENOSPC});
        static_cast<void>(file.change(one_more));
        fired = files.fired();
      }
      PolicyFile after(world->files(), clock, path);
      auto rules = after.rules();
      ASSERT_OK(rules);
      const uint64_t number = (*rules)->policy().number;
      EXPECT_TRUE(number == 1 || number == 2) << number;
      EXPECT_EQ((*rules)->policy().quarantine_after, 3 + number);
      auto changed = after.change(one_more);
      ASSERT_OK(changed);
      EXPECT_EQ(changed->number, number + 1);
      if (!fired) break;
    }
  }
}

}  // namespace
}  // namespace samara::trust
