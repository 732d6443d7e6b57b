#pragma once
// SandboxSlot: a zygote, the memory it shares with us, and the image it has mapped. Threads: one at
// a time. Specified by: docs/formats/native-image.md, section 9.

#include "ports/linux/sandbox.hpp"
#include "ports/linux/sandbox_cgroup.hpp"
#include "ports/linux/zygote_process.hpp"

namespace samara::port {

/// Owns a descriptor.
class OwnedFd {
 public:
  OwnedFd() = default;
  explicit OwnedFd(int fd) : fd_(fd) {}
  OwnedFd(OwnedFd&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  OwnedFd& operator=(OwnedFd&& other) noexcept;
  ~OwnedFd();
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

class LinuxSandboxProgram final : public SandboxProgram {
 public:
  /// Errors: exhausted, io.
  static Result<std::shared_ptr<const SandboxProgram>> make(const SandboxImage& image);

  uint64_t number = 0;  // unlike that of any other program
  bool resettable = false;
  OwnedFd image;                // sealed
  sandbox::LoadMessage load{};  // where everything goes

  SandboxPlace place_of(uint64_t address) const;
  /// What a task has, ascending.
  std::vector<SandboxMapping> mappings() const;
};

class SandboxSlot {
 public:
  SandboxSlot(ZygoteProcess zygote, SandboxCgroup group)
      : group_(std::move(group)), zygote_(std::move(zygote)) {}
  SandboxSlot(const SandboxSlot&) = delete;
  ~SandboxSlot();

  /// Number of the program that is mapped; 0: none.
  uint64_t program() const { return program_; }
  uint32_t walls() const { return zygote_.walls() | group_.walls(); }
  /// Maps the image unless it is mapped already. Errors: exhausted, io (make another slot).
  Result<void> load(const LinuxSandboxProgram& program);
  /// Requires: the program is loaded. Errors: io, timeout (make another slot).
  Result<SandboxReport> run(const LinuxSandboxProgram& program, const SandboxOrder& order,
                            const LinuxSandboxOptions& options);

 private:
  struct Session {
    uint32_t runs = 0;  // begun, which is also the number of the last one
    Instant since{};
  };
  struct Waited {
    bool answered = false;  // a reused runner is done
    bool ended = false;     // the runner is gone
    bool killed = false;
    SandboxEnd why{};
    sandbox::EndedMessage end{};
  };

  /// What a watcher has been told of this run.
  struct Seen {
    uint32_t progress = 0;
    uint32_t metric_count = 0;
    double metrics[sandbox::k_metrics_max]{};
  };

  Result<void> share(uint64_t bytes);
  void tell(SandboxWatcher* watcher);
  Result<void> clear_shared();
  Result<void> end_session();
  void call_runner(const sandbox::RunMessage& message);
  /// A reused runner's answer, or nothing: it is gone, late, or does not do as it should.
  bool wait_for_bell(const SandboxOrder& order, Instant deadline);
  Result<Waited> wait(const SandboxOrder& order, Instant deadline);
  Result<void> receive_end(sandbox::EndedMessage& message, Instant until);
  sandbox::Exchange& exchange() {
    return *reinterpret_cast<sandbox::Exchange*>(shared_ + sandbox::k_exchange_offset);
  }

  SandboxCgroup group_;  // before the zygote, so that it goes after it
  ZygoteProcess zygote_;
  OwnedFd memory_;
  uint8_t* shared_ = nullptr;
  uint64_t shared_bytes_ = 0;
  uint64_t program_ = 0;
  uint64_t input_used_ = 0;  // of the memory of a reused runner
  bool has_session_ = false;
  Session session_;
  Seen seen_;
};

/// What the shared memory says, copied once and doubted. `log` is a copy of the ring.
void read_words(const LinuxSandboxProgram& program, const sandbox::Control& control,
                std::span<const uint8_t> log, SandboxReport& report);

}  // namespace samara::port
