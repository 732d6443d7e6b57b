#pragma once
// What a node is and how much it has. All tables are sized from it when the node is made; nothing
// grows afterwards. Threads: a value type.

#include <chrono>

#include "port/clock.hpp"
#include "wire/cbor.hpp"
#include "wire/codec.hpp"
#include "wire/topics.hpp"

namespace samara::node {

using port::Instant;
using Millis = std::chrono::milliseconds;

struct NodeConfig {
  wire::NodeName name{};
  /// Random, new at each boot: what was meant for an earlier boot is not taken.
  uint64_t boot = 0;

  // Borrowed for the life of the node.
  std::string_view version{};
  wire::Names<wire::k_runtimes_max> runtimes{};
  wire::Names<wire::k_targets_max> targets{};
  wire::Names<wire::k_functions_max> functions{};
  wire::Names<wire::k_labels_max> labels{};
  wire::Power power = wire::Power::unknown;

  /// Tasks known at once, from their arrival until their result is acknowledged.
  uint16_t slots = 4;
  /// Of them, how many run at once.
  uint16_t running_max = 1;
  /// For the runs together; a start that asks for more than is left is refused.
  uint64_t memory_bytes = 64 * 1024;
  /// Of each slot: its inline arguments, and later its result.
  size_t data_bytes = 1024;
  /// Largest packet that the connection can take.
  uint32_t packet_bytes_max = 4096;
  /// For the messages of one step. At least data_bytes + k_message_room.
  size_t out_bytes = 4096;

  /// The module cache.
  uint16_t objects = 8;
  uint64_t object_bytes = 64 * 1024;
  uint16_t fetches_max = 2;
  uint32_t chunk_bytes = 1024;
  /// Asked for in one request.
  uint32_t window_bytes = 8 * 1024;

  Millis beat_every{10'000};
  Millis fetch_retry{2'000};
  uint8_t fetch_tries = 8;
  Millis result_retry{1'000};
  Millis result_retry_max{30'000};
  /// A run that is told to end and does not is given up as far as the manager is concerned.
  Millis kill_grace{5'000};
  /// Of a start that does not say; zero: none.
  uint32_t wall_ms = 60'000;
  uint32_t log_bytes = 4096;

  /// Null: manifests are not asked for.
  wire::ManifestVerifier* verifier = nullptr;
};

/// Of NodeConfig::objects: one start may have all of them given up.
inline constexpr uint16_t k_objects_max = 32;

/// What a message needs besides a value: ids, hashes, texts.
inline constexpr size_t k_message_room = 1280;

}  // namespace samara::node
