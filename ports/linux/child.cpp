#include "ports/linux/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "ports/linux/files.hpp"

extern char** environ;

namespace samara::port {

namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_with(
    const std::vector<std::pair<std::string, std::string>>& variables) {
  std::vector<std::string> out;
  for (char** at = environ; *at != nullptr; at++) {
    const std::string_view entry(*at);
    bool replaced = false;
    for (const auto& [name, value] : variables) {
      replaced = replaced || entry.starts_with(name + "=");
    }
    if (!replaced) out.emplace_back(entry);
  }
  for (const auto& [name, value] : variables) out.push_back(name + "=" + value);
  return out;
}

// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void become(const char* program, char** words, char** variables, int output,
                         int problems, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  // It may have ended before we asked to be told.
  if (::getppid() != parent) ::_exit(127);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int number : {SIGINT, SIGTERM, SIGPIPE, SIGHUP}) ::signal(number, SIG_DFL);
  // An interrupt of the terminal is for us, who tell it to end.
  ::setpgid(0, 0);
  const int empty = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (empty >= 0) ::dup2(empty, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::execvpe(program, words, variables);
  const int why = errno;
  static_cast<void>(!::write(problems, &why, sizeof why));
  ::_exit(127);
}

}  // namespace

Result<Child> Child::start(const ChildOrder& order) {
  int output[2];
  int problems[2];
  if (::pipe2(output, O_CLOEXEC) != 0) return os_error(errno);
  if (::pipe2(problems, O_CLOEXEC) != 0) {
    Error error = os_error(errno);
    ::close(output[0]);
    ::close(output[1]);
    return error;
  }
  std::vector<std::string> words = {order.program};
  words.insert(words.end(), order.words.begin(), order.words.end());
  std::vector<std::string> variables = environment_with(order.variables);
  std::vector<char*> word_pointers = pointers(words);
  std::vector<char*> variable_pointers = pointers(variables);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    become(words[0].c_str(), word_pointers.data(), variable_pointers.data(), output[1], problems[1],
           parent);
  }
  const int fork_error = errno;
  ::close(output[1]);
  ::close(problems[1]);
  int why = 0;
  const bool failed = pid > 0 && ::read(problems[0], &why, sizeof why) == sizeof why;
  ::close(problems[0]);
  Child out;
  out.output_ = output[0];
  if (pid < 0) return os_error(fork_error);
  out.pid_ = pid;
  if (failed) {
    ::waitpid(pid, nullptr, 0);
    out.pid_ = -1;
    return os_error(why).with_context("cannot start '" + order.program + "'");
  }
  ::fcntl(out.output_, F_SETFL, O_NONBLOCK);
  out.end_ = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (out.end_ < 0) return os_error(errno);
  return out;
}

Child::~Child() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (end_ >= 0) ::close(end_);
  if (output_ >= 0) ::close(output_);
}

void Child::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

void Child::let_go() {
  signal(SIGTERM);
  pid_ = -1;
}

bool Child::wait(std::chrono::milliseconds most) {
  if (pid_ <= 0) return true;
  pollfd ended{.fd = end_, .events = POLLIN, .revents = 0};
  if (::poll(&ended, 1, static_cast<int>(most.count())) <= 0) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
  pid_ = -1;
  how_ = WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                             : "exit code " + std::to_string(WEXITSTATUS(status));
  return true;
}

bool Child::await_line(std::string_view word, std::chrono::milliseconds most) {
  const auto last = std::chrono::steady_clock::now() + most;
  while (true) {
    size_t end = 0;
    while ((end = text_.find('\n')) != std::string::npos) {
      const bool found = std::string_view(text_).substr(0, end) == word;
      text_.erase(0, end + 1);
      if (found) return true;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        last - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd readable{.fd = output_, .events = POLLIN, .revents = 0};
    if (::poll(&readable, 1, static_cast<int>(left.count())) <= 0) continue;
    char buffer[512];
    const ssize_t got = ::read(output_, buffer, sizeof buffer);
    if (got == 0) return false;
    if (got > 0) text_.append(buffer, static_cast<size_t>(got));
    constexpr size_t k_text_max = 64 * 1024;  // what has no lines is no word of ours
    if (text_.size() > k_text_max) text_.clear();
  }
}

}  // namespace samara::port
