#include "ports/linux/processes.hpp"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <string_view>

namespace samara::port {

namespace {

struct SmallFile {
  int error = 0;
  std::string text;
};

SmallFile read_small(const std::string& path) {
  SmallFile out;
  int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    out.error = errno;
    return out;
  }
  char buffer[4096];
  ssize_t got = ::read(file, buffer, sizeof buffer);
  if (got < 0) out.error = errno;
  if (got > 0) out.text.assign(buffer, static_cast<size_t>(got));
  ::close(file);
  return out;
}

struct Stat {
  char state = 0;
  int64_t started = 0;
};

// proc(5): the name in parentheses may hold anything, so fields count from the last ')'.
Stat parse_stat(std::string_view text) {
  Stat out;
  size_t end = text.rfind(')');
  if (end == std::string_view::npos || end + 2 >= text.size()) return out;
  text.remove_prefix(end + 2);
  out.state = text[0];
  constexpr int k_start_field = 22 - 3;
  for (int i = 0; i < k_start_field; i++) {
    size_t space = text.find(' ');
    if (space == std::string_view::npos) return out;
    text.remove_prefix(space + 1);
  }
  std::from_chars(text.data(), text.data() + text.size(), out.started);
  return out;
}

std::string read_boot() {
  std::string text = read_small("/proc/sys/kernel/random/boot_id").text;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

ProcessId LinuxProcesses::self() {
  ProcessId out;
  out.pid = ::getpid();
  out.started = parse_stat(read_small("/proc/self/stat").text).started;
  out.boot = read_boot();
  return out;
}

bool LinuxProcesses::alive(const ProcessId& process) {
  std::string boot = read_boot();
  if (!boot.empty() && !process.boot.empty() && boot != process.boot) return false;
  SmallFile stat = read_small("/proc/" + std::to_string(process.pid) + "/stat");
  if (stat.error == ENOENT || stat.error == ESRCH) return false;
  if (stat.text.empty()) return true;
  Stat now = parse_stat(stat.text);
  if (now.state == 'Z' || now.state == 'X') return false;
  return now.started == process.started;
}

std::chrono::nanoseconds LinuxProcesses::thread_cpu() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace samara::port
