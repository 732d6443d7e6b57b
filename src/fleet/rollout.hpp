#pragma once
// Rollout: a new version of a function takes over in stages. A part of the calls goes to it; when
// enough of them ended well for long enough, a larger part does; when too many fail, all go back to
// the old one. Which part a task is in follows from its id, so it is the same wherever and whenever
// it is asked. A value: whoever leads it keeps it. Threads: one. Specified by:
// docs/formats/fleet.md, "Rollout".

#include <vector>

#include "fleet/timers.hpp"

namespace samara::fleet {

struct RolloutPlan {
  Hash from;
  Hash to;
  /// The part of the new version, in thousandths; ascending, the last one 1000.
  std::vector<uint16_t> stages = {50, 250, 1000};
  /// Ends of the new version in a stage before the next one.
  uint32_t samples_min = 20;
  /// At least so long in each stage, for what shows late.
  Millis stage_min{60'000};
  /// Of its ends in a stage; more, and it is taken back.
  uint16_t failures_permille_max = 50;
  bool operator==(const RolloutPlan&) const = default;
};

enum class RolloutState : uint8_t { going, done, rolled_back };

class Rollout {
 public:
  /// Errors: invalid_argument (stages that do not ascend to 1000, no samples).
  static Result<Rollout> make(RolloutPlan plan, Instant now);

  /// The version that the task is to run.
  const Hash& version_of(const TaskId& task) const;
  /// A task of that version ended. What counts as well is for the caller to say: an error of the
  /// program may be meant, a crash never is.
  void ended(const Hash& version, bool well, Instant now);
  void tick(Instant now) { advance(now); }
  /// Somebody wants it back.
  void roll_back(std::string_view reason);

  RolloutState state() const { return state_; }
  uint16_t permille() const;
  size_t stage() const { return stage_; }
  uint32_t well() const { return well_; }
  uint32_t failed() const { return failed_; }
  const std::string& reason() const { return reason_; }

 private:
  explicit Rollout(RolloutPlan plan, Instant now) : plan_(std::move(plan)), since_(now) {}
  void advance(Instant now);

  RolloutPlan plan_;
  RolloutState state_ = RolloutState::going;
  size_t stage_ = 0;
  uint32_t well_ = 0;  // of the new version, in this stage
  uint32_t failed_ = 0;
  Instant since_{};
  std::string reason_;
};

}  // namespace samara::fleet
