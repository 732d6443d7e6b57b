// Every kind of damage is found, explained, and moved away when asked to.
#include "store/fsck.hpp"

#include "core/sha256.hpp"
#include "store/names.hpp"
#include "tests/fault/support.hpp"

using namespace samara;
using namespace samara::store;
using namespace samara::test;

namespace {

class FsckSuite : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(DirectoryRepository::init(files_, "/repo"));
    repository_ = std::move(*DirectoryRepository::open(files_, random_, "/repo", "a test"));
    child_ = put("child");
    parent_ = put(object_referring_to({child_}));
    ASSERT_OK(repository_->refs().set("heads/main", parent_, RefCondition::any()));
    key_ = CallKey{sha256(as_bytes("f")), sha256(as_bytes("c"))};
    ASSERT_OK(repository_->executions().put(key_, "r", as_bytes("good"), {}, Durability::cached));
  }
  Hash put(std::string_view text) {
    return *repository_->objects().put(as_bytes(text), Durability::cached);
  }
  static std::string object_path(const Hash& hash) {
    return "objects/" + hash.hex().substr(0, 2) + "/" + hash.hex().substr(2);
  }
  void write(std::string_view path, std::string_view text) {
    const std::string full = "/repo/" + std::string(path);
    static_cast<void>(files_.remove(port::k_no_directory, full));
    auto file = port::OpenFile::open(files_, port::k_no_directory, full, port::OpenMode::create);
    ASSERT_OK(file);
    ASSERT_OK(files_.write(file->handle(), as_bytes(text)));
  }
  FsckOptions options(bool repair = false) {
    FsckOptions out;
    out.repair = repair;
    out.references = test_references;
    out.check_record = [](const CallKey&, std::string_view, ByteView bytes) -> Result<void> {
      if (as_text(bytes) == "good") return {};
      return Error(Code::corrupt, "not good");
    };
    return out;
  }
  FsckReport check(bool repair = false) {
    auto report = repository_->check(options(repair));
    EXPECT_OK(report);
    return report ? std::move(*report) : FsckReport{};
  }
  // The damage is found, alone, and after repairing nothing is left but what it took along.
  void expect_found(FindingKind kind, std::string_view path, bool movable = true) {
    FsckReport report = check();
    ASSERT_FALSE(report.findings.empty());
    const Finding& finding = report.findings[0];
    EXPECT_EQ(finding_name(finding.kind), finding_name(kind)) << describe(report);
    EXPECT_EQ(finding.path, path);
    EXPECT_FALSE(finding.explanation.empty() || finding.remedy.empty());
    EXPECT_EQ(report.clean(), !finding_is_damage(kind));
    if (!movable) return;
    for (int i = 0; i < 3; i++) check(true);
    FsckReport after = check();
    EXPECT_TRUE(after.findings.empty()) << describe(after);
  }

  port::MemoryFiles files_;
  port::SeededRandom random_{3};
  std::unique_ptr<DirectoryRepository> repository_;
  Hash child_, parent_;
  CallKey key_;
};

}  // namespace

TEST_F(FsckSuite, a_whole_repository_has_no_findings) {
  FsckReport report = check();
  EXPECT_TRUE(report.findings.empty()) << describe(report);
  EXPECT_TRUE(report.clean());
  EXPECT_EQ(report.objects, 2U);
  EXPECT_EQ(report.refs, 1U);
  EXPECT_EQ(report.records, 1U);
}

TEST_F(FsckSuite, a_flipped_bit_in_an_object_is_found_and_quarantined) {
  const Hash loose = put("loose object");
  ASSERT_OK(files_.flip_bit("/repo/" + object_path(loose), 4));
  expect_found(FindingKind::damaged_object, object_path(loose));
  std::string moved = object_path(loose);
  for (char& c : moved) {
    if (c == '/') c = '+';
  }
  EXPECT_OK(files_.info_at(port::k_no_directory, "/repo/quarantine/" + moved));
  EXPECT_FALSE(*repository_->objects().contains(loose));
}

TEST_F(FsckSuite, the_same_damage_twice_has_room_in_quarantine) {
  for (int i = 0; i < 3; i++) {
    const Hash loose = put("loose object");
    ASSERT_OK(files_.flip_bit("/repo/" + object_path(loose), 4));
    EXPECT_TRUE(check(true).clean());
  }
  auto directory = port::OpenFile::open(files_, port::k_no_directory, "/repo/quarantine",
                                        port::OpenMode::directory);
  EXPECT_EQ(files_.list(directory->handle())->size(), 3U);
}

TEST_F(FsckSuite, an_empty_object_file_is_found) {
  const Hash loose = put("loose object");
  write(object_path(loose), "");
  expect_found(FindingKind::damaged_object, object_path(loose));
}

TEST_F(FsckSuite, a_damaged_object_below_a_ref_is_told_with_the_ref) {
  ASSERT_OK(files_.flip_bit("/repo/" + object_path(child_), 0));
  FsckReport report = check();
  ASSERT_EQ(report.findings.size(), 2U) << describe(report);
  EXPECT_EQ(report.findings[0].kind, FindingKind::damaged_object);
  EXPECT_EQ(report.findings[1].kind, FindingKind::missing_reference);
  EXPECT_NE(report.findings[1].explanation.find("heads/main"), std::string::npos);
  // Storing it again is the remedy that is named, and it works.
  put("child");
  EXPECT_TRUE(check().findings.empty());
}

TEST_F(FsckSuite, a_ref_to_nothing_is_found) {
  const Hash gone = put("gone");
  ASSERT_OK(repository_->refs().set("loose", gone, RefCondition::any()));
  ASSERT_OK(files_.remove(port::k_no_directory, "/repo/" + object_path(gone)));
  expect_found(FindingKind::dangling_ref, "refs/loose");
  EXPECT_CODE(Code::not_found, repository_->refs().get("loose"));
}

TEST_F(FsckSuite, a_ref_that_holds_no_hash_is_found) {
  write("refs/torn", "");
  expect_found(FindingKind::damaged_ref, "refs/torn");
}

TEST_F(FsckSuite, a_ref_with_an_impossible_name_is_found) {
  write("refs/bad\nname", print_ref(child_));
  expect_found(FindingKind::bad_ref_name, "refs/bad\nname");
}

TEST_F(FsckSuite, a_damaged_record_is_found) {
  write("executions/" + call_path(key_) + "/r", "bad");
  expect_found(FindingKind::damaged_record, "executions/" + call_path(key_) + "/r");
}

TEST_F(FsckSuite, files_that_belong_nowhere_are_found) {
  for (std::string path :
       {"notes.txt", "objects/readme", "objects/00/x", "tmp/x", "workers/x", "executions/x"}) {
    write(path, "x");
    expect_found(FindingKind::stray_file, path);
  }
  ASSERT_OK(files_.make_directory(port::k_no_directory, "/repo/objects/zz"));
  expect_found(FindingKind::stray_file, "objects/zz");
}

TEST_F(FsckSuite, an_object_under_a_name_of_another_form_is_found) {
  std::string upper = object_path(child_);
  for (size_t i = 11; i < upper.size(); i++) {
    upper[i] = static_cast<char>(std::toupper(upper[i]));
  }
  write(upper, "child");
  expect_found(FindingKind::misplaced_file, upper);
}

TEST_F(FsckSuite, an_object_that_may_be_written_to_is_noted) {
  const std::string path = "/repo/" + object_path(child_);
  ASSERT_OK(files_.remove(port::k_no_directory, path));
  auto file =
      port::OpenFile::open(files_, port::k_no_directory, path, port::OpenMode::create_shared);
  ASSERT_OK(files_.write(file->handle(), as_bytes("child")));
  expect_found(FindingKind::wrong_permissions, object_path(child_), false);
}

TEST_F(FsckSuite, a_missing_fan_out_folder_is_found) {
  repository_.reset();
  // One that no object of this test is in.
  ASSERT_OK(files_.remove_directory(port::k_no_directory, "/repo/objects/00"));
  repository_ = std::move(*DirectoryRepository::open(files_, random_, "/repo", "a test"));
  expect_found(FindingKind::missing_folder, "objects/00");
}

TEST_F(FsckSuite, what_the_dead_leave_is_noted) {
  write("tmp/tmp-0123456789abcdef-0", "half");
  expect_found(FindingKind::leftover_temp, "tmp/tmp-0123456789abcdef-0");
  write("objects/ab/tmp-0123456789abcdef-1f", "half");
  expect_found(FindingKind::leftover_temp, "objects/ab/tmp-0123456789abcdef-1f");
  write("workers/0123456789abcdef", "x");
  expect_found(FindingKind::dead_session, "workers/0123456789abcdef");
}

TEST_F(FsckSuite, an_interrupted_collection_is_noted) {
  write("gc/condemned", "x");
  expect_found(FindingKind::unfinished_gc, "gc/condemned", false);
  ASSERT_OK(repository_->collect_garbage({}));
  EXPECT_TRUE(check().findings.empty());
}

TEST_F(FsckSuite, every_kind_has_a_name_of_its_own) {
  for (int i = 0; i <= static_cast<int>(FindingKind::unfinished_gc); i++) {
    EXPECT_FALSE(finding_name(static_cast<FindingKind>(i)).empty());
  }
}

TEST_F(FsckSuite, progress_reaches_the_end) {
  unsigned last = 0;
  FsckOptions with = options();
  with.progress = [&](unsigned done) { last = done; };
  ASSERT_OK(repository_->check(with));
  EXPECT_EQ(last, 256U);
}
