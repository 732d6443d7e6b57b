// The part of Caller that knows rings. Specified by: docs/formats/queue.md, "Rings".

#include <algorithm>

#include "queue/caller.hpp"

namespace samara::queue {

using port::Instant;
using port::OpenFile;
using port::OpenMode;

namespace {

// Each takes half a MiB of the file system.
constexpr size_t k_rings_max = 32;
constexpr size_t k_strangers_max = 256;
constexpr uint32_t k_refused = UINT32_MAX;

// A request goes into the ring of a worker that is busy only if it will be taken this soon.
constexpr int64_t k_ahead_ns = 3'000'000;
constexpr int64_t k_run_ns_max = 10'000'000'000;
constexpr uint32_t k_load_max = 1'000'000;

constexpr size_t k_untaken_max = 4 * k_ring_slots;

}  // namespace

// --- offering ------------------------------------------------------------------------------------

// A reply of this worker came by file.
void Caller::meet(const std::string& worker, const std::string& queue) {
  if (options_.ring_after == 0 || bell_.blind() || !is_peer_id(worker)) return;
  for (const auto& peer : rings_) {
    if (peer->worker != worker) continue;
    std::lock_guard guard(mutex_);
    auto& queues = peer->queues;
    if (std::find(queues.begin(), queues.end(), queue) == queues.end()) queues.push_back(queue);
    return;
  }
  if (strangers_.size() >= k_strangers_max) strangers_.clear();
  uint32_t& replies = strangers_[worker];
  if (replies == k_refused || ++replies < options_.ring_after) return;
  replies = k_refused;
  if (rings_.size() >= k_rings_max) return;
  // Whatever is in the way, files are not.
  auto peer = offer(worker);
  if (!peer) return;
  (*peer)->queues.push_back(queue);
  std::lock_guard guard(mutex_);
  rings_.push_back(std::move(*peer));
}

Result<std::shared_ptr<Caller::RingPeer>> Caller::offer(const std::string& worker) {
  port::Files& files = parts_.files;
  SAMARA_TRY(OpenFile claims,
             OpenFile::open(files, folder_->claims(), worker, OpenMode::directory));
  SAMARA_TRY(auto doorbell, parts_.watchers.find_doorbell(claims.handle(), k_doorbell));
  if (!doorbell_hung_) SAMARA_CHECK(bell_.hang_doorbell(presence_->folder()));
  doorbell_hung_ = true;
  const std::string name = std::string(k_ring_prefix) + worker;
  SAMARA_TRY(OpenFile file,
             OpenFile::open(files, presence_->folder(), name, OpenMode::create_shared));
  auto memory = parts_.watchers.share(file.handle(), k_ring_bytes);
  if (!memory) {
    static_cast<void>(files.remove(presence_->folder(), name));
    return std::move(memory).error();
  }
  auto out = std::make_shared<RingPeer>(worker, std::move(*memory), std::move(doorbell));
  // The worker is told last: it may look at once.
  SAMARA_CHECK(OpenFile::open(files, claims.handle(), std::string(k_ring_prefix) + id(),
                              OpenMode::create_shared));
  return out;
}

// --- asking --------------------------------------------------------------------------------------

// Forgets those that were taken; those behind one that was not may be forgotten later.
// Requires: mutex_ is held.
void Caller::prune(RingPeer& peer) {
  auto waits = [&](const RingPeer::Untaken& one) {
    return peer.ring.holds(one.slot, one.id) && peer.ring.state_of(one.slot) == SlotState::posted;
  };
  while (!peer.untaken.empty() && !waits(peer.untaken.front())) peer.untaken.pop_front();
  if (peer.untaken.size() > k_untaken_max) {
    std::erase_if(peer.untaken, [&](const auto& one) { return !waits(one); });
  }
}

// The ring in which a request for this queue is taken first, if it is taken soon.
// Requires: mutex_ is held.
std::shared_ptr<Caller::RingPeer> Caller::choose(std::string_view queue) {
  std::shared_ptr<RingPeer> best;
  int64_t best_wait = 0;
  uint32_t best_load = 0;
  for (const auto& peer : rings_) {
    if (peer->ring.free_slots() == 0 || !peer->ring.attached()) continue;
    auto& queues = peer->queues;
    if (std::find(queues.begin(), queues.end(), queue) == queues.end()) continue;
    prune(*peer);
    const uint32_t slots = std::min(peer->ring.worker_slots(), k_load_max);
    const uint32_t load = std::min(peer->ring.worker_load(), k_load_max) +
                          static_cast<uint32_t>(peer->untaken.size());
    int64_t wait = 0;
    if (load >= slots) {
      if (peer->run_ns < 0) continue;
      wait = (int64_t{load} - slots + 1) * peer->run_ns / slots;
      if (wait > k_ahead_ns) continue;
    }
    if (best != nullptr && std::pair(wait, load) >= std::pair(best_wait, best_load)) continue;
    best = peer;
    best_wait = wait;
    best_load = load;
  }
  return best;
}

bool Caller::post(const Request& request, FramedRequest& framed) {
  const ByteView bytes =
      ByteView(framed.bytes).subspan(k_head_bytes, framed.reply_at - k_head_bytes);
  if (bytes.size() > k_slot_request_max) return false;
  const Instant now = parts_.clock.now();
  std::shared_ptr<RingPeer> peer;
  bool busy = false;
  {
    std::lock_guard guard(mutex_);
    if (pending_.size() >= options_.in_flight_max) return false;
    peer = choose(request.queue);
    if (peer == nullptr) return false;
    busy = peer->ring.worker_load() + peer->untaken.size() >= peer->ring.worker_slots();
    auto slot = peer->ring.post(request.id, request.priority, bytes);
    if (!slot.has_value()) return false;
    peer->untaken.push_back({*slot, request.id, now});
    Pending& pending = pending_[request.id];
    pending.queue = request.queue;
    pending.reply_at = framed.reply_at;
    pending.deadline_ns = request.deadline_ns;
    pending.peer = peer;
    pending.slot = *slot;
    pending.bytes = std::move(framed.bytes);
    pending.priority = request.priority;
    pending.repeatable = request.repeatable;
    pending.attempts_max = request.attempts_max;
    in_rings_++;
    if (request.deadline_ns > 0) deadlines_.emplace(request.deadline_ns, request.id);
  }
  sent_by_ring_.fetch_add(1, std::memory_order_relaxed);
  if (peer->ring.wakes_worker()) peer->doorbell->ring();
  // Whoever sleeps in next() has to look after it in time.
  const int64_t limit = (now + k_ring_patience).time_since_epoch().count();
  if (busy && asleep_until_.load() > limit) bell_.interrupt();
  return true;
}

// --- gathering -----------------------------------------------------------------------------------

bool Caller::rings_have_news() const {
  return std::any_of(rings_.begin(), rings_.end(),
                     [](const auto& peer) { return peer->ring.has_news(); });
}

void Caller::set_sleeping(bool sleeping) {
  sleeping_ = sleeping;
  for (const auto& peer : rings_) peer->ring.set_sleeping(sleeping);
}

std::optional<Answer> Caller::collect_rings() {
  for (size_t i = 0; i < rings_.size(); i++) {
    auto answer = collect(rings_[(ring_turn_ + i) % rings_.size()]);
    if (!answer.has_value()) continue;
    ring_turn_ += i;
    ring_row_++;
    return answer;
  }
  return std::nullopt;
}

std::optional<Answer> Caller::collect(const std::shared_ptr<RingPeer>& peer) {
  while (peer->ring.has_news()) {
    Bytes bytes;
    CallerRing::Ended ended;
    {
      std::lock_guard guard(mutex_);
      auto next = peer->ring.collect();
      if (!next.has_value()) return std::nullopt;
      ended = *next;
      auto found = pending_.find(ended.id);
      const bool ours = found != pending_.end() && found->second.peer == peer;
      if (ours && ended.state == SlotState::answered) {
        bytes = peer->ring.reply(ended.slot);
        const auto run =
            static_cast<int64_t>(std::min<uint64_t>(peer->ring.run_ns(ended.slot), k_run_ns_max));
        peer->run_ns = peer->run_ns < 0 ? run : peer->run_ns + (run - peer->run_ns) / 8;
      }
      // The reply to one that is spent comes, or came, as a file.
      if (ours && ended.state == SlotState::spent) {
        found->second.peer = nullptr;
        found->second.reply_at = k_head_bytes;
        found->second.bytes = {};
        in_rings_--;
      }
      peer->ring.free(ended.slot);
      if (!ours || ended.state == SlotState::spent) continue;
    }
    if (ended.state == SlotState::returned) {
      put_back(ended.id, 1);
    } else if (auto answer = take_answer(ended.id, bytes)) {
      return answer;
    }
  }
  return std::nullopt;
}

// Ends what is pending with the bytes of a reply. None: nobody wants it.
std::optional<Answer> Caller::take_answer(const Uuid& id, ByteView bytes) {
  {
    std::lock_guard guard(mutex_);
    auto found = pending_.find(id);
    if (found == pending_.end()) return std::nullopt;
    const bool abandoned = found->second.abandoned;
    pending_.erase(found);
    in_rings_--;
    if (abandoned) return std::nullopt;
  }
  Answer out{id, {}};
  auto reply = decode_reply(bytes, parts_.types);
  if (reply && reply->id == id) {
    out.reply = std::move(*reply);
    return out;
  }
  std::string text = "the reply cannot be read";
  if (!reply) text += ": " + std::string(reply.error().message());
  out.reply.id = id;
  out.reply.outcome = Outcome::of(OutcomeKind::lost, text);
  return out;
}

// --- when the ring does not do -------------------------------------------------------------------

void Caller::move_stale(Instant now) {
  for (const auto& peer : rings_) {
    std::vector<Uuid> stale;
    {
      std::lock_guard guard(mutex_);
      prune(*peer);
      auto& untaken = peer->untaken;
      while (!untaken.empty() && untaken.front().since + k_ring_patience <= now) {
        const RingPeer::Untaken one = untaken.front();
        untaken.pop_front();
        if (peer->ring.holds(one.slot, one.id) && peer->ring.withdraw(one.slot)) {
          stale.push_back(one.id);
        }
      }
    }
    for (const Uuid& id : stale) put_back(id, 1);
  }
}

// Goes on by file with what is in no ring any more. After a death not at once, and as the attempt
// that is counted.
void Caller::put_back(const Uuid& id, uint32_t attempt, std::chrono::milliseconds pause) {
  MessageName name{.id = id, .caller = this->id(), .attempt = attempt};
  Bytes bytes;
  {
    std::lock_guard guard(mutex_);
    auto found = pending_.find(id);
    if (found == pending_.end()) return;
    Pending& pending = found->second;
    name.priority = pending.priority;
    bytes = std::move(pending.bytes);
    pending.peer = nullptr;
    in_rings_--;
  }
  if (pause.count() > 0) {
    const auto wall =
        std::chrono::floor<std::chrono::milliseconds>(parts_.clock.wall().time_since_epoch());
    name.ready_ms = (wall + pause).count();
  }
  auto placed = place(name, bytes);
  bool cancelled = false;
  {
    std::lock_guard guard(mutex_);
    auto found = pending_.find(id);
    if (found == pending_.end()) return;
    cancelled = found->second.cancelled;
    if (!placed) {
      const bool abandoned = found->second.abandoned;
      pending_.erase(found);
      if (abandoned) return;
    }
  }
  if (!placed) {
    finish_here(id, OutcomeKind::lost,
                "it could not be put back: " + std::string(placed.error().message()));
  } else if (cancelled) {
    // Whoever cancelled it meanwhile found it nowhere.
    static_cast<void>(cancel(id));
  }
}

// The worker is gone: its lock is free, so it runs nothing any more.
Result<void> Caller::lose_ring(std::string_view worker) {
  auto found = std::find_if(rings_.begin(), rings_.end(),
                            [&](const auto& peer) { return peer->worker == worker; });
  if (found == rings_.end()) return {};
  const std::shared_ptr<RingPeer> peer = std::move(*found);
  {
    // From here on nobody posts.
    std::lock_guard guard(mutex_);
    rings_.erase(found);
  }
  // What it answered by file has come, but we may not have heard of it.
  SAMARA_TRY(auto entries, parts_.files.list(presence_->folder()));
  for (const auto& entry : entries) receive(entry.name);
  for (const CallerRing::Used& used : peer->ring.used()) lose_slot(*peer, used);
  return remove_if_there(parts_.files, presence_->folder(),
                         std::string(k_ring_prefix) + peer->worker);
}

void Caller::lose_slot(RingPeer& peer, const CallerRing::Used& used) {
  SlotState state = SlotState::taken;
  bool again = false;
  bool cancelled = false;
  bool repeatable = false;
  const std::optional<StopNote> note = stop_note(parts_.files, folder_->root(), used.id);
  const Death death = death_of(note, peer.worker);
  {
    std::lock_guard guard(mutex_);
    auto found = pending_.find(used.id);
    if (found == pending_.end() || found->second.peer.get() != &peer) return;
    const Pending& pending = found->second;
    state = peer.ring.state_of(used.slot);
    cancelled = pending.cancelled;
    repeatable = pending.repeatable;
    again = !cancelled && runs_again({repeatable, pending.attempts_max}, 1, death);
  }
  if (state == SlotState::answered) {
    if (auto answer = take_answer(used.id, peer.ring.reply(used.slot))) {
      std::lock_guard guard(mutex_);
      ready_.push_back(std::move(*answer));
    }
    return;
  }
  if (state == SlotState::posted || state == SlotState::returned) return put_back(used.id, 1);
  if (again && death == Death::stopped) return put_back(used.id, 1, k_stopped_pause);
  if (again) return put_back(used.id, 2, pause_before(2));
  {
    std::lock_guard guard(mutex_);
    auto found = pending_.find(used.id);
    if (found == pending_.end()) return;
    const bool abandoned = found->second.abandoned;
    pending_.erase(found);
    in_rings_--;
    if (abandoned) return;
  }
  Answer out{used.id, {}};
  out.reply.id = used.id;
  out.reply.worker = peer.worker;
  out.reply.outcome = cancelled ? Outcome::of(OutcomeKind::cancelled, "cancelled by the caller")
                                : end_outcome(repeatable, 1, death, note);
  std::lock_guard guard(mutex_);
  ready_.push_back(std::move(out));
}

void Caller::close_rings() {
  for (const auto& peer : rings_) {
    for (const CallerRing::Used& used : peer->ring.used()) {
      if (!peer->ring.withdraw(used.slot)) peer->ring.cancel(used.slot);
    }
    peer->ring.close();
    if (peer->ring.wakes_worker()) peer->doorbell->ring();
  }
}

}  // namespace samara::queue
