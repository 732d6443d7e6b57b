#include "bindings/c/admission.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "bindings/c/worker.hpp"
#include "call/unit_text.hpp"

namespace samara::capi {

using port::Budget;
using std::chrono::milliseconds;

namespace {

// How often cancellations and the deaths of others are looked for while something waits.
constexpr milliseconds k_look{100};
constexpr uint32_t k_looks_between_deaths = 8;
constexpr size_t k_waiting_min = 4;

// What the caller said that it may take; nothing: it said nothing.
std::optional<uint64_t> declared_memory(const Request& request) {
  const uint64_t said = request.limits.memory_bytes_max;
  if (said == Limits{}.memory_bytes_max || said == UINT64_MAX) return std::nullopt;
  return said;
}

uint64_t short_call(const Hash& call) {
  uint64_t out = 0;
  std::memcpy(&out, call.bytes.data(), sizeof out);
  return out;
}

}  // namespace

void CoreLoan::begin_wait() {
  std::lock_guard guard(mutex_);
  if (waits_++ == 0) request_.worker.admission.park(request_.seat);
}

void CoreLoan::end_wait() {
  std::lock_guard guard(mutex_);
  if (--waits_ == 0) request_.worker.admission.resume(request_.seat);
}

Admission::Admission(samara_worker& worker) : worker_(worker) {}
Admission::~Admission() = default;

void Admission::join() {
  gauge_.reset();
  const char* path = std::getenv(Budget::k_path_variable);
  const char* group = std::getenv(Budget::k_group_variable);
  if (path == nullptr || group == nullptr) return;
  auto budget = Budget::look(path);
  if (!budget || !(*budget)->join(group)) return;
  budget_ = std::move(*budget);
  budget_->introduce(worker_.queue->id());
  budget_->set_idle_bytes(gauge_.idle_bytes());
}

port::BudgetClaim Admission::claim_of(const samara_request& request) const {
  const Request& asked = request.claim.request;
  port::BudgetClaim out;
  out.id = asked.id.bytes;
  out.repeatable = asked.repeatable;
  const auto declared = declared_memory(asked);
  out.memory_bytes = declared.value_or(request.target->memory.load(std::memory_order_relaxed));
  if (request.claim.stopped.has_value()) {
    out.alone = request.claim.stopped->stops > 0;
    out.memory_bytes = std::max(out.memory_bytes, request.claim.stopped->held_bytes);
  }
  if (asked.call.has_value()) out.call = short_call(*asked.call);
  out.ancestors.reserve(asked.ancestors.size());
  for (const Hash& call : asked.ancestors) out.ancestors.push_back(short_call(call));
  // What it needs is not known; what there is cannot be exceeded by a claim.
  if (!declared) out.memory_bytes = std::min(out.memory_bytes, budget_->memory_bytes());
  return out;
}

// What can never run is told at once.
Result<bool> Admission::refuse(OwnedRequest& request) {
  const Request& asked = request->claim.request;
  const auto declared = declared_memory(asked);
  const uint64_t most = budget_->memory_bytes();
  if (!declared || *declared <= most) return false;
  Reply reply;
  reply.outcome = Outcome::of(OutcomeKind::memory,
                              "'" + request->name + "' may take " + bytes_text(*declared) +
                                  " by its limit, and the workers have " + bytes_text(most) +
                                  ": start them with a larger 'samara worker --memory', or run it "
                                  "with a smaller --memory");
  SAMARA_CHECK(worker_.queue->answer(asked.id, std::move(reply)));
  request.reset();
  return true;
}

// Whether nobody waits for it any more; then it was answered.
Result<bool> Admission::is_over(OwnedRequest& request) {
  const Request& asked = request->claim.request;
  const bool late =
      asked.deadline_ns > 0 && worker_.clock.now().time_since_epoch().count() >= asked.deadline_ns;
  if (!late && !request->claim.cancelled->load()) return false;
  Reply reply;
  reply.outcome = late ? Outcome::of(OutcomeKind::timeout,
                                     "the deadline passed before there was a core and memory")
                       : Outcome::of(OutcomeKind::cancelled, "cancelled by the caller");
  SAMARA_CHECK(worker_.queue->answer(asked.id, std::move(reply)));
  request.reset();
  return true;
}

Result<Admission::OwnedRequest> Admission::enter(OwnedRequest request, bool must) {
  // Who makes an environment mostly waits for others.
  if (budget_ == nullptr || request->kind == SAMARA_REQUEST_ENVIRONMENT) return request;
  SAMARA_TRY(bool refused, refuse(request));
  if (refused) return OwnedRequest();
  const port::BudgetClaim claim = claim_of(*request);
  if (must) {
    request->seat = budget_->sit_running(claim);
    return request;
  }
  seen_ = budget_->changes();
  const Budget::Turn turn = budget_->sit(claim, request->seat);
  if (turn == Budget::Turn::runs) return request;
  no_core_ = turn == Budget::Turn::no_core;
  waiting_.push_back(std::move(request));
  return OwnedRequest();
}

Result<Admission::OwnedRequest> Admission::next() {
  if (waiting_.empty()) return OwnedRequest();
  seen_ = budget_->changes();
  no_core_ = false;
  for (size_t i = 0; i < waiting_.size();) {
    OwnedRequest& one = waiting_[i];
    SAMARA_TRY(bool over, is_over(one));
    if (over) {
      waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
      continue;
    }
    const Budget::Turn turn = budget_->try_begin(one->seat);
    if (turn == Budget::Turn::runs) {
      OwnedRequest out = std::move(one);
      waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
      return out;
    }
    no_core_ = no_core_ || turn == Budget::Turn::no_core;
    i++;
  }
  if (++looks_ % k_looks_between_deaths == 0) budget_->forget_the_dead();
  return OwnedRequest();
}

bool Admission::full() const {
  if (waiting_.empty()) return false;
  return no_core_ || waiting_.size() >= std::max<size_t>(worker_.slots, k_waiting_min);
}

void Admission::wait(port::Instant until) {
  milliseconds most = k_look;
  if (until != port::k_never) {
    const auto left = std::chrono::ceil<milliseconds>(until - worker_.clock.now());
    most = std::clamp(left, milliseconds(0), most);
  }
  budget_->await_change(seen_, most);
  static_cast<void>(worker_.queue->poll());
}

void Admission::rest() {
  for (const OwnedRequest& one : waiting_) budget_->rest(one->seat);
}

Result<void> Admission::give_back() {
  while (!waiting_.empty()) {
    OwnedRequest one = std::move(waiting_.front());
    waiting_.pop_front();
    SAMARA_CHECK(worker_.queue->give_back(one->claim.request.id));
  }
  return {};
}

void Admission::begin(samara_request& request) { request.gauged = gauge_.begin(); }

uint64_t Admission::measure(samara_request& request) {
  if (!request.gauged.has_value()) return 0;
  const uint64_t out = gauge_.end(*request.gauged);
  request.gauged.reset();
  return out;
}

void Admission::learn(const samara_request& request, uint64_t taken_bytes) {
  std::atomic<uint64_t>& memory = request.target->memory;
  const uint64_t known = memory.load(std::memory_order_relaxed);
  const uint64_t now = learned_memory(known, taken_bytes);
  if (now == known) return;
  memory.store(now, std::memory_order_relaxed);
  const uint64_t change = now > known ? now - known : known - now;
  constexpr uint64_t k_part = 8;
  if (now == 0 || change > known / k_part) {
    keep_memory(worker_.store->cache(), request.target->function, now);
  }
}

void Admission::leave(samara_request& request) {
  static_cast<void>(measure(request));
  const auto idle = gauge_.new_idle_bytes();
  if (budget_ == nullptr) return;
  // Before its memory is free for others: part of it may have stayed with the process.
  if (idle) budget_->set_idle_bytes(*idle);
  budget_->leave(request.seat);
}

void Admission::park(uint32_t seat) {
  if (budget_ != nullptr) budget_->park(seat);
}

void Admission::resume(uint32_t seat) {
  if (budget_ != nullptr) budget_->resume(seat);
}

void Admission::read_known(Target& target) {
  target.memory.store(known_memory(worker_.store->cache(), target.function));
}

}  // namespace samara::capi
