// Garbage collection: what stays, what goes, and what others may do meanwhile.
#include "store/gc.hpp"

#include "core/sha256.hpp"
#include "ports/sim/fault_files.hpp"
#include "store/names.hpp"
#include "tests/fault/support.hpp"

using namespace samara;
using namespace samara::store;
using namespace samara::test;
using namespace std::chrono_literals;

namespace {

// Calls back before each rename, open, and so on of the collector: a moment for others to act.
class Interleave final : public port::Files {
 public:
  explicit Interleave(port::Files& real) : real_(real) {}
  std::function<void()> before;

  Result<port::Handle> open(port::Handle d, std::string_view p, port::OpenMode m) override {
    return act([&] { return real_.open(d, p, m); });
  }
  void close(port::Handle f) override { real_.close(f); }
  Result<size_t> read_at(port::Handle f, uint64_t o, std::span<uint8_t> b) override {
    return real_.read_at(f, o, b);
  }
  Result<void> write(port::Handle f, ByteView b) override { return real_.write(f, b); }
  Result<void> write_at(port::Handle f, uint64_t o, ByteView b) override {
    return real_.write_at(f, o, b);
  }
  Result<void> truncate(port::Handle f, uint64_t n) override { return real_.truncate(f, n); }
  Result<void> sync(port::Handle f) override { return real_.sync(f); }
  Result<void> sync_directory(port::Handle d) override { return real_.sync_directory(d); }
  Result<port::FileInfo> info(port::Handle f) override { return real_.info(f); }
  Result<port::FileInfo> info_at(port::Handle d, std::string_view p) override {
    return act([&] { return real_.info_at(d, p); });
  }
  Result<void> touch(port::Handle f) override { return real_.touch(f); }
  Result<std::vector<port::DirectoryEntry>> list(port::Handle d) override {
    return act([&] { return real_.list(d); });
  }
  Result<void> make_directory(port::Handle d, std::string_view p) override {
    return real_.make_directory(d, p);
  }
  Result<void> rename(port::Handle fd, std::string_view f, port::Handle td, std::string_view t,
                      port::Replace r) override {
    return act([&] { return real_.rename(fd, f, td, t, r); });
  }
  Result<void> remove(port::Handle d, std::string_view p) override {
    return act([&] { return real_.remove(d, p); });
  }
  Result<void> remove_directory(port::Handle d, std::string_view p) override {
    return real_.remove_directory(d, p);
  }
  Result<bool> lock(port::Handle f, port::LockMode m, port::LockWait w) override {
    return act([&] { return real_.lock(f, m, w); });
  }
  Result<void> unlock(port::Handle f) override { return real_.unlock(f); }
  Result<bool> lock_byte(port::Handle f, uint64_t at, port::LockWait w) override {
    return act([&] { return real_.lock_byte(f, at, w); });
  }
  Result<void> unlock_byte(port::Handle f, uint64_t at) override {
    return real_.unlock_byte(f, at);
  }
  Result<ByteView> map(port::Handle f, uint64_t n) override { return real_.map(f, n); }
  void unmap(ByteView b) override { real_.unmap(b); }

 private:
  template <typename F>
  auto act(F&& call) -> decltype(call()) {
    if (before) before();
    return call();
  }
  port::Files& real_;
};

class GcSuite : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(DirectoryRepository::init(files_, "/repo"));
    repository_ = open(files_);
  }
  std::unique_ptr<DirectoryRepository> open(port::Files& files) {
    auto opened = DirectoryRepository::open(files, random_, "/repo", "process 1 (a test)");
    EXPECT_OK(opened);
    return std::move(*opened);
  }
  Hash put(std::string_view text, Durability durability = Durability::cached) {
    auto hash = repository_->objects().put(as_bytes(text), durability);
    EXPECT_OK(hash);
    return *hash;
  }
  void name(std::string_view ref, const Hash& hash) {
    EXPECT_OK(repository_->refs().set(ref, hash, RefCondition::any()));
  }
  void record(const CallKey& key, const std::vector<Hash>& names) {
    EXPECT_OK(repository_->executions().put(key, "r", as_bytes(object_referring_to(names)), names,
                                            Durability::cached));
  }
  bool present(const Hash& hash) { return *repository_->objects().contains(hash); }
  static GcOptions options() {
    GcOptions out;
    out.grace = 0ns;
    out.references = test_references;
    out.record_references = test_record_references;
    return out;
  }
  GcReport collect(const GcOptions& options) {
    files_.advance(1s);
    auto report = repository_->collect_garbage(options);
    EXPECT_OK(report);
    return report ? *report : GcReport{};
  }

  port::MemoryFiles files_;
  port::SeededRandom random_{11};
  std::unique_ptr<DirectoryRepository> repository_;
};

CallKey call(int n) {
  return {sha256(as_bytes("function")), sha256(as_bytes("call " + std::to_string(n)))};
}

}  // namespace

TEST_F(GcSuite, what_refs_reach_stays_and_the_rest_goes) {
  const Hash leaf = put("leaf");
  const Hash middle = put(object_referring_to({leaf}));
  const Hash top = put(object_referring_to({middle}));
  const Hash loose = put("loose");
  const Hash loose_parent = put(object_referring_to({loose, leaf}));
  name("r", top);
  GcOptions trial = options();
  trial.dry_run = true;
  const GcReport expected = collect(trial);
  EXPECT_TRUE(present(loose));
  const GcReport report = collect(options());
  EXPECT_TRUE(present(leaf) && present(middle) && present(top));
  EXPECT_FALSE(present(loose) || present(loose_parent));
  EXPECT_EQ(report.objects_kept, 3U);
  EXPECT_EQ(report.objects_removed, 2U);
  EXPECT_EQ(expected.objects_removed, 2U);
  EXPECT_EQ(expected.bytes_removed, report.bytes_removed);
  ASSERT_OK(repository_->refs().remove("r", RefCondition::any()));
  EXPECT_EQ(collect(options()).objects_removed, 3U);
}

TEST_F(GcSuite, young_objects_stay_with_what_they_refer_to) {
  const Hash old_child = put("old child");
  const Hash old_loose = put("old loose");
  files_.advance(2h);
  const Hash young = put(object_referring_to({old_child}));
  GcOptions hour = options();
  hour.grace = 1h;
  collect(hour);
  EXPECT_TRUE(present(young) && present(old_child));
  EXPECT_FALSE(present(old_loose));
}

TEST_F(GcSuite, storing_again_renews_the_grace) {
  const Hash hash = put("again");
  files_.advance(2h);
  put("again");
  GcOptions hour = options();
  hour.grace = 1h;
  collect(hour);
  EXPECT_TRUE(present(hash));
  files_.advance(2h);
  collect(hour);
  EXPECT_FALSE(present(hash));
}

TEST_F(GcSuite, pins_of_living_processes_are_roots) {
  const Hash child = put("child");
  const Hash parent = put(object_referring_to({child}));
  const Hash other = put("other");
  auto worker = open(files_);
  {
    PinScope scope(worker->pins());
    ASSERT_OK(scope.hold(parent));
    ASSERT_OK(scope.hold(parent));
    collect(options());
    EXPECT_TRUE(present(parent) && present(child));
    EXPECT_FALSE(present(other));
    ASSERT_OK(worker->pins().hold(child));
  }
  collect(options());
  EXPECT_FALSE(present(parent));
  EXPECT_TRUE(present(child));
  ASSERT_OK(worker->pins().unpin(child));
  collect(options());
  EXPECT_FALSE(present(child));
}

TEST_F(GcSuite, pins_are_counted_through_the_renewal_of_a_long_file) {
  const Hash kept = put("kept");
  auto worker = open(files_);
  ASSERT_OK(worker->pins().hold(kept));
  for (int i = 0; i < 20'000; i++) {
    ASSERT_OK(worker->pins().pin(sha256(as_bytes(std::to_string(i % 7)))));
    ASSERT_OK(worker->pins().unpin(sha256(as_bytes(std::to_string(i % 7)))));
  }
  collect(options());
  EXPECT_TRUE(present(kept));
}

TEST_F(GcSuite, the_pins_and_temporary_files_of_the_dead_are_swept) {
  const Hash hash = put("pinned by the dead");
  port::FaultFiles mortal(files_);
  {
    auto worker = open(mortal);
    ASSERT_OK(worker->pins().hold(hash));
    auto writer = worker->objects().writer(Durability::cached);
    ASSERT_OK((*writer)->update(noise(600'000, 1)));
    mortal.plan({.call = 2, .kind = port::FaultKind::death});
    EXPECT_CODE(Code::io, worker->objects().put(as_bytes("dies"), Durability::cached));
  }
  auto before = repository_->check({});
  ASSERT_OK(before);
  EXPECT_TRUE(before->clean());
  EXPECT_FALSE(before->findings.empty());
  const GcReport report = collect(options());
  EXPECT_FALSE(present(hash));
  EXPECT_EQ(report.sessions_removed, 1U);
  EXPECT_GE(report.temp_files_removed, 1U);
  auto after = repository_->check({});
  EXPECT_TRUE(after->findings.empty()) << describe(*after);
}

TEST_F(GcSuite, temporary_files_of_the_living_stay) {
  auto writer = repository_->objects().writer(Durability::cached);
  ASSERT_OK((*writer)->update(noise(600'000, 1)));
  EXPECT_EQ(collect(options()).temp_files_removed, 0U);
  auto hash = (*writer)->commit();
  ASSERT_OK(hash);
  EXPECT_OK(repository_->objects().get(*hash));
}

TEST_F(GcSuite, records_keep_what_they_speak_of_until_they_are_too_old) {
  const Hash old_result = put("old result");
  record(call(1), {old_result});
  files_.advance(std::chrono::hours(24 * 10));
  const Hash new_result = put("new result");
  record(call(2), {new_result});
  collect(options());
  EXPECT_TRUE(present(old_result) && present(new_result));
  GcOptions week = options();
  week.keep_records = std::chrono::hours(24 * 7);
  const GcReport report = collect(week);
  EXPECT_EQ(report.calls_removed, 1U);
  EXPECT_EQ(report.calls_kept, 1U);
  EXPECT_FALSE(present(old_result));
  EXPECT_TRUE(present(new_result));
  EXPECT_TRUE(repository_->executions().list(call(1))->empty());
  EXPECT_EQ(repository_->executions().list_calls(call(1).function)->size(), 1U);
}

TEST_F(GcSuite, the_newest_records_that_fit_the_room_stay) {
  std::vector<Hash> results;
  for (int i = 0; i < 5; i++) {
    results.push_back(put(std::string(1000, static_cast<char>('a' + i))));
    record(call(i), {results.back()});
    files_.advance(1min);
  }
  const Hash shared = results[0];
  name("r", shared);  // what a ref keeps anyway costs a record nothing
  GcOptions room = options();
  room.records_bytes_max = 2 * (1000 + 71);
  const GcReport report = collect(room);
  EXPECT_EQ(report.calls_kept, 2U);
  EXPECT_TRUE(present(results[4]) && present(results[3]) && present(shared));
  EXPECT_FALSE(present(results[2]) || present(results[1]));
}

TEST_F(GcSuite, a_call_that_runs_keeps_its_records) {
  const Hash result = put("result");
  record(call(1), {result});
  auto runner = open(files_);
  auto lock = runner->executions().lock(call(1), port::LockWait::no);
  ASSERT_OK(lock);
  files_.advance(std::chrono::hours(48));
  GcOptions day = options();
  day.keep_records = 24h;
  EXPECT_EQ(collect(day).calls_removed, 0U);
  EXPECT_TRUE(present(result));
  lock->reset();
  EXPECT_EQ(collect(day).calls_removed, 1U);
  EXPECT_FALSE(present(result));
}

TEST_F(GcSuite, one_collector_at_a_time_and_the_other_is_told_who) {
  Interleave files(files_);
  auto collector = open(files);
  bool asked = false;
  files.before = [&] {
    if (asked) return;
    auto info = files_.info_at(port::k_no_directory, "/repo/gc/named");
    if (!info) return;
    asked = true;
    auto refused = repository_->collect_garbage(options());
    EXPECT_CODE(Code::locked, refused);
    EXPECT_NE(refused.error().message().find("process 1 (a test)"), std::string_view::npos);
  };
  ASSERT_OK(collector->collect_garbage(options()));
  EXPECT_TRUE(asked);
}

TEST_F(GcSuite, an_unreadable_ref_stops_the_collection) {
  const Hash hash = put("precious");
  name("r", hash);
  ASSERT_OK(files_.flip_bit("/repo/refs/r", 3));
  auto file =
      port::OpenFile::open(files_, port::k_no_directory, "/repo/refs/r2", port::OpenMode::create);
  ASSERT_OK(files_.write(file->handle(), as_bytes("garbage")));
  files_.advance(1s);
  EXPECT_CODE(Code::corrupt, repository_->collect_garbage(options()));
  EXPECT_TRUE(present(hash));
}

// At every moment of a collection somebody names, or stores again, an object that is garbage when
// the collection begins. What was promised must hold afterwards.
TEST_F(GcSuite, whatever_is_named_at_any_moment_is_there_afterwards) {
  enum class Deed : uint8_t { put_and_set, set, hold, pin_and_put, record, put_tree };
  for (Deed deed : {Deed::put_and_set, Deed::set, Deed::hold, Deed::pin_and_put, Deed::record,
                    Deed::put_tree}) {
    bool acted = true;
    for (uint64_t moment = 1; acted; moment++) {
      const std::string salt = std::to_string(moment) + " " + std::to_string(int(deed));
      const std::string child_text = "child " + salt;
      const Hash child = put(child_text);
      const std::string parent_text = object_referring_to({child}, salt);
      const Hash parent = put(parent_text);
      files_.advance(1s);

      Interleave files(files_);
      auto collector = open(files);
      auto other = open(files_);
      uint64_t moments = 0;
      bool promised = false;
      acted = false;
      files.before = [&] {
        if (++moments != moment) return;
        acted = true;
        files_.advance(1ms);
        // Where another process would wait for the collector, the one thread of this test gives up.
        auto done = [](const auto& result) {
          if (!result) {
            EXPECT_EQ(result.error().code, Code::io) << result.error().message();
          }
          return static_cast<bool>(result);
        };
        auto put_tree = [&] {  // children first
          return done(other->objects().put(as_bytes(child_text), Durability::cached)) &&
                 done(other->objects().put(as_bytes(parent_text), Durability::cached));
        };
        const std::vector<Hash> names{parent};
        switch (deed) {
          case Deed::put_tree:
            if (put_tree()) {
              EXPECT_TRUE(*other->objects().contains(parent));
            }
            return;
          case Deed::put_and_set:
            promised = put_tree() && done(other->refs().set("r", parent, RefCondition::any()));
            return;
          case Deed::set:
            promised = static_cast<bool>(other->refs().set("r", parent, RefCondition::any()));
            return;
          case Deed::hold:
            promised = static_cast<bool>(other->pins().hold(parent));
            return;
          case Deed::pin_and_put:
            promised =
                done(other->pins().pin(child)) && done(other->pins().pin(parent)) && put_tree();
            return;
          case Deed::record:
            promised = static_cast<bool>(other->executions().put(
                call(1), "r", as_bytes(object_referring_to(names)), names, Durability::cached));
            return;
        }
      };
      ASSERT_OK(collector->collect_garbage(options()));
      files.before = nullptr;
      if (promised) {
        auto kept = repository_->objects().get(parent);
        EXPECT_OK(kept);
        EXPECT_OK(repository_->objects().get(child));
      }
      FsckOptions fsck;
      fsck.references = test_references;
      auto report = repository_->check(fsck);
      ASSERT_OK(report);
      EXPECT_TRUE(report->findings.empty()) << describe(*report);
      static_cast<void>(repository_->refs().remove("r", RefCondition::any()));
      static_cast<void>(repository_->executions().remove(call(1), "r"));
      if (testing::Test::HasFailure()) {
        FAIL() << "deed " << int(deed) << " at moment " << moment;
      }
    }
  }
}

// The other way round: at every moment of a writer a whole collection runs.
TEST_F(GcSuite, what_was_stored_is_there_whenever_a_collection_ran_meanwhile) {
  for (bool streamed : {false, true}) {
    bool acted = true;
    for (uint64_t moment = 1; acted; moment++) {
      const std::string text = "object " + std::to_string(moment);
      const Hash hash = put(text);
      files_.advance(2h);
      GcOptions half_an_hour = options();
      half_an_hour.grace = 30min;
      Interleave files(files_);
      auto writer = open(files);
      uint64_t moments = 0;
      acted = false;
      files.before = [&] {
        if (++moments != moment) return;
        acted = true;
        EXPECT_OK(repository_->collect_garbage(half_an_hour));
      };
      if (streamed) {
        auto stream = writer->objects().writer(Durability::cached);
        ASSERT_OK(stream);
        ASSERT_OK((*stream)->update(as_bytes(text)));
        ASSERT_OK((*stream)->commit());
      } else {
        ASSERT_OK(writer->objects().put(as_bytes(text), Durability::cached));
      }
      files.before = nullptr;
      EXPECT_OK(repository_->objects().get(hash));
      if (HasFailure()) FAIL() << "moment " << moment;
    }
  }
}

// A collector that died between deciding and finishing leaves its decision in force.
TEST_F(GcSuite, condemned_objects_cannot_be_named_until_they_are_stored_again) {
  bool refused_once = false;
  for (uint64_t n = 1;; n++) {
    const std::string child_text = "child " + std::to_string(n);
    const Hash child = put(child_text);
    const std::string parent_text = object_referring_to({child}, std::to_string(n));
    const Hash parent = put(parent_text);
    files_.advance(1s);
    port::FaultFiles mortal(files_);
    auto collector = open(mortal);
    mortal.plan({.call = n, .kind = port::FaultKind::death});
    const bool finished = static_cast<bool>(collector->collect_garbage(options()));
    collector.reset();
    files_.advance(1s);
    auto set = repository_->refs().set("r", parent, RefCondition::any());
    if (set) {
      EXPECT_OK(repository_->objects().get(parent));
      EXPECT_OK(repository_->objects().get(child));
      ASSERT_OK(repository_->refs().remove("r", RefCondition::any()));
    } else {
      refused_once |= set.error().code == Code::conflict;
      put(child_text);
      put(parent_text);
      ASSERT_OK(repository_->refs().set("r", parent, RefCondition::any()));
      EXPECT_OK(repository_->objects().get(child));
      ASSERT_OK(repository_->refs().remove("r", RefCondition::any()));
    }
    collect(options());
    EXPECT_FALSE(present(parent) || present(child));
    EXPECT_FALSE(files_.info_at(port::k_no_directory, "/repo/gc/condemned"));
    if (finished) break;
  }
  EXPECT_TRUE(refused_once);
}
