#pragma once
// Ring: shared memory of one caller and one worker, through which requests and replies go without
// files. The caller owns its slots and says what is in them; the worker takes and answers. A word
// of state in each slot decides all races; what else is shared are hints. Each end keeps what it
// must know in its own memory and believes nothing of the other's unchecked.
//
// Threads: CallerRing under one lock; WorkerRing: see there.
// Specified by: docs/formats/queue.md, "Rings".

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "call/uuid7.hpp"
#include "port/watcher.hpp"

namespace samara::queue {

inline constexpr uint32_t k_ring_slots = 64;
inline constexpr size_t k_ring_head_bytes = 4096;
inline constexpr size_t k_slot_bytes = 8192;
inline constexpr size_t k_slot_head_bytes = 128;
/// Larger ones go by file.
inline constexpr uint32_t k_slot_request_max = 4032;
inline constexpr uint32_t k_slot_reply_max = 4032;
inline constexpr size_t k_ring_bytes = k_ring_head_bytes + k_ring_slots * k_slot_bytes;

enum class SlotState : uint8_t {
  free = 0,      // the caller's
  posted = 1,    // the caller may withdraw it, the worker may take it: whose exchange succeeds
  taken = 2,     // the worker's
  answered = 3,  // the caller's; the reply is in the slot
  spent = 4,     // the caller's; the reply went by file
  returned = 5,  // the caller's; it is as if it had never been taken
};

/// What both ends share: names for the words in the memory.
class RingMemory {
 public:
  explicit RingMemory(std::unique_ptr<port::SharedMemory> memory) : memory_(std::move(memory)) {}

 protected:
  using Word = std::atomic_ref<uint32_t>;
  using LongWord = std::atomic_ref<uint64_t>;

  static constexpr uint32_t k_index_entries = 128;  // more than slots: withdrawn ones leave theirs

  bool step() const { return memory_->step(); }
  Word word(size_t at) const { return Word(*reinterpret_cast<uint32_t*>(base() + at)); }
  uint8_t* slot(uint32_t index) const { return base() + k_ring_head_bytes + index * k_slot_bytes; }
  Word slot_word(uint32_t index, size_t at) const {
    return Word(*reinterpret_cast<uint32_t*>(slot(index) + at));
  }
  LongWord slot_long(uint32_t index, size_t at) const {
    return LongWord(*reinterpret_cast<uint64_t*>(slot(index) + at));
  }
  LongWord state(uint32_t index) const { return slot_long(index, 0); }
  Word request_entry(uint32_t number) const {
    return word(512 + 4 * size_t{number % k_index_entries});
  }
  Word reply_entry(uint32_t number) const {
    return word(1024 + 4 * size_t{number % k_index_entries});
  }
  static uint64_t state_word(uint64_t generation, SlotState state) {
    return generation << 8 | static_cast<uint64_t>(state);
  }
  bool exchange(uint32_t index, uint64_t generation, SlotState from, SlotState to) const;
  /// Whether the sleeper set its flag; whoever gets true rings.
  bool wakes(size_t at) const;

  // Offsets of words. Each line of 64 bytes has one writer, except the flags of the sleepers.
  static constexpr size_t k_magic = 0;
  static constexpr size_t k_requests_tail = 64;  // caller
  static constexpr size_t k_cancels = 68;
  static constexpr size_t k_closed = 72;
  static constexpr size_t k_attached = 128;  // worker
  static constexpr size_t k_requests_head = 132;
  static constexpr size_t k_replies_tail = 136;
  static constexpr size_t k_worker_slots = 140;
  static constexpr size_t k_worker_load = 144;
  static constexpr size_t k_worker_sleeps = 192;
  static constexpr size_t k_caller_sleeps = 256;
  // Offsets in a slot.
  static constexpr size_t k_request_size = 8;
  static constexpr size_t k_priority = 12;
  static constexpr size_t k_id = 16;
  static constexpr size_t k_cancel = 32;
  static constexpr size_t k_reply_size = 64;
  static constexpr size_t k_run_ns = 72;

 private:
  uint8_t* base() const { return memory_->bytes().data(); }

  std::unique_ptr<port::SharedMemory> memory_;
};

/// The caller's end.
class CallerRing : public RingMemory {
 public:
  /// The memory is new: all zero.
  explicit CallerRing(std::unique_ptr<port::SharedMemory> memory);

  /// The worker has taken the ring up, and has not left it.
  bool attached() const;
  /// What the worker says of itself: how many it runs at once, and has in hand.
  uint32_t worker_slots() const;
  uint32_t worker_load() const;

  /// None: no slot is free.
  std::optional<uint32_t> post(const Uuid& id, uint8_t priority, ByteView request);
  /// Takes back what the worker has not taken; the slot is free then.
  bool withdraw(uint32_t slot);
  void cancel(uint32_t slot);
  /// No more requests come.
  void close();
  /// True: the worker sleeps and is to be woken by its doorbell.
  bool wakes_worker() const { return wakes(k_worker_sleeps); }

  struct Ended {
    uint32_t slot = 0;
    Uuid id;
    SlotState state = SlotState::free;  // answered, spent, returned
  };
  /// The next one that the worker is done with; its slot stays in use until free().
  std::optional<Ended> collect();
  bool has_news() const;
  void set_sleeping(bool sleeping) const;

  /// Whether the slot is in use, and by this request.
  bool holds(uint32_t slot, const Uuid& id) const { return own_[slot].used && own_[slot].id == id; }
  /// Of a slot in use. A state that the protocol does not know counts as taken.
  SlotState state_of(uint32_t slot) const;
  Bytes reply(uint32_t slot) const;
  /// How long the worker says it ran.
  uint64_t run_ns(uint32_t slot) const;
  void free(uint32_t slot);

  struct Used {
    uint32_t slot = 0;
    Uuid id;
  };
  std::vector<Used> used() const;
  size_t free_slots() const { return free_.size(); }

 private:
  struct Own {
    Uuid id;
    uint64_t generation = 0;
    bool used = false;
  };
  std::array<Own, k_ring_slots> own_;
  std::vector<uint32_t> free_;  // the last one was used last, and is in the cache
  uint32_t requests_tail_ = 0;
  uint32_t replies_head_ = 0;
};

/// The worker's end. Threads: answer and end by any; the rest by one at a time.
class WorkerRing : public RingMemory {
 public:
  /// False: this is no ring of ours.
  static bool is_ring(const port::SharedMemory& memory);
  explicit WorkerRing(std::unique_ptr<port::SharedMemory> memory) : RingMemory(std::move(memory)) {}

  void attach(uint32_t slots);
  void leave();
  void set_load(uint32_t load) const;
  bool closed() const;

  struct Posted {
    uint32_t slot = 0;
    uint64_t generation = 0;
    uint8_t priority = 0;
    Uuid id;
  };
  /// Appends what has been posted since, and not withdrawn.
  void drain(std::vector<Posted>& out);
  /// Something to drain, or a cancellation, or the end.
  bool has_news() const;
  void set_sleeping(bool sleeping) const;
  /// Whether any slot may have been cancelled since the last call.
  bool cancels_moved();
  bool cancelled(const Posted& slot) const;

  /// False: it was withdrawn. Otherwise `request` are bytes that nobody else can change.
  bool take(const Posted& slot, Bytes& request) const;
  /// Requires: reply.size() <= k_slot_reply_max.
  void answer(const Posted& slot, ByteView reply, uint64_t run_ns);
  /// Gives the slot back: spent or returned.
  void end(const Posted& slot, SlotState state);
  /// True: the caller sleeps and is to be woken by its doorbell.
  bool wakes_caller() const { return wakes(k_caller_sleeps); }

 private:
  uint32_t requests_head_ = 0;
  uint32_t cancels_ = 0;
  std::mutex mutex_;  // guards the next one
  uint32_t replies_tail_ = 0;
};

}  // namespace samara::queue
