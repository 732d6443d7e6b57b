#include "queue/worker.hpp"

#include <algorithm>

#include "queue/message_file.hpp"

namespace samara::queue {

using port::Handle;
using port::Instant;
using port::OpenFile;
using port::OpenMode;
using port::WatchFor;

namespace {

// So many messages in a row that others had taken say that the backlog is stale; looking anew costs
// as much as some tens of failed renames.
constexpr uint32_t k_misses_max = 64;

// A request that waited this long may have lost its caller; looking costs three system calls.
constexpr int64_t k_old_ms = 1000;

// So many requests from rings may pass until files are looked at again.
constexpr uint32_t k_ring_row_max = 16;

bool is_damage(const Error& error) {
  return error.code == Code::corrupt || error.code == Code::unsupported;
}

}  // namespace

Result<std::unique_ptr<Worker>> Worker::open(const QueueParts& parts, std::string_view path,
                                             WorkerOptions options) {
  if (options.queues.empty()) {
    return Error(Code::invalid_argument, "a worker serves at least one queue");
  }
  std::unique_ptr<Worker> out(new Worker(parts, std::move(options)));
  SAMARA_CHECK(out->start(path));
  return out;
}

// Callers put elsewhere what we had of theirs.
Worker::~Worker() {
  if (presence_ == nullptr) return;
  for (const auto& peer : rings_) peer->ring.leave();
  if (!doorbell_hung_) return;
  auto entries = parts_.files.list(presence_->folder());
  if (!entries) return;
  for (const auto& entry : *entries) {
    if (entry.name != k_doorbell && !entry.name.starts_with(k_ring_prefix)) continue;
    static_cast<void>(parts_.files.remove(presence_->folder(), entry.name));
  }
}

Result<void> Worker::start(std::string_view path) {
  SAMARA_TRY(folder_, QueueFolder::open(parts_, path));
  SAMARA_TRY(presence_, Presence::enter(*folder_, PeerKind::worker, options_.word));
  claims_watch_ = bell_.watch(presence_->folder(), WatchFor::creations);
  bell_.prove(presence_->folder(), WatchFor::creations);
  // Without a doorbell callers send files.
  doorbell_hung_ = bell_.hang_doorbell(presence_->folder()).has_value();
  for (const std::string& name : options_.queues) {
    Queue queue;
    queue.name = name;
    SAMARA_TRY(queue.waiting, folder_->waiting(name));
    queue.watch = bell_.watch(queue.waiting, WatchFor::arrivals);
    queues_.push_back(std::move(queue));
  }
  return {};
}

int64_t Worker::wall_ms() const {
  return std::chrono::floor<std::chrono::milliseconds>(parts_.clock.wall().time_since_epoch())
      .count();
}

size_t Worker::in_hand() const {
  std::lock_guard guard(mutex_);
  return held_.size();
}

void Worker::interrupt() {
  interrupted_.store(true, std::memory_order_relaxed);
  bell_.interrupt();
}

Result<void> Worker::hear(Instant until) {
  report_.events.clear();
  report_.look = false;
  if (until != port::k_long_ago && !rings_.empty()) {
    const bool news = spin_.wait([&] { return rings_have_news(); });
    if (!news) set_sleeping(true);
    if (news || rings_have_news()) until = port::k_long_ago;
  }
  SAMARA_CHECK(bell_.wait(until, report_));
  look_ = look_ || report_.look;
  for (const port::WatchEvent& event : report_.events) {
    if (event.watch == claims_watch_) {
      note_cancel(event.name);
      if (event.name.starts_with(k_ring_prefix)) attach(event.name.substr(k_ring_prefix.size()));
      continue;
    }
    for (size_t i = 0; i < queues_.size(); i++) {
      if (queues_[i].watch == event.watch) backlog_.add(event.name, i);
    }
  }
  // Who waits outside sleeps from here on; the doorbell was heard above, so the flag is set anew.
  if (outside_ || sleeping_) set_sleeping(outside_);
  ring_row_ = 0;
  drain_rings();
  return {};
}

Result<void> Worker::look() {
  look_ = false;
  backlog_.clear();
  for (size_t i = 0; i < queues_.size(); i++) {
    SAMARA_TRY(auto entries, parts_.files.list(queues_[i].waiting));
    for (const auto& entry : entries) backlog_.add(entry.name, i);
  }
  if (in_hand() == 0 && !doorbell_hung_) return {};
  SAMARA_TRY(auto entries, parts_.files.list(presence_->folder()));
  for (const auto& entry : entries) {
    note_cancel(entry.name);
    if (entry.name.starts_with(k_ring_prefix)) attach(entry.name.substr(k_ring_prefix.size()));
  }
  return {};
}

void Worker::note_cancel(const std::string& file_name) {
  if (!file_name.starts_with(k_cancel_prefix)) return;
  {
    std::lock_guard guard(mutex_);
    for (auto& [id, held] : held_) {
      if (cancel_name(id) == file_name) held.cancelled->store(true, std::memory_order_relaxed);
    }
  }
  static_cast<void>(parts_.files.remove(presence_->folder(), file_name));
}

// The first of what is known may be taken now. Sets drain_ if it must wait for what is in hand.
bool Worker::may_take_first() {
  const int64_t now = backlog_.next_ready_ms().has_value() ? wall_ms() : 0;
  const Backlog::Entry* first = backlog_.first(now);
  ring_first_ = !posted_.empty();
  if (first == nullptr && !ring_first_) return false;
  if (first != nullptr && ring_first_) {
    ring_first_ = posted_.begin()->first < std::pair(first->parsed.priority, first->parsed.id);
  }
  std::lock_guard guard(mutex_);
  drain_ = !held_.empty() && (alone_ || (!ring_first_ && first->parsed.attempt > 1));
  return !drain_;
}

Instant Worker::wake_time(Instant until) const {
  const auto ready = backlog_.next_ready_ms();
  if (!ready.has_value()) return until;
  const auto left = std::chrono::milliseconds(std::max<int64_t>(*ready - wall_ms(), 0) + 1);
  return std::min(until, parts_.clock.now() + left);
}

Result<std::optional<Claim>> Worker::next(Instant until) {
  std::lock_guard hearing(hearing_);
  bool heard = false;
  while (true) {
    if (look_) SAMARA_CHECK(look());
    // What came meanwhile may have to go first.
    const bool files = !backlog_.empty() || ring_row_ >= k_ring_row_max;
    if (!heard && files && !bell_.blind()) SAMARA_CHECK(hear(port::k_long_ago));
    if (!heard) drain_rings();
    while (!look_ && may_take_first()) {
      SAMARA_TRY(std::optional<Claim> claimed,
                 ring_first_ ? claim_posted() : claim(backlog_.take_first()));
      if (claimed.has_value()) return claimed;
    }
    if (look_) continue;
    // The bell may have been heard by poll(), or by a look that did not wait.
    const bool ended = interrupted_.load(std::memory_order_relaxed);
    SAMARA_CHECK(hear(ended ? port::k_long_ago : wake_time(until)));
    heard = true;
    // Asked first: the bell may have come together with events, and does not come again.
    if (interrupted_.exchange(false, std::memory_order_relaxed)) return nothing();
    if (!report_.events.empty() || may_take_first()) continue;
    if (until == port::k_long_ago || (until != port::k_never && parts_.clock.now() >= until)) {
      // A blind worker that only collects has not looked yet.
      if (look_) SAMARA_CHECK(look());
      if (!may_take_first()) return nothing();
    }
  }
}

// Who waits outside is told when what was put off becomes ready, and that an interrupt came before
// what there is.
std::optional<Claim> Worker::nothing() {
  if (!outside_) return std::nullopt;
  const bool more = look_ || may_take_first();
  bell_.alarm(more ? port::k_long_ago : wake_time(port::k_never));
  return std::nullopt;
}

int32_t Worker::wait_descriptor() {
  std::lock_guard hearing(hearing_);
  const int32_t out = bell_.descriptor();
  outside_ = out >= 0;
  return out;
}

Result<void> Worker::poll() {
  std::unique_lock hearing(hearing_, std::try_to_lock);
  if (!hearing.owns_lock()) return {};  // next() hears it
  SAMARA_CHECK(hear(port::k_long_ago));
  return bell_.blind() ? look() : Result<void>();
}

Result<std::optional<Claim>> Worker::claim(const Backlog::Entry& entry) {
  const Handle waiting = queues_[entry.queue].waiting;
  auto moved =
      parts_.files.rename(waiting, entry.name, presence_->folder(), entry.name, port::Replace::yes);
  if (!moved && moved.error().code == Code::not_found) {
    if (++misses_ >= k_misses_max) {
      misses_ = 0;
      look_ = true;
    }
    return std::optional<Claim>();
  }
  if (!moved) return std::move(moved).error();
  misses_ = 0;
  bell_.found();
  auto taken = take(entry);
  if (taken) return taken;
  // We live on, so nobody would recover it.
  static_cast<void>(parts_.files.rename(presence_->folder(), entry.name, waiting, entry.name,
                                        port::Replace::yes));
  return taken;
}

Result<std::optional<Claim>> Worker::take(const Backlog::Entry& entry) {
  Held held;
  held.name = entry.name;
  held.parsed = entry.parsed;
  held.queue = entry.queue;
  SAMARA_TRY(held.file,
             OpenFile::open(parts_.files, presence_->folder(), entry.name, OpenMode::update));
  auto read = read_request(parts_.files, held.file.handle(), parts_.types);
  if (!read) {
    if (!is_damage(read.error())) return std::move(read).error();
    const Reply reply =
        reply_of(OutcomeKind::trap,
                 "the request cannot be read: " + std::string(read.error().message()), held);
    SAMARA_CHECK(write_reply_alone(parts_.files, held.file.handle(), reply, parts_.types));
    SAMARA_CHECK(send_reply(*folder_, presence_->folder(), held.name, held.parsed.caller));
    return std::optional<Claim>();
  }
  held.reply_at = read->reply_at;
  SAMARA_TRY(Verdict verdict, judge(read->request, held));
  if (verdict == Verdict::late) {
    const Reply reply = late_reply(held);
    SAMARA_CHECK(write_reply(parts_.files, held.file.handle(), held.reply_at, reply, parts_.types));
    SAMARA_CHECK(send_reply(*folder_, presence_->folder(), held.name, held.parsed.caller));
  } else if (verdict == Verdict::unwanted) {
    SAMARA_CHECK(remove_if_there(parts_.files, presence_->folder(), held.name));
  }
  if (verdict != Verdict::run) return std::optional<Claim>();
  held.cancelled = std::make_shared<std::atomic<bool>>(false);
  // Who put it back after a death gave it a time.
  if (held.parsed.ready_ms > 0)
    held.stopped = stop_note(parts_.files, folder_->root(), held.parsed.id);
  Claim out{std::move(read->request), held.parsed.attempt, held.stopped, held.cancelled};
  std::lock_guard guard(mutex_);
  alone_ = held.parsed.attempt > 1;
  const Uuid id = held.parsed.id;
  held_.insert_or_assign(id, std::move(held));
  tell_load();
  return std::optional<Claim>(std::move(out));
}

Reply Worker::reply_of(OutcomeKind kind, std::string_view text, const Held& held) const {
  Reply out;
  out.id = held.parsed.id;
  out.worker = id();
  out.attempt = held.parsed.attempt;
  out.outcome = Outcome::of(kind, std::string(text));
  return out;
}

Reply Worker::late_reply(const Held& held) const {
  return reply_of(OutcomeKind::timeout, "the deadline passed before a worker was free", held);
}

// Whether anybody waits for it still.
Result<Worker::Verdict> Worker::judge(const Request& request, const Held& held) const {
  const int64_t now_ns =
      request.deadline_ns > 0 ? parts_.clock.now().time_since_epoch().count() : 0;
  if (request.deadline_ns > 0 && now_ns >= request.deadline_ns) return Verdict::late;
  if (wall_ms() - held.parsed.id.unix_ms() < k_old_ms) return Verdict::run;
  SAMARA_TRY(Life life, life_of(*folder_, peer_file(PeerKind::caller, held.parsed.caller)));
  return life == Life::alive ? Verdict::run : Verdict::unwanted;
}

// Null: nothing of that id is in hand, or somebody answers it already. Otherwise finish follows.
Worker::Held* Worker::begin_answer(const Uuid& id) {
  std::lock_guard guard(mutex_);
  auto found = held_.find(id);
  if (found == held_.end() || found->second.answering) return nullptr;
  found->second.answering = true;
  return &found->second;
}

Result<void> Worker::finish(const Uuid& id, const Result<void>& done) {
  bool ring = false;
  {
    std::lock_guard guard(mutex_);
    auto found = held_.find(id);
    SAMARA_ASSERT(found != held_.end());
    found->second.answering = false;
    if (!done) return done.error().clone();
    held_.erase(found);
    tell_load();
    if (held_.empty()) alone_ = false;
    ring = drain_ && held_.empty();
  }
  if (ring) bell_.interrupt();
  return {};
}

Result<void> Worker::answer(const Uuid& id, Reply reply) {
  Held* held = begin_answer(id);
  if (held == nullptr) return Error(Code::not_found, "this request is not in hand");
  reply.id = id;
  reply.worker = this->id();
  reply.attempt = held->parsed.attempt;
  const bool stopped = held->stopped.has_value();
  if (stopped) {
    const std::string stops = std::to_string(held->stopped->stops);
    reply.more.insert_or_assign(std::string(k_memory_stops), Bytes(stops.begin(), stops.end()));
  }
  if (held->peer != nullptr) return finish(id, answer_by_ring(*held, reply));
  auto done = write_reply(parts_.files, held->file.handle(), held->reply_at, reply, parts_.types);
  // Once it is renamed, the file is the caller's.
  if (done) done = send_reply(*folder_, presence_->folder(), held->name, held->parsed.caller);
  if (done && stopped) forget_stop_note(parts_.files, folder_->root(), id);
  return finish(id, done);
}

Result<void> Worker::give_back(const Uuid& id) {
  Held* held = begin_answer(id);
  if (held == nullptr) return Error(Code::not_found, "this request is not in hand");
  if (held->peer != nullptr) {
    held->peer->ring.end(held->slot, SlotState::returned);
    if (held->peer->ring.wakes_caller()) held->peer->doorbell->ring();
    return finish(id, {});
  }
  return finish(id,
                parts_.files.rename(presence_->folder(), held->name, queues_[held->queue].waiting,
                                    held->name, port::Replace::yes));
}

}  // namespace samara::queue
