#include "runtime/wasm/watchdog.hpp"

#include <algorithm>

#include "core/assert.hpp"

namespace samara::runtime::wasm {

namespace {

constexpr std::chrono::nanoseconds k_look_every = std::chrono::milliseconds(1);
// So many looks without anything to watch before the thread sleeps until it is woken.
constexpr unsigned k_idle_looks = 100;

}  // namespace

Watchdog::Watch::Watch(Watchdog& dog, Stoppable& target, const Order& order)
    : dog_(dog), target_(target), order_(order) {
  std::lock_guard lock(dog_.mutex_);
  SAMARA_ASSERT(dog_.started_);
  dog_.watched_.push_back(this);
  if (dog_.asleep_) dog_.wake_.notify_one();
}

Watchdog::Watch::~Watch() {
  std::lock_guard lock(dog_.mutex_);
  auto& list = dog_.watched_;
  *std::find(list.begin(), list.end(), this) = list.back();
  list.pop_back();
}

StopCause Watchdog::Watch::cause() const {
  std::lock_guard lock(dog_.mutex_);
  return cause_;
}

Result<void> Watchdog::start() {
  std::lock_guard lock(mutex_);
  if (started_) return {};
  if (pthread_create(&thread_, nullptr, enter, this) != 0) {
    return Error(Code::exhausted, "cannot start the thread that watches deadlines");
  }
  started_ = true;
  return {};
}

Watchdog::~Watchdog() {
  {
    std::lock_guard lock(mutex_);
    SAMARA_ASSERT(watched_.empty());
    if (!started_) return;
    ending_ = true;
    wake_.notify_one();
  }
  pthread_join(thread_, nullptr);
}

void* Watchdog::enter(void* self) {
  static_cast<Watchdog*>(self)->loop();
  return nullptr;
}

void Watchdog::loop() {
  std::unique_lock lock(mutex_);
  unsigned idle = 0;
  while (!ending_) {
    if (idle >= k_idle_looks) {
      asleep_ = true;
      wake_.wait(lock);
      asleep_ = false;
    } else {
      wake_.wait_for(lock, until_next_look());
    }
    idle = watched_.empty() ? idle + 1 : 0;
    look();
  }
}

std::chrono::nanoseconds Watchdog::until_next_look() const {
  std::chrono::nanoseconds wait = k_look_every;
  if (watched_.empty()) return wait;
  port::Instant now = clock_.now();
  for (const Watch* watch : watched_) {
    if (watch->cause_ != StopCause::none || !watch->order_.deadline) continue;
    wait = std::min<std::chrono::nanoseconds>(wait, *watch->order_.deadline - now);
  }
  return std::max(wait, std::chrono::nanoseconds(0));
}

// Stops under the lock: a watch that ends waits for it, so that what is stopped still exists.
void Watchdog::look() {
  if (watched_.empty()) return;
  port::Instant now = clock_.now();
  for (Watch* watch : watched_) {
    if (watch->cause_ != StopCause::none) continue;
    // The flag stands alone; nothing else is read because of it.
    if (watch->order_.cancel != nullptr && watch->order_.cancel->load(std::memory_order_relaxed)) {
      watch->cause_ = StopCause::cancel;
    } else if (watch->order_.deadline && now >= *watch->order_.deadline) {
      watch->cause_ = StopCause::deadline;
    } else {
      continue;
    }
    watch->target_.stop();
  }
}

}  // namespace samara::runtime::wasm
