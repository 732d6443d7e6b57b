#pragma once
// What the file of a budget holds, and the rules by which seats run. Internal to Budget.
// Threads: everything here but the atomic words belongs to whoever holds the lock of the page.
// Specified by: docs/formats/queue.md, "Budget".

#include <pthread.h>

#include <atomic>
#include <cerrno>

#include "ports/linux/budget.hpp"

namespace samara::port {

inline constexpr uint32_t k_groups_max = 64;
inline constexpr uint32_t k_berths_max = 512;
inline constexpr size_t k_worker_digits = 16;
inline constexpr uint32_t k_no_number = UINT32_MAX;

inline uint64_t budget_sum(uint64_t a, uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

// What a supervisor's workers may take, and what they have taken; and the same of all together.
struct BudgetAccount {
  uint32_t cores;
  uint32_t running;
  uint32_t parked;
  uint32_t reserved;
  uint64_t memory;   // may be taken
  uint64_t claimed;  // by seats that run or are parked
  uint64_t idle;     // by processes

  // `excused`: claimed by those who wait for it; where there is nothing else it may run.
  bool has_room(uint64_t bytes, uint64_t excused) const {
    return claimed <= excused || budget_sum(budget_sum(idle, claimed), bytes) <= memory;
  }
};

struct BudgetGroup {
  uint32_t used;
  uint32_t serial;  // tells a supervisor from one that had the number before
  int32_t pid;
  std::atomic<uint32_t> work;          // moves when a seat is taken while the guard sleeps
  std::atomic<uint32_t> guard_sleeps;  // 1: it wants to be told; 2: it is to end
  uint32_t reserved;
  BudgetAccount account;
};

struct BudgetProcess {
  uint32_t used;
  uint32_t group;
  int32_t pid;
  uint32_t reserved;
  uint64_t idle;
  char worker[k_worker_digits];
};

struct Budget::Seat {
  SeatState state;
  uint32_t berth;
  uint32_t group;
  uint8_t repeatable;
  uint8_t alone;
  uint16_t reserved;
  uint32_t next_free;
  uint32_t reserved2;
  uint64_t order;   // of waiting: when it came; of the others: when it began
  uint64_t memory;  // that is counted
  int64_t since;    // when it came
  int64_t asked;    // when its owner asked last; 0: it does not
  uint8_t id[16];
  uint64_t call;
  uint64_t excused;      // of what is claimed of the whole, by those who wait for it
  uint64_t excused_own;  // the same of what its supervisor's workers have claimed
};

struct Budget::Page {
  char magic[8];
  uint32_t size_bytes;            // of the whole page
  std::atomic<uint32_t> changes;  // moves when somebody may run who waited
  pthread_mutex_t mutex;
  BudgetAccount whole;
  uint64_t next_order;
  uint32_t next_serial;
  uint32_t waiting;
  uint32_t used;        // seats from this number on have never been taken
  uint32_t first_free;  // of those before it; k_no_number: none
  BudgetGroup groups[k_groups_max];
  BudgetProcess berths[k_berths_max];
  Seat seats[k_seats_max];

  bool small(const BudgetAccount& account, uint64_t bytes) const;
  // All that follows from groups, berths and seats.
  void recount();
  // What a seat adds, or takes away again.
  void count(const Seat& seat, int by);
  void set_state(Seat& seat, SeatState state);
  uint32_t sit_down(uint32_t berth, const BudgetClaim& claim);
  void excuse(Seat& seat, const std::vector<uint64_t>& ancestors) const;
  void begin(Seat& seat);
  void stand_up(uint32_t number);
  // Nobody is shut out by what the workers of others do for long: one may always run.
  bool has_core(const Seat& seat) const;
  // Where all others wait for calls, perhaps for this one, it may run in any case.
  bool has_memory(const Seat& seat) const;
  // Those who came first run first. Who waits for memory is passed by those for whom there is
  // enough, unless it has waited for long.
  bool is_first(const Seat& seat, int64_t now) const;
  Turn try_begin(Seat& seat);
};

// Robust: whoever dies with it leaves what it was about to count.
class Budget::Lock {
 public:
  explicit Lock(Page& page) : page_(page) {
    if (::pthread_mutex_lock(&page.mutex) == EOWNERDEAD) {
      page.recount();
      ::pthread_mutex_consistent(&page.mutex);
    }
  }
  ~Lock() { ::pthread_mutex_unlock(&page_.mutex); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  Page& page_;
};

}  // namespace samara::port
