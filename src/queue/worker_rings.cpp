// The part of Worker that serves rings. Specified by: docs/formats/queue.md, "Rings".

#include <algorithm>

#include "queue/message_file.hpp"
#include "queue/worker.hpp"

namespace samara::queue {

using port::OpenFile;
using port::OpenMode;

namespace {

// Each takes half a MiB of addresses, and a look before each sleep.
constexpr size_t k_rings_max = 64;

}  // namespace

// --- rings come and go ---------------------------------------------------------------------------

void Worker::attach(std::string_view caller) {
  static_cast<void>(remove_if_there(parts_.files, presence_->folder(),
                                    std::string(k_ring_prefix) + std::string(caller)));
  if (!is_peer_id(caller) || !doorbell_hung_) return;
  for (const auto& peer : rings_) {
    if (peer->caller == caller) return;
  }
  sweep_rings();
  if (rings_.size() >= k_rings_max) return;
  // Whatever is wrong with the offer, its caller goes on with files.
  auto peer = take_up(caller);
  if (!peer) return;
  {
    std::lock_guard guard(mutex_);
    rings_.push_back(*peer);
    tell_load();
  }
  (*peer)->ring.attach(std::max(options_.slots, uint32_t{1}));
}

Result<std::shared_ptr<Worker::RingPeer>> Worker::take_up(std::string_view caller) {
  port::Files& files = parts_.files;
  SAMARA_TRY(OpenFile folder,
             OpenFile::open(files, folder_->replies(), caller, OpenMode::directory));
  const std::string name = std::string(k_ring_prefix) + id();
  SAMARA_TRY(OpenFile file, OpenFile::open(files, folder.handle(), name, OpenMode::update));
  SAMARA_TRY(auto memory, parts_.watchers.share(file.handle(), k_ring_bytes));
  if (!WorkerRing::is_ring(*memory)) return Error(Code::corrupt, "this is no ring");
  SAMARA_TRY(auto doorbell, parts_.watchers.find_doorbell(folder.handle(), k_doorbell));
  return std::make_shared<RingPeer>(std::string(caller), std::move(memory), std::move(doorbell));
}

void Worker::detach(const RingPeer* gone) {
  std::erase_if(posted_, [&](const auto& entry) { return entry.second.peer.get() == gone; });
  std::lock_guard guard(mutex_);
  std::erase_if(rings_, [&](const auto& peer) { return peer.get() == gone; });
}

// Nobody tells us of the deaths of callers; whoever comes asks.
void Worker::sweep_rings() {
  const auto rings = rings_;
  for (const auto& peer : rings) {
    auto life = life_of(*folder_, peer_file(PeerKind::caller, peer->caller));
    if (life && *life != Life::alive) detach(peer.get());
  }
}

bool Worker::rings_have_news() const {
  if (interrupted_.load(std::memory_order_relaxed)) return true;
  return std::any_of(rings_.begin(), rings_.end(),
                     [](const auto& peer) { return peer->ring.has_news(); });
}

void Worker::set_sleeping(bool sleeping) {
  sleeping_ = sleeping;
  for (const auto& peer : rings_) peer->ring.set_sleeping(sleeping);
}

void Worker::drain_rings() {
  const RingPeer* closed = nullptr;
  for (const auto& peer : rings_) {
    if (!peer->ring.has_news()) continue;
    drained_.clear();
    peer->ring.drain(drained_);
    for (const WorkerRing::Posted& slot : drained_) {
      posted_.insert_or_assign(std::pair(slot.priority, slot.id), Posted{peer, slot});
    }
    if (!peer->ring.cancels_moved()) continue;
    if (peer->ring.closed()) closed = peer.get();
    std::lock_guard guard(mutex_);
    for (auto& [id, held] : held_) {
      if (held.peer == peer && peer->ring.cancelled(held.slot)) {
        held.cancelled->store(true, std::memory_order_relaxed);
      }
    }
  }
  // Others that are closed are swept when somebody comes.
  if (closed != nullptr) detach(closed);
}

// Requires: mutex_ is held.
void Worker::tell_load() {
  for (const auto& peer : rings_) peer->ring.set_load(static_cast<uint32_t>(held_.size()));
}

// --- requests ------------------------------------------------------------------------------------

Result<std::optional<Claim>> Worker::claim_posted() {
  auto first = posted_.begin();
  const Posted posted = std::move(first->second);
  Held held;
  held.parsed.priority = first->first.first;
  held.parsed.id = first->first.second;
  posted_.erase(first);
  Bytes bytes;
  if (!posted.peer->ring.take(posted.slot, bytes)) return std::optional<Claim>();
  ring_row_++;
  held.parsed.caller = posted.peer->caller;
  held.peer = posted.peer;
  held.slot = posted.slot;
  auto taken = take_posted(posted, std::move(held), bytes);
  if (taken) return taken;
  // We live on, so its caller would wait.
  posted.peer->ring.end(posted.slot, SlotState::returned);
  if (posted.peer->ring.wakes_caller()) posted.peer->doorbell->ring();
  return taken;
}

Result<std::optional<Claim>> Worker::take_posted(const Posted& posted, Held held, ByteView bytes) {
  auto request = decode_request(bytes, parts_.types);
  // One that is not what its slot says is as good as damaged.
  const bool fits = request && request->id == held.parsed.id &&
                    request->priority == held.parsed.priority &&
                    request->caller == posted.peer->caller;
  if (!fits) {
    std::string text = "the request cannot be read";
    if (!request) text += ": " + std::string(request.error().message());
    SAMARA_CHECK(answer_by_ring(held, reply_of(OutcomeKind::trap, text, held)));
    return std::optional<Claim>();
  }
  auto queue = std::find_if(queues_.begin(), queues_.end(),
                            [&](const Queue& one) { return one.name == request->queue; });
  if (queue == queues_.end()) {
    posted.peer->ring.end(posted.slot, SlotState::returned);
    if (posted.peer->ring.wakes_caller()) posted.peer->doorbell->ring();
    return std::optional<Claim>();
  }
  SAMARA_TRY(Verdict verdict, judge(*request, held));
  if (verdict == Verdict::late) {
    SAMARA_CHECK(answer_by_ring(held, late_reply(held)));
  } else if (verdict == Verdict::unwanted) {
    detach(posted.peer.get());
  }
  if (verdict != Verdict::run) return std::optional<Claim>();
  held.queue = static_cast<size_t>(queue - queues_.begin());
  held.taken = parts_.clock.now();
  held.cancelled = std::make_shared<std::atomic<bool>>(false);
  Claim out{std::move(*request), held.parsed.attempt, {}, held.cancelled};
  std::lock_guard guard(mutex_);
  held_.insert_or_assign(held.parsed.id, std::move(held));
  tell_load();
  return std::optional<Claim>(std::move(out));
}

// Through the slot, or, if the reply is too large for it, as a file that the caller gets as if the
// request had been one.
Result<void> Worker::answer_by_ring(Held& held, const Reply& reply) {
  const int64_t run_ns = (parts_.clock.now() - held.taken).count();
  Bytes bytes;
  bytes.reserve(k_slot_reply_max);
  append_reply(bytes, reply, parts_.types);
  WorkerRing& ring = held.peer->ring;
  if (bytes.size() <= k_slot_reply_max) {
    ring.answer(held.slot, bytes, static_cast<uint64_t>(std::max<int64_t>(run_ns, 0)));
    if (ring.wakes_caller()) held.peer->doorbell->ring();
    return {};
  }
  port::Files& files = parts_.files;
  const std::string target = held.parsed.text();
  // No name of a message: what is half written when we die must not be taken for one.
  const std::string name = "answer-" + target;
  SAMARA_TRY(OpenFile file,
             OpenFile::open(files, presence_->folder(), name, OpenMode::create_shared));
  auto sent = write_reply_alone(files, file.handle(), reply, parts_.types);
  if (sent) {
    sent = files.rename(presence_->folder(), name, folder_->replies(),
                        held.parsed.caller + "/" + target, port::Replace::yes);
  }
  if (!sent) static_cast<void>(remove_if_there(files, presence_->folder(), name));
  if (!sent && sent.error().code != Code::not_found) return sent;
  ring.end(held.slot, SlotState::spent);
  return {};
}

}  // namespace samara::queue
