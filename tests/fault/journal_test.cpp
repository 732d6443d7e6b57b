// Journals: many small calls in one file, seen by others at once, and collected.
#include "store/journals.hpp"

#include <algorithm>
#include <set>

#include "core/sha256.hpp"
#include "store/directory_executions.hpp"
#include "tests/fault/support.hpp"

using namespace samara;
using namespace samara::store;
using namespace samara::test;
using namespace std::chrono_literals;

namespace {

class JournalSuite : public testing::TestWithParam<WorldKind> {
 protected:
  void SetUp() override {
    world_ = make_world(GetParam());
    path_ = world_->path() + "/repo";
    ASSERT_OK(DirectoryRepository::init(files(), path_));
    repository_ = open();
  }
  port::Files& files() { return world_->files(); }
  std::unique_ptr<DirectoryRepository> open(uint64_t journal_after = 0) {
    auto opened = DirectoryRepository::open(files(), random_, path_, "a test");
    EXPECT_OK(opened);
    (*opened)->journal_after(journal_after);
    return std::move(*opened);
  }
  static CallKey key(int n) {
    return {sha256(as_bytes("function")), sha256(as_bytes("call " + std::to_string(n)))};
  }
  static std::string value(int n) { return "value " + std::to_string(n); }
  static Hash id(int n) { return sha256(as_bytes(value(n))); }
  static std::string record(int n) { return object_referring_to({id(n)}); }
  static Result<void> add(DirectoryRepository& repository, int n, std::string_view name = "r") {
    const std::string bytes = value(n);
    const NamedBytes objects[] = {{id(n), as_bytes(bytes)}};
    const Hash names[] = {id(n)};
    return repository.executions().put_whole(key(n), name, as_bytes(record(n)), names, objects);
  }
  static bool has(DirectoryRepository& repository, int n, std::string_view name = "r") {
    auto found = repository.executions().get(key(n), name);
    return found && as_text(*found) == record(n);
  }
  static bool has_value(DirectoryRepository& repository, int n) {
    auto found = repository.objects().get(id(n));
    return found && as_text(*found) == value(n);
  }
  std::set<std::string> journals() {
    std::set<std::string> out;
    auto folder = port::OpenFile::open(files(), port::k_no_directory, path_ + "/journals",
                                       port::OpenMode::directory);
    if (!folder) return out;
    auto entries = files().list(folder->handle());
    for (const auto& entry : *entries) {
      if (entry.name != "changes") out.insert(entry.name);
    }
    return out;
  }
  size_t files_of_objects() {
    size_t out = 0;
    for (int n = 0; n < 100; n++) {
      const std::string hex = id(n).hex();
      auto info = files().info_at(port::k_no_directory,
                                  path_ + "/objects/" + hex.substr(0, 2) + "/" + hex.substr(2));
      if (info) out++;
    }
    return out;
  }
  static GcOptions options() {
    GcOptions out;
    out.grace = 0ns;
    out.references = test_references;
    out.record_references = test_record_references;
    return out;
  }
  void expect_clean(DirectoryRepository& repository) {
    FsckOptions check;
    check.references = test_references;
    auto report = repository.check(check);
    ASSERT_OK(report);
    EXPECT_TRUE(report->findings.empty()) << describe(*report);
  }

  port::SeededRandom random_{3};
  std::unique_ptr<World> world_;
  std::string path_;
  std::unique_ptr<DirectoryRepository> repository_;
};

INSTANTIATE_TEST_SUITE_P(Each, JournalSuite, testing::Values(WorldKind::real, WorldKind::memory),
                         world_name);

}  // namespace

TEST_P(JournalSuite, a_call_is_found_by_everybody_at_once) {
  auto other = open();
  for (int n = 0; n < 50; n++) {
    ASSERT_FALSE(has(*other, n));
    ASSERT_OK(add(*repository_, n));
    EXPECT_TRUE(has(*repository_, n) && has_value(*repository_, n));
    EXPECT_TRUE(has(*other, n) && has_value(*other, n));
    EXPECT_EQ(*other->executions().list(key(n)), std::vector<std::string>{"r"});
    EXPECT_TRUE(*other->objects().contains(id(n)));
    EXPECT_EQ(*other->objects().size_bytes(id(n)), value(n).size());
  }
  EXPECT_EQ(files_of_objects(), 0U);
  EXPECT_EQ(journals().size(), 1U);
  EXPECT_EQ(other->executions().list_functions()->size(), 1U);
  EXPECT_EQ(other->executions().list_calls(key(0).function)->size(), 50U);
  EXPECT_EQ(*other->executions().find_calls(key(7).call.hex().substr(0, 16)),
            std::vector<CallKey>{key(7)});
  auto prefix = other->objects().resolve_prefix(id(7).hex().substr(0, 16));
  ASSERT_OK(prefix);
  EXPECT_EQ(prefix->hashes, std::vector<Hash>{id(7)});
  size_t listed = 0;
  ASSERT_OK(other->objects().list([&](const Hash&) { return ++listed > 0; }));
  EXPECT_EQ(listed, 50U);
  expect_clean(*other);
}

TEST_P(JournalSuite, a_finished_journal_is_searched_by_its_index) {
  for (int n = 0; n < 100; n++) ASSERT_OK(add(*repository_, n));
  repository_.reset();
  EXPECT_EQ(journals().size(), 2U);  // and its index
  auto other = open();
  for (int n = 0; n < 100; n++) EXPECT_TRUE(has(*other, n) && has_value(*other, n)) << n;
  for (int n = 100; n < 200; n++) EXPECT_FALSE(has(*other, n) || has_value(*other, n)) << n;
  expect_clean(*other);
}

TEST_P(JournalSuite, few_calls_are_files) {
  auto few = open(3);
  for (int n = 0; n < 3; n++) ASSERT_OK(add(*few, n));
  EXPECT_EQ(files_of_objects(), 3U);
  EXPECT_TRUE(journals().empty());
  ASSERT_OK(add(*few, 3));
  EXPECT_EQ(journals().size(), 1U);
  for (int n = 0; n < 4; n++) EXPECT_TRUE(has(*few, n) && has_value(*few, n));
}

TEST_P(JournalSuite, what_is_large_is_a_file) {
  const Bytes large = noise(k_journal_object_bytes_max + 1, 1);
  const NamedBytes objects[] = {{sha256(large), large}};
  ASSERT_OK(repository_->executions().put_whole(key(1), "r", as_bytes("x"), {}, objects));
  EXPECT_TRUE(journals().empty());
  EXPECT_TRUE(*repository_->objects().get(sha256(large)) == large);
}

TEST_P(JournalSuite, an_object_is_written_once_in_a_journal) {
  const std::string shared(4000, 's');
  const NamedBytes objects[] = {{sha256(as_bytes(shared)), as_bytes(shared)}};
  for (int n = 0; n < 20; n++) {
    ASSERT_OK(repository_->executions().put_whole(key(n), "r", as_bytes("x"), {}, objects));
  }
  auto info = files().info_at(port::k_no_directory, path_ + "/journals/" + *journals().begin());
  ASSERT_OK(info);
  EXPECT_LT(info->size_bytes, 2 * shared.size());
}

TEST_P(JournalSuite, a_removed_record_is_gone_for_all_and_stays_gone) {
  auto other = open();
  ASSERT_OK(add(*repository_, 1, "one"));
  ASSERT_OK(add(*repository_, 1, "two"));
  EXPECT_TRUE(has(*other, 1, "one"));
  ASSERT_OK(other->executions().remove(key(1), "one"));
  EXPECT_CODE(Code::not_found, other->executions().remove(key(1), "one"));
  EXPECT_EQ(*repository_->executions().list(key(1)), std::vector<std::string>{"two"});
  EXPECT_FALSE(has(*repository_, 1, "one"));
  other.reset();
  repository_.reset();
  auto later = open();
  EXPECT_FALSE(has(*later, 1, "one"));
  EXPECT_TRUE(has(*later, 1, "two"));
  ASSERT_OK(later->collect_garbage(options()));
  EXPECT_FALSE(has(*later, 1, "one"));
  EXPECT_TRUE(has(*later, 1, "two"));
  expect_clean(*later);
}

TEST_P(JournalSuite, a_file_of_the_same_name_goes_before) {
  ASSERT_OK(add(*repository_, 1));
  ASSERT_OK(repository_->executions().put(key(1), "r", as_bytes("newer"), {}, Durability::cached));
  EXPECT_EQ(as_text(*repository_->executions().get(key(1), "r")), "newer");
  EXPECT_EQ(repository_->executions().list(key(1))->size(), 1U);
}

TEST_P(JournalSuite, a_ref_makes_an_object_of_a_journal_a_file) {
  ASSERT_OK(add(*repository_, 1));
  ASSERT_OK(repository_->refs().set("r", id(1), RefCondition::any()));
  EXPECT_EQ(files_of_objects(), 1U);
}

TEST_P(JournalSuite, damage_is_noticed_and_collected) {
  for (int n = 0; n < 10; n++) ASSERT_OK(add(*repository_, n));
  repository_.reset();
  const std::string name = path_ + "/journals/" + *journals().begin();
  {
    auto file = port::OpenFile::open(files(), port::k_no_directory, name, port::OpenMode::update);
    ASSERT_OK(file);
    ASSERT_OK(files().write_at(file->handle(), 16 + 60, as_bytes("X")));  // in the first body
  }
  auto other = open();
  int lost = 0;
  for (int n = 0; n < 10; n++) {
    if (!has_value(*other, n)) lost++;
  }
  EXPECT_EQ(lost, 1);
  auto report = other->check({});
  ASSERT_OK(report);
  ASSERT_EQ(report->findings.size(), 1U) << describe(*report);
  EXPECT_EQ(report->findings[0].kind, FindingKind::damaged_journal);
  EXPECT_FALSE(report->clean());
  ASSERT_OK(other->collect_garbage(options()));
  int left = 0;
  for (int n = 0; n < 10; n++) {
    if (has_value(*other, n)) left++;
  }
  EXPECT_EQ(left, 9);
  expect_clean(*other);
}

TEST_P(JournalSuite, fsck_repair_moves_a_damaged_journal_away) {
  for (int n = 0; n < 10; n++) ASSERT_OK(add(*repository_, n));
  repository_.reset();
  const std::string name = *journals().begin();
  {
    auto file = port::OpenFile::open(files(), port::k_no_directory, path_ + "/journals/" + name,
                                     port::OpenMode::update);
    ASSERT_OK(file);
    ASSERT_OK(files().write_at(file->handle(), 0, as_bytes("no journal")));
  }
  auto other = open();
  FsckOptions repair;
  repair.repair = true;
  auto report = other->check(repair);
  ASSERT_OK(report);
  EXPECT_TRUE(report->clean()) << describe(*report);
  EXPECT_FALSE(journals().contains(name));
}

TEST_P(JournalSuite, what_a_dead_process_left_half_written_is_not_seen) {
  for (int n = 0; n < 5; n++) ASSERT_OK(add(*repository_, n));
  repository_.reset();
  const std::string index = *journals().rbegin();
  const std::string name = *journals().begin();
  // As if it had died in the middle of a write: no index, and half an entry.
  ASSERT_OK(files().remove(port::k_no_directory, path_ + "/journals/" + index));
  {
    auto file = port::OpenFile::open(files(), port::k_no_directory, path_ + "/journals/" + name,
                                     port::OpenMode::update);
    ASSERT_OK(file);
    auto info = files().info(file->handle());
    Bytes half;
    append_object(half, id(7), as_bytes(value(7)));
    half.resize(half.size() / 2);
    ASSERT_OK(files().write_at(file->handle(), info->size_bytes, half));
  }
  auto other = open();
  for (int n = 0; n < 5; n++) EXPECT_TRUE(has(*other, n) && has_value(*other, n));
  EXPECT_FALSE(has_value(*other, 7));
  ASSERT_OK(add(*other, 8));
  EXPECT_TRUE(has(*other, 8));
  expect_clean(*other);
}

// Whatever ages and whatever is kept: what a kept record names is there, and the rest is gone.
TEST(JournalGc, records_are_kept_by_age_with_what_they_name) {
  port::MemoryFiles files;
  port::SeededRandom random(9);
  ASSERT_OK(DirectoryRepository::init(files, "/repo"));
  auto key = [](int n) {
    return CallKey{sha256(as_bytes("f")), sha256(as_bytes("call " + std::to_string(n)))};
  };
  auto value = [](int n) { return "value " + std::to_string(n % 60); };
  for (int n = 0; n < 90; n++) {
    auto repository = std::move(*DirectoryRepository::open(files, random, "/repo", "t"));
    repository->journal_after(0);
    const std::string bytes = value(n);
    const Hash id = sha256(as_bytes(bytes));
    const NamedBytes objects[] = {{id, as_bytes(bytes)}};
    ASSERT_OK(repository->executions().put_whole(key(n), "r", as_bytes(object_referring_to({id})),
                                                 std::span(&id, 1), objects));
    repository.reset();  // what is in a finished journal is as old as its end
    files.advance(1h);
  }
  auto repository = std::move(*DirectoryRepository::open(files, random, "/repo", "t"));
  GcOptions options;
  options.grace = 1h;
  options.references = test_references;
  options.record_references = test_record_references;
  // Several times: what was joined keeps the age that it had.
  for (int kept : {80, 45, 20}) {
    options.keep_records = kept * 1h + 30min;
    options.dry_run = true;
    auto trial = repository->collect_garbage(options);
    ASSERT_OK(trial);
    options.dry_run = false;
    auto report = repository->collect_garbage(options);
    ASSERT_OK(report);
    EXPECT_EQ(report->calls_kept, static_cast<uint64_t>(kept));
    EXPECT_EQ(trial->calls_removed, report->calls_removed);
    EXPECT_EQ(trial->objects_removed, report->objects_removed);
    std::set<std::string> alive;
    for (int n = 90 - kept; n < 90; n++) {
      EXPECT_OK(repository->executions().get(key(n), "r"));
      alive.insert(value(n));
    }
    for (int n = 0; n < 90 - kept; n++) {
      EXPECT_CODE(Code::not_found, repository->executions().get(key(n), "r"));
    }
    for (int n = 0; n < 60; n++) {
      const bool there = *repository->objects().contains(sha256(as_bytes(value(n))));
      EXPECT_EQ(there, alive.contains(value(n))) << n;
    }
    EXPECT_EQ(report->objects_kept, alive.size());
    auto check = repository->check({});
    ASSERT_OK(check);
    EXPECT_TRUE(check->findings.empty()) << describe(*check);
    if (HasFailure()) return;
  }
}

TEST(JournalGc, what_is_found_again_while_garbage_is_collected_stays) {
  port::MemoryFiles files;
  port::SeededRandom random(9);
  ASSERT_OK(DirectoryRepository::init(files, "/repo"));
  const std::string bytes = "a value";
  const Hash id = sha256(as_bytes(bytes));
  const NamedBytes objects[] = {{id, as_bytes(bytes)}};
  const CallKey key{sha256(as_bytes("f")), sha256(as_bytes("call"))};
  auto store = [&](DirectoryRepository& repository, std::string_view name) {
    return repository.executions().put_whole(key, name, as_bytes(object_referring_to({id})),
                                             std::span(&id, 1), objects);
  };
  auto first = std::move(*DirectoryRepository::open(files, random, "/repo", "t"));
  first->journal_after(0);
  ASSERT_OK(store(*first, "old"));
  first.reset();
  files.advance(48h);
  // The collector calls back when it asks what the old record speaks of; meanwhile another one
  // stores the same again.
  auto second = std::move(*DirectoryRepository::open(files, random, "/repo", "t"));
  second->journal_after(0);
  auto collector = std::move(*DirectoryRepository::open(files, random, "/repo", "t"));
  GcOptions options;
  options.grace = 1h;
  options.keep_records = 24h;
  int asked = 0;
  options.references = [&](const Hash& hash, ByteView view) {
    if (asked++ == 0) EXPECT_OK(store(*second, "new"));
    return test_references(hash, view);
  };
  options.record_references = test_record_references;
  // Something that is asked for.
  auto other = collector->objects().put(as_bytes("reachable"), Durability::synced);
  ASSERT_OK(collector->refs().set("r", *other, RefCondition::any()));
  ASSERT_OK(collector->collect_garbage(options));
  EXPECT_GT(asked, 0);
  EXPECT_OK(second->executions().get(key, "new"));
  EXPECT_OK(second->objects().get(id));
  EXPECT_CODE(Code::not_found, second->executions().get(key, "old"));
}
