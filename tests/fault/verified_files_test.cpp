#include "store/verified.hpp"

#include <gtest/gtest.h>

#include "core/sha256.hpp"
#include "ports/sim/memory_files.hpp"

using namespace samara;
using namespace samara::store;

namespace {

port::FileInfo large_file(uint64_t inode) {
  port::FileInfo out;
  out.size_bytes = 2 * VerifiedFiles::k_bytes_min;
  out.inode = inode;
  out.device = 5;
  out.modified = port::WallTime(std::chrono::seconds(10));
  out.changed = port::WallTime(std::chrono::seconds(11));
  return out;
}

port::OpenFile open_marks(port::MemoryFiles& files) {
  auto file =
      port::OpenFile::open(files, port::k_no_directory, "/marks", port::OpenMode::create_shared);
  return file ? std::move(*file) : port::OpenFile();
}

}  // namespace

TEST(VerifiedFiles, a_file_that_changed_counts_no_more) {
  VerifiedFiles marks;
  const Hash hash = sha256(as_bytes("x"));
  EXPECT_FALSE(marks.holds(hash, large_file(1)));
  marks.note(hash, large_file(1));
  EXPECT_TRUE(marks.holds(hash, large_file(1)));
  EXPECT_FALSE(marks.holds(hash, large_file(2)));
  port::FileInfo changed = large_file(1);
  changed.changed += std::chrono::nanoseconds(1);
  EXPECT_FALSE(marks.holds(hash, changed));
  EXPECT_FALSE(marks.holds(sha256(as_bytes("y")), large_file(1)));
}

TEST(VerifiedFiles, small_files_are_not_worth_it) {
  VerifiedFiles marks;
  port::FileInfo small = large_file(1);
  small.size_bytes = VerifiedFiles::k_bytes_min - 1;
  marks.note(sha256(as_bytes("x")), small);
  EXPECT_FALSE(marks.holds(sha256(as_bytes("x")), small));
}

TEST(VerifiedFiles, what_one_process_has_hashed_another_believes) {
  port::MemoryFiles files;
  VerifiedFiles one;
  VerifiedFiles other;
  one.share(files, open_marks(files));
  other.share(files, open_marks(files));
  for (int i = 0; i < 100; i++) {
    const Hash hash = sha256(as_bytes("object " + std::to_string(i)));
    EXPECT_FALSE(other.holds(hash, large_file(1)));
    one.note(hash, large_file(static_cast<uint64_t>(i)));
    EXPECT_TRUE(other.holds(hash, large_file(static_cast<uint64_t>(i))));
    EXPECT_FALSE(other.holds(hash, large_file(1000)));
  }
}

TEST(VerifiedFiles, a_torn_row_says_nothing) {
  port::MemoryFiles files;
  VerifiedFiles one;
  one.share(files, open_marks(files));
  const Hash hash = sha256(as_bytes("x"));
  one.note(hash, large_file(1));
  auto info = files.info_at(port::k_no_directory, "/marks");
  ASSERT_TRUE(info);
  const size_t row = 32 + 5 * 8 + 32;
  for (size_t at = 0; at < row; at++) {
    ASSERT_TRUE(files.flip_bit("/marks", static_cast<size_t>(info->size_bytes) - row + at));
    VerifiedFiles other;
    other.share(files, open_marks(files));
    EXPECT_FALSE(other.holds(hash, large_file(1)));
    ASSERT_TRUE(files.flip_bit("/marks", static_cast<size_t>(info->size_bytes) - row + at));
  }
}
