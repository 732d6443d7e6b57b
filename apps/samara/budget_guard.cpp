#include "apps/samara/budget_guard.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "apps/samara/units.hpp"
#include "queue/stop_note.hpp"

namespace samara::cli {
namespace {

using port::BudgetBerth;
using port::BudgetSeat;
using port::OpenFile;
using port::OpenMode;
using port::SeatState;
using std::chrono::milliseconds;

constexpr milliseconds k_pause{50};
constexpr int k_quiet_looks = 20;
// Who works for a worker is looked for more seldom: that reads all processes of the machine.
constexpr uint32_t k_looks_between_children = 20;
// Of the machine's memory: below the first it begins to swap, and below the second it may when
// tasks already wait for memory.
constexpr uint64_t k_least_percent = 5;
constexpr uint64_t k_pressed_percent = 10;
// What gives back less is not worth to be ended.
constexpr uint64_t k_gain_min = uint64_t{16} << 20;
constexpr uint64_t k_gain_part = 64;
constexpr int k_end_ms = 5000;
constexpr std::chrono::seconds k_between_complaints{30};
constexpr std::chrono::hours k_note_age{24};

bool in_hand(const BudgetSeat& seat) {
  return seat.state == SeatState::runs || seat.state == SeatState::parked;
}

const BudgetSeat* newest_of(const std::vector<BudgetSeat>& seats) {
  const BudgetSeat* out = nullptr;
  for (const BudgetSeat& seat : seats) {
    if (in_hand(seat) && (out == nullptr || seat.order > out->order)) out = &seat;
  }
  return out;
}

}  // namespace

BudgetGuard::BudgetGuard(port::Budget& budget, port::Files& files, std::string queue,
                         std::function<void(const std::string&)> tell)
    : budget_(budget), files_(files), queue_(std::move(queue)), tell_(std::move(tell)) {
  forget_old_notes();
  // Signals are for the thread that waits for them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { watch(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

BudgetGuard::~BudgetGuard() {
  budget_.stop_waiting();
  thread_.join();
}

bool BudgetGuard::has_ended(pid_t process) {
  std::lock_guard guard(mutex_);
  return ended_.erase(process) > 0;
}

// Of requests that were withdrawn before they ran again.
void BudgetGuard::forget_old_notes() {
  std::error_code problem;
  const auto now = std::filesystem::file_time_type::clock::now();
  for (std::filesystem::directory_iterator at(queue_ + "/peers/stopped", problem), end;
       !problem && at != end; at.increment(problem)) {
    std::error_code gone;
    const auto time = at->last_write_time(gone);
    if (!gone && now - time > k_note_age) std::filesystem::remove(at->path(), gone);
  }
}

void BudgetGuard::watch() {
  int quiet = k_quiet_looks;
  while (!budget_.stopped()) {
    if (quiet >= k_quiet_looks) {
      if (!budget_.wait_for_work()) return;
      quiet = 0;
    }
    quiet = look() ? 0 : quiet + 1;
    std::this_thread::sleep_for(k_pause);
  }
}

std::map<uint32_t, BudgetGuard::Process> BudgetGuard::processes(
    const std::vector<BudgetSeat>& seats) {
  std::map<uint32_t, Process> out;
  const bool children = looks_++ % k_looks_between_children == 0;
  if (children) children_.clear();
  for (BudgetBerth& berth : budget_.berths()) {
    Process process;
    if (children) children_[berth.number] = port::descendants_of(berth.pid);
    process.taken = port::own_memory_of(berth.pid);
    for (pid_t child : children_[berth.number]) process.taken += port::own_memory_of(child);
    process.berth = std::move(berth);
    out.emplace(process.berth.number, std::move(process));
  }
  for (const BudgetSeat& seat : seats) {
    auto at = out.find(seat.berth);
    if (at != out.end()) at->second.seats.push_back(seat);
  }
  return out;
}

std::optional<BudgetGuard::Reason> BudgetGuard::reason(const std::map<uint32_t, Process>& all) {
  const uint64_t own_most = budget_.own().memory_bytes;
  const uint64_t most = budget_.whole().memory_bytes;
  uint64_t own_taken = 0;
  uint64_t taken = 0;
  for (const auto& [number, process] : all) {
    taken += process.taken;
    if (process.berth.group == budget_.group()) own_taken += process.taken;
  }
  auto over = [](uint64_t bytes, uint64_t limit) {
    return "the workers have " + bytes_text(bytes) + " of " + bytes_text(limit);
  };
  if (own_taken > own_most) return Reason{over(own_taken, own_most), own_most, false};
  if (taken > most) return Reason{over(taken, most), most, true};
  const port::MachineMemory machine = port::machine_memory();
  const bool pressed = pressure_.happened();
  const uint64_t least = machine.total / 100 * (pressed ? k_pressed_percent : k_least_percent);
  if (machine.available >= least) return std::nullopt;
  return Reason{"the machine has " + bytes_text(machine.available) + " left", most, true};
}

// The newest request that may run again, together with all that would end with it.
const BudgetGuard::Process* BudgetGuard::choose(const std::map<uint32_t, Process>& all,
                                                const Reason& reason) const {
  const uint64_t least = std::max(k_gain_min, reason.limit_bytes / k_gain_part);
  const Process* out = nullptr;
  uint64_t order = 0;
  for (const auto& [number, process] : all) {
    if (!reason.all && process.berth.group != budget_.group()) continue;
    const BudgetSeat* newest = newest_of(process.seats);
    const bool repeatable =
        std::all_of(process.seats.begin(), process.seats.end(),
                    [](const BudgetSeat& seat) { return seat.claim.repeatable || !in_hand(seat); });
    if (newest == nullptr || !repeatable || process.gain() < least) continue;
    if (newest->order <= order) continue;
    order = newest->order;
    out = &process;
  }
  return out;
}

// Before its end, so that whoever hears of it finds them.
Result<void> BudgetGuard::write_notes(const Process& process) {
  SAMARA_TRY(OpenFile root,
             OpenFile::open(files_, port::k_no_directory, queue_, OpenMode::directory));
  const BudgetSeat* newest = newest_of(process.seats);
  const auto running =
      static_cast<uint64_t>(std::count_if(process.seats.begin(), process.seats.end(), in_hand));
  for (const BudgetSeat& seat : process.seats) {
    const Uuid id{seat.claim.id};
    queue::StopNote note = queue::stop_note(files_, root.handle(), id).value_or(queue::StopNote{});
    note.worker = process.berth.worker;
    if (&seat == newest) note.stops++;
    // Whose it was is not known.
    if (in_hand(seat)) note.held_bytes = std::max(note.held_bytes, process.gain() / running);
    note.budget_bytes = budget_.own().memory_bytes;
    SAMARA_CHECK(queue::write_stop_note(files_, root.handle(), id, note));
  }
  return {};
}

void BudgetGuard::end(const Process& process, const Reason& reason) {
  const pid_t pid = process.berth.pid;
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (handle < 0) return;
  // The process of that number is still the one that was looked at.
  budget_.forget_the_dead();
  const auto berths = budget_.berths();
  const bool same = std::any_of(berths.begin(), berths.end(), [&](const BudgetBerth& berth) {
    return berth.number == process.berth.number && berth.pid == pid &&
           berth.worker == process.berth.worker;
  });
  auto noted = same ? write_notes(process) : Result<void>();
  if (same) {
    {
      std::lock_guard guard(mutex_);
      ended_.insert(pid);
    }
    ::syscall(SYS_pidfd_send_signal, handle, SIGKILL, nullptr, 0);
    // Its memory is free when it is gone, and not before.
    pollfd gone{.fd = handle, .events = POLLIN, .revents = 0};
    ::poll(&gone, 1, k_end_ms);
    tell_(reason.why + ": stopped process " + std::to_string(pid) + ", which had " +
          bytes_text(process.taken) + "; its calls run again" +
          (noted ? std::string() : ", " + std::string(noted.error().message())));
  }
  ::close(handle);
}

// Whether anything of its own is in hand.
bool BudgetGuard::look() {
  budget_.forget_the_dead();
  const auto seats = budget_.seats();
  const bool some = std::any_of(seats.begin(), seats.end(), [&](const BudgetSeat& seat) {
    return seat.group == budget_.group();
  });
  if (!some) return false;
  const auto all = processes(seats);
  const auto why = reason(all);
  if (!why) return true;
  const Process* chosen = choose(all, *why);
  if (chosen != nullptr) {
    // Otherwise another supervisor sees the same, and ends its own.
    if (chosen->berth.group == budget_.group()) end(*chosen, *why);
    return true;
  }
  const auto now = std::chrono::steady_clock::now();
  if (now - complained_ < k_between_complaints) return true;
  complained_ = now;
  tell_(why->why + ", and no call that takes much may run again");
  return true;
}

}  // namespace samara::cli
