// The contract of a repository, held against the directory repository on real and simulated files.
#include "store/repository.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>

#include "core/sha256.hpp"
#include "store/names.hpp"
#include "tests/fault/support.hpp"

using namespace samara;
using namespace samara::store;
using namespace samara::test;

namespace {

class RepositorySuite : public testing::TestWithParam<WorldKind> {
 protected:
  void SetUp() override {
    world_ = make_world(GetParam());
    path_ = world_->path() + "/repo";
    ASSERT_OK(DirectoryRepository::init(files(), path_));
    repository_ = open();
    ASSERT_TRUE(repository_);
  }
  port::Files& files() { return world_->files(); }
  std::unique_ptr<DirectoryRepository> open() {
    auto opened = DirectoryRepository::open(files(), random_, path_, "a test");
    EXPECT_OK(opened);
    return opened ? std::move(*opened) : nullptr;
  }
  Objects& objects() { return repository_->objects(); }
  Refs& refs() { return repository_->refs(); }
  Executions& executions() { return repository_->executions(); }
  Hash put(std::string_view text) {
    auto hash = objects().put(as_bytes(text), Durability::cached);
    EXPECT_OK(hash);
    return hash ? *hash : Hash{};
  }
  void overwrite(std::string_view path, std::string_view text) {
    const std::string full = path_ + "/" + std::string(path);
    static_cast<void>(files().remove(port::k_no_directory, full));
    auto file = port::OpenFile::open(files(), port::k_no_directory, full, port::OpenMode::create);
    ASSERT_OK(file);
    ASSERT_OK(files().write(file->handle(), as_bytes(text)));
  }
  std::string object_path(const Hash& hash) {
    return "objects/" + hash.hex().substr(0, 2) + "/" + hash.hex().substr(2);
  }

  port::SeededRandom random_{7};
  std::unique_ptr<World> world_;
  std::string path_;
  std::unique_ptr<DirectoryRepository> repository_;
};

class Collect final : public ByteSink {
 public:
  Result<void> write(ByteView bytes) override {
    all.insert(all.end(), bytes.begin(), bytes.end());
    return {};
  }
  Bytes all;
};

TEST_P(RepositorySuite, the_cache_keeps_what_can_be_made_again) {
  Cache& cache = repository_->cache();
  const Hash key = sha256(as_bytes("a key"));
  auto missing = cache.find(key, 100);
  ASSERT_OK(missing);
  EXPECT_FALSE(missing->has_value());
  ASSERT_OK(cache.keep(key, as_bytes("code")));
  ASSERT_OK(cache.keep(key, as_bytes("better code")));
  auto found = open()->cache().find(key, 100);
  ASSERT_OK(found);
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ(as_text(**found), "better code");
  EXPECT_CODE(Code::exhausted, cache.find(key, 3));
}

TEST_P(RepositorySuite, gc_removes_what_nobody_takes_from_the_cache) {
  const Hash key = sha256(as_bytes("a key"));
  ASSERT_OK(repository_->cache().keep(key, as_bytes("code")));
  auto kept = repository_->collect_garbage({});
  ASSERT_OK(kept);
  EXPECT_EQ(kept->cache_entries_removed, 0U);
  GcOptions all;
  all.keep_cache = std::chrono::nanoseconds(0);
  auto swept = repository_->collect_garbage(all);
  ASSERT_OK(swept);
  EXPECT_EQ(swept->cache_entries_removed, 1U);
  auto left = repository_->cache().find(key, 100);
  ASSERT_OK(left);
  EXPECT_FALSE(left->has_value());
  auto report = repository_->check({});
  ASSERT_OK(report);
  EXPECT_TRUE(report->findings.empty()) << describe(*report);
}

TEST_P(RepositorySuite, the_own_key_stays_and_is_private) {
  auto first = repository_->cache().own_key();
  ASSERT_OK(first);
  auto again = open()->cache().own_key();
  ASSERT_OK(again);
  EXPECT_EQ(*first, *again);
  auto info = files().info_at(port::k_no_directory, path_ + "/keys/own");
  ASSERT_OK(info);
  EXPECT_EQ(info->permissions, 0400U);
  overwrite("keys/own", "12345678901234567890123456789012");
  EXPECT_CODE(Code::permission, repository_->cache().own_key());
}

INSTANTIATE_TEST_SUITE_P(Each, RepositorySuite, testing::Values(WorldKind::real, WorldKind::memory),
                         world_name);

}  // namespace

TEST_P(RepositorySuite, an_object_is_read_back_by_its_hash) {
  for (size_t size : {size_t{0}, size_t{1}, size_t{4096}, size_t{1000000}}) {
    const Bytes bytes = noise(size, size);
    for (Durability durability : {Durability::cached, Durability::synced}) {
      auto hash = objects().put(bytes, durability);
      ASSERT_OK(hash);
      EXPECT_EQ(*hash, sha256(bytes));
      auto back = objects().get(*hash);
      ASSERT_OK(back);
      EXPECT_EQ(*back, bytes);
      auto view = objects().view(*hash);
      ASSERT_OK(view);
      EXPECT_TRUE(std::ranges::equal(view->bytes(), bytes));
      Collect sink;
      ASSERT_OK(objects().stream(*hash, sink));
      EXPECT_EQ(sink.all, bytes);
      EXPECT_EQ(*objects().size_bytes(*hash), size);
      EXPECT_TRUE(*objects().contains(*hash));
    }
  }
}

TEST_P(RepositorySuite, a_streamed_object_has_the_hash_of_its_bytes) {
  const Bytes bytes = noise(900'000, 5);
  for (size_t piece : {size_t{1000}, size_t{262'144}, size_t{300'000}, bytes.size()}) {
    auto writer = objects().writer(Durability::synced);
    ASSERT_OK(writer);
    for (size_t at = 0; at < bytes.size(); at += piece) {
      ASSERT_OK((*writer)->update(ByteView(bytes).subspan(at, std::min(piece, bytes.size() - at))));
    }
    auto hash = (*writer)->commit();
    ASSERT_OK(hash);
    EXPECT_EQ(*hash, sha256(bytes));
    EXPECT_EQ(*objects().get(*hash), bytes);
  }
}

TEST_P(RepositorySuite, an_abandoned_writer_leaves_no_trace) {
  {
    auto writer = objects().writer(Durability::cached);
    ASSERT_OK(writer);
    ASSERT_OK((*writer)->update(noise(500'000, 1)));
  }
  repository_.reset();
  for (const char* folder : {"/tmp", "/workers"}) {
    auto directory = port::OpenFile::open(files(), port::k_no_directory, path_ + folder,
                                          port::OpenMode::directory);
    EXPECT_TRUE(files().list(directory->handle())->empty()) << folder;
  }
}

TEST_P(RepositorySuite, a_missing_object_is_not_found) {
  const Hash hash = sha256(as_bytes("never stored"));
  EXPECT_CODE(Code::not_found, objects().get(hash));
  EXPECT_CODE(Code::not_found, objects().view(hash));
  EXPECT_CODE(Code::not_found, objects().size_bytes(hash));
  Collect sink;
  EXPECT_CODE(Code::not_found, objects().stream(hash, sink));
  EXPECT_FALSE(*objects().contains(hash));
  const Hash hashes[] = {hash};
  EXPECT_CODE(Code::not_found, objects().sync(hashes));
}

TEST_P(RepositorySuite, a_damaged_object_is_missing_until_it_is_stored_again) {
  const Bytes large = noise(400'000, 3);
  for (ByteView bytes : {as_bytes("small object"), ByteView(large)}) {
    for (bool streamed : {false, true}) {
      const Hash hash = *objects().put(bytes, Durability::cached);
      Bytes wrong(bytes.begin(), bytes.end());
      wrong[bytes.size() / 2] ^= 1;
      const ByteView damages[] = {ByteView(wrong), bytes.first(bytes.size() - 1), ByteView()};
      for (ByteView damage : damages) {
        overwrite(object_path(hash), as_text(damage));
        EXPECT_CODE(Code::not_found, objects().get(hash));
        EXPECT_CODE(Code::not_found, objects().view(hash));
        Collect sink;
        EXPECT_CODE(Code::not_found, objects().stream(hash, sink));
        EXPECT_TRUE(sink.all.empty());
        if (streamed) {
          auto writer = objects().writer(Durability::cached);
          ASSERT_OK((*writer)->update(bytes));
          ASSERT_OK((*writer)->commit());
        } else {
          ASSERT_OK(objects().put(bytes, Durability::cached));
        }
        auto back = objects().get(hash);
        ASSERT_OK(back);
        EXPECT_TRUE(std::ranges::equal(*back, bytes));
      }
    }
  }
}

TEST_P(RepositorySuite, storing_a_present_object_keeps_its_file_and_makes_it_young) {
  const Hash hash = put("again");
  const std::string path = path_ + "/" + object_path(hash);
  const auto before = *files().info_at(port::k_no_directory, path);
  if (GetParam() == WorldKind::real) ::usleep(20'000);
  put("again");
  const auto after = *files().info_at(port::k_no_directory, path);
  EXPECT_EQ(after.inode, before.inode);
  EXPECT_GT(after.modified, before.modified);
}

TEST_P(RepositorySuite, prefixes_name_none_one_or_several_objects) {
  std::vector<Hash> all;
  for (int i = 0; i < 600; i++) all.push_back(put("object " + std::to_string(i)));
  std::sort(all.begin(), all.end());
  std::vector<Hash> listed;
  ASSERT_OK(objects().list([&](const Hash& hash) {
    listed.push_back(hash);
    return true;
  }));
  std::sort(listed.begin(), listed.end());
  EXPECT_EQ(listed, all);
  const Hash some = all[123];
  for (size_t digits = 1; digits <= 64; digits++) {
    const std::string prefix = some.hex().substr(0, digits);
    std::vector<Hash> expected;
    for (const Hash& hash : all) {
      if (hash.hex().starts_with(prefix)) expected.push_back(hash);
    }
    auto match = objects().resolve_prefix(prefix);
    ASSERT_OK(match);
    EXPECT_EQ(match->hashes, expected) << prefix;
    EXPECT_EQ(match->unique(), expected.size() == 1);
  }
  std::string upper = some.hex().substr(0, 12);
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  EXPECT_EQ(objects().resolve_prefix(upper)->hashes, std::vector<Hash>{some});
  EXPECT_CODE(Code::invalid_argument, objects().resolve_prefix(""));
  EXPECT_CODE(Code::invalid_argument, objects().resolve_prefix("xyz"));
  EXPECT_CODE(Code::invalid_argument, objects().resolve_prefix(some.hex() + "0"));
  std::string absent = some.hex();
  absent[63] = absent[63] == '0' ? '1' : '0';
  EXPECT_FALSE(objects().resolve_prefix(absent)->found());
}

TEST_P(RepositorySuite, listing_stops_when_the_visitor_has_enough) {
  for (int i = 0; i < 50; i++) put("object " + std::to_string(i));
  int seen = 0;
  ASSERT_OK(objects().list([&](const Hash&) { return ++seen < 3; }));
  EXPECT_EQ(seen, 3);
}

TEST_P(RepositorySuite, a_ref_is_set_moved_listed_and_removed) {
  const Hash one = put("one");
  const Hash two = put("two");
  ASSERT_OK(refs().set("main", one, RefCondition::any()));
  EXPECT_EQ(*refs().get("main"), one);
  ASSERT_OK(refs().set("main", two, RefCondition::equals(one)));
  ASSERT_OK(refs().set("deep/er/name", one, RefCondition::absent()));
  ASSERT_OK(refs().set("deep/other", one, RefCondition::any()));
  EXPECT_EQ(*open()->refs().get("main"), two);
  EXPECT_EQ(*refs().list(""), (std::vector<std::string>{"deep/er/name", "deep/other", "main"}));
  EXPECT_EQ(*refs().list("deep/o"), std::vector<std::string>{"deep/other"});
  ASSERT_OK(refs().remove("deep/er/name", RefCondition::any()));
  ASSERT_OK(refs().remove("main", RefCondition::equals(two)));
  EXPECT_EQ(*refs().list(""), std::vector<std::string>{"deep/other"});
  EXPECT_CODE(Code::not_found, refs().get("main"));
  EXPECT_CODE(Code::not_found, refs().get("deep"));
  EXPECT_CODE(Code::not_found, refs().remove("main", RefCondition::any()));
}

TEST_P(RepositorySuite, a_ref_changes_only_if_it_is_what_was_expected) {
  const Hash one = put("one");
  const Hash two = put("two");
  EXPECT_CODE(Code::conflict, refs().set("r", one, RefCondition::equals(two)));
  ASSERT_OK(refs().set("r", one, RefCondition::absent()));
  EXPECT_CODE(Code::conflict, refs().set("r", two, RefCondition::absent()));
  auto refused = refs().set("r", two, RefCondition::equals(two));
  EXPECT_CODE(Code::conflict, refused);
  EXPECT_EQ(refused.error().message(),
            "cannot set ref 'r': it is " + in_quotes(one) + ", expected " + in_quotes(two));
  EXPECT_CODE(Code::conflict, refs().remove("r", RefCondition::equals(two)));
  EXPECT_EQ(*refs().get("r"), one);
}

TEST_P(RepositorySuite, a_ref_names_only_objects_that_are_there) {
  EXPECT_CODE(Code::not_found,
              refs().set("r", sha256(as_bytes("never stored")), RefCondition::any()));
  EXPECT_CODE(Code::not_found, refs().get("r"));
}

TEST_P(RepositorySuite, a_ref_name_that_could_leave_the_folder_is_refused) {
  const Hash one = put("one");
  for (std::string_view name : {"../x", "/x", "a//b", "", "a\nb"}) {
    EXPECT_CODE(Code::invalid_argument, refs().set(name, one, RefCondition::any()));
    EXPECT_CODE(Code::invalid_argument, refs().get(name));
    EXPECT_CODE(Code::invalid_argument, refs().remove(name, RefCondition::any()));
  }
}

TEST_P(RepositorySuite, a_ref_and_a_folder_of_refs_cannot_have_one_name) {
  const Hash one = put("one");
  ASSERT_OK(refs().set("a", one, RefCondition::any()));
  EXPECT_CODE(Code::conflict, refs().set("a/b", one, RefCondition::any()));
  EXPECT_CODE(Code::conflict, refs().set("a/b/c", one, RefCondition::any()));
  ASSERT_OK(refs().remove("a", RefCondition::any()));
  ASSERT_OK(refs().set("a/b/c", one, RefCondition::any()));
  EXPECT_CODE(Code::conflict, refs().set("a", one, RefCondition::any()));
  EXPECT_CODE(Code::conflict, refs().set("a/b", one, RefCondition::any()));
  // What an interrupted change leaves: an empty folder, which is in nobody's way.
  ASSERT_OK(files().remove(port::k_no_directory, path_ + "/refs/a/b/c"));
  ASSERT_OK(refs().set("a", one, RefCondition::absent()));
  EXPECT_EQ(*refs().get("a"), one);
}

TEST_P(RepositorySuite, a_damaged_ref_is_reported_and_can_be_set_again) {
  const Hash one = put("one");
  for (std::string text : {std::string(), std::string("abc"), one.hex(), one.hex() + "\n\n",
                           std::string(64, 'g') + "\n", std::string(5000, 'x')}) {
    overwrite("refs/r", text);
    EXPECT_CODE(Code::corrupt, refs().get("r"));
    EXPECT_CODE(Code::corrupt, refs().set("r", one, RefCondition::equals(one)));
    ASSERT_OK(refs().set("r", one, RefCondition::any()));
    EXPECT_EQ(*refs().get("r"), one);
  }
}

TEST_P(RepositorySuite, records_are_kept_for_each_call_by_name) {
  const CallKey key{sha256(as_bytes("f")), sha256(as_bytes("call"))};
  const CallKey other{key.function, sha256(as_bytes("other"))};
  EXPECT_TRUE(executions().list(key)->empty());
  EXPECT_CODE(Code::not_found, executions().get(key, "first"));
  ASSERT_OK(executions().put(key, "first", as_bytes("1"), {}, Durability::cached));
  ASSERT_OK(executions().put(key, "second", as_bytes("2"), {}, Durability::synced));
  ASSERT_OK(executions().put(key, "first", as_bytes("one"), {}, Durability::cached));
  ASSERT_OK(executions().put(other, "x", as_bytes("3"), {}, Durability::cached));
  EXPECT_EQ(as_text(*executions().get(key, "first")), "one");
  EXPECT_EQ(*executions().list(key), (std::vector<std::string>{"first", "second"}));
  EXPECT_EQ(*executions().list_functions(), std::vector<Hash>{key.function});
  std::vector<Hash> calls{key.call, other.call};
  std::sort(calls.begin(), calls.end());
  EXPECT_EQ(*executions().list_calls(key.function), calls);
  EXPECT_TRUE(executions().list_calls(key.call)->empty());
  EXPECT_EQ(*executions().find_calls(key.call.hex()), std::vector<CallKey>{key});
  EXPECT_EQ(*executions().find_calls(key.call.hex().substr(0, 10)), std::vector<CallKey>{key});
  ASSERT_OK(executions().remove(key, "first"));
  EXPECT_CODE(Code::not_found, executions().get(key, "first"));
  EXPECT_CODE(Code::invalid_argument,
              executions().put(key, "a/b", as_bytes("x"), {}, Durability::cached));
}

TEST_P(RepositorySuite, a_call_is_locked_by_one_at_a_time) {
  const CallKey key{sha256(as_bytes("f")), sha256(as_bytes("call"))};
  const CallKey other{key.function, sha256(as_bytes("other"))};
  auto second = open();
  {
    auto lock = executions().lock(key, port::LockWait::no);
    ASSERT_OK(lock);
    EXPECT_CODE(Code::locked, second->executions().lock(key, port::LockWait::no));
    EXPECT_CODE(Code::locked, executions().lock(key, port::LockWait::no));
    EXPECT_OK(second->executions().lock(other, port::LockWait::no));
    EXPECT_OK(second->executions().put(key, "r", as_bytes("x"), {}, Durability::cached));
  }
  EXPECT_OK(second->executions().lock(key, port::LockWait::no));
}

TEST_P(RepositorySuite, holding_needs_the_object_and_pinning_does_not) {
  const Hash here = put("here");
  const Hash later = sha256(as_bytes("later"));
  PinScope scope(repository_->pins());
  EXPECT_OK(scope.hold(here));
  EXPECT_CODE(Code::not_found, scope.hold(later));
  EXPECT_OK(scope.pin(later));
}

TEST_P(RepositorySuite, init_refuses_what_is_taken) {
  EXPECT_CODE(Code::exists, DirectoryRepository::init(files(), path_));
  const std::string foreign = world_->path() + "/foreign";
  ASSERT_OK(files().make_directory(port::k_no_directory, foreign));
  auto file = files().open(port::k_no_directory, foreign + "/letter", port::OpenMode::create);
  ASSERT_OK(file);
  files().close(*file);
  auto refused = DirectoryRepository::init(files(), foreign);
  EXPECT_CODE(Code::exists, refused);
  EXPECT_NE(refused.error().message().find("letter"), std::string_view::npos);
  EXPECT_CODE(Code::not_found,
              DirectoryRepository::init(files(), world_->path() + "/no/such/folder"));
}

TEST_P(RepositorySuite, open_tells_what_is_no_repository) {
  auto nothing = DirectoryRepository::open(files(), random_, world_->path() + "/none", "t");
  EXPECT_CODE(Code::no_repository, nothing);
  ASSERT_OK(files().make_directory(port::k_no_directory, world_->path() + "/empty"));
  EXPECT_CODE(Code::no_repository,
              DirectoryRepository::open(files(), random_, world_->path() + "/empty", "t"));
}

TEST_P(RepositorySuite, a_newer_generation_is_refused_naming_both) {
  overwrite("samara.json",
            R"({"format": "samara repository", "generation": 3, "upgrades": ["x"]})");
  auto refused = DirectoryRepository::open(files(), random_, path_, "t");
  EXPECT_CODE(Code::unsupported, refused);
  EXPECT_EQ(refused.error().message(),
            "cannot open repository '" + path_ +
                "': its format is generation 3, this program reads up to generation 1: a newer "
                "Samara is needed");
  overwrite("samara.json", "{");
  EXPECT_CODE(Code::corrupt, DirectoryRepository::open(files(), random_, path_, "t"));
}

TEST_P(RepositorySuite, a_missing_folder_is_not_made_in_silence) {
  ASSERT_OK(files().remove_directory(port::k_no_directory, path_ + "/refs"));
  auto refused = DirectoryRepository::open(files(), random_, path_, "t");
  EXPECT_CODE(Code::corrupt, refused);
  EXPECT_NE(refused.error().message().find("'refs' is missing"), std::string_view::npos);
}

TEST(Repository, threads_share_one_repository) {
  ScratchDirectory scratch;
  port::LinuxFiles files;
  port::LinuxRandom random;
  const std::string path = scratch.path() + "/repo";
  ASSERT_OK(DirectoryRepository::init(files, path));
  auto repository = std::move(*DirectoryRepository::open(files, random, path, "t"));
  constexpr int k_threads = 4;
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < k_threads; t++) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 300; i++) {
        const std::string text = "object " + std::to_string(i * (t % 2 + 1));
        const Hash hash = sha256(as_bytes(text));
        PinScope pins(repository->pins());
        if (!pins.pin(hash)) failures++;
        if (!repository->objects().put(as_bytes(text), Durability::cached)) failures++;
        auto back = repository->objects().get(hash);
        if (!back || as_text(*back) != text) failures++;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_TRUE(repository->check({})->findings.empty());
}

TEST(Repository, a_full_disk_is_told_and_leaves_no_trace) {
  port::MemoryFiles files;
  port::SeededRandom random(1);
  ASSERT_OK(DirectoryRepository::init(files, "/repo"));
  auto repository = std::move(*DirectoryRepository::open(files, random, "/repo", "t"));
  ASSERT_OK(repository->objects().put(as_bytes("fits"), Durability::cached));
  files.limit_bytes(2000);
  const Bytes large = noise(5000, 1);
  auto refused = repository->objects().put(large, Durability::synced);
  EXPECT_CODE(Code::disk_full, refused);
  EXPECT_EQ(refused.error().message(),
            "cannot store object " + in_quotes(sha256(large)) + ": disk full");
  auto writer = repository->objects().writer(Durability::synced);
  ASSERT_OK(writer);
  ASSERT_OK((*writer)->update(large));
  EXPECT_CODE(Code::disk_full, (*writer)->commit());
  writer->reset();
  files.limit_bytes(UINT64_MAX);
  EXPECT_FALSE(*repository->objects().contains(sha256(large)));
  auto report = repository->check({});
  ASSERT_OK(report);
  EXPECT_TRUE(report->findings.empty()) << describe(*report);
}

TEST(Repository, a_read_only_repository_can_be_read) {
  ScratchDirectory scratch;
  port::LinuxFiles files;
  port::LinuxRandom random;
  const std::string path = scratch.path() + "/repo";
  ASSERT_OK(DirectoryRepository::init(files, path));
  Hash hash;
  {
    auto writable = std::move(*DirectoryRepository::open(files, random, path, "t"));
    hash = *writable->objects().put(as_bytes("text"), Durability::cached);
    ASSERT_OK(writable->refs().set("r", hash, RefCondition::any()));
  }
  namespace fs = std::filesystem;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(path, error)) {
    fs::permissions(entry.path(), fs::perms(0222), fs::perm_options::remove, error);
  }
  ASSERT_EQ(::chmod(scratch.path().c_str(), 0755), 0);
  // Root may write everywhere, so it becomes somebody else.
  const uid_t user = ::geteuid();
  if (user == 0) {
    ASSERT_EQ(::seteuid(65534), 0);
  }
  {
    auto repository = std::move(*DirectoryRepository::open(files, random, path, "t"));
    EXPECT_EQ(as_text(*repository->objects().get(hash)), "text");
    EXPECT_EQ(*repository->refs().get("r"), hash);
    EXPECT_CODE(Code::permission, repository->objects().put(as_bytes("more"), Durability::cached));
    EXPECT_CODE(Code::permission, repository->refs().set("s", hash, RefCondition::any()));
  }
  ASSERT_EQ(::seteuid(user), 0);
  for (const auto& entry : fs::recursive_directory_iterator(path, error)) {
    fs::permissions(entry.path(), fs::perms::owner_all, fs::perm_options::add, error);
  }
}
