#include "fleet/rollout.hpp"

#include "core/sha256.hpp"

namespace samara::fleet {

namespace {
constexpr uint16_t k_all = 1000;
}

Result<Rollout> Rollout::make(RolloutPlan plan, Instant now) {
  if (plan.stages.empty() || plan.stages.back() != k_all || plan.samples_min == 0) {
    return Error(Code::invalid_argument, "the stages of a rollout end with all of the calls");
  }
  uint16_t last = 0;
  for (const uint16_t stage : plan.stages) {
    if (stage <= last) return Error(Code::invalid_argument, "the stages of a rollout ascend");
    last = stage;
  }
  return Rollout(std::move(plan), now);
}

uint16_t Rollout::permille() const {
  switch (state_) {
    case RolloutState::going:
      return plan_.stages[stage_];
    case RolloutState::done:
      return k_all;
    case RolloutState::rolled_back:
      return 0;
  }
  return 0;
}

const Hash& Rollout::version_of(const TaskId& task) const {
  // Ids may be numbered or random; the product spreads both. Who is in a stage is in all later
  // ones.
  return HashOfTask{}(task) % k_all < permille() ? plan_.to : plan_.from;
}

void Rollout::ended(const Hash& version, bool well, Instant now) {
  if (state_ != RolloutState::going || version != plan_.to) return;
  (well ? well_ : failed_)++;
  const uint64_t ends = uint64_t{well_} + failed_;
  // Judged by as many as the gate asks for: one failure among the first two says little, unless
  // even that many good ones would not make up for the failures so far.
  const uint64_t of = ends < plan_.samples_min ? plan_.samples_min : ends;
  if (uint64_t{failed_} * k_all > of * plan_.failures_permille_max) {
    return roll_back(std::to_string(failed_) + " of " + std::to_string(ends) + " failed at " +
                     std::to_string(permille()) + " thousandths");
  }
  advance(now);
}

void Rollout::advance(Instant now) {
  if (state_ != RolloutState::going || well_ + failed_ < plan_.samples_min ||
      now - since_ < plan_.stage_min) {
    return;
  }
  if (stage_ + 1 == plan_.stages.size()) {
    state_ = RolloutState::done;
    return;
  }
  stage_++;
  well_ = 0;
  failed_ = 0;
  since_ = now;
}

void Rollout::roll_back(std::string_view reason) {
  if (state_ != RolloutState::going) return;
  state_ = RolloutState::rolled_back;
  reason_ = reason;
}

}  // namespace samara::fleet
