// The part of Node which says what is due, as far as there is room in the step.

#include "node/node.hpp"

namespace samara::node {

void Node::pump() {
  for (TaskSlot& slot : slots_) {
    if (slot.state == SlotState::done && slot.keep) {
      auto size = wire::encode(wire::FromNode(result_of(slot)), out_.subspan(out_used_));
      if (!size) {
        SAMARA_ASSERT(out_used_ != 0);
        blocked_ = true;
        break;
      }
      if (!act(action::Keep{.slot = index_of(slot), .bytes = out_.subspan(out_used_, *size)})) {
        break;
      }
      out_used_ += *size;
      slot.keep = false;
      slot.kept = true;
    }
  }
  if (!connected_ || left_) return;
  if (hello_due_) send_hello();
  if (hello_due_) return;
  if (now_ >= next_beat_) send_beat();
  for (TaskSlot& slot : slots_) send_news(slot);
  send_fetches();
  if (leaving_ && idle() && send(wire::Bye{.boot = config_.boot}) && act(action::Leave{})) {
    left_ = true;
  }
}

void Node::send_hello() {
  wire::Hello hello;
  hello.node = config_.name.view();
  hello.boot = config_.boot;
  hello.version = config_.version;
  hello.runtimes = config_.runtimes;
  hello.targets = config_.targets;
  hello.functions = config_.functions;
  hello.labels = config_.labels;
  hello.slots = config_.slots;
  hello.memory_bytes = config_.memory_bytes;
  hello.message_bytes_max = config_.packet_bytes_max;
  hello.inline_bytes_max = static_cast<uint32_t>(config_.data_bytes);
  hello.power = telemetry_.power == wire::Power::unknown ? config_.power : telemetry_.power;
  hello.draining = draining_;
  for (const TaskSlot& slot : slots_) {
    if (slot.state == SlotState::done) hello.outbox++;
  }
  for (size_t i = 0; i < cache_.size() && !hello.held.full(); i++) {
    const ObjectEntry& entry = cache_.at(static_cast<ObjectCache::Index>(i));
    if (entry.state == ObjectState::ready) static_cast<void>(hello.held.push_back(entry.ref.hash));
  }
  if (send(hello)) hello_due_ = false;
}

void Node::send_beat() {
  wire::Beat beat;
  beat.boot = config_.boot;
  beat.number = beats_ + 1;
  beat.load_permille = telemetry_.load_permille;
  beat.memory_free_bytes = telemetry_.memory_free_bytes;
  beat.temperature_decidegrees = telemetry_.temperature_decidegrees;
  beat.battery_permille = telemetry_.battery_permille;
  beat.rssi_dbm = telemetry_.rssi_dbm;
  beat.power = telemetry_.power;
  beat.refused_messages = counters_.bad_messages;
  beat.storage_failures = counters_.storage_failures;
  for (const TaskSlot& slot : slots_) {
    switch (slot.state) {
      case SlotState::fetching:
      case SlotState::ready:
        beat.waiting++;
        break;
      case SlotState::running:
      case SlotState::ending:
        beat.running++;
        break;
      case SlotState::done:
        beat.outbox++;
        break;
      case SlotState::free:
        break;
    }
  }
  if (!send(beat)) return;
  beats_++;
  sent_beats_[beats_ % k_beats_remembered] = {.number = beats_, .at = now_};
  next_beat_ = now_ + beat_every_;
}

wire::TaskResult Node::result_of(const TaskSlot& slot) const {
  wire::TaskResult out;
  out.attempt = slot.attempt;
  out.outcome = slot.outcome;
  if (slot.outcome == OutcomeKind::value) {
    out.value = data(slot).first(slot.value_bytes);
    out.digest = slot.digest;
    out.size = slot.value_bytes;
  }
  out.message = slot.message.view();
  out.which = slot.which.view();
  out.wall_us = slot.wall_us;
  out.cpu_us = slot.cpu_us;
  out.memory_bytes = slot.memory_bytes;
  out.steps = slot.steps;
  return out;
}

void Node::send_news(TaskSlot& slot) {
  if (slot.state == SlotState::free) return;
  if (slot.state == SlotState::done) {
    if (now_ >= slot.next_send) send_result(slot);
    return;
  }
  if (slot.tell_accepted) {
    if (!send(wire::Accepted{.attempt = slot.attempt})) return;
    slot.tell_accepted = false;
  }
  if (slot.tell_started) {
    if (!send(wire::Started{.attempt = slot.attempt})) return;
    slot.tell_started = false;
  }
}

void Node::send_result(TaskSlot& slot) {
  if (!send(result_of(slot))) return;
  if (slot.send_every > config_.result_retry) counters_.results_resent++;
  slot.next_send = now_ + slot.send_every;
  slot.send_every *= 2;
  if (slot.send_every > config_.result_retry_max) slot.send_every = config_.result_retry_max;
}

void Node::send_fetches() {
  size_t fetching = 0;
  for (size_t i = 0; i < cache_.size(); i++) {
    const auto index = static_cast<ObjectCache::Index>(i);
    ObjectEntry& entry = cache_.at(index);
    if (entry.state != ObjectState::fetching || entry.pins == 0) continue;
    if (fetching++ == config_.fetches_max) return;
    if (entry.asked && now_ < entry.next_try) continue;
    if (entry.asked && entry.tries >= config_.fetch_tries) {
      cache_.fail(index);
      blocked_ = true;  // the tasks that wait for it are refused in the next step
      continue;
    }
    const uint64_t left = entry.ref.size - entry.got;
    const auto length =
        static_cast<uint32_t>(left < config_.window_bytes ? left : config_.window_bytes);
    if (!send(wire::ChunkRequest{.hash = entry.ref.hash,
                                 .offset = entry.got,
                                 .length = length,
                                 .chunk_bytes = config_.chunk_bytes})) {
      return;
    }
    entry.window_end = entry.got + length;
    entry.asked = true;
    entry.tries++;
    entry.next_try = now_ + config_.fetch_retry;
  }
}

void Node::compute_wake() {
  wake_at_ = Instant::max();
  if (blocked_) return wake_by(now_);
  if (connected_ && !left_) {
    wake_by(next_beat_);
    size_t fetching = 0;
    for (size_t i = 0; i < cache_.size() && fetching < config_.fetches_max; i++) {
      const ObjectEntry& entry = cache_.at(static_cast<ObjectCache::Index>(i));
      if (entry.state != ObjectState::fetching || entry.pins == 0) continue;
      fetching++;
      if (entry.asked) wake_by(entry.next_try);
    }
  }
  for (const TaskSlot& slot : slots_) {
    switch (slot.state) {
      case SlotState::fetching:
      case SlotState::ready:
        wake_by(slot.start_before);
        if (!slot.repeatable()) wake_by(slot.lease_until);
        break;
      case SlotState::running:
        wake_by(slot.run_until);
        if (!slot.repeatable()) wake_by(slot.lease_until);
        if (leaving_) wake_by(leave_by_);
        break;
      case SlotState::ending:
        wake_by(slot.give_up_at);
        break;
      case SlotState::done:
        if (connected_) wake_by(slot.next_send);
        break;
      case SlotState::free:
        break;
    }
  }
}

}  // namespace samara::node
