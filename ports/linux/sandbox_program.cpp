#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "port/files.hpp"
#include "ports/linux/sandbox_slot.hpp"

namespace samara::port {

namespace {

constexpr uint64_t k_block = 65536;  // the largest page of the kernels we know, and a guard
constexpr uint64_t k_stack_guard_bytes = 1U << 20;
constexpr unsigned k_memory_executable = 0x10;  // MFD_EXEC, since Linux 6.3

uint64_t in_blocks(uint64_t bytes) { return (bytes + k_block - 1) & ~(k_block - 1); }

uint32_t rights_of(SandboxRights rights) {
  switch (rights) {
    case SandboxRights::read:
      return sandbox::k_right_read;
    case SandboxRights::read_write:
      return sandbox::k_right_read | sandbox::k_right_write;
    case SandboxRights::read_execute:
      return sandbox::k_right_read | sandbox::k_right_execute;
  }
  SAMARA_ASSERT(!"rights of a region");
}

Result<OwnedFd> sealed_file(ByteView bytes) {
  constexpr unsigned k_flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  int fd = ::memfd_create("samara-image", k_flags | k_memory_executable);
  if (fd < 0 && errno == EINVAL) fd = ::memfd_create("samara-image", k_flags);
  if (fd < 0) return os_error(errno);
  OwnedFd file(fd);
  while (!bytes.empty()) {
    ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) return os_error(errno);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  if (::fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
    return os_error(errno);
  }
  return file;
}

// Everything in one stretch of addresses, guards between.
void lay_out(const SandboxImage& image, sandbox::LoadMessage& out) {
  uint64_t at = image.base;
  auto place = [&at](uint64_t bytes, uint64_t guard) {
    const uint64_t here = at + guard;
    at = here + in_blocks(bytes);
    return here;
  };
  out.reserve = image.base - k_block;
  out.image = place(image.memory.size(), 0);
  out.image_bytes = image.memory.size();
  if (image.resettable) out.pristine = place(image.memory.size(), k_block);
  out.heap_bytes = in_blocks(image.heap_bytes);
  out.heap = place(out.heap_bytes, k_block);
  out.stack_bytes = in_blocks(image.stack_bytes);
  out.stack = place(out.stack_bytes, k_stack_guard_bytes);
  out.control = place(sandbox::k_control_bytes, k_block);
  out.input_bytes = in_blocks(image.input_bytes_max);
  out.input = place(out.input_bytes, k_block);
  out.output_bytes = in_blocks(image.output_bytes_max);
  out.output = place(out.output_bytes, k_block);
  out.reserve_bytes = at + k_block - out.reserve;
}

}  // namespace

OwnedFd& OwnedFd::operator=(OwnedFd&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

OwnedFd::~OwnedFd() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::shared_ptr<const SandboxProgram>> LinuxSandboxProgram::make(const SandboxImage& image) {
  SAMARA_ASSERT(image.regions.size() <= sandbox::k_regions_max && image.base % k_block == 0);
  static_assert(sandbox::k_control_bytes % 4096 == 0);
  static constinit std::atomic<uint64_t> next{1};  // alone; orders nothing
  auto out = std::make_shared<LinuxSandboxProgram>();
  out->number = next.fetch_add(1, std::memory_order_relaxed);
  out->resettable = image.resettable;
  SAMARA_TRY(out->image, sealed_file(image.memory));
  sandbox::LoadMessage& load = out->load;
  lay_out(image, load);
  for (const SandboxRegion& region : image.regions) {
    load.regions[load.region_count++] = {
        .address = region.address, .size = region.size_bytes, .rights = rights_of(region.rights)};
  }
  load.entry = image.base + image.entry;
  load.init_array = image.base + image.init_array;
  load.init_count = image.init_count;
  load.capabilities = image.capabilities;
  return std::shared_ptr<const SandboxProgram>(std::move(out));
}

}  // namespace samara::port
