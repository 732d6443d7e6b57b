#include "queue/caller.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include "queue/message_file.hpp"

namespace samara::queue {

using port::Handle;
using port::Instant;
using port::OpenFile;
using port::OpenMode;
using port::WatchFor;
using std::chrono::milliseconds;

namespace {

constexpr size_t k_open_files_max = 256;  // of requests in flight, and as many spares
constexpr size_t k_spares_max = 4096;     // making and removing a file costs more than a call
constexpr uint64_t k_spare_bytes_max = 64 * 1024;

// Between a death and the release of its lock lie microseconds; if it takes longer, the machine is
// too busy for being asked often.
constexpr std::chrono::nanoseconds k_suspect_pause_min = milliseconds(1);
constexpr std::chrono::nanoseconds k_suspect_pause_max = milliseconds(500);

// So many answers from rings may pass until all else is looked at.
constexpr uint32_t k_ring_row_max = 16;

constexpr milliseconds k_full_pause_min{1};
constexpr milliseconds k_full_pause_max{32};

bool is_peer_file(std::string_view name) {
  return !name.empty() && (name[0] == 'w' || name[0] == 'c') && is_peer_id(name.substr(1));
}

}  // namespace

Result<std::unique_ptr<Caller>> Caller::open(const QueueParts& parts, std::string_view path,
                                             CallerOptions options) {
  std::unique_ptr<Caller> out(new Caller(parts, std::move(options)));
  SAMARA_CHECK(out->start(path));
  return out;
}

// Our folder is emptied so that Presence can go in order; what runs by now is removed by its
// worker, which finds no caller.
Caller::~Caller() {
  if (presence_ == nullptr) return;
  close_rings();
  if (!pending_.empty()) static_cast<void>(withdraw_all(*folder_, id()));
  pending_.clear();
  spares_.clear();
  auto entries = parts_.files.list(presence_->folder());
  if (!entries) return;
  for (const auto& entry : *entries) {
    static_cast<void>(parts_.files.remove(presence_->folder(), entry.name));
  }
}

Result<void> Caller::start(std::string_view path) {
  SAMARA_TRY(folder_, QueueFolder::open(parts_, path));
  SAMARA_TRY(presence_, Presence::enter(*folder_, PeerKind::caller, options_.word));
  random_tail_ = parts_.random.next_u64();
  replies_watch_ = bell_.watch(presence_->folder(), WatchFor::arrivals);
  bell_.prove(presence_->folder(), WatchFor::arrivals);
  alive_watch_ = bell_.watch(folder_->alive(), WatchFor::releases);
  return {};
}

size_t Caller::in_flight() const {
  std::lock_guard guard(mutex_);
  return pending_.size();
}

void Caller::interrupt() {
  interrupted_.store(true, std::memory_order_relaxed);
  bell_.interrupt();
}

// --- publishing ----------------------------------------------------------------------------------

// Ids of one caller ascend, so that its requests of one priority are taken in order. Requires: the
// mutex is held.
Uuid Caller::make_id() {
  constexpr uint32_t k_sequence_max = 0xfff;
  const int64_t now =
      std::chrono::floor<milliseconds>(parts_.clock.wall().time_since_epoch()).count();
  if (now > last_ms_) {
    last_ms_ = now;
    last_sequence_ = 0;
  } else if (last_sequence_++ == k_sequence_max) {
    last_ms_++;
    last_sequence_ = 0;
  }
  uint8_t tail[10];
  tail[0] = static_cast<uint8_t>(last_sequence_ >> 8);
  tail[1] = static_cast<uint8_t>(last_sequence_);
  for (size_t i = 0; i < 8; i++) tail[2 + i] = static_cast<uint8_t>(random_tail_ >> (8 * i));
  return Uuid::make_v7(last_ms_, tail);
}

Result<Caller::Spare> Caller::fresh_file() {
  uint64_t number = 0;
  Spare out;
  {
    std::lock_guard guard(mutex_);
    if (!spares_.empty()) {
      out = std::move(spares_.back());
      spares_.pop_back();
    } else {
      number = next_file_++;
    }
  }
  if (out.file.valid()) return out;
  if (!out.name.empty()) {
    SAMARA_TRY(out.file,
               OpenFile::open(parts_.files, presence_->folder(), out.name, OpenMode::update));
    return out;
  }
  out.name = "new-" + std::to_string(number);
  SAMARA_TRY(out.file,
             OpenFile::open(parts_.files, presence_->folder(), out.name, OpenMode::create_shared));
  return out;
}

// Whether one more may be published. The folder is counted only when the room that was left then
// may be used up, by four callers at once.
Result<bool> Caller::has_room(std::string_view queue, Handle waiting) {
  {
    std::lock_guard guard(mutex_);
    if (pending_.size() >= options_.in_flight_max) return false;
    auto found = credits_.find(queue);
    if (found != credits_.end() && found->second > 0) {
      found->second--;
      return true;
    }
  }
  SAMARA_TRY(auto entries, parts_.files.list(waiting));
  if (entries.size() >= options_.waiting_max) return false;
  const uint64_t room = options_.waiting_max - entries.size();
  std::lock_guard guard(mutex_);
  credits_.insert_or_assign(std::string(queue), static_cast<uint32_t>((room + 3) / 4 - 1));
  return true;
}

Result<void> Caller::make_room(std::string_view queue, Handle waiting, WhenFull when_full,
                               Instant until) {
  auto pause = k_full_pause_min;
  while (true) {
    SAMARA_TRY(bool room, has_room(queue, waiting));
    if (room) return {};
    const Instant now = parts_.clock.now();
    if (when_full == WhenFull::fail || now >= until) {
      return Error(Code::exhausted, "the queue '" + std::string(queue) +
                                        "' is full: " + std::to_string(options_.waiting_max) +
                                        " requests wait in it, or too many of ours are in flight");
    }
    parts_.clock.sleep_until(std::min(until, now + pause));
    pause = std::min(pause * 2, k_full_pause_max);
  }
}

Result<Uuid> Caller::publish(std::string_view queue, Request request, WhenFull when_full,
                             Instant until) {
  SAMARA_TRY(Handle waiting, folder_->waiting(queue));
  request.queue = queue;
  request.caller = id();
  {
    std::lock_guard guard(mutex_);
    request.id = make_id();
  }
  SAMARA_TRY(FramedRequest framed, frame_request(request, parts_.types));
  if (post(request, framed)) return request.id;
  SAMARA_CHECK(make_room(queue, waiting, when_full, until));
  {
    std::lock_guard guard(mutex_);
    Pending& pending = pending_[request.id];
    pending.queue = queue;
    pending.reply_at = framed.reply_at;
    pending.deadline_ns = request.deadline_ns;
    if (request.deadline_ns > 0) deadlines_.emplace(request.deadline_ns, request.id);
  }
  auto placed =
      place({.priority = request.priority, .id = request.id, .caller = id()}, framed.bytes);
  if (placed) return request.id;
  std::lock_guard guard(mutex_);
  pending_.erase(request.id);
  return std::move(placed).error();
}

// Puts the file of something pending into its queue.
Result<void> Caller::place(const MessageName& name, ByteView bytes) {
  std::string queue;
  {
    std::lock_guard guard(mutex_);
    queue = pending_[name.id].queue;
  }
  SAMARA_TRY(Handle waiting, folder_->waiting(queue));
  SAMARA_TRY(Spare file, fresh_file());
  auto done = parts_.files.write_at(file.file.handle(), 0, bytes);
  if (done) {
    // The reply may come before the rename returns, so its file is kept from here on.
    std::lock_guard guard(mutex_);
    auto found = pending_.find(name.id);
    if (found != pending_.end() && pending_.size() <= k_open_files_max) {
      found->second.file = std::move(file.file);
    }
  }
  if (done) {
    done = parts_.files.rename(presence_->folder(), file.name, waiting, name.text(),
                               port::Replace::yes);
  }
  if (!done) static_cast<void>(parts_.files.remove(presence_->folder(), file.name));
  return done;
}

// --- gathering -----------------------------------------------------------------------------------

void Caller::recycle(std::string name, OpenFile file, uint64_t size_bytes) {
  if (file.valid() && size_bytes <= k_spare_bytes_max) {
    std::lock_guard guard(mutex_);
    if (spares_.size() < k_spares_max) {
      if (spares_.size() >= k_open_files_max) file.reset();
      spares_.push_back({std::move(name), std::move(file)});
      return;
    }
  }
  static_cast<void>(parts_.files.remove(presence_->folder(), name));
}

// Takes in a file of our folder, if it is the reply to something in flight. Says nothing otherwise:
// what is told twice, or belongs to us for other reasons, is met here too.
void Caller::receive(const std::string& file_name) {
  auto name = MessageName::parse(file_name);
  if (!name) return;
  Pending pending;
  {
    std::lock_guard guard(mutex_);
    auto found = pending_.find(name->id);
    if (found == pending_.end()) return;
    pending = std::move(found->second);
    pending_.erase(found);
    if (pending.peer != nullptr) {
      // Too large for its slot; a file of its own, without the request.
      pending.reply_at = k_head_bytes;
      in_rings_--;
    }
  }
  if (!pending.file.valid()) {
    auto opened = OpenFile::open(parts_.files, presence_->folder(), file_name, OpenMode::update);
    if (opened) pending.file = std::move(*opened);
  }
  Answer out{name->id, {}};
  uint64_t size_bytes = 0;
  if (!pending.abandoned) {
    auto reply = read_reply(parts_.files, pending.file.handle(), pending.reply_at, parts_.types);
    if (reply && reply->id == name->id) {
      size_bytes = pending.reply_at + reply->bytes.size();
      out.reply = std::move(*reply);
      if (pending.peer == nullptr) meet(out.reply.worker, pending.queue);
    } else {
      std::string text = "the reply cannot be read";
      if (!reply) text += ": " + std::string(reply.error().message());
      out.reply.id = name->id;
      out.reply.outcome = Outcome::of(OutcomeKind::lost, text);
    }
  }
  recycle(file_name, std::move(pending.file), size_bytes);
  bell_.found();
  if (pending.abandoned) return;
  std::lock_guard guard(mutex_);
  ready_.push_back(std::move(out));
}

std::optional<Answer> Caller::take_ready() {
  std::lock_guard guard(mutex_);
  if (ready_.empty()) return std::nullopt;
  Answer out = std::move(ready_.front());
  ready_.pop_front();
  return out;
}

Result<void> Caller::hear(Instant until) {
  report_.events.clear();
  report_.look = false;
  if (until != port::k_long_ago && in_rings_ > 0) {
    const bool news = spin_.wait([&] { return rings_have_news(); });
    if (news) until = port::k_long_ago;
  }
  // Also where nothing is in a ring yet: another thread may put it there while we sleep.
  if (until != port::k_long_ago && !rings_.empty()) {
    set_sleeping(true);
    if (rings_have_news()) until = port::k_long_ago;
  }
  SAMARA_CHECK(bell_.wait(until, report_));
  if (sleeping_) set_sleeping(false);
  look_ = look_ || report_.look;
  for (const port::WatchEvent& event : report_.events) {
    if (event.watch == replies_watch_) receive(event.name);
    if (event.watch == alive_watch_ && is_peer_file(event.name)) {
      suspects_.insert_or_assign(event.name, Suspect{port::k_long_ago, k_suspect_pause_min});
    }
  }
  return {};
}

Result<void> Caller::look() {
  look_ = false;
  SAMARA_TRY(auto entries, parts_.files.list(presence_->folder()));
  for (const auto& entry : entries) receive(entry.name);
  return look_at_peers();
}

Result<void> Caller::look_at_peers() {
  SAMARA_TRY(auto entries, parts_.files.list(folder_->alive()));
  std::set<std::string, std::less<>> present;
  for (const auto& entry : entries) {
    if (!is_peer_file(entry.name)) continue;
    auto settled = settle_peer(*folder_, entry.name);
    if (settled && *settled == Settled::done) continue;
    present.insert(entry.name);
    if (settled && *settled != Settled::later) continue;
    suspects_.insert_or_assign(
        entry.name, Suspect{parts_.clock.now() + k_suspect_pause_min, k_suspect_pause_min});
  }
  for (const auto& peer : rings_) {
    if (!present.contains(peer_file(PeerKind::worker, peer->worker))) gone_.push_back(peer->worker);
  }
  return {};
}

// The kernel tells of the closing of a dead worker's file just before it drops the lock, so one
// that still seems to live is asked again.
Result<void> Caller::settle_suspects(Instant now) {
  for (auto at = suspects_.begin(); at != suspects_.end();) {
    Suspect& suspect = at->second;
    if (suspect.at > now) {
      ++at;
      continue;
    }
    auto settled = settle_peer(*folder_, at->first);
    // A failure may pass; one that lasts is told, for it may be our request that is stuck.
    if (!settled && suspect.pause >= k_suspect_pause_max) return std::move(settled).error();
    if (settled && *settled == Settled::done) {
      gone_.push_back(at->first.substr(1));
      at = suspects_.erase(at);
      continue;
    }
    suspect.at = now + suspect.pause;
    suspect.pause = std::min(suspect.pause * 2, k_suspect_pause_max);
    ++at;
  }
  return {};
}

void Caller::finish_here(const Uuid& id, OutcomeKind kind, std::string_view text) {
  Answer out{id, {}};
  out.reply.id = id;
  out.reply.outcome = Outcome::of(kind, std::string(text));
  std::lock_guard guard(mutex_);
  ready_.push_back(std::move(out));
}

void Caller::expire(Instant now) {
  std::vector<Uuid> late;
  {
    std::lock_guard guard(mutex_);
    while (!deadlines_.empty() && deadlines_.begin()->first <= now.time_since_epoch().count()) {
      auto found = pending_.find(deadlines_.begin()->second);
      if (found != pending_.end() && !found->second.abandoned) late.push_back(found->first);
      deadlines_.erase(deadlines_.begin());
    }
  }
  for (const Uuid& id : late) {
    static_cast<void>(abandon(id));
    finish_here(id, OutcomeKind::timeout, "the deadline passed");
  }
}

Instant Caller::wake_time(Instant until) {
  // First: what others do from now on they have to tell us.
  asleep_until_.store(std::numeric_limits<int64_t>::max());
  Instant out = until;
  for (const auto& [name, suspect] : suspects_) out = std::min(out, suspect.at);
  std::lock_guard guard(mutex_);
  if (!deadlines_.empty()) {
    out = std::min(out, Instant(std::chrono::nanoseconds(deadlines_.begin()->first)));
  }
  for (const auto& peer : rings_) {
    prune(*peer);
    if (!peer->untaken.empty()) out = std::min(out, peer->untaken.front().since + k_ring_patience);
  }
  if (out != port::k_never) asleep_until_.store(out.time_since_epoch().count());
  return out;
}

Result<std::optional<Answer>> Caller::next(Instant until) {
  std::lock_guard hearing(hearing_);
  while (true) {
    if (auto ready = take_ready()) return ready;
    if (ring_row_ < k_ring_row_max) {
      if (auto answer = collect_rings()) return answer;
    }
    ring_row_ = 0;
    if (look_) SAMARA_CHECK(look());
    bool timed = !suspects_.empty() || !rings_.empty();
    {
      std::lock_guard guard(mutex_);
      timed = timed || !deadlines_.empty();
    }
    if (timed) {
      const Instant now = parts_.clock.now();
      expire(now);
      SAMARA_CHECK(settle_suspects(now));
      move_stale(now);
    }
    while (!gone_.empty()) {
      SAMARA_CHECK(lose_ring(gone_.back()));
      gone_.pop_back();
    }
    if (auto ready = take_ready()) return ready;
    const bool ended = interrupted_.load(std::memory_order_relaxed);
    auto heard = hear(ended ? port::k_long_ago : wake_time(until));
    asleep_until_.store(0);
    if (!heard) return std::move(heard).error();
    if (bell_.blind()) SAMARA_CHECK(look());
    // Asked first: the bell may have come together with events, and does not come again.
    if (interrupted_.exchange(false, std::memory_order_relaxed)) return std::optional<Answer>();
    if (!report_.events.empty() || rings_have_news()) continue;
    if (auto ready = take_ready()) return ready;
    if (until == port::k_long_ago || (until != port::k_never && parts_.clock.now() >= until)) {
      return std::optional<Answer>();
    }
  }
}

// --- giving up -----------------------------------------------------------------------------------

// Takes a waiting message out of its queue, under a name that no event takes for a reply.
Result<bool> Caller::withdraw(const Uuid& id, std::string_view queue) {
  SAMARA_TRY(Handle waiting, folder_->waiting(queue));
  SAMARA_TRY(auto entries, parts_.files.list(waiting));
  for (const auto& entry : entries) {
    auto name = MessageName::parse(entry.name);
    if (!name || name->id != id) continue;
    const std::string target = "withdrawn-" + entry.name;
    auto moved =
        parts_.files.rename(waiting, entry.name, presence_->folder(), target, port::Replace::yes);
    if (!moved && moved.error().code == Code::not_found) return false;
    if (!moved) return std::move(moved).error();
    static_cast<void>(parts_.files.remove(presence_->folder(), target));
    return true;
  }
  return false;
}

Result<bool> Caller::tell_worker(const Uuid& id) {
  SAMARA_TRY(auto workers, parts_.files.list(folder_->claims()));
  for (const auto& worker : workers) {
    auto claims = OpenFile::open(parts_.files, folder_->claims(), worker.name, OpenMode::directory);
    if (!claims) continue;  // it ended meanwhile
    auto entries = parts_.files.list(claims->handle());
    if (!entries) continue;
    for (const auto& entry : *entries) {
      auto name = MessageName::parse(entry.name);
      if (!name || name->id != id) continue;
      auto word =
          OpenFile::open(parts_.files, claims->handle(), cancel_name(id), OpenMode::create_shared);
      return word.has_value();
    }
  }
  return false;
}

Result<void> Caller::cancel(const Uuid& id) {
  // A request on its way from a worker that died to the next one is in neither place for a look.
  constexpr int k_looks = 3;
  for (int i = 0; i < k_looks; i++) {
    std::string queue;
    std::shared_ptr<RingPeer> to_wake;
    bool withdrawn = false;
    {
      std::lock_guard guard(mutex_);
      auto found = pending_.find(id);
      if (found == pending_.end()) return {};
      Pending& pending = found->second;
      pending.cancelled = true;
      queue = pending.queue;
      if (pending.peer != nullptr) {
        withdrawn = pending.peer->ring.withdraw(pending.slot);
        if (!withdrawn) {
          pending.peer->ring.cancel(pending.slot);
          to_wake = pending.peer;
        } else {
          pending.peer = nullptr;
          in_rings_--;
        }
      }
    }
    if (to_wake != nullptr) {
      if (to_wake->ring.wakes_worker()) to_wake->doorbell->ring();
      return {};
    }
    if (!withdrawn) {
      SAMARA_TRY(withdrawn, withdraw(id, queue));
    }
    if (withdrawn) {
      bool wanted = false;
      {
        std::lock_guard guard(mutex_);
        auto found = pending_.find(id);
        wanted = found != pending_.end() && !found->second.abandoned;
        if (found != pending_.end()) pending_.erase(found);
      }
      if (wanted) finish_here(id, OutcomeKind::cancelled, "cancelled before it was taken");
      if (wanted) bell_.interrupt();
      return {};
    }
    SAMARA_TRY(bool told, tell_worker(id));
    if (told) return {};
  }
  return {};
}

Result<void> Caller::abandon(const Uuid& id) {
  {
    std::lock_guard guard(mutex_);
    auto found = pending_.find(id);
    if (found == pending_.end()) return {};
    found->second.abandoned = true;
  }
  return cancel(id);
}

}  // namespace samara::queue
