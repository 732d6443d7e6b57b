#pragma once
// TaskSlot: one attempt on a node, from its arrival until its result is acknowledged.
// Threads: a value type.

#include "node/event.hpp"

namespace samara::node {

enum class SlotState : uint8_t {
  free,
  fetching,  // objects are missing
  ready,     // waits for its turn to run
  running,
  ending,  // told to end; the run has not said so yet
  done,    // its result waits for the acknowledgement
};

enum class EndReason : uint8_t { none, deadline, stop, lease, shutdown };

struct SlotArgument {
  bool inlined = true;
  ObjectCache::Index object = 0;
  uint32_t offset = 0;  // in the data of the slot
  uint32_t size = 0;
};

struct TaskSlot {
  SlotState state = SlotState::free;
  uint32_t ticket = 0;
  uint64_t arrival = 0;
  wire::AttemptId attempt{};
  wire::Fence fence{};  // of the last start of it that has come
  Hash function{};
  FixedText<wire::k_name_bytes_max> runtime{};
  Effect effect = Effect::unknown;
  uint8_t priority = 0;
  wire::RunLimits limits{};
  ObjectCache::Index module = 0;
  FixedVector<SlotArgument, wire::k_arguments_max> arguments{};

  uint32_t lease_ms = 0;
  Instant lease_until{};
  Instant start_before{};
  Instant run_until{};
  Instant give_up_at{};
  EndReason end_reason = EndReason::none;
  uint64_t log_sent = 0;

  bool tell_accepted = false;
  bool tell_started = false;

  // The result; its value is in the data of the slot.
  OutcomeKind outcome = OutcomeKind::lost;
  uint32_t value_bytes = 0;
  Hash digest{};
  FixedText<200> message{};
  FixedText<16> which{};
  uint64_t wall_us = 0;
  uint64_t cpu_us = 0;
  uint64_t memory_bytes = 0;
  uint64_t steps = 0;
  Instant next_send{};
  Millis send_every{0};
  bool keep = false;  // to be asked for
  bool kept = false;
  /// Its result was given up, but the run still takes its place.
  bool stuck = false;

  bool repeatable() const { return effect <= Effect::idempotent; }
  bool holds_objects() const {
    return state == SlotState::fetching || state == SlotState::ready ||
           state == SlotState::running || state == SlotState::ending;
  }
};

}  // namespace samara::node
