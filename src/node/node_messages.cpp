// The part of Node which answers the manager's messages.

#include <cstring>

#include "node/node.hpp"

namespace samara::node {

namespace {
bool contains(std::span<const std::string_view> names, std::string_view name) {
  for (const std::string_view one : names) {
    if (one == name) return true;
  }
  return false;
}
}  // namespace

void Node::got(const wire::Start& m) {
  // Of an earlier boot: what became of it there the hello has told.
  if (m.fence.boot != config_.boot) {
    counters_.refused_starts++;
    return;
  }
  const bool fresh = fence_.check(m.fence.epoch, m.fence.order) == FenceCheck::fresh;
  fence_.mark(m.fence.epoch, m.fence.order);
  if (TaskSlot* slot = find(m.attempt)) {
    // Said twice, because an answer got lost or a broker repeats itself, or said anew by the next
    // life of the manager: answer again.
    counters_.repeated_starts++;
    if (fresh) slot->fence = m.fence;
    if (slot->state == SlotState::done) {
      slot->next_send = now_;
    } else {
      slot->tell_accepted = true;
      slot->tell_started = slot->state == SlotState::running || slot->state == SlotState::ending;
    }
    return;
  }
  if (!fresh) {
    counters_.repeated_starts++;
    return refuse(m.attempt, m.fence, wire::Refusal::stale);
  }
  if (auto refusal = admit(m)) return refuse(m.attempt, m.fence, *refusal);
  accept(m);
}

void Node::refuse(const wire::AttemptId& attempt, const wire::Fence& fence, wire::Refusal reason) {
  counters_.refused_starts++;
  if (connected_) send(wire::Refused{.attempt = attempt, .fence = fence, .reason = reason});
}

std::optional<wire::Refusal> Node::admit(const wire::Start& m) const {
  using wire::Refusal;
  if (draining_) return Refusal::draining;
  if (!contains(config_.runtimes.view(), m.runtime)) return Refusal::runtime;
  if (config_.verifier != nullptr) {
    auto manifest = wire::decode_manifest(m.manifest);
    if (!manifest || manifest->function != m.function || !(manifest->module == m.module) ||
        manifest->runtime != m.runtime ||
        !config_.verifier->trusted(manifest->key, m.manifest, m.signature)) {
      return Refusal::signature;
    }
  }
  size_t inline_bytes = 0;
  for (const wire::Argument& argument : m.arguments) {
    inline_bytes += argument.value.size();
    if (argument.object && argument.object->size == 0) return Refusal::size;
  }
  if (inline_bytes > config_.data_bytes || m.module.size == 0 ||
      m.module.size > config_.object_bytes || m.limits.memory_bytes > config_.memory_bytes) {
    return Refusal::size;
  }
  if (free_slot() == nullptr || stuck_runs() >= config_.running_max) return Refusal::slots;
  if (m.limits.memory_bytes > config_.memory_bytes - memory_in_use()) return Refusal::memory;
  if (!cache_.fits(m.module)) return Refusal::room;
  return std::nullopt;
}

void Node::accept(const wire::Start& m) {
  TaskSlot& slot = *free_slot();
  reset(slot);
  slot.state = SlotState::fetching;
  slot.attempt = m.attempt;
  slot.fence = m.fence;
  slot.arrival = ++arrivals_;
  slot.function = m.function;
  slot.runtime = FixedText<wire::k_name_bytes_max>(m.runtime);
  slot.effect = m.effect;
  slot.priority = m.priority;
  slot.limits = m.limits;
  slot.lease_ms = m.lease_ms;
  slot.lease_until = now_ + Millis(m.lease_ms);
  slot.start_before = m.start_within_ms == 0 ? Instant::max() : now_ + Millis(m.start_within_ms);
  slot.run_until = Instant::max();
  slot.give_up_at = Instant::max();
  slot.tell_accepted = true;

  // One object after the other, because making room for one may need what another would have kept.
  const auto pin = [&](const wire::ObjectRef& ref) -> std::optional<ObjectCache::Index> {
    if (!cache_.fits(ref)) return std::nullopt;
    while (auto victim = cache_.victim(ref)) {
      if (!act(action::ObjectDrop{.index = *victim})) return std::nullopt;
      cache_.drop(*victim);
    }
    const bool fresh = !cache_.find(ref.hash);
    const ObjectCache::Index index = cache_.acquire(ref);
    if (fresh) act(action::ObjectBegin{.index = index});
    return index;
  };
  auto module = pin(m.module);
  bool room = module.has_value();
  if (module) slot.module = *module;
  const std::span<uint8_t> place = data(slot);
  uint32_t at = 0;
  for (const wire::Argument& argument : m.arguments) {
    if (!room) break;
    SlotArgument kept;
    if (argument.object) {
      auto object = pin(*argument.object);
      if (!object) {
        room = false;
        break;
      }
      kept = {.inlined = false, .object = *object};
    } else {
      kept = {.inlined = true, .offset = at, .size = static_cast<uint32_t>(argument.value.size())};
      if (kept.size != 0) std::memcpy(place.data() + at, argument.value.data(), kept.size);
      at += kept.size;
    }
    SAMARA_ASSERT(slot.arguments.push_back(kept));
  }
  if (!room) {
    if (module) {
      release_objects(slot);
    }
    reset(slot);
    return refuse(m.attempt, m.fence, wire::Refusal::room);
  }
  if (objects_ready(slot)) slot.state = SlotState::ready;
}

void Node::got(const wire::Ack& m) {
  if (m.fence && m.fence->boot == config_.boot) fence_.mark(m.fence->epoch, m.fence->order);
  TaskSlot* slot = find(m.attempt);
  if (slot == nullptr || slot->state != SlotState::done) return;
  free(*slot);
}

void Node::got(const wire::Stop& m) {
  // Of an earlier boot: the hello has told the manager what became of it.
  if (m.fence.boot != config_.boot) return;
  fence_.mark(m.fence.epoch, m.fence.order);
  TaskSlot* slot = find(m.attempt);
  if (slot == nullptr) {
    // Never here, refused, handed back, or acknowledged. In the last case the manager knows more
    // than this says, and it does not listen any more.
    if (connected_) send(wire::Stopped{.attempt = m.attempt, .fence = m.fence});
    return;
  }
  slot->fence = m.fence;
  switch (slot->state) {
    case SlotState::fetching:
    case SlotState::ready:
      hand_back(*slot);
      break;
    case SlotState::running:
      end(*slot, EndReason::stop);
      break;
    case SlotState::done:
      slot->next_send = now_;
      break;
    case SlotState::ending:
    case SlotState::free:
      break;
  }
}

void Node::got(const wire::Chunk& m) {
  const auto taken = cache_.take(m, now_, config_.fetch_retry);
  switch (taken.took) {
    case ObjectCache::Took::ignored:
      break;
    case ObjectCache::Took::taken:
    case ObjectCache::Took::complete:
      act(action::ObjectWrite{.index = taken.index, .offset = m.offset, .bytes = m.data});
      if (taken.took == ObjectCache::Took::complete) {
        act(action::ObjectReady{.index = taken.index});
        object_ready(taken.index);
      }
      break;
    case ObjectCache::Took::lied:
      counters_.lies++;
      break;
    case ObjectCache::Took::failed:
      counters_.lies++;
      break;
  }
}

void Node::got(const wire::NoObject& m) {
  const auto index = cache_.find(m.hash);
  if (!index || cache_.at(*index).state != ObjectState::fetching) return;
  cache_.fail(*index);
}

void Node::got(const wire::Renew& m) {
  if (m.boot != config_.boot) return;
  for (const SentBeat& beat : sent_beats_) {
    if (beat.number != m.beat || m.beat == 0) continue;
    for (TaskSlot& slot : slots_) {
      const Instant until = beat.at + Millis(slot.lease_ms);
      if (slot.holds_objects() && until > slot.lease_until) slot.lease_until = until;
    }
  }
}

void Node::got(const wire::Welcome& m) {
  if (m.boot != config_.boot) return;
  constexpr uint32_t k_beat_ms_min = 100;
  if (m.beat_ms >= k_beat_ms_min) {
    beat_every_ = Millis(m.beat_ms);
    const Instant soon = now_ + beat_every_;
    if (soon < next_beat_) next_beat_ = soon;
  }
}

void Node::got(const wire::Who&) { hello_due_ = true; }

}  // namespace samara::node
