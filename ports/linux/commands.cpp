#include "ports/linux/commands.hpp"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "port/files.hpp"
#include "ports/linux/zygote_process.hpp"

extern char** environ;

namespace samara::port {

namespace {

// Reads both outputs until the program closes them. False: the time is over.
bool read_output(int from, const CommandOrder& order, std::string& out) {
  const Instant deadline = monotonic_now() + order.wall_max;
  char buffer[4096];
  for (;;) {
    if (!wait_readable(from, -1, deadline).first) return false;
    ssize_t got = ::read(from, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    const size_t room = order.output_bytes_max - std::min(order.output_bytes_max, out.size());
    out.append(buffer, std::min(room, static_cast<size_t>(got)));
  }
}

}  // namespace

Result<CommandResult> LinuxCommands::run(const CommandOrder& order) {
  SAMARA_ASSERT(!order.words.empty());
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return os_error(errno);
  std::vector<char*> words;
  for (const std::string& word : order.words) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // A group of its own: a compiler starts others, and all of them must go at the deadline.
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  int problem = ::posix_spawnp(&pid, words[0], &actions, &attributes, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  ::close(ends[1]);
  if (problem != 0) {
    ::close(ends[0]);
    return os_error(problem).with_context("cannot start '" + order.words[0] + "'");
  }
  CommandResult out;
  const bool in_time = read_output(ends[0], order, out.output);
  ::close(ends[0]);
  if (!in_time) ::kill(-pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!in_time) return Error(Code::timeout, "'" + order.words[0] + "' took too long");
  out.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return out;
}

Result<std::string> LinuxCommands::make_scratch() {
  const char* base = ::getenv("TMPDIR");
  std::string folder =
      std::string(base != nullptr && *base == '/' ? base : "/tmp") + "/samara-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return os_error(errno);
  return folder;
}

void LinuxCommands::remove_scratch(const std::string& folder) {
  if (DIR* open = ::opendir(folder.c_str())) {
    while (const dirent* entry = ::readdir(open)) ::unlinkat(::dirfd(open), entry->d_name, 0);
    ::closedir(open);
  }
  ::rmdir(folder.c_str());
}

}  // namespace samara::port
