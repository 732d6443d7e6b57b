// Looks after requests in hand, and after the calls that they make.

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "bindings/c/worker.hpp"
#include "engine/reasons.hpp"

namespace samara::capi {

using std::chrono::milliseconds;

Watchdog::~Watchdog() {
  {
    std::lock_guard guard(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Watchdog::start(std::chrono::milliseconds kill_after) {
  kill_after_ = kill_after;
  thread_ = std::thread([this] { run(); });
}

void Watchdog::add(samara_request* request) {
  bool wake = false;
  {
    std::lock_guard guard(mutex_);
    requests_.insert(request);
    added_++;
    wake = asleep_;
    asleep_ = false;
  }
  if (wake) wake_.notify_one();
}

void Watchdog::remove(samara_request* request) {
  std::lock_guard guard(mutex_);
  requests_.erase(request);
  overdue_since_.erase(request);
}

size_t Watchdog::count() {
  std::lock_guard guard(mutex_);
  return requests_.size();
}

// While requests come it looks ten times a second; after some seconds without any it sleeps until
// the next one, so that neither a busy nor an idle worker is woken for nothing.
void Watchdog::run() {
  constexpr milliseconds k_pause{100};
  constexpr int k_quiet_looks = 20;
  int quiet = 0;
  uint64_t seen = 0;
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (requests_.empty() && added_ == seen && ++quiet >= k_quiet_looks) {
      asleep_ = true;
      wake_.wait(lock, [this] { return ending_ || !asleep_; });
      quiet = 0;
      continue;
    }
    if (added_ != seen) quiet = 0;
    seen = added_;
    wake_.wait_for(lock, k_pause, [this] { return ending_; });
    if (ending_ || requests_.empty()) continue;
    lock.unlock();
    static_cast<void>(worker_.queue->poll());
    lock.lock();
    look(std::chrono::steady_clock::now());
  }
}

// Requires: the lock is held.
void Watchdog::look(std::chrono::steady_clock::time_point now) {
  const int64_t clock_ns = worker_.clock.now().time_since_epoch().count();
  for (samara_request* request : requests_) {
    {
      std::lock_guard guard(request->log_mutex);
      if (!request->unseen.empty()) request->show_log(now);
    }
    const bool cancelled = request->claim.cancelled->load(std::memory_order_relaxed);
    const int64_t deadline = request->claim.request.deadline_ns;
    const bool late = deadline > 0 && clock_ns >= deadline;
    if (!cancelled && !late) continue;
    {
      std::lock_guard guard(request->calls_mutex);
      for (std::atomic<bool>* call : request->calls) call->store(true);
    }
    // Packages come as fast as they come: who installs them looks after that.
    if (request->kind == SAMARA_REQUEST_ENVIRONMENT) continue;
    auto since = overdue_since_.emplace(request, now).first->second;
    if (now - since < kill_after_) continue;
    // Its thread cannot be ended alone. What else is in hand is put back by those who see us die.
    std::fprintf(
        stderr, "samara: '%s' goes on %lld ms after its %s: this worker is ended\n",
        request->name.c_str(),
        static_cast<long long>(std::chrono::duration_cast<milliseconds>(now - since).count()),
        late ? "deadline" : "cancellation");
    std::fflush(stderr);
    ::kill(::getpid(), SIGKILL);
  }
}

ParentScope::ParentScope(const samara_request& request, std::atomic<bool>& cancel)
    : request_(const_cast<samara_request&>(request)), cancel_(cancel) {
  std::lock_guard guard(request_.calls_mutex);
  request_.calls.insert(&cancel_);
}

ParentScope::~ParentScope() {
  std::lock_guard guard(request_.calls_mutex);
  request_.calls.erase(&cancel_);
}

Result<void> ParentScope::apply(engine::CallOptions& options) {
  const Request& request = request_.claim.request;
  options.waits = &request_.loan;
  options.ancestors = request.ancestors;
  if (request.call.has_value()) options.ancestors.push_back(*request.call);
  if (request_.claim.cancelled->load()) {
    return Error(Code::cancelled, "the request that calls was cancelled");
  }
  if (request.deadline_ns == 0) return {};
  const int64_t now = request_.worker.clock.now().time_since_epoch().count();
  if (now >= request.deadline_ns) {
    return Error(Code::timeout, "the deadline of the request that calls has passed");
  }
  const std::chrono::nanoseconds left(request.deadline_ns - now);
  auto& wall = options.limits.wall_max;
  wall = wall.count() == 0 ? left : std::min(wall, left);
  return {};
}

void ParentScope::note(std::string_view name, const engine::CallResult& result) {
  std::string word(name);
  // Notes travel line by line.
  std::replace_if(word.begin(), word.end(), [](char c) { return c >= 0 && c < ' '; }, '?');
  std::lock_guard guard(request_.calls_mutex);
  request_.notes.add({std::move(word), result.key.call.short_hex(),
                      engine::short_outcome(result.outcome), result.from_memo});
}

}  // namespace samara::capi
