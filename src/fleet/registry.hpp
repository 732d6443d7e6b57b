#pragma once
// FleetNode: what the manager knows of a node: what it says it is, how it is doing, and what it has
// been given. Nothing of it is durable; nodes say it again. Threads: value types.

#include "fleet/ledger.hpp"

namespace samara::fleet {

struct AttemptRef {
  TaskId task;
  uint32_t number = 0;
  bool operator==(const AttemptRef&) const = default;
};

struct FleetNode {
  NodeId id = 0;
  bool introduced = false;  // it has said hello in this life of the manager
  bool alive = false;
  bool draining = false;     // it takes nothing new, by its own word
  bool drain_asked = false;  // or by ours
  bool quarantined = false;
  uint64_t boot = 0;
  FixedVector<uint64_t, 4> old_boots;  // whose messages may still be on their way

  std::string version;
  std::vector<std::string> runtimes;
  std::vector<std::string> targets;
  std::vector<std::string> functions;
  std::vector<std::string> labels;
  uint16_t slots = 0;
  uint64_t memory_bytes = 0;
  uint32_t inline_bytes_max = 0;
  uint32_t message_bytes_max = 0;
  wire::Power power = wire::Power::unknown;

  uint16_t load_permille = 0;
  uint64_t memory_free_bytes = 0;
  std::optional<int32_t> temperature_decidegrees;
  std::optional<uint16_t> battery_permille;
  std::optional<int32_t> rssi_dbm;
  uint32_t last_beat = 0;

  Instant last_seen{};
  Instant closed_until{};  // it has refused for want of room
  bool timer_set = false;
  uint32_t order = 0;  // of the last start that was sent
  std::vector<AttemptRef> attempts;
  uint64_t memory_reserved = 0;
  std::vector<Hash> held;  // objects that it is believed to have, last used last

  // Kept by the Placer.
  std::vector<bool> lanes;
  uint32_t group = UINT32_MAX;
  bool open = false;
  bool counted_alive = false;
  uint32_t bucket = 0;
  uint64_t key = 0;
  uint64_t placed = 0;  // number of the last placing here
  uint64_t draw = 0;    // random, new with each placing
  std::vector<TaskId> pinned;

  uint64_t memory_left() const {
    return memory_reserved < memory_bytes ? memory_bytes - memory_reserved : 0;
  }
  bool takes_work(Instant now) const {
    return introduced && alive && !draining && !drain_asked && !quarantined &&
           attempts.size() < slots && closed_until <= now;
  }
  bool holds(const Hash& hash) const {
    return std::find(held.begin(), held.end(), hash) != held.end();
  }
};

}  // namespace samara::fleet
