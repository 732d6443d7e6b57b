#include "ports/linux/sandbox_cgroup.hpp"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "port/files.hpp"
#include "ports/linux/zygote/protocol.hpp"

namespace samara::port {

namespace {

constexpr const char* k_memory_files[] = {"/memory.max", "/memory.limit_in_bytes"};
constexpr const char* k_process_file = "/pids.max";

bool has(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

Result<void> write_file(const std::string& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  const bool done =
      file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int problem = errno;
  if (file >= 0) ::close(file);
  if (done) return {};
  return os_error(problem).with_context("cannot write '" + path + "'");
}

}  // namespace

SandboxCgroup::~SandboxCgroup() {
  for (const std::string& folder : folders_) {
    // A process that was killed leaves its group a little later.
    for (int i = 0; i < 100 && ::rmdir(folder.c_str()) != 0 && errno == EBUSY; i++) ::usleep(1000);
  }
}

Result<SandboxCgroup> SandboxCgroup::make(std::string_view subtrees) {
  static constinit std::atomic<uint32_t> next{1};  // alone; orders nothing
  SandboxCgroup out;
  while (!subtrees.empty()) {
    const std::string subtree(subtrees.substr(0, subtrees.find(':')));
    subtrees.remove_prefix(std::min(subtree.size() + 1, subtrees.size()));
    if (subtree.empty()) continue;
    // Version 2 wants it said that children may have limits; where it is said already, or cannot
    // be, the files below tell.
    (void)write_file(subtree + "/cgroup.subtree_control", "+memory +pids");
    const std::string folder = subtree + "/samara-" + std::to_string(::getpid()) + "-" +
                               std::to_string(next.fetch_add(1, std::memory_order_relaxed));
    if (::mkdir(folder.c_str(), 0755) != 0) {
      return os_error(errno).with_context("cannot make the control group '" + folder + "'");
    }
    out.folders_.push_back(folder);
    // The zygote, and one runner.
    if (has(folder + k_process_file)) SAMARA_CHECK(write_file(folder + k_process_file, "2"));
  }
  return out;
}

Result<void> SandboxCgroup::add(int process) const {
  for (const std::string& folder : folders_) {
    SAMARA_CHECK(write_file(folder + "/cgroup.procs", std::to_string(process)));
  }
  return {};
}

Result<void> SandboxCgroup::limit_memory(uint64_t bytes) const {
  for (const std::string& folder : folders_) {
    for (const char* name : k_memory_files) {
      if (has(folder + name)) SAMARA_CHECK(write_file(folder + name, std::to_string(bytes)));
    }
  }
  return {};
}

uint32_t SandboxCgroup::walls() const {
  uint32_t out = 0;
  for (const std::string& folder : folders_) {
    for (const char* name : k_memory_files) {
      if (has(folder + name)) out |= sandbox::k_wall_group_memory;
    }
    if (has(folder + k_process_file)) out |= sandbox::k_wall_group_processes;
  }
  return out;
}

}  // namespace samara::port
