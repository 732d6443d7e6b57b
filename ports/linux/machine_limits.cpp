#include "ports/linux/machine_limits.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <string_view>
#include <thread>

namespace samara::port {

namespace {

constexpr size_t k_file_bytes_max = size_t{64} * 1024;

std::string text_of(const std::string& path) {
  std::string out;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return out;
  char buffer[4096];
  ssize_t got = 0;
  while (out.size() < k_file_bytes_max && (got = ::read(file, buffer, sizeof buffer)) > 0) {
    out.append(buffer, static_cast<size_t>(got));
  }
  ::close(file);
  return out;
}

// The number at the start; nothing: there is none, "max" for example.
std::optional<uint64_t> number_of(std::string_view text) {
  while (!text.empty() && (text[0] == ' ' || text[0] == '\t')) text.remove_prefix(1);
  uint64_t out = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (read.ec != std::errc()) return std::nullopt;
  return out;
}

// Behind a word at the beginning of a line.
std::optional<uint64_t> number_after(std::string_view text, std::string_view word) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.starts_with(word)) return number_of(line.substr(word.size()));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::nullopt;
}

// Folders of the control groups that this process is in, its own first. `controller`: "" for
// version 2, else one of version 1. What cannot be seen from inside a container is its root here.
std::vector<std::string> folders_of(std::string_view controller) {
  const std::string root =
      controller.empty() ? "/sys/fs/cgroup" : "/sys/fs/cgroup/" + std::string(controller);
  const std::string all = text_of("/proc/self/cgroup");
  std::string path;
  for (std::string_view left = all; !left.empty();) {
    const size_t end = std::min(left.find('\n'), left.size());
    const std::string_view line = left.substr(0, end);
    left.remove_prefix(std::min(end + 1, left.size()));
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    const std::string names = "," + std::string(line.substr(first + 1, second - first - 1)) + ",";
    const bool own = controller.empty()
                         ? names == ",,"
                         : names.find("," + std::string(controller) + ",") != std::string::npos;
    if (own) path = line.substr(second + 1);
  }
  std::vector<std::string> out;
  while (path.size() > 1) {
    out.push_back(root + path);
    path.resize(path.rfind('/'));
  }
  out.push_back(root);
  return out;
}

void lower(uint64_t& to, uint64_t value) { to = std::min(to, value); }

// What a group has left counts what could be dropped without swapping.
void limit_memory(MachineMemory& out, std::string_view controller) {
  const bool old = !controller.empty();
  for (const std::string& folder : folders_of(controller)) {
    auto most = number_of(text_of(folder + (old ? "/memory.limit_in_bytes" : "/memory.max")));
    auto used = number_of(text_of(folder + (old ? "/memory.usage_in_bytes" : "/memory.current")));
    if (!most || !used || *most >= out.total) continue;
    const std::string stat = text_of(folder + "/memory.stat");
    const uint64_t files =
        number_after(stat, old ? "total_inactive_file " : "inactive_file ").value_or(0) +
        number_after(stat, old ? "total_active_file " : "active_file ").value_or(0);
    const uint64_t held = *used - std::min(files, *used);
    lower(out.total, *most);
    lower(out.available, *most - std::min(held, *most));
  }
}

uint32_t quota_cores() {
  uint64_t out = UINT32_MAX;
  auto limit = [&](uint64_t quota, uint64_t period) {
    if (period > 0) lower(out, std::max<uint64_t>((quota + period - 1) / period, 1));
  };
  for (const std::string& folder : folders_of("")) {
    const std::string text = text_of(folder + "/cpu.max");
    auto quota = number_of(text);
    auto period = number_of(std::string_view(text).substr(std::min(text.find(' '), text.size())));
    if (quota && period) limit(*quota, *period);
  }
  for (const std::string& folder : folders_of("cpu")) {
    auto quota = number_of(text_of(folder + "/cpu.cfs_quota_us"));  // -1: none
    auto period = number_of(text_of(folder + "/cpu.cfs_period_us"));
    if (quota && period) limit(*quota, *period);
  }
  return static_cast<uint32_t>(out);
}

}  // namespace

uint32_t usable_cores() {
  return std::min(std::max(std::thread::hardware_concurrency(), 1U), quota_cores());
}

MachineMemory machine_memory() {
  constexpr uint64_t k_unit = 1024;
  const std::string text = text_of("/proc/meminfo");
  MachineMemory out;
  out.total = number_after(text, "MemTotal:").value_or(0) * k_unit;
  out.available = number_after(text, "MemAvailable:").value_or(0) * k_unit;
  if (out.total == 0) return {};
  limit_memory(out, "");
  limit_memory(out, "memory");
  return out;
}

std::vector<pid_t> descendants_of(pid_t process) {
  std::multimap<pid_t, pid_t> children;
  DIR* folder = ::opendir("/proc");
  if (folder == nullptr) return {};
  while (const dirent* entry = ::readdir(folder)) {
    auto number = number_of(entry->d_name);
    if (!number) continue;
    const std::string stat = text_of("/proc/" + std::string(entry->d_name) + "/stat");
    // Behind the name of the program, which may hold anything: its state, then its parent.
    const size_t end = stat.rfind(')');
    if (end == std::string::npos || end + 4 > stat.size()) continue;
    auto parent = number_of(std::string_view(stat).substr(end + 4));
    if (parent) children.emplace(static_cast<pid_t>(*parent), static_cast<pid_t>(*number));
  }
  ::closedir(folder);
  std::vector<pid_t> out;
  std::vector<pid_t> open = {process};
  while (!open.empty()) {
    const pid_t next = open.back();
    open.pop_back();
    const auto [first, last] = children.equal_range(next);
    for (auto at = first; at != last; ++at) {
      out.push_back(at->second);
      open.push_back(at->second);
    }
    children.erase(first, last);
  }
  return out;
}

uint64_t own_memory_of(pid_t process) {
  const std::string text = text_of("/proc/" + std::to_string(process) + "/statm");
  std::string_view left = text;
  uint64_t values[3] = {};
  for (uint64_t& value : values) {
    value = number_of(left).value_or(0);
    left.remove_prefix(std::min(left.find(' ', 1), left.size()));
  }
  const uint64_t pages = values[1] - std::min(values[2], values[1]);
  return pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

MemoryPressure::MemoryPressure() {
  // 2 s is the only window that the kernel allows to anybody.
  constexpr char k_order[] = "some 300000 2000000";
  file_ = ::open("/proc/pressure/memory", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (file_ < 0) return;
  if (::write(file_, k_order, sizeof k_order) != static_cast<ssize_t>(sizeof k_order)) {
    ::close(file_);
    file_ = -1;
  }
}

MemoryPressure::~MemoryPressure() {
  if (file_ >= 0) ::close(file_);
}

bool MemoryPressure::happened() {
  if (file_ < 0) return false;
  pollfd look{.fd = file_, .events = POLLPRI, .revents = 0};
  return ::poll(&look, 1, 0) > 0 && (look.revents & POLLPRI) != 0;
}

}  // namespace samara::port
