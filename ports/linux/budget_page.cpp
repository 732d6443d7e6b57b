#include "ports/linux/budget_page.hpp"

#include <algorithm>
#include <cstring>
#include <ctime>

namespace samara::port {

namespace {

// Who waits for memory is passed by others that fit for so long, and no longer.
constexpr int64_t k_patience_ns = 10'000'000'000;
// Who has not asked for so long is taken for one that does not run at present.
constexpr int64_t k_asleep_ns = 1'000'000'000;
// What takes at most this part of the memory for each core is not counted: all such together take
// no more than this part.
constexpr uint64_t k_small_part = 16;

int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

bool Budget::Page::small(const BudgetAccount& account, uint64_t bytes) const {
  return bytes <= account.memory / k_small_part / std::max(account.cores, uint32_t{1});
}

void Budget::Page::recount() {
  whole = {};
  waiting = 0;
  first_free = k_no_number;
  for (BudgetGroup& group : groups) {
    BudgetAccount& account = group.account;
    account.running = 0;
    account.parked = 0;
    account.claimed = 0;
    account.idle = 0;
    if (group.used == 0) continue;
    whole.cores = std::max(whole.cores, account.cores);
    whole.memory = std::max(whole.memory, account.memory);
  }
  for (const BudgetProcess& berth : berths) {
    if (berth.used == 0) continue;
    whole.idle += berth.idle;
    groups[berth.group].account.idle += berth.idle;
  }
  for (uint32_t number = std::min(used, k_seats_max); number-- > 0;) {
    Seat& seat = seats[number];
    // Whoever died over taking it may not have said whose it is.
    if (seat.berth >= k_berths_max || berths[seat.berth].used == 0) seat.state = SeatState::free;
    if (seat.state == SeatState::free) {
      seat.next_free = first_free;
      first_free = number;
      continue;
    }
    count(seat, 1);
  }
}

void Budget::Page::count(const Seat& seat, int by) {
  const auto change = static_cast<uint32_t>(by);
  const auto bytes = by > 0 ? seat.memory : uint64_t{0} - seat.memory;
  BudgetAccount& own = groups[seat.group].account;
  switch (seat.state) {
    case SeatState::free:
      return;
    case SeatState::waits:
      waiting += change;
      return;
    case SeatState::runs:
      own.running += change;
      whole.running += change;
      break;
    case SeatState::parked:
      own.parked += change;
      whole.parked += change;
      break;
  }
  own.claimed += bytes;
  whole.claimed += bytes;
}

void Budget::Page::set_state(Seat& seat, SeatState state) {
  count(seat, -1);
  seat.state = state;
  count(seat, 1);
}

uint32_t Budget::Page::sit_down(uint32_t berth, const BudgetClaim& claim) {
  uint32_t number = first_free;
  if (number != k_no_number) {
    first_free = seats[number].next_free;
  } else if (used < k_seats_max) {
    number = used++;
  } else {
    return k_seats_max;
  }
  Seat& seat = seats[number];
  seat.berth = berth;
  seat.group = berths[berth].group;
  seat.repeatable = claim.repeatable ? 1 : 0;
  seat.alone = claim.alone ? 1 : 0;
  const BudgetAccount& own = groups[seat.group].account;
  seat.memory = claim.memory_bytes;
  if (small(own, seat.memory)) seat.memory = 0;
  if (claim.alone) seat.memory = std::max(seat.memory, own.memory);
  std::memcpy(seat.id, claim.id.data(), sizeof seat.id);
  seat.call = claim.call;
  excuse(seat, claim.ancestors);
  seat.order = ++next_order;
  seat.since = 0;
  seat.asked = 0;
  seat.state = SeatState::waits;
  waiting++;
  return number;
}

void Budget::Page::excuse(Seat& seat, const std::vector<uint64_t>& ancestors) const {
  seat.excused = 0;
  seat.excused_own = 0;
  if (seat.memory == 0 || whole.parked == 0) return;
  for (uint32_t i = 0; i < used; i++) {
    const Seat& other = seats[i];
    if (other.state != SeatState::parked || other.call == 0) continue;
    if (std::find(ancestors.begin(), ancestors.end(), other.call) == ancestors.end()) continue;
    seat.excused += other.memory;
    if (other.group == seat.group) seat.excused_own += other.memory;
  }
}

void Budget::Page::begin(Seat& seat) {
  set_state(seat, SeatState::runs);
  seat.order = ++next_order;
}

void Budget::Page::stand_up(uint32_t number) {
  Seat& seat = seats[number];
  set_state(seat, SeatState::free);
  seat.next_free = first_free;
  first_free = number;
}

bool Budget::Page::has_core(const Seat& seat) const {
  const BudgetAccount& own = groups[seat.group].account;
  return own.running < own.cores && (whole.running < whole.cores || own.running == 0);
}

bool Budget::Page::has_memory(const Seat& seat) const {
  if (seat.memory == 0 || whole.running == 0) return true;
  const BudgetAccount& own = groups[seat.group].account;
  if (own.running == 0 && own.parked > 0) return true;
  return whole.has_room(seat.memory, seat.excused) && own.has_room(seat.memory, seat.excused_own);
}

bool Budget::Page::is_first(const Seat& seat, int64_t now) const {
  if (waiting <= 1) return true;
  for (uint32_t i = 0; i < used; i++) {
    const Seat& other = seats[i];
    if (other.state != SeatState::waits || other.order >= seat.order) continue;
    if (now - other.asked > k_asleep_ns || !has_core(other)) continue;
    if (has_memory(other)) return false;
    if (seat.memory > 0 && now - other.since > k_patience_ns) return false;
  }
  return true;
}

Budget::Turn Budget::Page::try_begin(Seat& seat) {
  if (waiting <= 1 && has_core(seat) && has_memory(seat)) {
    begin(seat);
    return Turn::runs;
  }
  const int64_t now = now_ns();
  seat.asked = now;
  if (seat.since == 0) seat.since = now;
  if (!has_core(seat)) return Turn::no_core;
  if (!has_memory(seat)) return Turn::no_memory;
  if (!is_first(seat, now)) return seat.memory > 0 ? Turn::no_memory : Turn::no_core;
  begin(seat);
  return Turn::runs;
}

}  // namespace samara::port
