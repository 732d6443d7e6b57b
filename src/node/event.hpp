#pragma once
// What happens to a node, and what it wants done. Bytes and texts of an event are borrowed for the
// step; those of an action until the next step. Threads: value types.

#include <variant>

#include "node/config.hpp"
#include "node/object_cache.hpp"

namespace samara::node {

/// A task's place in the table, and a number which tells the runs in it apart.
struct SlotId {
  uint16_t slot = 0;
  uint32_t ticket = 0;
  bool operator==(const SlotId&) const = default;
};

namespace event {
struct Tick {};
struct Connected {};
struct Disconnected {};
/// A message whose topic was ours.
struct Received {
  ByteView bytes{};
};
/// A run is over, whether it was told to end or not.
struct Ended {
  SlotId id{};
  OutcomeKind outcome = OutcomeKind::lost;
  ByteView value{};
  std::string_view message{};
  std::string_view which{};
  uint64_t wall_us = 0;
  uint64_t cpu_us = 0;
  uint64_t memory_bytes = 0;
  uint64_t steps = 0;
};
/// Console output of a run, or how far it is.
struct Output {
  SlotId id{};
  std::string_view log{};
  std::optional<uint16_t> permille{};
};
struct Telemetry {
  uint16_t load_permille = 0;
  uint64_t memory_free_bytes = 0;
  std::optional<int32_t> temperature_decidegrees{};
  std::optional<uint16_t> battery_permille{};
  std::optional<int32_t> rssi_dbm{};
  wire::Power power = wire::Power::unknown;
};
/// At boot, before the first connect: an object that the port has, verified.
struct ObjectFound {
  wire::ObjectRef ref{};
};
/// At boot, before the first connect: what `Keep` had kept.
struct Restored {
  ByteView bytes{};
};
/// An action on an object failed: disk full.
struct ObjectLost {
  ObjectCache::Index index = 0;
};
/// A `Keep` failed; the result is in memory all the same.
struct KeepFailed {
  uint16_t slot = 0;
};
struct Drain {
  bool on = true;
};
/// Hand back, finish or end what is there within the grace, then leave.
struct Shutdown {
  Millis grace{0};
};
}  // namespace event

using Event =
    std::variant<event::Tick, event::Connected, event::Disconnected, event::Received, event::Ended,
                 event::Output, event::Telemetry, event::ObjectFound, event::Restored,
                 event::ObjectLost, event::KeepFailed, event::Drain, event::Shutdown>;

namespace action {
struct Send {
  wire::Channel channel = wire::Channel::control;
  ByteView bytes{};
};
/// Run what Node::order says, away from this loop; `Ended` follows.
struct Run {
  SlotId id{};
};
/// End the run; `Ended` follows.
struct Cancel {
  SlotId id{};
};
struct ObjectBegin {
  ObjectCache::Index index = 0;
};
struct ObjectWrite {
  ObjectCache::Index index = 0;
  uint64_t offset = 0;
  ByteView bytes{};
};
/// All of it is there and has its hash.
struct ObjectReady {
  ObjectCache::Index index = 0;
};
struct ObjectDrop {
  ObjectCache::Index index = 0;
};
/// Keep the bytes so that they survive a reboot; a slot keeps one thing.
struct Keep {
  uint16_t slot = 0;
  ByteView bytes{};
};
struct Forget {
  uint16_t slot = 0;
};
/// Nothing is left to do: disconnect in order, without a will.
struct Leave {};
}  // namespace action

using Action = std::variant<action::Send, action::Run, action::Cancel, action::ObjectBegin,
                            action::ObjectWrite, action::ObjectReady, action::ObjectDrop,
                            action::Keep, action::Forget, action::Leave>;

}  // namespace samara::node
