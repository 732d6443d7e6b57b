#pragma once
// ZygoteProcess: one zygote, started from the bytes in this library. Its end is noticed by the
// socket; it ends itself when its node is gone. Threads: one at a time.
// Specified by: docs/formats/native-image.md, section 9.

#include <chrono>
#include <span>

#include "core/result.hpp"
#include "port/clock.hpp"
#include "ports/linux/zygote/protocol.hpp"

namespace samara::port {

/// Now, by the clock that deadlines are measured with.
Instant monotonic_now();

/// Waits until one of the descriptors can be read (or its other end is gone), or `until`. Negative
/// descriptors are passed over. Whether the first, whether any.
struct Readable {
  bool first = false;
  bool second = false;
};
Readable wait_readable(int first, int second, Instant until);

class ZygoteProcess {
 public:
  ZygoteProcess() = default;
  ZygoteProcess(ZygoteProcess&& other) noexcept;
  ZygoteProcess& operator=(ZygoteProcess&&) = delete;
  ZygoteProcess(const ZygoteProcess&) = delete;
  /// Kills it and what it has started.
  ~ZygoteProcess();

  /// Errors: unsupported (no zygote for this processor, or a kernel without system call filters),
  /// exhausted, io.
  static Result<ZygoteProcess> start();

  /// Bits of sandbox::Wall.
  uint32_t walls() const { return walls_; }
  int socket() const { return socket_; }
  int process() const { return pid_; }
  /// With at most two descriptors. Errors: io (it is gone).
  Result<void> send(std::span<const uint8_t> message, std::span<const int> fds);
  /// The next message, of exactly this size. Errors: io (it is gone), timeout.
  Result<void> receive(std::span<uint8_t> message, Instant until);

 private:
  int socket_ = -1;
  int pidfd_ = -1;
  int pid_ = -1;
  uint32_t walls_ = 0;
};

}  // namespace samara::port
