#include "ports/linux/programs.hpp"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "ports/linux/files.hpp"
#include "ports/linux/pipes.hpp"

extern char** environ;

namespace samara::port {

namespace {

constexpr size_t k_messages_max = 64 << 10;
constexpr size_t k_piece = 64 << 10;
constexpr int k_look_ms = 20;  // for a cancellation

/// What posix_spawn is told; frees itself.
class SpawnPlan {
 public:
  SpawnPlan(const Pipe& in, const Pipe& out, const Pipe& messages) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    // Also where the caller has closed its own three, none of these ends is overwritten before it
    // is used: the two writing ones are at least the fourth and sixth descriptor there is.
    posix_spawn_file_actions_adddup2(&actions_, in.reading.number(), 0);
    posix_spawn_file_actions_adddup2(&actions_, out.writing.number(), 1);
    posix_spawn_file_actions_adddup2(&actions_, messages.writing.number(), 2);
    posix_spawn_file_actions_addclosefrom_np(&actions_, 3);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  Result<pid_t> spawn(const ProgramOrder& order) const {
    std::vector<char*> words;
    words.push_back(const_cast<char*>(order.path.c_str()));
    for (const std::string& word : order.words) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    pid_t child = -1;
    int failed =
        ::posix_spawnp(&child, order.path.c_str(), &actions_, &attributes_, words.data(), environ);
    if (failed != 0) return os_error(failed).with_context("cannot start '" + order.path + "'");
    return child;
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

class Conversation {
 public:
  Conversation(const ProgramOrder& order, Descriptor& in, Descriptor& out, Descriptor& messages)
      : order_(order), in_(in), out_(out), messages_(messages) {
    never_block(in_);
    never_block(out_);
    never_block(messages_);
    if (order.input.empty()) in_.close();
  }

  // Until both outputs are closed, or it must end: then exited is false.
  bool go(ProgramReport& report) {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point end = Clock::now() + order_.wall_max;
    while (out_.open() || messages_.open()) {
      int wait_ms = -1;
      if (order_.wall_max.count() > 0) {
        auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
        if (left <= 0) {
          report.end = ProgramEnd::timed_out;
          return false;
        }
        wait_ms = static_cast<int>(std::min<long>(left, INT_MAX));
      }
      if (order_.cancel != nullptr) {
        if (order_.cancel->load()) {
          report.end = ProgramEnd::cancelled;
          return false;
        }
        wait_ms = wait_ms < 0 ? k_look_ms : std::min(wait_ms, k_look_ms);
      }
      pollfd watched[3] = {
          {in_.number(), POLLOUT, 0}, {out_.number(), POLLIN, 0}, {messages_.number(), POLLIN, 0}};
      if (::poll(watched, 3, wait_ms) < 0 && errno != EINTR) return false;
      if (watched[0].revents != 0) write_input();
      if (watched[1].revents != 0 && !read_output(report)) return false;
      if (watched[2].revents != 0) read_messages(report);
    }
    return true;
  }

 private:
  void write_input() {
    // SIGPIPE is not sent for a pipe when it is blocked in this thread; see NoPipeSignal.
    ssize_t put = ::write(in_.number(), order_.input.data() + written_,
                          std::min(order_.input.size() - written_, k_piece));
    if (put < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (put > 0) written_ += static_cast<size_t>(put);
    if (put <= 0 || written_ == order_.input.size()) in_.close();
  }

  bool read_output(ProgramReport& report) {
    uint8_t piece[k_piece];
    ssize_t got = ::read(out_.number(), piece, sizeof piece);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (got <= 0) {
      out_.close();
      return true;
    }
    if (report.output.size() + static_cast<size_t>(got) > order_.output_bytes_max) {
      report.end = ProgramEnd::output_too_large;
      return false;
    }
    report.output.insert(report.output.end(), piece, piece + got);
    return true;
  }

  void read_messages(ProgramReport& report) {
    char piece[4096];
    ssize_t got = ::read(messages_.number(), piece, sizeof piece);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return messages_.close();
    size_t room = k_messages_max - report.messages.size();
    report.messages.append(piece, std::min(room, static_cast<size_t>(got)));
  }

  const ProgramOrder& order_;
  Descriptor& in_;
  Descriptor& out_;
  Descriptor& messages_;
  size_t written_ = 0;
};

}  // namespace

Result<ProgramReport> LinuxPrograms::run(const ProgramOrder& order) {
  Pipe in;
  Pipe out;
  Pipe messages;
  SAMARA_CHECK(in.make());
  SAMARA_CHECK(out.make());
  SAMARA_CHECK(messages.make());
  SAMARA_TRY(pid_t child, SpawnPlan(in, out, messages).spawn(order));
  in.reading.close();
  out.writing.close();
  messages.writing.close();
  ProgramReport report;
  NoPipeSignal quiet;
  bool exited = Conversation(order, in.writing, out.reading, messages.reading).go(report);
  if (!exited) ::kill(-child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (report.end != ProgramEnd::exited) return report;
  report.end = WIFSIGNALED(status) ? ProgramEnd::signalled : ProgramEnd::exited;
  report.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  return report;
}

Result<std::string> LinuxPrograms::make_scratch() {
  const char* base = ::getenv("TMPDIR");
  std::string folder =
      std::string(base != nullptr && *base == '/' ? base : "/tmp") + "/samara-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return os_error(errno);
  return folder;
}

void LinuxPrograms::remove_scratch(const std::string& folder) {
  if (DIR* open = ::opendir(folder.c_str())) {
    while (const dirent* entry = ::readdir(open)) ::unlinkat(::dirfd(open), entry->d_name, 0);
    ::closedir(open);
  }
  ::rmdir(folder.c_str());
}

namespace {

std::string folder_of(std::string_view path) {
  return std::string(path.substr(0, path.rfind('/') + 1));
}

std::string library_folder() {
  Dl_info info{};
  if (::dladdr(reinterpret_cast<void*>(&library_folder), &info) == 0) return {};
  return info.dli_fname == nullptr ? std::string() : folder_of(info.dli_fname);
}

}  // namespace

std::string own_folder() {
  std::string path(PATH_MAX, 0);
  ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  if (size <= 0) return {};
  path.resize(static_cast<size_t>(size));
  return folder_of(path);
}

std::string program_beside(std::string_view name) {
  const std::string library = library_folder();
  for (const std::string& folder : {own_folder(), library, library + "../bin/"}) {
    std::string path = folder + std::string(name);
    if (folder.starts_with('/') && ::access(path.c_str(), X_OK) == 0) return path;
  }
  return {};
}

}  // namespace samara::port
