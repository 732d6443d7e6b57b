#include "ports/linux/sandbox.hpp"

#include <stdlib.h>
#include <sys/random.h>

#include <algorithm>

#include "port/files.hpp"
#include "ports/linux/sandbox_slot.hpp"

namespace samara::port {

namespace {

struct WallName {
  uint32_t bit;
  const char* name;
  const char* hint = "";
};

constexpr const char* k_cgroup_variable = "SAMARA_CGROUP";
constexpr const char* k_cgroup_hint = "name a control group that we may write to in SAMARA_CGROUP";

constexpr WallName k_walls[] = {
    {sandbox::k_wall_seccomp, "system call filter"},
    {sandbox::k_wall_no_new_privileges, "no new privileges"},
    {sandbox::k_wall_no_capabilities, "no capabilities"},
    {sandbox::k_wall_rlimits, "resource limits"},
    {sandbox::k_wall_landlock, "landlock"},
    {sandbox::k_wall_user_namespace, "user namespace"},
    {sandbox::k_wall_process_namespace, "process namespace"},
    {sandbox::k_wall_mount_namespace, "mount namespace"},
    {sandbox::k_wall_empty_root, "empty root"},
    {sandbox::k_wall_network_namespace, "network namespace"},
    {sandbox::k_wall_ipc_namespace, "ipc namespace"},
    {sandbox::k_wall_host_name_namespace, "host name namespace"},
    {sandbox::k_wall_no_new_code, "memory deny write execute"},
    {sandbox::k_wall_group_memory, "memory control group", k_cgroup_hint},
    {sandbox::k_wall_group_processes, "process control group", k_cgroup_hint},
};

}  // namespace

LinuxSandbox::LinuxSandbox(const LinuxSandboxOptions& options) : options_(options) {
  const char* named = ::getenv(k_cgroup_variable);
  if (options_.cgroups.empty() && named != nullptr) options_.cgroups = named;
}
LinuxSandbox::~LinuxSandbox() = default;

uint64_t LinuxSandbox::place(uint64_t) {
  // Above what the zygote itself uses and below what the kernel gives out by itself, also with
  // addresses of 39 bits.
  constexpr uint64_t k_low = uint64_t{0x10} << 32;
  uint32_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != static_cast<ssize_t>(sizeof random)) random = 0;
  return k_low + (uint64_t{random % (1U << 20)} << 16);
}

Result<std::shared_ptr<const SandboxProgram>> LinuxSandbox::load(const SandboxImage& image) {
  return LinuxSandboxProgram::make(image);
}

Result<std::unique_ptr<SandboxSlot>> LinuxSandbox::new_slot() const {
  SAMARA_TRY(SandboxCgroup group, SandboxCgroup::make(options_.cgroups));
  SAMARA_TRY(ZygoteProcess zygote, ZygoteProcess::start());
  SAMARA_CHECK(group.add(zygote.process()));
  return std::make_unique<SandboxSlot>(std::move(zygote), std::move(group));
}

std::unique_ptr<SandboxSlot> LinuxSandbox::take_idle(uint64_t program) {
  std::lock_guard lock(mutex_);
  if (idle_.empty()) return nullptr;
  auto found = std::find_if(idle_.rbegin(), idle_.rend(),
                            [&](const auto& slot) { return slot->program() == program; });
  // Otherwise the one that has waited longest.
  auto at = found == idle_.rend() ? idle_.begin() : std::prev(found.base());
  std::unique_ptr<SandboxSlot> out = std::move(*at);
  idle_.erase(at);
  return out;
}

void LinuxSandbox::give_back(std::unique_ptr<SandboxSlot> slot) {
  std::unique_ptr<SandboxSlot> surplus;  // ended outside of the lock
  std::lock_guard lock(mutex_);
  idle_.push_back(std::move(slot));
  if (idle_.size() > options_.idle_max) {
    surplus = std::move(idle_.front());
    idle_.erase(idle_.begin());
  }
}

Result<SandboxReport> LinuxSandbox::run(const SandboxProgram& program, const SandboxOrder& order) {
  const auto& loaded = static_cast<const LinuxSandboxProgram&>(program);
  // A zygote may have died while it waited: then others are tried, the last one a new one.
  for (;;) {
    std::unique_ptr<SandboxSlot> slot = take_idle(loaded.number);
    const bool fresh = slot == nullptr;
    if (fresh) {
      SAMARA_TRY(slot, new_slot());
    }
    auto ready = slot->load(loaded);
    if (ready) {
      auto report = slot->run(loaded, order, options_);
      if (report) {
        give_back(std::move(slot));
        return report;
      }
      // Begun anew elsewhere: what a task does is seen by nobody before it has returned.
      if (fresh) return report;
    } else if (fresh) {
      return std::move(ready).error();
    }
  }
}

Result<std::vector<SandboxWall>> LinuxSandbox::walls() {
  std::unique_ptr<SandboxSlot> slot = take_idle(0);
  if (slot == nullptr) {
    SAMARA_TRY(slot, new_slot());
  }
  const uint32_t bits = slot->walls();
  give_back(std::move(slot));
  std::vector<SandboxWall> out;
  for (const WallName& wall : k_walls)
    out.push_back({wall.name, (bits & wall.bit) != 0, wall.hint});
  return out;
}

}  // namespace samara::port
