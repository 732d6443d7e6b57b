// The contract of Files, held against every implementation.
#include "port/files.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include "ports/sim/fault_files.hpp"
#include "tests/fault/support.hpp"

using namespace samara;
using namespace samara::port;
using namespace samara::test;

class FilesSuite : public testing::TestWithParam<WorldKind> {
 protected:
  void SetUp() override {
    world_ = make_world(GetParam());
    auto opened = OpenFile::open(files(), k_no_directory, world_->path(), OpenMode::directory);
    ASSERT_OK(opened);
    top_ = std::move(*opened);
  }
  Files& files() { return world_->files(); }
  Handle top() { return top_.handle(); }
  void make(std::string_view name, std::string_view text) {
    auto file = OpenFile::open(files(), top(), name, OpenMode::create);
    ASSERT_OK(file);
    ASSERT_OK(files().write(file->handle(), as_bytes(text)));
  }
  std::string read(std::string_view name) {
    auto file = OpenFile::open(files(), top(), name, OpenMode::read);
    if (!file) return "<" + std::string(file.error().message()) + ">";
    Bytes out(100);
    auto count = files().read_at(file->handle(), 0, out);
    return std::string(as_text(ByteView(out).first(count ? *count : 0)));
  }

  std::unique_ptr<World> world_;
  OpenFile top_;
};

INSTANTIATE_TEST_SUITE_P(Each, FilesSuite, testing::Values(WorldKind::real, WorldKind::memory),
                         world_name);

TEST_P(FilesSuite, written_bytes_are_read_back_from_any_offset) {
  make("a", "hello world");
  auto file = OpenFile::open(files(), top(), "a", OpenMode::read);
  ASSERT_OK(file);
  uint8_t out[5];
  EXPECT_EQ(*files().read_at(file->handle(), 6, out), 5U);
  EXPECT_EQ(as_text(out), "world");
  EXPECT_EQ(*files().read_at(file->handle(), 9, out), 2U);
  EXPECT_EQ(*files().read_at(file->handle(), 11, out), 0U);
  EXPECT_EQ(*files().read_at(file->handle(), 1000, out), 0U);
}

TEST_P(FilesSuite, create_refuses_a_taken_name_and_makes_a_read_only_file) {
  make("a", "x");
  EXPECT_CODE(Code::exists, files().open(top(), "a", OpenMode::create));
  EXPECT_EQ(files().info_at(top(), "a")->permissions & 0222U, 0U);
}

TEST_P(FilesSuite, missing_things_are_not_found) {
  for (OpenMode mode : {OpenMode::read, OpenMode::append, OpenMode::directory}) {
    EXPECT_CODE(Code::not_found, files().open(top(), "no", mode));
  }
  EXPECT_CODE(Code::not_found, files().open(top(), "no/such", OpenMode::create));
  EXPECT_CODE(Code::not_found, files().info_at(top(), "no"));
  EXPECT_CODE(Code::not_found, files().remove(top(), "no"));
  EXPECT_CODE(Code::not_found, files().remove_directory(top(), "no"));
  EXPECT_CODE(Code::not_found, files().make_directory(top(), "no/such"));
  EXPECT_CODE(Code::not_found, files().rename(top(), "no", top(), "x", Replace::yes));
  make("file", "x");
  EXPECT_CODE(Code::not_found, files().open(top(), "file/below", OpenMode::read));
  EXPECT_CODE(Code::not_found, files().open(top(), "file", OpenMode::directory));
}

TEST_P(FilesSuite, append_writes_at_the_end_whoever_wrote_before) {
  {
    ASSERT_OK(OpenFile::open(files(), top(), "log", OpenMode::create_shared));
  }
  auto one = OpenFile::open(files(), top(), "log", OpenMode::append);
  auto two = OpenFile::open(files(), top(), "log", OpenMode::append);
  ASSERT_OK(one);
  ASSERT_OK(two);
  ASSERT_OK(files().write(one->handle(), as_bytes("a")));
  ASSERT_OK(files().write(two->handle(), as_bytes("b")));
  ASSERT_OK(files().write(one->handle(), as_bytes("c")));
  EXPECT_EQ(read("log"), "abc");
}

TEST_P(FilesSuite, truncate_sets_the_place_of_the_next_write) {
  auto file = OpenFile::open(files(), top(), "a", OpenMode::create_shared);
  ASSERT_OK(file);
  ASSERT_OK(files().write(file->handle(), as_bytes("long text")));
  ASSERT_OK(files().truncate(file->handle(), 0));
  ASSERT_OK(files().write(file->handle(), as_bytes("new")));
  EXPECT_EQ(read("a"), "new");
}

TEST_P(FilesSuite, rename_replaces_only_when_told_to) {
  make("a", "one");
  make("b", "two");
  EXPECT_CODE(Code::exists, files().rename(top(), "a", top(), "b", Replace::no));
  EXPECT_EQ(read("a"), "one");
  EXPECT_EQ(read("b"), "two");
  ASSERT_OK(files().rename(top(), "a", top(), "b", Replace::yes));
  EXPECT_EQ(read("b"), "one");
  EXPECT_CODE(Code::not_found, files().info_at(top(), "a"));
  ASSERT_OK(files().rename(top(), "b", top(), "c", Replace::no));
  EXPECT_EQ(read("c"), "one");
}

TEST_P(FilesSuite, a_file_cannot_replace_a_directory) {
  make("a", "one");
  ASSERT_OK(files().make_directory(top(), "d"));
  EXPECT_CODE(Code::exists, files().rename(top(), "a", top(), "d", Replace::yes));
  make("d/x", "in");
  EXPECT_EQ(read("d/x"), "in");
}

TEST_P(FilesSuite, an_open_file_outlives_its_name_and_knows_it) {
  make("a", "text");
  auto file = OpenFile::open(files(), top(), "a", OpenMode::read);
  ASSERT_OK(file);
  EXPECT_EQ(files().info(file->handle())->links, 1U);
  ASSERT_OK(files().remove(top(), "a"));
  EXPECT_EQ(files().info(file->handle())->links, 0U);
  uint8_t out[4];
  EXPECT_EQ(*files().read_at(file->handle(), 0, out), 4U);
  make("b", "other");
  auto replaced = OpenFile::open(files(), top(), "b", OpenMode::read);
  make("c", "new");
  ASSERT_OK(files().rename(top(), "c", top(), "b", Replace::yes));
  EXPECT_EQ(files().info(replaced->handle())->links, 0U);
  EXPECT_NE(files().info(replaced->handle())->inode, files().info_at(top(), "b")->inode);
}

TEST_P(FilesSuite, a_removed_directory_takes_no_names) {
  ASSERT_OK(files().make_directory(top(), "d"));
  auto directory = OpenFile::open(files(), top(), "d", OpenMode::directory);
  ASSERT_OK(files().remove_directory(top(), "d"));
  EXPECT_EQ(files().info(directory->handle())->links, 0U);
  EXPECT_CODE(Code::not_found, files().open(directory->handle(), "x", OpenMode::create));
  make("t", "x");
  EXPECT_CODE(Code::not_found, files().rename(top(), "t", directory->handle(), "x", Replace::yes));
}

TEST_P(FilesSuite, list_gives_names_and_kinds) {
  make("file", "x");
  ASSERT_OK(files().make_directory(top(), "folder"));
  auto entries = files().list(top());
  ASSERT_OK(entries);
  ASSERT_EQ(entries->size(), 2U);
  for (const DirectoryEntry& entry : *entries) {
    EXPECT_EQ(entry.kind, entry.name == "file" ? FileKind::file : FileKind::directory);
  }
  EXPECT_EQ(files().list(top())->size(), 2U);
  EXPECT_CODE(Code::exists, files().make_directory(top(), "folder"));
  make("folder/x", "y");
  EXPECT_CODE(Code::exists, files().remove_directory(top(), "folder"));
}

TEST_P(FilesSuite, locks_exclude_handles_and_end_with_them) {
  auto one = OpenFile::open(files(), top(), "lock", OpenMode::create_shared);
  auto two = OpenFile::open(files(), top(), "lock", OpenMode::create_shared);
  EXPECT_TRUE(*files().lock(one->handle(), LockMode::shared, LockWait::no));
  EXPECT_TRUE(*files().lock(two->handle(), LockMode::shared, LockWait::no));
  EXPECT_FALSE(*files().lock(two->handle(), LockMode::exclusive, LockWait::no));
  one->reset();
  EXPECT_TRUE(*files().lock(two->handle(), LockMode::exclusive, LockWait::no));
  auto three = OpenFile::open(files(), top(), "lock", OpenMode::read);
  EXPECT_FALSE(*files().lock(three->handle(), LockMode::shared, LockWait::no));
  two->reset();
  EXPECT_TRUE(*files().lock(three->handle(), LockMode::shared, LockWait::no));
}

TEST_P(FilesSuite, directories_can_be_locked) {
  auto one = OpenFile::open(files(), top(), ".", OpenMode::directory);
  ASSERT_OK(one);
  EXPECT_TRUE(*files().lock(one->handle(), LockMode::exclusive, LockWait::no));
  EXPECT_FALSE(*files().lock(top(), LockMode::exclusive, LockWait::no));
}

TEST_P(FilesSuite, a_mapping_shows_the_bytes_and_outlives_the_name) {
  make("a", "mapped text");
  auto file = OpenFile::open(files(), top(), "a", OpenMode::read);
  auto mapping = Mapping::map(files(), file->handle(), 11);
  ASSERT_OK(mapping);
  file->reset();
  ASSERT_OK(files().remove(top(), "a"));
  EXPECT_EQ(as_text(mapping->bytes()), "mapped text");
  make("empty", "");
  auto empty = OpenFile::open(files(), top(), "empty", OpenMode::read);
  EXPECT_TRUE(Mapping::map(files(), empty->handle(), 0)->bytes().empty());
}

TEST_P(FilesSuite, touch_makes_a_file_young) {
  make("a", "x");
  const WallTime before = files().info_at(top(), "a")->modified;
  if (GetParam() == WorldKind::real) ::usleep(20'000);
  auto file = OpenFile::open(files(), top(), "a", OpenMode::read);
  ASSERT_OK(files().touch(file->handle()));
  EXPECT_GT(files().info_at(top(), "a")->modified, before);
}

TEST_P(FilesSuite, names_longer_than_the_system_takes_are_refused) {
  EXPECT_CODE(Code::invalid_argument, files().open(top(), std::string(300, 'x'), OpenMode::create));
}

TEST(LinuxFiles, a_dead_process_holds_no_lock) {
  ScratchDirectory scratch;
  LinuxFiles files;
  const std::string path = scratch.path() + "/lock";
  auto mine = OpenFile::open(files, k_no_directory, path, OpenMode::create_shared);
  ASSERT_OK(mine);
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto theirs = files.open(k_no_directory, path, OpenMode::create_shared);
    const bool locked = theirs && *files.lock(*theirs, LockMode::exclusive, LockWait::no);
    const char answer = locked ? 'y' : 'n';
    if (::write(ready[1], &answer, 1) == 1) ::pause();
    ::_exit(1);
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_FALSE(*files.lock(mine->handle(), LockMode::exclusive, LockWait::no));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(*files.lock(mine->handle(), LockMode::exclusive, LockWait::no));
  ::close(ready[0]);
  ::close(ready[1]);
}

class PowerLossSuite : public testing::Test {
 protected:
  void write(std::string_view path, std::string_view text, bool sync_file) {
    auto file = OpenFile::open(files_, k_no_directory, path, OpenMode::create);
    ASSERT_OK(file);
    ASSERT_OK(files_.write(file->handle(), as_bytes(text)));
    if (sync_file) ASSERT_OK(files_.sync(file->handle()));
  }
  void sync_directory(std::string_view path) {
    auto directory = OpenFile::open(files_, k_no_directory, path, OpenMode::directory);
    ASSERT_OK(directory);
    ASSERT_OK(files_.sync_directory(directory->handle()));
  }
  uint64_t size(std::string_view path) { return files_.info_at(k_no_directory, path)->size_bytes; }
  bool present(std::string_view path) {
    return static_cast<bool>(files_.info_at(k_no_directory, path));
  }
  MemoryFiles files_;
};

TEST_F(PowerLossSuite, synced_bytes_need_a_synced_name) {
  write("/lost", "x", true);
  sync_directory("/");
  write("/gone", "x", true);
  files_.lose_power(PowerLoss::drop_all, 1);
  EXPECT_TRUE(present("/lost"));
  EXPECT_EQ(size("/lost"), 1U);
  EXPECT_FALSE(present("/gone"));
}

TEST_F(PowerLossSuite, a_synced_name_does_not_save_the_bytes) {
  write("/torn", "some text", false);
  sync_directory("/");
  files_.lose_power(PowerLoss::drop_all, 1);
  EXPECT_EQ(size("/torn"), 0U);
}

TEST_F(PowerLossSuite, an_unsynced_removal_may_come_back) {
  write("/a", "x", true);
  sync_directory("/");
  ASSERT_OK(files_.remove(k_no_directory, "/a"));
  files_.lose_power(PowerLoss::drop_all, 1);
  EXPECT_TRUE(present("/a"));
}

TEST_F(PowerLossSuite, seeds_reach_old_new_cut_and_zeroed_files) {
  bool cut = false, zeroed = false, whole = false, absent = false;
  for (uint64_t seed = 0; seed < 100; seed++) {
    MemoryFiles files;
    auto file = files.open(k_no_directory, "/a", OpenMode::create);
    ASSERT_OK(files.write(*file, as_bytes("12345678")));
    files.lose_power(PowerLoss::keep_anything, seed);
    auto after = files.open(k_no_directory, "/a", OpenMode::read);
    absent |= !after;
    if (!after) continue;
    Bytes out(8, 1);
    out.resize(*files.read_at(*after, 0, out));
    whole |= as_text(out) == "12345678";
    cut |= out.size() < 8;
    zeroed |= out == Bytes(8, 0);
  }
  EXPECT_TRUE(cut && zeroed && whole && absent);
}

TEST(FaultFiles, only_the_planned_call_fails) {
  MemoryFiles memory;
  FaultFiles files(memory);
  files.plan({.call = 2, .kind = FaultKind::error, .error_number = ENOSPC});
  auto file = files.open(k_no_directory, "/a", OpenMode::create);
  ASSERT_OK(file);
  EXPECT_CODE(Code::disk_full, files.write(*file, as_bytes("1234")));
  EXPECT_TRUE(files.fired());
  EXPECT_EQ(memory.info_at(k_no_directory, "/a")->size_bytes, 2U);
  EXPECT_OK(files.write(*file, as_bytes("56")));
}

TEST(FaultFiles, a_dead_process_calls_nothing_and_holds_no_lock) {
  MemoryFiles memory;
  FaultFiles files(memory);
  auto file = files.open(k_no_directory, "/a", OpenMode::create_shared);
  EXPECT_TRUE(*files.lock(*file, LockMode::exclusive, LockWait::no));
  files.plan({.call = 1, .kind = FaultKind::death});
  EXPECT_CODE(Code::io, files.make_directory(k_no_directory, "/d"));
  EXPECT_CODE(Code::io, files.make_directory(k_no_directory, "/d"));
  EXPECT_FALSE(memory.info_at(k_no_directory, "/d"));
  auto other = memory.open(k_no_directory, "/a", OpenMode::create_shared);
  EXPECT_TRUE(*memory.lock(*other, LockMode::exclusive, LockWait::no));
}
