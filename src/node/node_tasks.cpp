// The part of Node which leads attempts through their states.

#include <cstring>

#include "node/node.hpp"

namespace samara::node {

TaskSlot* Node::find(const wire::AttemptId& attempt) {
  for (TaskSlot& slot : slots_) {
    if (slot.state != SlotState::free && slot.attempt == attempt) return &slot;
  }
  return nullptr;
}

TaskSlot* Node::running(SlotId id) {
  if (id.slot >= slots_.size()) return nullptr;
  TaskSlot& slot = slots_[id.slot];
  const bool runs = slot.state == SlotState::running || slot.state == SlotState::ending;
  return runs && slot.ticket == id.ticket ? &slot : nullptr;
}

TaskSlot* Node::free_slot() const {
  for (TaskSlot& slot : slots_) {
    if (slot.state == SlotState::free && !slot.stuck) return &slot;
  }
  return nullptr;
}

std::span<uint8_t> Node::data(const TaskSlot& slot) const {
  return data_.subspan(index_of(slot) * config_.data_bytes, config_.data_bytes);
}

uint64_t Node::memory_in_use() const {
  uint64_t used = 0;
  for (const TaskSlot& slot : slots_) {
    if (slot.holds_objects() || slot.stuck) used += slot.limits.memory_bytes;
  }
  return used < config_.memory_bytes ? used : config_.memory_bytes;
}

/// Runs that would not end: each takes a place for good.
size_t Node::stuck_runs() const {
  size_t count = 0;
  for (const TaskSlot& slot : slots_) count += slot.stuck ? 1U : 0U;
  return count;
}

bool Node::uses(const TaskSlot& slot, ObjectCache::Index index) const {
  if (!slot.holds_objects()) return false;
  if (slot.module == index) return true;
  for (const SlotArgument& argument : slot.arguments) {
    if (!argument.inlined && argument.object == index) return true;
  }
  return false;
}

bool Node::objects_ready(const TaskSlot& slot) const {
  if (cache_.at(slot.module).state != ObjectState::ready) return false;
  for (const SlotArgument& argument : slot.arguments) {
    if (!argument.inlined && cache_.at(argument.object).state != ObjectState::ready) return false;
  }
  return true;
}

void Node::object_ready(ObjectCache::Index index) {
  for (TaskSlot& slot : slots_) {
    if (slot.state == SlotState::fetching && uses(slot, index) && objects_ready(slot)) {
      slot.state = SlotState::ready;
    }
  }
}

bool Node::objects_failed(const TaskSlot& slot) const {
  if (cache_.at(slot.module).state == ObjectState::failed) return true;
  for (const SlotArgument& argument : slot.arguments) {
    if (!argument.inlined && cache_.at(argument.object).state == ObjectState::failed) return true;
  }
  return false;
}

void Node::release_objects(TaskSlot& slot) {
  cache_.release(slot.module);
  for (const SlotArgument& argument : slot.arguments) {
    if (!argument.inlined) cache_.release(argument.object);
  }
}

void Node::free(TaskSlot& slot) {
  if (slot.holds_objects()) release_objects(slot);
  if (slot.kept) act(action::Forget{.slot = index_of(slot)});
  // A run that never ended keeps what it counts for.
  if (slot.stuck) {
    slot.state = SlotState::free;
    slot.kept = false;
    return;
  }
  reset(slot);
}

void Node::hand_back(TaskSlot& slot) {
  if (connected_) send(wire::Stopped{.attempt = slot.attempt, .fence = slot.fence});
  free(slot);
}

void Node::end(TaskSlot& slot, EndReason reason) {
  if (!act(action::Cancel{.id = {index_of(slot), slot.ticket}})) return;
  slot.state = SlotState::ending;
  slot.end_reason = reason;
  slot.give_up_at = now_ + config_.kill_grace;
}

void Node::finish(TaskSlot& slot, const event::Ended& e) {
  const uint64_t output_max =
      slot.limits.output_bytes == 0 || slot.limits.output_bytes > config_.data_bytes
          ? config_.data_bytes
          : slot.limits.output_bytes;
  // A run that would not end still uses them.
  if (!slot.stuck) release_objects(slot);
  slot.state = SlotState::done;
  slot.outcome = e.outcome;
  slot.message = FixedText<200>(e.message);
  // What was cut in the middle of a character could not be sent as text.
  std::string_view text = slot.message.view();
  while (!text.empty() && !wire::is_utf8(text)) text.remove_suffix(1);
  slot.message = FixedText<200>(text);
  slot.which = FixedText<16>(wire::is_utf8(e.which) ? e.which : std::string_view{});
  slot.wall_us = e.wall_us;
  slot.cpu_us = e.cpu_us;
  slot.memory_bytes = e.memory_bytes;
  slot.steps = e.steps;
  if (e.outcome == OutcomeKind::value) {
    if (e.value.size() > output_max) {
      slot.outcome = OutcomeKind::limit;
      slot.which = FixedText<16>("output");
      slot.message = FixedText<200>("the result is larger than allowed");
    } else {
      if (!e.value.empty()) std::memcpy(data(slot).data(), e.value.data(), e.value.size());
      slot.value_bytes = static_cast<uint32_t>(e.value.size());
      Sha256Portable hasher;
      hasher.update(e.value);
      slot.digest = hasher.finish();
    }
  } else if (slot.end_reason == EndReason::deadline) {
    slot.outcome = OutcomeKind::timeout;
  } else if (slot.end_reason == EndReason::lease) {
    slot.outcome = OutcomeKind::cancelled;
    slot.message = FixedText<200>("the node lost touch with its manager");
  } else if (slot.end_reason != EndReason::none) {
    slot.outcome = OutcomeKind::cancelled;
  }
  slot.keep = true;
  slot.next_send = now_;
  slot.send_every = config_.result_retry;
}

void Node::check_deadlines() {
  for (TaskSlot& slot : slots_) {
    if (!roomy()) return;
    switch (slot.state) {
      case SlotState::fetching:
      case SlotState::ready:
        if (objects_failed(slot)) {
          refuse(slot.attempt, slot.fence, wire::Refusal::object);
          free(slot);
        } else if (now_ >= slot.start_before) {
          refuse(slot.attempt, slot.fence, wire::Refusal::deadline);
          free(slot);
        } else if (leaving_ || (!slot.repeatable() && now_ >= slot.lease_until)) {
          if (!leaving_) counters_.leases_lapsed++;
          hand_back(slot);
        }
        break;
      case SlotState::running:
        if (now_ >= slot.run_until) {
          counters_.deadlines++;
          end(slot, EndReason::deadline);
        } else if (!slot.repeatable() && now_ >= slot.lease_until) {
          counters_.leases_lapsed++;
          end(slot, EndReason::lease);
        } else if (leaving_ && now_ >= leave_by_) {
          end(slot, EndReason::shutdown);
        }
        break;
      case SlotState::ending:
        if (now_ >= slot.give_up_at) {
          counters_.given_up++;
          slot.stuck = true;
          event::Ended ended;
          ended.outcome = OutcomeKind::cancelled;
          ended.message = "the run did not end when it was told to";
          finish(slot, ended);
        }
        break;
      case SlotState::done:
      case SlotState::free:
        break;
    }
  }
}

void Node::start_runs() {
  size_t running = 0;
  for (const TaskSlot& slot : slots_) {
    running +=
        slot.state == SlotState::running || slot.state == SlotState::ending || slot.stuck ? 1U : 0U;
  }
  while (running < config_.running_max) {
    TaskSlot* next = nullptr;
    for (TaskSlot& slot : slots_) {
      if (slot.state != SlotState::ready) continue;
      if (next == nullptr || slot.priority < next->priority ||
          (slot.priority == next->priority && slot.arrival < next->arrival)) {
        next = &slot;
      }
    }
    if (next == nullptr) return;
    const uint32_t ticket = tickets_ + 1;
    if (!act(action::Run{.id = {index_of(*next), ticket}})) return;
    tickets_ = ticket;
    next->ticket = ticket;
    next->state = SlotState::running;
    next->tell_started = true;
    const uint32_t wall_ms = next->limits.wall_ms == 0 ? config_.wall_ms : next->limits.wall_ms;
    if (wall_ms != 0) next->run_until = now_ + Millis(wall_ms);
    running++;
  }
}

}  // namespace samara::node
