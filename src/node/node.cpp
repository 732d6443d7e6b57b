#include "node/node.hpp"

namespace samara::node {

Result<Node*> Node::make(Arena& arena, const NodeConfig& config) {
  const bool fits = config.slots > 0 && config.running_max > 0 && config.objects > 0 &&
                    config.objects <= k_objects_max &&
                    config.data_bytes <= wire::k_inline_bytes_max && config.chunk_bytes > 0 &&
                    config.out_bytes >= config.data_bytes + k_message_room &&
                    config.beat_every > Millis{0} && wire::is_topic_level(config.name.view());
  if (!fits) return Error(Code::invalid_argument, {});
  void* memory = arena.try_alloc(sizeof(Node), alignof(Node));
  if (memory == nullptr) return Error(Code::exhausted, {});
  Node* node = new (memory) Node(config);
  SAMARA_TRY(node->slots_, arena.make_array<TaskSlot>(config.slots));
  SAMARA_TRY(node->data_, arena.make_bytes(config.slots * config.data_bytes));
  SAMARA_TRY(node->out_, arena.make_bytes(config.out_bytes));
  SAMARA_TRY(std::span<ObjectEntry> entries, arena.make_array<ObjectEntry>(config.objects));
  node->cache_.open(entries, config.object_bytes);
  node->beat_every_ = config.beat_every;
  node->wake_at_ = Instant::max();
  return node;
}

std::span<const Action> Node::step(Instant now, const Event& event) {
  now_ = now;
  actions_.clear();
  out_used_ = 0;
  blocked_ = false;
  std::visit([this](const auto& one) { on(one); }, event);
  check_deadlines();
  start_runs();
  pump();
  compute_wake();
  return actions_.view();
}

bool Node::act(const Action& action) {
  if (!actions_.push_back(action)) {
    blocked_ = true;
    return false;
  }
  return true;
}

bool Node::roomy() {
  constexpr size_t k_actions = 4;
  constexpr size_t k_short_message = 96;
  if (actions_.size() + k_actions <= k_actions_max && out_.size() - out_used_ >= k_short_message) {
    return true;
  }
  blocked_ = true;
  return false;
}

bool Node::send(const wire::FromNode& message) {
  if (actions_.full()) {
    blocked_ = true;
    return false;
  }
  auto size = wire::encode(message, out_.subspan(out_used_));
  if (!size) {
    // What does not fit into an empty buffer never will: make() has seen to that for our own.
    SAMARA_ASSERT(out_used_ != 0);
    blocked_ = true;
    return false;
  }
  const ByteView bytes = out_.subspan(out_used_, *size);
  out_used_ += *size;
  return act(action::Send{.channel = wire::channel_of(wire::kind_of(message)), .bytes = bytes});
}

void Node::on(const event::Connected&) {
  connected_ = true;
  hello_due_ = true;
  next_beat_ = now_;
  // Whatever was on its way when the connection went is said again.
  for (TaskSlot& slot : slots_) {
    if (slot.state == SlotState::done) slot.next_send = now_;
  }
  for (size_t i = 0; i < cache_.size(); i++) {
    cache_.at(static_cast<ObjectCache::Index>(i)).asked = false;
  }
}

void Node::on(const event::Disconnected&) { connected_ = false; }

void Node::on(const event::Received& e) {
  auto message = wire::decode_to_node(e.bytes);
  if (!message) {
    counters_.bad_messages++;
    return;
  }
  std::visit([this](const auto& one) { got(one); }, *message);
}

void Node::on(const event::Ended& e) {
  if (e.id.slot >= slots_.size()) return;
  TaskSlot& slot = slots_[e.id.slot];
  if (slot.ticket != e.id.ticket) return;
  if (slot.stuck) {
    // Its result was given up long ago; now its place is free as well.
    slot.stuck = false;
    release_objects(slot);
    if (slot.state == SlotState::free) reset(slot);
    return;
  }
  if (slot.state == SlotState::running || slot.state == SlotState::ending) finish(slot, e);
}

void Node::on(const event::Output& e) {
  TaskSlot* slot = running(e.id);
  if (slot == nullptr) return;
  const uint64_t log_max = slot->limits.log_bytes == 0 ? config_.log_bytes : slot->limits.log_bytes;
  const uint64_t left = slot->log_sent < log_max ? log_max - slot->log_sent : 0;
  std::string_view log =
      e.log.substr(0, e.log.size() < left ? e.log.size() : static_cast<size_t>(left));
  // A character that was cut in two is left out.
  while (!log.empty() && !wire::is_utf8(log)) log.remove_suffix(1);
  const uint64_t offset = slot->log_sent;
  slot->log_sent += log.size();
  if (!connected_ || (log.empty() && !e.permille)) return;
  while (log.size() > config_.data_bytes) log.remove_suffix(1);
  if (log.size() > wire::k_log_bytes_max) log = log.substr(0, wire::k_log_bytes_max);
  send(wire::Progress{
      .attempt = slot->attempt, .offset = offset, .log = log, .permille = e.permille});
}

void Node::drain(bool on) {
  if (on != draining_) hello_due_ = true;
  draining_ = on;
}

void Node::on(const event::ObjectFound& e) {
  if (!cache_.adopt(e.ref)) counters_.storage_failures++;
}

void Node::on(const event::Restored& e) {
  auto message = wire::decode_from_node(e.bytes);
  const wire::TaskResult* result = message ? std::get_if<wire::TaskResult>(&*message) : nullptr;
  TaskSlot* slot = free_slot();
  if (result == nullptr || slot == nullptr || result->value.size() > config_.data_bytes) {
    counters_.storage_failures++;
    return;
  }
  reset(*slot);
  slot->state = SlotState::done;
  slot->attempt = result->attempt;
  slot->outcome = result->outcome;
  slot->value_bytes = static_cast<uint32_t>(result->value.size());
  slot->digest = result->digest;
  slot->message = FixedText<200>(result->message);
  slot->which = FixedText<16>(result->which);
  slot->wall_us = result->wall_us;
  slot->cpu_us = result->cpu_us;
  slot->memory_bytes = result->memory_bytes;
  slot->steps = result->steps;
  slot->send_every = config_.result_retry;
  slot->kept = false;
  // Kept again under the number of its slot now, which need not be the one it had.
  slot->keep = true;
  const std::span<uint8_t> room = data(*slot);
  for (size_t i = 0; i < result->value.size(); i++) room[i] = result->value[i];
}

void Node::on(const event::ObjectLost& e) {
  if (e.index >= cache_.size()) return;
  counters_.storage_failures++;
  if (cache_.at(e.index).state == ObjectState::free) return;
  cache_.fail(e.index);
}

void Node::on(const event::KeepFailed& e) {
  counters_.storage_failures++;
  if (e.slot < slots_.size()) slots_[e.slot].kept = false;
}

void Node::on(const event::Shutdown& e) {
  draining_ = true;
  leaving_ = true;
  leave_by_ = now_ + e.grace;
}

void Node::reset(TaskSlot& slot) {
  const uint32_t ticket = slot.ticket;
  slot = TaskSlot{};
  slot.ticket = ticket;
}

size_t Node::slots_used() const {
  size_t used = 0;
  for (const TaskSlot& slot : slots_) used += slot.state == SlotState::free && !slot.stuck ? 0 : 1;
  return used;
}

RunOrder Node::order(SlotId id) const {
  const TaskSlot& slot = slots_[id.slot];
  SAMARA_ASSERT(slot.ticket == id.ticket && (slot.state == SlotState::running || slot.stuck ||
                                             slot.state == SlotState::ending));
  return {.attempt = slot.attempt,
          .function = slot.function,
          .runtime = slot.runtime.view(),
          .module = slot.module,
          .limits = slot.limits,
          .arguments = slot.arguments.view(),
          .data = data(slot)};
}

}  // namespace samara::node
