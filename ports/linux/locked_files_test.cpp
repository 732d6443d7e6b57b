#include "ports/linux/locked_files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "ports/linux/files.hpp"

namespace samara::port {
namespace {

std::string new_file() {
  std::string path = ::testing::TempDir() + "locked-files-XXXXXX";
  const int file = ::mkstemp(path.data());
  EXPECT_GE(file, 0);
  ::close(file);
  return path;
}

TEST(LockedFiles, a_forked_child_does_not_keep_the_lock) {
  LinuxFiles files;
  const std::string path = new_file();
  auto first = files.open(k_no_directory, path, OpenMode::update);
  ASSERT_TRUE(first);
  auto locked = files.lock(*first, LockMode::exclusive, LockWait::no);
  ASSERT_TRUE(locked && *locked);
  int ready[2];
  int go[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(go), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    // Its number stands for an empty file, and is not given to another.
    struct stat found{};
    const bool other = ::fstat(first->number, &found) == 0 && S_ISCHR(found.st_mode);
    const char word = other ? 'y' : 'n';
    if (::write(ready[1], &word, 1) != 1) ::_exit(1);
    char end = 0;
    if (::read(go[0], &end, 1) < 0) ::_exit(1);
    ::_exit(0);
  }
  ASSERT_GT(child, 0);
  char word = 0;
  ASSERT_EQ(::read(ready[0], &word, 1), 1);
  EXPECT_EQ(word, 'y');
  auto second = files.open(k_no_directory, path, OpenMode::update);
  ASSERT_TRUE(second);
  locked = files.lock(*second, LockMode::exclusive, LockWait::no);
  EXPECT_TRUE(locked && !*locked) << "the parent has lost it";
  files.close(*first);
  locked = files.lock(*second, LockMode::exclusive, LockWait::no);
  EXPECT_TRUE(locked && *locked) << "the child holds it";
  files.close(*second);
  ASSERT_EQ(::write(go[1], "x", 1), 1);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  for (int end : {ready[0], ready[1], go[0], go[1]}) ::close(end);
  ::unlink(path.c_str());
}

// A number that had a lock once is an ordinary one afterwards.
TEST(LockedFiles, a_closed_file_is_forgotten) {
  LinuxFiles files;
  const std::string path = new_file();
  auto first = files.open(k_no_directory, path, OpenMode::update);
  ASSERT_TRUE(first);
  ASSERT_TRUE(files.lock(*first, LockMode::exclusive, LockWait::no));
  files.close(*first);
  auto second = files.open(k_no_directory, path, OpenMode::update);
  ASSERT_TRUE(second);
  ASSERT_EQ(second->number, first->number);
  const pid_t child = ::fork();
  if (child == 0) {
    struct stat found{};
    ::_exit(::fstat(second->number, &found) == 0 && S_ISREG(found.st_mode) ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  files.close(*second);
  ::unlink(path.c_str());
}

}  // namespace
}  // namespace samara::port
