#pragma once
// What nodes and their manager say to each other: the messages of profile samara as plain structs.
// Texts and bytes are borrowed from the buffer a message was decoded from, or from whoever encodes
// it; nothing here allocates. Each struct names its fields once, in `fields`, from which encoder,
// decoder and the test of the document derive. Threads: value types.
// Specified by: docs/formats/fleet.md, "Messages".

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "call/effect.hpp"
#include "call/outcome.hpp"
#include "call/uuid7.hpp"
#include "core/fixed_vector.hpp"
#include "core/hash.hpp"
#include "wire/limits.hpp"

namespace samara::wire {

enum class Kind : uint8_t {
#define SAMARA_FROM_NODE(Type, name, number) name = number,
#define SAMARA_TO_NODE(Type, name, number) name = number,
#include "wire/messages.def"
};
std::string_view kind_name(Kind kind);

enum class Refusal : uint8_t {
#define SAMARA_REFUSAL(name, number, whose, sentence) name = number,
#include "wire/refusals.def"
#undef SAMARA_REFUSAL
};
inline constexpr Refusal k_last_refusal = Refusal::deadline;
enum class RefusalClass : uint8_t { busy, unfit, stale };
std::string_view refusal_name(Refusal refusal);
std::string_view refusal_sentence(Refusal refusal);
RefusalClass refusal_class(Refusal refusal);

enum class Power : uint8_t { unknown, mains, battery, solar };
inline constexpr Power k_last_power = Power::solar;

/// One try at a task. The number counts from 1 and is never used twice for a task.
struct AttemptId {
  Uuid task{};
  uint32_t number = 0;
  auto operator<=>(const AttemptId&) const = default;
};

/// What makes a start valid once: for one boot of one node, of one life of the manager, in order.
struct Fence {
  uint64_t boot = 0;
  uint32_t epoch = 0;
  uint32_t order = 0;
  bool operator==(const Fence&) const = default;
};

struct ObjectRef {
  Hash hash{};
  uint64_t size = 0;
  bool operator==(const ObjectRef&) const = default;
};

/// Inline when the hash is not set.
struct Argument {
  ByteView value{};
  std::optional<ObjectRef> object{};
};
using Arguments = FixedVector<Argument, k_arguments_max>;

template <size_t N>
using Names = FixedVector<std::string_view, N>;

/// What one run may use; zero: as much as the node gives by itself.
struct RunLimits {
  uint32_t wall_ms = 0;
  uint64_t memory_bytes = 0;
  uint32_t output_bytes = 0;
  uint32_t log_bytes = 0;
  uint64_t steps = 0;
  bool operator==(const RunLimits&) const = default;
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.may(1, m.wall_ms);
    v.may(2, m.memory_bytes);
    v.may(3, m.output_bytes);
    v.may(4, m.log_bytes);
    v.may(5, m.steps);
  }
};

// From the node ------------------------------------------------------------------------------

/// On each connect, and when asked: who and what the node is.
struct Hello {
  static constexpr Kind k_kind = Kind::hello;
  std::string_view node{};
  uint64_t boot = 0;
  std::string_view version{};
  Names<k_runtimes_max> runtimes{};
  Names<k_targets_max> targets{};
  Names<k_functions_max> functions{};
  Names<k_labels_max> labels{};
  uint16_t slots = 0;
  uint64_t memory_bytes = 0;
  uint32_t message_bytes_max = 0;
  uint32_t inline_bytes_max = 0;
  Power power = Power::unknown;
  uint16_t outbox = 0;
  bool draining = false;
  FixedVector<Hash, k_held_objects_max> held{};
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need_name(1, m.node, k_node_bytes_max);
    v.need(2, m.boot);
    v.may_text(3, m.version, k_name_bytes_max);
    v.may_names(4, m.runtimes, k_name_bytes_max);
    v.may_names(5, m.targets, k_name_bytes_max);
    v.may_names(6, m.functions, k_function_name_bytes_max);
    v.may_names(7, m.labels, k_label_bytes_max);
    v.need(8, m.slots);
    v.may(9, m.memory_bytes);
    v.need(10, m.message_bytes_max);
    v.need(11, m.inline_bytes_max);
    v.may_enum(12, m.power, k_last_power);
    v.may(13, m.outbox);
    v.may(14, m.draining);
    v.may_hashes(15, m.held);
  }
};

/// Sign of life and telemetry; asks for the renewal of all leases of the node.
struct Beat {
  static constexpr Kind k_kind = Kind::beat;
  uint64_t boot = 0;
  uint32_t number = 0;
  uint16_t load_permille = 0;
  uint64_t memory_free_bytes = 0;
  uint16_t running = 0;
  uint16_t waiting = 0;
  uint16_t outbox = 0;
  std::optional<int32_t> temperature_decidegrees{};
  std::optional<uint16_t> battery_permille{};
  std::optional<int32_t> rssi_dbm{};
  Power power = Power::unknown;
  uint32_t refused_messages = 0;
  uint32_t storage_failures = 0;
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.boot);
    v.need(2, m.number);
    v.may(3, m.load_permille);
    v.may(4, m.memory_free_bytes);
    v.may(5, m.running);
    v.may(6, m.waiting);
    v.may(7, m.outbox);
    v.may(8, m.temperature_decidegrees);
    v.may(9, m.battery_permille);
    v.may(10, m.rssi_dbm);
    v.may_enum(11, m.power, k_last_power);
    v.may(12, m.refused_messages);
    v.may(13, m.storage_failures);
  }
};

/// What the broker says for a node that is gone. It names the boot, so an old one harms nobody.
struct Will {
  static constexpr Kind k_kind = Kind::will;
  uint64_t boot = 0;
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.boot);
  }
};

struct Accepted {
  static constexpr Kind k_kind = Kind::accepted;
  AttemptId attempt{};
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.attempt);
  }
};

/// The attempt has not run here, and a start of this fence will not run.
struct Refused {
  static constexpr Kind k_kind = Kind::refused;
  AttemptId attempt{};
  Fence fence{};
  Refusal reason = Refusal::slots;
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.attempt);
    v.need(2, m.fence);
    v.need_enum(3, m.reason, k_last_refusal);
  }
};

struct Started {
  static constexpr Kind k_kind = Kind::started;
  AttemptId attempt{};
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.attempt);
  }
};

/// Best effort: a lost one is not sent again; gaps show in `offset`.
struct Progress {
  static constexpr Kind k_kind = Kind::progress;
  AttemptId attempt{};
  uint64_t offset = 0;
  std::string_view log{};
  std::optional<uint16_t> permille{};
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.attempt);
    v.may(2, m.offset);
    v.may_text(3, m.log, k_log_bytes_max);
    v.may(4, m.permille);
  }
};

/// How the attempt ended. Sent again until it is acknowledged.
struct TaskResult {
  static constexpr Kind k_kind = Kind::result;
  AttemptId attempt{};
  OutcomeKind outcome = OutcomeKind::lost;
  ByteView value{};   // of a value outcome that rides inline
  Hash digest{};      // of the value
  uint64_t size = 0;  // of the value
  std::string_view message{};
  std::string_view which{};  // of a limit
  uint64_t wall_us = 0;
  uint64_t cpu_us = 0;
  uint64_t memory_bytes = 0;
  uint64_t steps = 0;
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.attempt);
    v.need_enum(2, m.outcome, OutcomeKind::limit);
    v.may_bytes(3, m.value, k_inline_bytes_max);
    v.may(4, m.digest);
    v.may(5, m.size);
    v.may_text(6, m.message, k_message_bytes_max);
    v.may_text(7, m.which, k_name_bytes_max);
    v.may(8, m.wall_us);
    v.may(9, m.cpu_us);
    v.may(10, m.memory_bytes);
    v.may(11, m.steps);
  }
};

/// The attempt is handed back: no instruction of it has run here, and a start of this fence will
/// not run.
struct Stopped {
  static constexpr Kind k_kind = Kind::stopped;
  AttemptId attempt{};
  Fence fence{};
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.attempt);
    v.need(2, m.fence);
  }
};

/// Asks for bytes of an object, from where the verified part ends.
struct ChunkRequest {
  static constexpr Kind k_kind = Kind::chunk_request;
  Hash hash{};
  uint64_t offset = 0;
  uint32_t length = 0;
  uint32_t chunk_bytes = 0;
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.hash);
    v.may(2, m.offset);
    v.need(3, m.length);
    v.need(4, m.chunk_bytes);
  }
};

/// The node leaves in order; what it had has been handed back.
struct Bye {
  static constexpr Kind k_kind = Kind::bye;
  uint64_t boot = 0;
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.boot);
  }
};

// To the node --------------------------------------------------------------------------------

struct Start {
  static constexpr Kind k_kind = Kind::start;
  AttemptId attempt{};
  Fence fence{};
  Hash function{};
  std::string_view runtime{};
  ObjectRef module{};
  Arguments arguments{};
  Effect effect = Effect::unknown;
  uint32_t lease_ms = 0;
  uint32_t start_within_ms = 0;  // from its arrival; zero: no limit
  uint8_t priority = 128;        // 0 first
  RunLimits limits{};
  ByteView manifest{};   // signed statement about the function; see the document
  ByteView signature{};  // of the manifest
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.attempt);
    v.need(2, m.fence);
    v.need(3, m.function);
    v.need_name(4, m.runtime, k_name_bytes_max);
    v.need(5, m.module);
    v.may(6, m.arguments);
    v.need_enum(7, m.effect, Effect::unknown);
    v.need(8, m.lease_ms);
    v.may(9, m.start_within_ms);
    v.need(10, m.priority);
    v.may(11, m.limits);
    v.may_bytes(12, m.manifest, k_manifest_bytes_max);
    v.may_bytes(13, m.signature, k_signature_bytes_max);
  }
};

/// The result is durable, or not wanted: the node forgets it. With the fence of the start that was
/// sent last, if any: it may still be on its way, and is not to run when it comes.
struct Ack {
  static constexpr Kind k_kind = Kind::ack;
  AttemptId attempt{};
  std::optional<Fence> fence{};
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.attempt);
    v.may(2, m.fence);
  }
};

/// The fence is that of the start, which must not run when it comes later.
struct Stop {
  static constexpr Kind k_kind = Kind::stop;
  AttemptId attempt{};
  Fence fence{};
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.attempt);
    v.need(2, m.fence);
  }
};

struct Chunk {
  static constexpr Kind k_kind = Kind::chunk;
  Hash hash{};
  uint64_t offset = 0;
  uint64_t total = 0;
  ByteView data{};
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.hash);
    v.may(2, m.offset);
    v.need(3, m.total);
    v.need_bytes(4, m.data, k_chunk_bytes_max);
  }
};

struct NoObject {
  static constexpr Kind k_kind = Kind::no_object;
  Hash hash{};
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.hash);
  }
};

struct Drain {
  static constexpr Kind k_kind = Kind::drain;
  bool on = true;
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.on);
  }
};

/// The beat of this number has arrived: leases last from when it was sent.
struct Renew {
  static constexpr Kind k_kind = Kind::renew;
  uint64_t boot = 0;
  uint32_t beat = 0;
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.boot);
    v.need(2, m.beat);
  }
};

/// Answer to a hello. From it on the node knows a manager.
struct Welcome {
  static constexpr Kind k_kind = Kind::welcome;
  uint64_t boot = 0;
  uint32_t epoch = 0;
  uint32_t beat_ms = 0;
  uint64_t unix_ms = 0;  // for logs
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.boot);
    v.need(2, m.epoch);
    v.need(3, m.beat_ms);
    v.may(4, m.unix_ms);
  }
};

/// The manager does not know the node, or not this boot of it: say hello.
struct Who {
  static constexpr Kind k_kind = Kind::who;
  uint32_t epoch = 0;
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.epoch);
  }
};

using FromNode = std::variant<Hello, Beat, Will, Accepted, Refused, Started, Progress, TaskResult,
                              Stopped, ChunkRequest, Bye>;
using ToNode = std::variant<Start, Ack, Stop, Chunk, NoObject, Drain, Renew, Welcome, Who>;

Kind kind_of(const FromNode& message);
Kind kind_of(const ToNode& message);

}  // namespace samara::wire
