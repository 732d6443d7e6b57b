#include "queue/ring.hpp"

#include <algorithm>
#include <cstring>

namespace samara::queue {

namespace {

// "SMRRING1", as it lies in memory; both ends run on one machine.
constexpr uint8_t k_ring_magic[8] = {'S', 'M', 'R', 'R', 'I', 'N', 'G', '1'};
constexpr uint32_t k_attached_yes = 1;
constexpr uint32_t k_attached_left = 2;

}  // namespace

// --- both ends -----------------------------------------------------------------------------------

bool RingMemory::exchange(uint32_t index, uint64_t generation, SlotState from, SlotState to) const {
  if (!step()) return false;
  uint64_t expected = state_word(generation, from);
  // Acquire: what the other end wrote into the slot; release: what we did.
  return state(index).compare_exchange_strong(expected, state_word(generation, to),
                                              std::memory_order_acq_rel);
}

// A sleeper sets its flag, then looks for news; we have made news, and look at the flag. All four
// are sequentially consistent, so at least one of us sees the other.
bool RingMemory::wakes(size_t at) const {
  if (!step()) return false;
  Word flag = word(at);
  if (flag.load(std::memory_order_seq_cst) == 0) return false;
  return flag.exchange(0, std::memory_order_acq_rel) != 0;
}

// --- the caller ----------------------------------------------------------------------------------

CallerRing::CallerRing(std::unique_ptr<port::SharedMemory> memory) : RingMemory(std::move(memory)) {
  free_.reserve(k_ring_slots);
  for (uint32_t i = 0; i < k_ring_slots; i++) free_.push_back(k_ring_slots - 1 - i);
  uint32_t magic[2];
  std::memcpy(magic, k_ring_magic, sizeof magic);
  if (!step()) return;
  word(k_magic).store(magic[0], std::memory_order_release);
  word(k_magic + 4).store(magic[1], std::memory_order_release);
}

bool CallerRing::attached() const {
  return step() && word(k_attached).load(std::memory_order_acquire) == k_attached_yes;
}

uint32_t CallerRing::worker_slots() const {
  return std::max(word(k_worker_slots).load(std::memory_order_relaxed), uint32_t{1});
}

uint32_t CallerRing::worker_load() const {
  return word(k_worker_load).load(std::memory_order_relaxed);
}

std::optional<uint32_t> CallerRing::post(const Uuid& id, uint8_t priority, ByteView request) {
  SAMARA_ASSERT(request.size() <= k_slot_request_max);
  // Entries of the index that the worker has not read must not be written over.
  const uint32_t unread = requests_tail_ - word(k_requests_head).load(std::memory_order_acquire);
  if (free_.empty() || unread >= k_index_entries) return std::nullopt;
  if (!step()) return std::nullopt;
  const uint32_t index = free_.back();
  free_.pop_back();
  Own& own = own_[index];
  own.id = id;
  own.generation++;
  own.used = true;
  uint8_t* at = slot(index);
  slot_word(index, k_request_size)
      .store(static_cast<uint32_t>(request.size()), std::memory_order_relaxed);
  slot_word(index, k_priority).store(priority, std::memory_order_relaxed);
  slot_word(index, k_cancel).store(0, std::memory_order_relaxed);
  std::memcpy(at + k_id, id.bytes.data(), id.bytes.size());
  if (!request.empty()) std::memcpy(at + k_slot_head_bytes, request.data(), request.size());
  state(index).store(state_word(own.generation, SlotState::posted), std::memory_order_release);
  if (!step()) return index;
  request_entry(requests_tail_).store(index, std::memory_order_relaxed);
  word(k_requests_tail).store(++requests_tail_, std::memory_order_seq_cst);
  return index;
}

bool CallerRing::withdraw(uint32_t index) {
  if (!exchange(index, own_[index].generation, SlotState::posted, SlotState::free)) return false;
  free(index);
  return true;
}

void CallerRing::cancel(uint32_t index) {
  if (!step()) return;
  slot_word(index, k_cancel).store(1, std::memory_order_relaxed);
  word(k_cancels).fetch_add(1, std::memory_order_seq_cst);
}

void CallerRing::close() {
  if (!step()) return;
  word(k_closed).store(1, std::memory_order_relaxed);
  word(k_cancels).fetch_add(1, std::memory_order_seq_cst);
}

std::optional<CallerRing::Ended> CallerRing::collect() {
  // At most one entry for each slot can be meant.
  for (uint32_t i = 0; i < k_index_entries; i++) {
    if (!has_news()) return std::nullopt;
    const uint32_t index = reply_entry(replies_head_++).load(std::memory_order_relaxed);
    if (index >= k_ring_slots || !own_[index].used) continue;
    const SlotState now = state_of(index);
    if (now != SlotState::answered && now != SlotState::spent && now != SlotState::returned) {
      continue;
    }
    return Ended{index, own_[index].id, now};
  }
  // The number of the last entry makes no sense: begin where it says that the end is.
  replies_head_ = word(k_replies_tail).load(std::memory_order_acquire);
  return std::nullopt;
}

bool CallerRing::has_news() const {
  return step() && word(k_replies_tail).load(std::memory_order_seq_cst) != replies_head_;
}

void CallerRing::set_sleeping(bool sleeping) const {
  if (!step()) return;
  word(k_caller_sleeps).store(sleeping ? 1 : 0, std::memory_order_seq_cst);
}

SlotState CallerRing::state_of(uint32_t index) const {
  if (!step()) return SlotState::taken;
  const uint64_t now = state(index).load(std::memory_order_acquire);
  const uint64_t known = now & 0xff;
  if (now >> 8 != own_[index].generation || known == 0 ||
      known > static_cast<uint64_t>(SlotState::returned)) {
    return SlotState::taken;
  }
  return static_cast<SlotState>(known);
}

Bytes CallerRing::reply(uint32_t index) const {
  const uint32_t said = slot_word(index, k_reply_size).load(std::memory_order_relaxed);
  const uint8_t* at = slot(index) + k_slot_head_bytes + k_slot_request_max;
  return Bytes(at, at + std::min(said, k_slot_reply_max));
}

uint64_t CallerRing::run_ns(uint32_t index) const {
  return slot_long(index, k_run_ns).load(std::memory_order_relaxed);
}

void CallerRing::free(uint32_t index) {
  SAMARA_ASSERT(own_[index].used);
  own_[index].used = false;
  free_.push_back(index);
}

std::vector<CallerRing::Used> CallerRing::used() const {
  std::vector<Used> out;
  for (uint32_t i = 0; i < k_ring_slots; i++) {
    if (own_[i].used) out.push_back({i, own_[i].id});
  }
  return out;
}

// --- the worker ----------------------------------------------------------------------------------

bool WorkerRing::is_ring(const port::SharedMemory& memory) {
  return memory.bytes().size() >= k_ring_bytes &&
         std::memcmp(memory.bytes().data(), k_ring_magic, sizeof k_ring_magic) == 0;
}

void WorkerRing::attach(uint32_t slots) {
  if (!step()) return;
  word(k_worker_slots).store(slots, std::memory_order_relaxed);
  word(k_attached).store(k_attached_yes, std::memory_order_release);
}

void WorkerRing::leave() {
  if (step()) word(k_attached).store(k_attached_left, std::memory_order_release);
}

void WorkerRing::set_load(uint32_t load) const {
  word(k_worker_load).store(load, std::memory_order_relaxed);
}

bool WorkerRing::closed() const { return word(k_closed).load(std::memory_order_acquire) != 0; }

void WorkerRing::drain(std::vector<Posted>& out) {
  if (!step()) return;
  const uint32_t tail = word(k_requests_tail).load(std::memory_order_acquire);
  if (tail == requests_head_) return;
  // More than there can be: the caller is out of its mind, and its last ones are as good as any.
  if (tail - requests_head_ > k_index_entries) requests_head_ = tail - k_index_entries;
  for (; requests_head_ != tail; requests_head_++) {
    const uint32_t index = request_entry(requests_head_).load(std::memory_order_relaxed);
    if (index >= k_ring_slots) continue;
    const uint64_t now = state(index).load(std::memory_order_acquire);
    if ((now & 0xff) != static_cast<uint64_t>(SlotState::posted)) continue;
    Posted posted{.slot = index, .generation = now >> 8, .priority = 0, .id = {}};
    posted.priority =
        static_cast<uint8_t>(slot_word(index, k_priority).load(std::memory_order_relaxed));
    std::memcpy(posted.id.bytes.data(), slot(index) + k_id, posted.id.bytes.size());
    out.push_back(posted);
  }
  if (step()) word(k_requests_head).store(requests_head_, std::memory_order_release);
}

bool WorkerRing::has_news() const {
  return step() && (word(k_requests_tail).load(std::memory_order_seq_cst) != requests_head_ ||
                    word(k_cancels).load(std::memory_order_seq_cst) != cancels_);
}

void WorkerRing::set_sleeping(bool sleeping) const {
  if (!step()) return;
  word(k_worker_sleeps).store(sleeping ? 1 : 0, std::memory_order_seq_cst);
}

bool WorkerRing::cancels_moved() {
  const uint32_t now = word(k_cancels).load(std::memory_order_acquire);
  const bool moved = now != cancels_;
  cancels_ = now;
  return moved;
}

bool WorkerRing::cancelled(const Posted& posted) const {
  return slot_word(posted.slot, k_cancel).load(std::memory_order_relaxed) != 0;
}

bool WorkerRing::take(const Posted& posted, Bytes& request) const {
  if (!exchange(posted.slot, posted.generation, SlotState::posted, SlotState::taken)) return false;
  const uint32_t said = slot_word(posted.slot, k_request_size).load(std::memory_order_relaxed);
  const uint8_t* at = slot(posted.slot) + k_slot_head_bytes;
  request.assign(at, at + std::min(said, k_slot_request_max));
  return true;
}

void WorkerRing::answer(const Posted& posted, ByteView reply, uint64_t run_ns) {
  SAMARA_ASSERT(reply.size() <= k_slot_reply_max);
  if (!step()) return;
  slot_word(posted.slot, k_reply_size)
      .store(static_cast<uint32_t>(reply.size()), std::memory_order_relaxed);
  slot_long(posted.slot, k_run_ns).store(run_ns, std::memory_order_relaxed);
  if (!reply.empty()) {
    std::memcpy(slot(posted.slot) + k_slot_head_bytes + k_slot_request_max, reply.data(),
                reply.size());
  }
  end(posted, SlotState::answered);
}

// The state first: what a worker that dies in between has answered is answered.
void WorkerRing::end(const Posted& posted, SlotState to) {
  if (!exchange(posted.slot, posted.generation, SlotState::taken, to)) return;
  if (!step()) return;
  std::lock_guard guard(mutex_);
  reply_entry(replies_tail_).store(posted.slot, std::memory_order_relaxed);
  word(k_replies_tail).store(++replies_tail_, std::memory_order_seq_cst);
}

}  // namespace samara::queue
