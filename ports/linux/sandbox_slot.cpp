#include "ports/linux/sandbox_slot.hpp"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "port/files.hpp"

namespace samara::port {

namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

/// How often a caller's wish to cancel is looked at.
constexpr nanoseconds k_look = 5ms;
/// The kernel ends a killed process much sooner; a zygote that says nothing is given up.
constexpr nanoseconds k_patience = 5s;
constexpr uint64_t k_telemetry_capability = 2;

template <typename T>
std::span<const uint8_t> bytes_of(const T& message) {
  return {reinterpret_cast<const uint8_t*>(&message), sizeof message};
}

double temperature() {
  char text[32] = {};
  int file = ::open("/sys/class/thermal/thermal_zone0/temp", O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::numeric_limits<double>::quiet_NaN();
  ssize_t got = ::read(file, text, sizeof text - 1);
  ::close(file);
  return got > 0 ? std::strtod(text, nullptr) / 1000 : std::numeric_limits<double>::quiet_NaN();
}

void read_telemetry(double (&out)[sandbox::k_telemetry_count]) {
  struct sysinfo now{};
  ::sysinfo(&now);
  out[0] = static_cast<double>(now.uptime);
  out[1] = static_cast<double>(now.totalram) * now.mem_unit;
  out[2] = static_cast<double>(now.freeram) * now.mem_unit;
  out[3] = static_cast<double>(now.loads[0]) / (1U << SI_LOAD_SHIFT);
  out[4] = temperature();
}

// Where there is one processor, whoever looks keeps the other from answering.
bool may_spin() {
  static const bool several = ::sysconf(_SC_NPROCESSORS_ONLN) > 1;
  return several;
}

sandbox::RunMessage run_message(const LinuxSandboxProgram& program, const SandboxOrder& order,
                                Instant deadline) {
  sandbox::RunMessage out;
  out.input_bytes = order.input.size();
  out.output_bytes = std::min(order.output_bytes_max, program.load.output_bytes);
  out.deadline_ns = UINT64_MAX;
  out.cpu_seconds = UINT64_MAX;
  out.attempt = order.attempt;
  if (order.wall_max.count() > 0) {
    // A task that asks sees the end a little early, so that it can finish by itself.
    const nanoseconds grace = std::min<nanoseconds>(order.wall_max / 10, 100ms);
    out.deadline_ns = static_cast<uint64_t>((deadline - grace).time_since_epoch().count());
    out.cpu_seconds = static_cast<uint64_t>(order.wall_max / 1s) + 2;
  }
  if ((program.load.capabilities & k_telemetry_capability) != 0) read_telemetry(out.telemetry);
  return out;
}

}  // namespace

SandboxSlot::~SandboxSlot() {
  if (shared_ != nullptr) ::munmap(shared_, shared_bytes_);
}

Result<void> SandboxSlot::share(uint64_t bytes) {
  if (shared_bytes_ >= bytes) return {};
  // A new file: the old one may still be mapped by nobody but us.
  if (shared_ != nullptr) ::munmap(shared_, shared_bytes_);
  shared_ = nullptr;
  shared_bytes_ = 0;
  memory_ = OwnedFd(::memfd_create("samara-call", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory_.valid() || ::ftruncate(memory_.get(), static_cast<off_t>(bytes)) != 0 ||
      ::fcntl(memory_.get(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
    return os_error(errno);
  }
  void* got = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory_.get(), 0);
  if (got == MAP_FAILED) return os_error(errno);
  shared_ = static_cast<uint8_t*>(got);
  shared_bytes_ = bytes;
  return {};
}

Result<void> SandboxSlot::load(const LinuxSandboxProgram& program) {
  if (program_ == program.number) return {};
  SAMARA_CHECK(end_session());
  program_ = 0;
  const sandbox::LoadMessage& message = program.load;
  SAMARA_CHECK(share(sandbox::k_control_bytes + message.input_bytes + message.output_bytes));
  // All that it has mapped, and what the kernel needs for it.
  constexpr uint64_t k_more_bytes = 16U << 20;
  SAMARA_CHECK(group_.limit_memory(message.reserve_bytes + k_more_bytes));
  const int fds[] = {program.image.get(), memory_.get()};
  SAMARA_CHECK(zygote_.send(bytes_of(message), fds));
  sandbox::LoadedMessage answer;
  auto* bytes = reinterpret_cast<uint8_t*>(&answer);
  SAMARA_CHECK(zygote_.receive({bytes, sizeof answer}, monotonic_now() + k_patience));
  if (answer.error != 0) return os_error(answer.error).with_context("cannot map the image");
  program_ = program.number;
  return {};
}

// Nothing of what one run has left in the shared memory is seen by the next. A few pages are
// cheaper to clear than to give back; only pages that somebody touched exist at all.
Result<void> SandboxSlot::clear_shared() {
  constexpr off_t k_few = 256 << 10;
  const int file = memory_.get();
  const auto end = static_cast<off_t>(shared_bytes_);
  off_t cleared = 0;
  for (off_t at = 0; at < end && cleared <= k_few;) {
    const off_t from = ::lseek(file, at, SEEK_DATA);
    if (from < 0) return errno == ENXIO ? Result<void>() : Result<void>(os_error(errno));
    at = ::lseek(file, from, SEEK_HOLE);
    if (at < 0) return os_error(errno);
    cleared += at - from;
    if (cleared <= k_few) std::memset(shared_ + from, 0, static_cast<size_t>(at - from));
  }
  if (cleared > k_few &&
      ::fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, end) != 0) {
    return os_error(errno);
  }
  return {};
}

Result<void> SandboxSlot::receive_end(sandbox::EndedMessage& message, Instant until) {
  auto* bytes = reinterpret_cast<uint8_t*>(&message);
  return zygote_.receive({bytes, sizeof message}, until);
}

Result<void> SandboxSlot::end_session() {
  if (!has_session_) return {};
  has_session_ = false;
  // If it is gone already, this order comes to a zygote that has nothing to end.
  SAMARA_CHECK(zygote_.send(bytes_of(sandbox::KillMessage{}), {}));
  sandbox::EndedMessage end;
  return receive_end(end, monotonic_now() + k_patience);
}

void SandboxSlot::call_runner(const sandbox::RunMessage& message) {
  sandbox::Exchange& with = exchange();
  std::memcpy(static_cast<void*>(&with.next), &message, sizeof message);
  // Pairs with the runner, which says that it sleeps and then looks once more.
  __atomic_store_n(&with.go, message.number, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&with.runner_sleeps, __ATOMIC_SEQ_CST) != 0) {
    ::syscall(SYS_futex, &with.go, FUTEX_WAKE, 1, nullptr, nullptr, 0);
  }
}

bool SandboxSlot::wait_for_bell(const SandboxOrder& order, Instant deadline) {
  sandbox::Exchange& with = exchange();
  const uint32_t expected = session_.runs;
  auto bell = [&with] { return __atomic_load_n(&with.bell, __ATOMIC_SEQ_CST); };
  const uint32_t before = expected - 1;
  if (may_spin()) {
    const Instant end = monotonic_now() + nanoseconds(sandbox::k_spin_ns);
    do {
      for (int i = 0; i < 64 && bell() == before; i++) sandbox::spin_once();
    } while (bell() == before && monotonic_now() < end);
  }
  // Each sleep is short enough to see a wish to cancel.
  while (bell() == before) {
    const Instant now = monotonic_now();
    if (now >= deadline || (order.cancel != nullptr && order.cancel->load())) return false;
    const nanoseconds most = std::min<nanoseconds>(deadline - now, k_look);
    timespec patience{};
    patience.tv_nsec = static_cast<long>(most.count());
    __atomic_store_n(&with.node_sleeps, 1, __ATOMIC_SEQ_CST);
    ::syscall(SYS_futex, &with.bell, FUTEX_WAIT, before, &patience, nullptr, 0);
    // A zygote that is gone rings no bell.
    if (bell() == before && wait_readable(zygote_.socket(), -1, Instant{}).first) return false;
    tell(order.watcher);
  }
  __atomic_store_n(&with.node_sleeps, 0, __ATOMIC_SEQ_CST);
  return bell() == expected;
}

// Each number is copied before it is looked at: the task may change it meanwhile.
void SandboxSlot::tell(SandboxWatcher* watcher) {
  if (watcher == nullptr) return;
  const auto& words = *reinterpret_cast<const volatile sandbox::Control*>(shared_);
  const uint32_t progress = std::min(uint32_t{words.progress}, 1000U);
  if (progress != seen_.progress) watcher->progress(progress);
  seen_.progress = progress;
  const uint32_t count = std::min(uint32_t{words.metric_count}, sandbox::k_metrics_max);
  for (uint32_t i = 0; i < count; i++) {
    const double value = words.metrics[i].value;
    const bool known = i < seen_.metric_count;
    // Not a number is like itself here.
    if (known && std::memcmp(&value, &seen_.metrics[i], sizeof value) == 0) continue;
    seen_.metrics[i] = value;
    const uint32_t length = std::min(uint32_t{words.metrics[i].length}, sandbox::k_metric_key_max);
    char key[sandbox::k_metric_key_max];
    for (uint32_t j = 0; j < length; j++) key[j] = words.metrics[i].key[j];
    watcher->metric({key, length}, value);
  }
  seen_.metric_count = std::max(seen_.metric_count, count);
}

Result<SandboxSlot::Waited> SandboxSlot::wait(const SandboxOrder& order, Instant deadline) {
  Waited out;
  if (has_session_ && wait_for_bell(order, deadline)) {
    out.answered = true;
    return out;
  }
  Instant until{};
  for (;;) {
    Instant now = monotonic_now();
    if (!out.killed) {
      const bool cancelled = order.cancel != nullptr && order.cancel->load();
      if (cancelled || now >= deadline) {
        out.killed = true;
        out.why = cancelled ? SandboxEnd::cancelled : SandboxEnd::timed_out;
        until = now + k_patience;
        SAMARA_CHECK(zygote_.send(bytes_of(sandbox::KillMessage{}), {}));
      }
    }
    if (out.killed && now >= until) {
      return Error(Code::timeout, "the process of the sandbox does not answer");
    }
    // In a session only a task that has written over the bell comes here before its end.
    const bool looks = order.cancel != nullptr || order.watcher != nullptr || has_session_;
    const Instant look = looks ? now + k_look : now + 1h;
    Readable ready =
        wait_readable(zygote_.socket(), -1, out.killed ? until : std::min(look, deadline));
    if (ready.first) {
      SAMARA_CHECK(receive_end(out.end, now + k_patience));
      out.ended = true;
      return out;
    }
    tell(order.watcher);
    if (has_session_ && !out.killed && wait_for_bell(order, now)) {
      out.answered = true;
      return out;
    }
  }
}

Result<SandboxReport> SandboxSlot::run(const LinuxSandboxProgram& program,
                                       const SandboxOrder& order,
                                       const LinuxSandboxOptions& options) {
  SAMARA_ASSERT(order.input.size() <= program.load.input_bytes);
  const bool reuse = order.reuse && program.resettable;
  const Instant begin = monotonic_now();
  const Instant deadline =
      order.wall_max.count() > 0 ? begin + order.wall_max : Instant(nanoseconds(INT64_MAX));
  if (has_session_ && (!reuse || session_.runs >= options.reuse_runs_max ||
                       begin - session_.since > options.reuse_time_max)) {
    SAMARA_CHECK(end_session());
  }
  sandbox::RunMessage message = run_message(program, order, deadline);
  uint8_t* input = shared_ + sandbox::k_control_bytes;
  const bool continued = has_session_;
  if (continued) {
    std::memset(static_cast<void*>(shared_), 0, sizeof(sandbox::Control));
    if (input_used_ > order.input.size()) {
      std::memset(input + order.input.size(), 0, input_used_ - order.input.size());
    }
  } else {
    SAMARA_CHECK(clear_shared());
  }
  if (!order.input.empty()) std::memcpy(input, order.input.data(), order.input.size());
  input_used_ = order.input.size();
  message.reused = reuse ? 1 : 0;
  message.spin = may_spin() ? 1 : 0;
  if (!continued) session_ = Session{.runs = 0, .since = begin};
  message.number = ++session_.runs;
  if (continued) {
    call_runner(message);
  } else {
    if (reuse) exchange().go = message.number;
    SAMARA_CHECK(zygote_.send(bytes_of(message), {}));
    has_session_ = reuse;
  }
  seen_ = {};
  SAMARA_TRY(Waited waited, wait(order, deadline));
  tell(order.watcher);

  SandboxReport report;
  report.reused = continued;
  report.wall = monotonic_now() - begin;
  // One copy; what the task writes there afterwards is seen by nobody.
  sandbox::Control words;
  std::memcpy(static_cast<void*>(&words), shared_, sizeof words);
  uint8_t ring[sandbox::k_log_bytes];
  const bool any_log = words.log_head != words.log_tail;
  if (any_log) std::memcpy(ring, shared_ + sandbox::k_log_offset, sizeof ring);
  read_words(program, words, any_log ? std::span<const uint8_t>(ring) : std::span<const uint8_t>{},
             report);

  if (waited.answered) {
    const auto wall = static_cast<uint64_t>(report.wall.count());
    report.cpu = nanoseconds(static_cast<int64_t>(std::min(words.cpu_ns, wall)));
  } else {
    has_session_ = false;
    if (waited.end.error != 0) {
      return os_error(waited.end.error).with_context("cannot start a process for the task");
    }
    report.cpu = std::chrono::microseconds(waited.end.cpu_us);
  }
  // The kernel counts in steps of many pages, and says nothing of the smallest processes.
  report.peak_memory_bytes =
      std::max(waited.end.peak_kib * 1024, program.load.image_bytes + report.heap_peak_bytes);
  const int status = waited.answered ? 0 : waited.end.status;
  if (waited.killed && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
    report.end = waited.why;
  } else if (WIFSIGNALED(status)) {
    report.signal = static_cast<uint32_t>(WTERMSIG(status));
    report.end = report.signal == SIGXCPU ? SandboxEnd::cpu_used_up : SandboxEnd::crashed;
  } else if (status != 0) {
    report.end = SandboxEnd::out_of_order;
  } else if (words.state == sandbox::k_state_failed) {
    report.end = SandboxEnd::failed;
  } else if (words.state == sandbox::k_state_returned) {
    report.end = SandboxEnd::returned;
    if (words.output_bytes > message.output_bytes) {
      report.output_too_large = true;
    } else {
      const uint8_t* output = input + program.load.input_bytes;
      report.output.assign(output, output + words.output_bytes);
    }
  }
  // A reused runner that did anything but return is of no further use.
  if (has_session_ && report.end != SandboxEnd::returned) SAMARA_CHECK(end_session());
  return report;
}

}  // namespace samara::port
