#include "ports/linux/budget.hpp"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "ports/linux/budget_page.hpp"
#include "ports/linux/files.hpp"

namespace samara::port {

namespace {

constexpr char k_magic[8] = {'S', 'M', 'R', 'B', 'D', 'G', 'T', '1'};

// Locks of single bytes, far behind the page: whoever holds one lives.
constexpr uint64_t k_group_locks = uint64_t{1} << 30;
constexpr uint64_t k_berth_locks = k_group_locks + k_groups_max;

// As words of a page that several processes map.
long futex(std::atomic<uint32_t>& word, int operation, uint32_t value, const timespec* most) {
  return ::syscall(SYS_futex, &word, operation, value, most, nullptr, 0);
}

void wake_all(std::atomic<uint32_t>& word) {
  word.fetch_add(1);
  futex(word, FUTEX_WAKE, std::numeric_limits<int>::max(), nullptr);
}

}  // namespace

// --- the file ------------------------------------------------------------------------------------

std::string Budget::usual_path() {
  const char* named = std::getenv(k_path_variable);
  if (named != nullptr && *named != '\0') return named;
  return "/dev/shm/samara-budget-1-" + std::to_string(::geteuid());
}

Result<void> Budget::map(int file) {
  void* at = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (at == MAP_FAILED) return os_error(errno);
  page_ = static_cast<Page*>(at);
  return {};
}

// Requires: nobody else makes it at the same time.
Result<std::unique_ptr<Budget>> Budget::open_file(int file, std::string path) {
  std::unique_ptr<Budget> out(new Budget);
  out->file_ = file;
  out->path_ = std::move(path);
  struct stat status{};
  if (::fstat(file, &status) != 0) return os_error(errno);
  if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid()) {
    return Error(Code::permission, "it is the file of somebody else");
  }
  const bool fresh = status.st_size == 0;
  // Memory that is not there when it is touched would end whoever touches it.
  const int no_room = fresh ? ::posix_fallocate(file, 0, sizeof(Page)) : 0;
  if (no_room != 0) return os_error(no_room);
  if (!fresh && status.st_size != sizeof(Page)) {
    return Error(Code::corrupt, "it is no budget of this version");
  }
  SAMARA_CHECK(out->map(file));
  Page& page = *out->page_;
  if (std::memcmp(page.magic, k_magic, sizeof k_magic) == 0) {
    if (page.size_bytes == sizeof(Page)) return out;
    return Error(Code::corrupt, "it is no budget of this version");
  }
  // Of zeros, or whoever made it has died over it: all seats are free.
  pthread_mutexattr_t attributes;
  ::pthread_mutexattr_init(&attributes);
  ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  ::pthread_mutex_init(&page.mutex, &attributes);
  ::pthread_mutexattr_destroy(&attributes);
  page.recount();
  page.size_bytes = sizeof(Page);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  std::memcpy(page.magic, k_magic, sizeof k_magic);
  return out;
}

Result<std::unique_ptr<Budget>> Budget::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return os_error(errno).with_context("cannot open '" + path + "'");
  while (::flock(file, LOCK_EX) != 0 && errno == EINTR) {
  }
  auto out = open_file(file, path);  // owns it from here on, also where it fails
  if (!out) return std::move(out).error().with_context("cannot use '" + path + "'");
  ::flock(file, LOCK_UN);
  return out;
}

Result<std::unique_ptr<Budget>> Budget::open_private() {
  const int file = ::memfd_create("samara-budget", MFD_CLOEXEC);
  if (file < 0) return os_error(errno).with_context("cannot make memory for the budget");
  return open_file(file, "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(file));
}

Result<std::unique_ptr<Budget>> Budget::look(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return os_error(errno).with_context("cannot open '" + path + "'");
  std::unique_ptr<Budget> out(new Budget);
  out->file_ = file;
  out->path_ = path;
  struct stat status{};
  if (::fstat(file, &status) != 0 || status.st_size != sizeof(Page)) {
    return Error(Code::corrupt, "'" + path + "' is no budget of this version");
  }
  SAMARA_CHECK(out->map(file));
  if (std::memcmp(out->page_->magic, k_magic, sizeof k_magic) != 0 ||
      out->page_->size_bytes != sizeof(Page)) {
    return Error(Code::corrupt, "'" + path + "' is no budget of this version");
  }
  return out;
}

Budget::~Budget() {
  if (page_ != nullptr && (supervises_ || berth_ != k_no_number)) {
    {
      Lock lock(*page_);
      for (uint32_t i = 0; i < page_->used && berth_ != k_no_number; i++) {
        Seat& seat = page_->seats[i];
        if (seat.berth == berth_) seat.state = SeatState::free;
      }
      if (berth_ != k_no_number) page_->berths[berth_].used = 0;
      if (supervises_) page_->groups[group_].used = 0;
      page_->recount();
    }
    changed();
  }
  if (page_ != nullptr) ::munmap(page_, sizeof(Page));
  if (file_ >= 0) ::close(file_);  // with all its locks
}

// --- who lives -----------------------------------------------------------------------------------

// Locks of open files: they go with the process however it ends, and no other has its number.
bool Budget::take_lock(uint64_t offset) const {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(offset);
  lock.l_len = 1;
  return ::fcntl(file_, F_OFD_SETLK, &lock) == 0;
}

bool Budget::held(uint64_t offset) const {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(offset);
  lock.l_len = 1;
  return ::fcntl(file_, F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

// Requires: the lock of the page is held.
void Budget::forget_the_dead(Page& page) const {
  bool gone = false;
  for (uint32_t i = 0; i < k_berths_max; i++) {
    BudgetProcess& berth = page.berths[i];
    if (berth.used == 0 || i == berth_ || held(k_berth_locks + i)) continue;
    berth.used = 0;
    gone = true;
    for (uint32_t j = 0; j < page.used; j++) {
      if (page.seats[j].berth == i) page.seats[j].state = SeatState::free;
    }
  }
  for (uint32_t i = 0; i < k_groups_max; i++) {
    BudgetGroup& group = page.groups[i];
    if (group.used == 0 || (supervises_ && i == group_) || held(k_group_locks + i)) continue;
    // Its workers end as well, but may do so later; what they have in hand still counts.
    const bool workers =
        std::any_of(std::begin(page.berths), std::end(page.berths),
                    [&](const BudgetProcess& one) { return one.used && one.group == i; });
    if (workers) continue;
    group.used = 0;
    gone = true;
  }
  if (gone) page.recount();
}

void Budget::forget_the_dead() {
  {
    Lock lock(*page_);
    forget_the_dead(*page_);
  }
  if (page_->waiting > 0) changed();
}

// --- supervisors ---------------------------------------------------------------------------------

Result<void> Budget::supervise(const BudgetOrder& order) {
  if (supervises_ || berth_ != k_no_number)
    return Error(Code::conflict, "it has its place already");
  {
    Lock lock(*page_);
    Page& page = *page_;
    forget_the_dead(page);
    uint32_t number = 0;
    while (number < k_groups_max && page.groups[number].used != 0) number++;
    if (number == k_groups_max || !take_lock(k_group_locks + number)) {
      return Error(Code::exhausted,
                   "the budget has " + std::to_string(k_groups_max) + " supervisors already");
    }
    BudgetGroup& group = page.groups[number];
    group.serial = ++page.next_serial;
    group.pid = ::getpid();
    group.guard_sleeps.store(0);
    group.account = {};
    group.account.cores = std::max(order.cores, uint32_t{1});
    group.account.memory = order.memory_bytes;
    group.used = 1;
    group_ = number;
    supervises_ = true;
    page.recount();
  }
  changed();
  return {};
}

std::string Budget::group_text() const {
  return std::to_string(group_) + "." + std::to_string(page_->groups[group_].serial);
}

bool Budget::wait_for_work() {
  BudgetGroup& group = page_->groups[group_];
  const uint32_t seen = group.work.load();
  uint32_t awake = 0;
  if (!group.guard_sleeps.compare_exchange_strong(awake, 1)) return false;
  // Who takes a seat from here on sees the flag; who took one before is seen here.
  const auto all = seats();
  const bool some = std::any_of(all.begin(), all.end(),
                                [&](const BudgetSeat& seat) { return seat.group == group_; });
  if (!some) futex(group.work, FUTEX_WAIT, seen, nullptr);
  uint32_t asleep = 1;
  group.guard_sleeps.compare_exchange_strong(asleep, 0);
  return !stopped();
}

void Budget::stop_waiting() {
  BudgetGroup& group = page_->groups[group_];
  group.guard_sleeps.store(2);
  wake_all(group.work);
}

bool Budget::stopped() const { return page_->groups[group_].guard_sleeps.load() == 2; }

void Budget::tell_guard() {
  BudgetGroup& group = page_->groups[group_];
  if (group.guard_sleeps.load() == 1) wake_all(group.work);
}

// --- workers -------------------------------------------------------------------------------------

Result<void> Budget::join(std::string_view group) {
  if (supervises_ || berth_ != k_no_number)
    return Error(Code::conflict, "it has its place already");
  {
    Lock lock(*page_);
    Page& page = *page_;
    forget_the_dead(page);
    uint32_t number = 0;
    while (number < k_groups_max) {
      const BudgetGroup& one = page.groups[number];
      if (one.used != 0 && std::to_string(number) + "." + std::to_string(one.serial) == group)
        break;
      number++;
    }
    if (number == k_groups_max) return Error(Code::not_found, "its supervisor is gone");
    uint32_t berth = 0;
    while (berth < k_berths_max && page.berths[berth].used != 0) berth++;
    if (berth == k_berths_max || !take_lock(k_berth_locks + berth)) {
      return Error(Code::exhausted,
                   "the budget has " + std::to_string(k_berths_max) + " workers already");
    }
    BudgetProcess& own = page.berths[berth];
    own = {};
    own.group = number;
    own.pid = ::getpid();
    own.used = 1;
    group_ = number;
    berth_ = berth;
  }
  return {};
}

void Budget::introduce(std::string_view worker) {
  Lock lock(*page_);
  BudgetProcess& own = page_->berths[berth_];
  std::memcpy(own.worker, worker.data(), std::min(worker.size(), sizeof own.worker));
}

void Budget::set_idle_bytes(uint64_t bytes) {
  {
    Lock lock(*page_);
    Page& page = *page_;
    BudgetProcess& own = page.berths[berth_];
    page.whole.idle += bytes - own.idle;
    page.groups[group_].account.idle += bytes - own.idle;
    own.idle = bytes;
  }
  changed();
}

uint64_t Budget::memory_bytes() { return page_->groups[group_].account.memory; }

Budget::Turn Budget::try_begin(uint32_t seat) {
  if (seat >= k_seats_max) return Turn::runs;
  Turn out = Turn::runs;
  bool others = false;
  {
    Lock lock(*page_);
    out = page_->try_begin(page_->seats[seat]);
    others = page_->waiting > 0;
  }
  if (out == Turn::runs && others) changed();  // the next may run too
  return out;
}

Budget::Turn Budget::sit(const BudgetClaim& claim, uint32_t& seat) {
  Turn out = Turn::runs;
  bool others = false;
  {
    Lock lock(*page_);
    seat = page_->sit_down(berth_, claim);
    if (seat < k_seats_max) out = page_->try_begin(page_->seats[seat]);
    others = out == Turn::runs && page_->waiting > 0;
  }
  if (others) changed();
  tell_guard();
  return out;
}

uint32_t Budget::sit_running(const BudgetClaim& claim) {
  uint32_t out = k_seats_max;
  {
    Lock lock(*page_);
    out = page_->sit_down(berth_, claim);
    if (out < k_seats_max) page_->begin(page_->seats[out]);
  }
  tell_guard();
  return out;
}

void Budget::rest(uint32_t seat) {
  if (seat >= k_seats_max) return;
  {
    Lock lock(*page_);
    page_->seats[seat].asked = 0;
  }
  changed();
}

void Budget::leave(uint32_t seat) {
  if (seat >= k_seats_max) return;
  bool others = false;
  {
    Lock lock(*page_);
    if (page_->seats[seat].state == SeatState::free) return;
    page_->stand_up(seat);
    others = page_->waiting > 0;
  }
  if (others) changed();
}

void Budget::park(uint32_t seat) {
  if (seat >= k_seats_max) return;
  bool others = false;
  {
    Lock lock(*page_);
    Seat& own = page_->seats[seat];
    if (own.state != SeatState::runs) return;
    page_->set_state(own, SeatState::parked);
    others = page_->waiting > 0;
  }
  if (others) changed();
}

void Budget::resume(uint32_t seat) {
  if (seat >= k_seats_max) return;
  Lock lock(*page_);
  Seat& own = page_->seats[seat];
  if (own.state == SeatState::parked) page_->set_state(own, SeatState::runs);
}

uint32_t Budget::changes() const { return page_->changes.load(); }

void Budget::await_change(uint32_t seen, std::chrono::milliseconds most) {
  timespec limit{};
  limit.tv_sec = most.count() / 1000;
  limit.tv_nsec = most.count() % 1000 * 1'000'000;
  futex(page_->changes, FUTEX_WAIT, seen, &limit);
}

void Budget::changed() { wake_all(page_->changes); }

// --- all -----------------------------------------------------------------------------------------

std::vector<BudgetSeat> Budget::seats() {
  std::vector<BudgetSeat> out;
  Lock lock(*page_);
  for (uint32_t i = 0; i < page_->used; i++) {
    const Seat& seat = page_->seats[i];
    if (seat.state == SeatState::free) continue;
    BudgetSeat& one = out.emplace_back();
    one.number = i;
    one.state = seat.state;
    one.group = seat.group;
    one.berth = seat.berth;
    one.pid = page_->berths[seat.berth].pid;
    one.order = seat.order;
    one.claim.memory_bytes = seat.memory;
    one.claim.repeatable = seat.repeatable != 0;
    one.claim.alone = seat.alone != 0;
    std::memcpy(one.claim.id.data(), seat.id, sizeof seat.id);
  }
  return out;
}

std::vector<BudgetBerth> Budget::berths() {
  std::vector<BudgetBerth> out;
  Lock lock(*page_);
  for (uint32_t i = 0; i < k_berths_max; i++) {
    const BudgetProcess& berth = page_->berths[i];
    if (berth.used == 0) continue;
    BudgetBerth& one = out.emplace_back();
    one.number = i;
    one.group = berth.group;
    one.pid = berth.pid;
    one.worker = std::string(berth.worker, ::strnlen(berth.worker, sizeof berth.worker));
    one.idle_bytes = berth.idle;
  }
  return out;
}

BudgetUse Budget::use() {
  Lock lock(*page_);
  Page& page = *page_;
  forget_the_dead(page);
  BudgetUse out;
  for (const BudgetGroup& group : page.groups) out.supervisors += group.used != 0 ? 1 : 0;
  for (const BudgetProcess& berth : page.berths) out.workers += berth.used != 0 ? 1 : 0;
  out.cores = page.whole.cores;
  out.cores_taken = page.whole.running;
  out.memory_bytes = page.whole.memory;
  out.memory_claimed = budget_sum(page.whole.idle, page.whole.claimed);
  out.waiting = page.waiting;
  out.parked = page.whole.parked;
  return out;
}

BudgetOrder Budget::whole() {
  Lock lock(*page_);
  return {page_->whole.cores, page_->whole.memory};
}

BudgetOrder Budget::own() {
  Lock lock(*page_);
  const BudgetAccount& account = page_->groups[group_].account;
  return {account.cores, account.memory};
}

}  // namespace samara::port
