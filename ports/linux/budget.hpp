#pragma once
// Budget: the cores and the memory that all workers of one user on one machine share. Format and
// rules: the section "Budget" of docs/formats/queue.md.
//
// It is a small file that everybody maps. A supervisor says what its workers may take; a worker
// process joins its supervisor; each request in its hands has a seat. A seat waits until there is a
// core and room for the memory that it may take; whoever waits for another call gives its core back
// meanwhile. Any process may die at any point: what it held is found free by the locks that the
// kernel took from it.
// Threads and processes: any. Cost: a lock and its release for each change; no system call where
// nobody waits.

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace samara::port {

/// What the workers of a supervisor may take together.
struct BudgetOrder {
  uint32_t cores = 1;
  uint64_t memory_bytes = UINT64_MAX;  // no limit
};

/// What is known of a request.
struct BudgetClaim {
  uint64_t memory_bytes = 0;  // that it may take at most; 0: nothing is known
  bool repeatable = false;    // may be ended, and run again
  bool alone = false;         // was ended before: nothing that takes memory runs beside it
  std::array<uint8_t, 16> id{};
  uint64_t call = 0;                     // the beginning of its call id; 0: it has none
  std::vector<uint64_t> ancestors = {};  // the same of those who wait for it
};

enum class SeatState : uint32_t { free = 0, waits = 1, runs = 2, parked = 3 };

struct BudgetSeat {
  uint32_t number = 0;
  SeatState state = SeatState::free;
  uint32_t group = 0;
  uint32_t berth = 0;
  int32_t pid = 0;
  uint64_t order = 0;  // ascends as requests come, and again as they begin
  BudgetClaim claim;
};

/// A worker process.
struct BudgetBerth {
  uint32_t number = 0;
  uint32_t group = 0;
  int32_t pid = 0;
  std::string worker;       // its id in the queue
  uint64_t idle_bytes = 0;  // what it has of memory when nothing is in its hands
};

/// What is taken now of what there is.
struct BudgetUse {
  uint32_t supervisors = 0;
  uint32_t workers = 0;
  uint32_t cores = 0;
  uint32_t cores_taken = 0;
  uint64_t memory_bytes = 0;
  uint64_t memory_claimed = 0;  // by requests, and by processes that are idle
  uint32_t waiting = 0;
  uint32_t parked = 0;
};

class Budget {
 public:
  static constexpr uint32_t k_seats_max = 4096;
  static constexpr uint32_t k_no_seat = UINT32_MAX;
  /// The variables of a worker's environment: the file, and whose worker it is.
  static constexpr const char* k_path_variable = "SAMARA_BUDGET";
  static constexpr const char* k_group_variable = "SAMARA_BUDGET_GROUP";

  /// The file of this machine and user, or what SAMARA_BUDGET names.
  static std::string usual_path();
  /// Makes the file where there is none. Errors: io, permission (it is another user's), corrupt.
  static Result<std::unique_ptr<Budget>> open(const std::string& path);
  /// One that nobody else finds, for a machine where there is no place for the file. Errors: io.
  static Result<std::unique_ptr<Budget>> open_private();
  /// Without making it. Errors: also not_found.
  static Result<std::unique_ptr<Budget>> look(const std::string& path);
  ~Budget();
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  /// Where workers find it.
  const std::string& path() const { return path_; }

  // --- of a supervisor

  /// Until this object ends. Errors: exhausted (64 supervisors), conflict (it has one).
  Result<void> supervise(const BudgetOrder& order);
  /// For k_group_variable. Requires: supervise.
  std::string group_text() const;
  /// Waits until a worker of this supervisor has something in hand. False: stop_waiting was called.
  bool wait_for_work();
  void stop_waiting();
  bool stopped() const;

  // --- of a worker

  /// `group`: what group_text of the supervisor gave. Errors: not_found (it is gone), exhausted
  /// (512 workers).
  Result<void> join(std::string_view group);
  void introduce(std::string_view worker);
  void set_idle_bytes(uint64_t bytes);
  /// What this worker's supervisor allows.
  uint64_t memory_bytes();

  enum class Turn : uint8_t { runs, no_core, no_memory };
  /// Takes a seat; it waits there unless it runs at once. k_seats_max: there is none left, and
  /// nothing is counted; all functions below pass it over.
  Turn sit(const BudgetClaim& claim, uint32_t& seat);
  /// Whether the seat runs now. Whoever waits asks again when something has changed.
  Turn try_begin(uint32_t seat);
  /// Without asking, for those who cannot wait.
  uint32_t sit_running(const BudgetClaim& claim);
  /// Nobody asks for the seat at present; it holds back no others.
  void rest(uint32_t seat);
  void leave(uint32_t seat);
  /// For the time in which a request waits for another call. It gets its core back at once, so
  /// that for a while more may run than there are cores.
  void park(uint32_t seat);
  void resume(uint32_t seat);

  /// Read before try_begin; then wait until it moves, or a time.
  uint32_t changes() const;
  void await_change(uint32_t seen, std::chrono::milliseconds most);

  // --- of all

  std::vector<BudgetSeat> seats();
  std::vector<BudgetBerth> berths();
  uint32_t group() const { return group_; }
  BudgetUse use();
  /// What all may take, and those of this supervisor.
  BudgetOrder whole();
  BudgetOrder own();
  /// Frees what processes held that are gone.
  void forget_the_dead();

 private:
  struct Page;
  struct Seat;
  class Lock;
  Budget() = default;
  static Result<std::unique_ptr<Budget>> open_file(int file, std::string path);
  Result<void> map(int file);
  bool held(uint64_t offset) const;
  bool take_lock(uint64_t offset) const;
  void forget_the_dead(Page& page) const;
  void changed();
  void tell_guard();

  Page* page_ = nullptr;
  std::string path_;
  int file_ = -1;
  uint32_t group_ = UINT32_MAX;
  uint32_t berth_ = UINT32_MAX;
  bool supervises_ = false;
};

}  // namespace samara::port
