#include "queue/exchange.hpp"

#include <algorithm>

namespace samara::queue {

using port::Instant;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// How late a wish to give up is seen: nothing tells of it.
constexpr milliseconds k_cancel_pause{20};
constexpr milliseconds k_full_pause{100};
constexpr milliseconds k_long{5};
// How often it is looked whether anybody serves what is waited for. A worker that is started anew
// has its time.
constexpr seconds k_roster_pause{1};
constexpr seconds k_unserved_max{10};

}  // namespace

Result<std::unique_ptr<Exchange>> Exchange::open(const QueueParts& parts, std::string_view path,
                                                 CallerOptions options) {
  std::unique_ptr<Exchange> out(new Exchange(parts));
  SAMARA_TRY(out->caller_, Caller::open(out->parts_, path, std::move(options)));
  SAMARA_TRY(out->roster_, Roster::open(out->parts_, path));
  out->looked_ = parts.clock.now();
  return out;
}

// A full queue is waited for: that is how those who ask too much are slowed down.
Result<Uuid> Exchange::publish(Question& question) {
  const int64_t deadline = question.request.deadline_ns;
  const Instant last = deadline > 0 ? Instant(std::chrono::nanoseconds(deadline)) : port::k_never;
  while (true) {
    const Instant until = std::min(last, parts_.clock.now() + k_full_pause);
    auto id = caller_->publish(question.queue, question.request, WhenFull::wait, until);
    if (id || id.error().code != Code::exhausted || parts_.clock.now() >= last) return id;
    if (question.cancel != nullptr && question.cancel->load()) {
      return Error(Code::cancelled, "cancelled while the queue was full");
    }
  }
}

Result<Reply> Exchange::ask(Question question) {
  {
    std::lock_guard guard(mutex_);
    publishing_++;
  }
  auto id = publish(question);
  Waiter waiter;
  std::unique_lock lock(mutex_);
  publishing_--;
  if (id) {
    auto early = early_.find(*id);
    if (early != early_.end()) {
      waiter.reply = std::move(early->second);
      early_.erase(early);
    }
  }
  if (publishing_ == 0) early_.clear();
  if (!id) return std::move(id).error();
  if (waiter.reply.has_value()) return std::move(*waiter.reply);
  waiter.question = &question;
  waiter.id = *id;
  waiters_.emplace(*id, &waiter);
  Result<void> heard = wait(lock, waiter);
  waiters_.erase(waiter.id);
  if (!listening_) hand_over();
  if (!heard) return std::move(heard).error();
  return std::move(*waiter.reply);
}

// Requires: the lock is held; it is given up meanwhile.
Result<void> Exchange::wait(std::unique_lock<std::mutex>& lock, Waiter& own) {
  bool told = own.question->on_long == nullptr;
  const Instant long_from = told ? port::k_never : parts_.clock.now() + k_long;
  while (!own.reply.has_value()) {
    if (!told && parts_.clock.now() >= long_from) {
      told = true;
      hand_over();
      lock.unlock();
      own.question->on_long();
      lock.lock();
      continue;
    }
    if (!listening_) {
      SAMARA_CHECK(listen(lock, own, told ? port::k_never : long_from));
    } else if (told) {
      own.wake.wait(lock);
    } else {
      own.wake.wait_for(lock, k_long);
    }
  }
  return {};
}

// Until the own reply is there, or a time. Requires: the lock is held; it is given up while nothing
// is heard.
Result<void> Exchange::listen(std::unique_lock<std::mutex>& lock, Waiter& own, Instant until) {
  listening_ = true;
  Result<void> out;
  while (!own.reply.has_value()) {
    lock.unlock();
    auto answer = caller_->next(std::min(until, parts_.clock.now() + k_cancel_pause));
    const Instant now = parts_.clock.now();
    lock.lock();
    if (!answer) {
      out = std::move(answer).error();
      break;
    }
    if (answer->has_value()) deliver(std::move(**answer));
    if (now - looked_ >= k_cancel_pause) look_after_waiters(now);
    if (now - looked_served_ >= k_roster_pause) look_for_workers(now);
    if (now >= until) break;
  }
  listening_ = false;
  return out;
}

// Somebody else listens from here on. Requires: the lock is held, nobody listens.
void Exchange::hand_over() {
  for (auto& [id, waiter] : waiters_) {
    if (waiter->reply.has_value()) continue;
    waiter->wake.notify_one();
    return;
  }
}

void Exchange::deliver(Answer answer) {
  auto at = waiters_.find(answer.id);
  if (at == waiters_.end()) {
    if (publishing_ > 0) early_.insert_or_assign(answer.id, std::move(answer.reply));
    return;
  }
  if (at->second->reply.has_value()) return;
  at->second->reply = std::move(answer.reply);
  at->second->wake.notify_one();
}

void Exchange::give_up(Waiter& waiter, OutcomeKind kind, std::string text) {
  // It may be answered already; then the answer is not waited for.
  static_cast<void>(caller_->abandon(waiter.id));
  Reply reply;
  reply.id = waiter.id;
  reply.outcome = Outcome::of(kind, std::move(text));
  waiter.reply = std::move(reply);
  waiter.wake.notify_one();
}

// Requires: the lock is held.
void Exchange::look_after_waiters(Instant now) {
  looked_ = now;
  for (auto& [id, waiter] : waiters_) {
    const std::atomic<bool>* cancel = waiter->question->cancel;
    if (waiter->reply.has_value() || cancel == nullptr || !cancel->load()) continue;
    give_up(*waiter, OutcomeKind::cancelled, "cancelled");
  }
}

// Requires: the lock is held.
void Exchange::look_for_workers(Instant now) {
  looked_served_ = now;
  for (auto& [id, waiter] : waiters_) {
    if (waiter->reply.has_value()) continue;
    const std::string& queue = waiter->question->queue;
    auto served = roster_->served(queue, k_roster_pause);
    if (!served || *served) {
      waiter->unserved_since.reset();
      continue;
    }
    if (!waiter->unserved_since.has_value()) waiter->unserved_since = now;
    if (now - *waiter->unserved_since < k_unserved_max) continue;
    give_up(*waiter, OutcomeKind::lost,
            "no worker serves '" + queue + "' any more; start one with: samara worker");
  }
}

}  // namespace samara::queue
