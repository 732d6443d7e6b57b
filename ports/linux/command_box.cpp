#include "ports/linux/command_box.hpp"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "port/files.hpp"
#include "ports/linux/command_child.hpp"
#include "ports/linux/pipes.hpp"

namespace samara::port {

namespace {

using Time = std::chrono::steady_clock;

constexpr size_t k_piece = 64 << 10;
constexpr auto k_look = std::chrono::milliseconds(20);         // for a cancellation
constexpr auto k_weigh_first = std::chrono::milliseconds(50);  // the memory in use
constexpr auto k_weigh_last = std::chrono::milliseconds(500);
constexpr int k_weighed_max = 1024;  // processes: more than there can be

std::string read_small(const char* path) {
  char text[4096];
  Descriptor file(::open(path, O_RDONLY | O_CLOEXEC));
  const ssize_t got = file.open() ? ::read(file.number(), text, sizeof text) : 0;
  return got > 0 ? std::string(text, static_cast<size_t>(got)) : std::string();
}

// Memory of its own of a process and all below it: anonymous pages.
uint64_t weigh(int process) {
  uint64_t pages = 0;
  std::vector<int> todo{process};
  for (size_t i = 0; i < todo.size() && i < k_weighed_max; i++) {
    char path[96];
    std::snprintf(path, sizeof path, "/proc/%d/statm", todo[i]);
    const std::string sizes = read_small(path);
    char* next = nullptr;
    std::strtoull(sizes.c_str(), &next, 10);
    const uint64_t resident = std::strtoull(next, &next, 10);
    const uint64_t shared = std::strtoull(next, &next, 10);
    // The first two are copies of us.
    if (i > 1) pages += resident - std::min(resident, shared);
    std::snprintf(path, sizeof path, "/proc/%d/task/%d/children", todo[i], todo[i]);
    const std::string children = read_small(path);
    const char* at = children.c_str();
    for (char* end = nullptr;; at = end) {
      const auto child = static_cast<int>(std::strtol(at, &end, 10));
      if (end == at || child <= 0) break;
      todo.push_back(child);
    }
  }
  return pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

struct Box {
  int first = -1;     // the process we have forked
  Descriptor handle;  // of it

  // It then ends process 1 of the box, and the kernel all others with that.
  void kill() const { ::syscall(SYS_pidfd_send_signal, handle.number(), SIGTERM, nullptr, 0U); }
};

class Conversation {
 public:
  Conversation(const CommandOrder& order, Box& box, Descriptor in, Descriptor out,
               Descriptor messages, Descriptor result, Descriptor words)
      : order_(order),
        box_(box),
        in_(std::move(in)),
        out_(std::move(out)),
        messages_(std::move(messages)),
        result_(std::move(result)),
        words_(std::move(words)) {
    for (const Descriptor* end : {&in_, &out_, &messages_, &result_, &words_}) never_block(*end);
    if (order.input.empty()) in_.close();
  }

  // Until all have closed their ends, or it must end: then the end is in the report.
  Result<void> go(CommandReport& report) {
    const Time::time_point begin = Time::now();
    auto weigh_pause = k_weigh_first;
    Time::time_point weigh_at = begin + weigh_pause;
    while (out_.open() || messages_.open() || result_.open() || words_.open()) {
      const Time::time_point now = Time::now();
      if (order_.cancel != nullptr && order_.cancel->load()) {
        report.end = CommandEnd::cancelled;
        return {};
      }
      Time::time_point wake = weigh_at;
      if (order_.cancel != nullptr) wake = std::min(wake, now + k_look);
      if (order_.wall_max.count() > 0) {
        const Time::time_point end = order_.wall_max > std::chrono::hours(24 * 365)
                                         ? Time::time_point::max()
                                         : begin + order_.wall_max;
        if (now >= end) {
          report.end = CommandEnd::timed_out;
          return {};
        }
        wake = std::min(wake, end);
      }
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(wake - now).count();
      pollfd watched[5] = {{in_.number(), POLLOUT, 0},
                           {out_.number(), POLLIN, 0},
                           {messages_.number(), POLLIN, 0},
                           {result_.number(), POLLIN, 0},
                           {words_.number(), POLLIN, 0}};
      if (::poll(watched, 5, static_cast<int>(std::clamp<long>(left, 0, INT_MAX))) < 0 &&
          errno != EINTR) {
        return os_error(errno);
      }
      if (watched[0].revents != 0) write_input();
      if (watched[1].revents != 0) read_output(report);
      if (watched[2].revents != 0) read_messages();
      if (watched[3].revents != 0) read_result(report);
      if (watched[4].revents != 0) SAMARA_CHECK(read_words());
      if (too_large_) {
        report.end = CommandEnd::output_too_large;
        return {};
      }
      if (Time::now() >= weigh_at) {
        const uint64_t bytes = weigh(box_.first);
        report.peak_memory_bytes = std::max(report.peak_memory_bytes, bytes);
        if (bytes > order_.memory_bytes_max) {
          report.end = CommandEnd::memory;
          return {};
        }
        weigh_pause = std::min(weigh_pause * 2, std::chrono::milliseconds(k_weigh_last));
        weigh_at = Time::now() + weigh_pause;
      }
    }
    exited_ = true;
    return {};
  }

  /// It has ended by itself; what the box said of it.
  bool exited() const { return exited_; }
  std::optional<int> status() const { return status_; }
  bool has_result() const { return has_result_; }
  const std::optional<BoxWord>& failed() const { return failed_; }

 private:
  void write_input() {
    const ssize_t put = ::write(in_.number(), order_.input.data() + written_,
                                std::min(order_.input.size() - written_, k_piece));
    if (put < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (put > 0) written_ += static_cast<size_t>(put);
    if (put <= 0 || written_ == order_.input.size()) in_.close();
  }

  // Bytes that came, or nothing where none are left to come; then the end is closed.
  std::optional<ByteView> read_some(Descriptor& from) {
    const ssize_t got = ::read(from.number(), piece_, sizeof piece_);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return ByteView();
    if (got <= 0) {
      from.close();
      return std::nullopt;
    }
    return ByteView(piece_, static_cast<size_t>(got));
  }

  void add_result(CommandReport& report, ByteView bytes) {
    too_large_ = too_large_ || bytes.size() > order_.output_bytes_max ||
                 report.result.size() > order_.output_bytes_max - bytes.size();
    if (!too_large_) report.result.insert(report.result.end(), bytes.begin(), bytes.end());
  }

  void read_output(CommandReport& report) {
    auto bytes = read_some(out_);
    if (!bytes || bytes->empty()) return;
    if (order_.result_file.empty()) {
      add_result(report, *bytes);
    } else if (order_.watcher != nullptr) {
      order_.watcher->output(as_text(*bytes));
    }
  }

  void read_messages() {
    auto bytes = read_some(messages_);
    if (!bytes || bytes->empty() || order_.watcher == nullptr) return;
    order_.watcher->messages(as_text(*bytes));
  }

  void read_result(CommandReport& report) {
    auto bytes = read_some(result_);
    if (!bytes || bytes->empty()) return;
    // The first byte says that there is one.
    const size_t skipped = has_result_ ? 0 : 1;
    has_result_ = true;
    add_result(report, bytes->subspan(skipped));
  }

  Result<void> read_words() {
    auto bytes = read_some(words_);
    if (!bytes) return {};
    for (ByteView left = *bytes; left.size() >= sizeof(BoxWord);
         left = left.subspan(sizeof(BoxWord))) {
      BoxWord word;
      std::copy_n(left.data(), sizeof word, reinterpret_cast<uint8_t*>(&word));
      if (word.kind == BoxWord::k_ended) status_ = word.value;
      if (word.kind == BoxWord::k_failed && !failed_) failed_ = word;
    }
    return {};
  }

  const CommandOrder& order_;
  Box& box_;
  Descriptor in_;
  Descriptor out_;
  Descriptor messages_;
  Descriptor result_;
  Descriptor words_;
  uint8_t piece_[k_piece];
  size_t written_ = 0;
  bool too_large_ = false;
  bool exited_ = false;
  bool has_result_ = false;
  std::optional<int> status_;
  std::optional<BoxWord> failed_;
};

Error cannot_build(const BoxWord& word) {
  Error error = os_error(word.value);
  const bool full = word.value == ENOSPC || word.value == ENOMEM || word.value == EAGAIN;
  return Error(full ? Code::exhausted : Code::unsupported,
               "cannot make the box for a command, at '" + std::string(word.stage) +
                   "': " + std::string(error.message()) +
                   "; it needs namespaces of users, processes, mounts and networks");
}

}  // namespace

Result<CommandReport> LinuxCommandBox::run(const CommandOrder& order) {
  BoxPlan plan;
  SAMARA_CHECK(plan.make(order));
  Pipe in;
  Pipe out;
  Pipe messages;
  Pipe result;
  Pipe words;
  for (Pipe* one : {&in, &out, &messages, &result, &words}) SAMARA_CHECK(one->make());
  plan.input = in.reading.number();
  plan.output = out.writing.number();
  plan.messages = messages.writing.number();
  plan.result = result.writing.number();
  plan.words = words.writing.number();
  Box box;
  int handle = -1;
  const int self = ::getpid();
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);  // no handler of ours may run in the child
  // No signal at its end: the application that uses this library may wait for children of its own.
  box.first = static_cast<int>(::syscall(SYS_clone, CLONE_PIDFD, 0, &handle, 0, 0));
  if (box.first == 0) run_box(plan, self);
  const int problem = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (box.first < 0) return os_error(problem).with_context("cannot start a command");
  box.handle = Descriptor(handle);
  in.reading.close();
  out.writing.close();
  messages.writing.close();
  result.writing.close();
  words.writing.close();
  NoPipeSignal quiet;
  Conversation conversation(order, box, std::move(in.writing), std::move(out.reading),
                            std::move(messages.reading), std::move(result.reading),
                            std::move(words.reading));
  CommandReport report;
  const auto talked = conversation.go(report);
  if (!talked || !conversation.exited()) box.kill();
  rusage used{};
  while (::wait4(box.first, nullptr, __WALL, &used) < 0 && errno == EINTR) continue;
  if (!talked) return Error(talked.error().code, talked.error().message());
  auto time_of = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  report.cpu = time_of(used.ru_utime) + time_of(used.ru_stime);
  if (!conversation.exited()) return report;
  if (conversation.failed()) return cannot_build(*conversation.failed());
  if (!conversation.status()) {
    // Nobody in the box can end its first process; the system does, for want of memory.
    report.end = CommandEnd::memory;
    return report;
  }
  const int status = *conversation.status();
  report.end = WIFSIGNALED(status) ? CommandEnd::signalled : CommandEnd::exited;
  report.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  if (report.end == CommandEnd::signalled && report.code == SIGKILL) {
    report.end = CommandEnd::memory;
  }
  const bool well = report.end == CommandEnd::exited && report.code == 0;
  if (well && !order.result_file.empty() && !conversation.has_result()) {
    report.end = CommandEnd::no_result;
  }
  return report;
}

}  // namespace samara::port
