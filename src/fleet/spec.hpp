#pragma once
// TaskSpec: what somebody wants run on the fleet, and under which conditions. Threads: value types.
// Specified by: docs/formats/fleet.md, "Tasks".

#include <string>
#include <vector>

#include "wire/messages.hpp"

namespace samara::fleet {

using TaskId = Uuid;

struct HashOfTask {
  size_t operator()(const TaskId& id) const {
    uint64_t a = 0;
    uint64_t b = 0;
    std::memcpy(&a, id.bytes.data(), sizeof a);
    std::memcpy(&b, id.bytes.data() + sizeof a, sizeof b);
    return static_cast<size_t>((a ^ b) * 0x9e3779b97f4a7c15ULL);
  }
};

/// What a node must have. Empty: it does not matter. Memory is asked for in RunLimits.
struct Needs {
  std::string runtime;
  std::string target;
  std::vector<std::string> functions;  // platform functions, all of them
  std::vector<std::string> labels;     // all of them
  std::string node;                    // this one and no other
  bool operator==(const Needs&) const = default;
};

struct ArgumentSpec {
  Bytes value;
  std::optional<wire::ObjectRef> object;
  bool operator==(const ArgumentSpec&) const = default;
};

struct TaskSpec {
  TaskId id;
  std::string submitter;
  Hash function;
  wire::ObjectRef module;
  Needs needs;
  std::vector<ArgumentSpec> arguments;
  Effect effect = Effect::unknown;
  uint8_t priority = 128;  // 0 first
  wire::RunLimits limits;
  Bytes manifest;
  Bytes signature;

  /// Failures after which no other attempt is made. Counts only where repeating is allowed.
  uint32_t attempts_max = 3;
  /// Without an attempt, each time; zero: no limit.
  uint32_t queue_ms = 0;
  /// From the placing to the first instruction, fetching of objects included.
  uint32_t start_ms = 60'000;
  /// A node that is silent for so long has lost the right to run it.
  uint32_t lease_ms = 30'000;
  /// Before the second attempt after a failure; doubles with each.
  uint32_t backoff_ms = 1'000;
  /// As many nodes must give the same value...
  uint8_t quorum_k = 1;
  /// ... of at most so many that are asked.
  uint8_t quorum_n = 1;

  /// The job that it belongs to, and as which member; set by the manager.
  std::optional<Uuid> job;
  uint32_t member = 0;

  bool repeatable() const { return effect <= Effect::idempotent; }
  bool operator==(const TaskSpec&) const = default;
};

inline constexpr uint8_t k_quorum_max = 7;
inline constexpr uint32_t k_attempts_max = 16;

/// How a task ended.
struct TaskOutcome {
  OutcomeKind kind = OutcomeKind::lost;
  Bytes value{};
  Hash digest{};
  std::string message{};
  std::string which{};
  std::string node{};  // who has given it; empty: nobody
  uint32_t attempt = 0;
  bool operator==(const TaskOutcome&) const = default;
};

}  // namespace samara::fleet
