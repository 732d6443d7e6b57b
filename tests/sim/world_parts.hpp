#pragma once
// The parts of a World that its sources share. Threads: one.

#include "tests/sim/world.hpp"

namespace samara::test {

struct World::SimNode {
  std::string name;
  node::NodeConfig config;
  std::vector<std::string> texts;  // what the configuration borrows
  std::vector<uint64_t> memory;
  node::Node* core = nullptr;  // null: it is off
  uint32_t generation = 0;     // of boots and connections, to tell what is old
  uint32_t boots = 0;
  bool connected = false;
  bool leaving = false;
  Instant tick_at = Instant::max();
  std::map<uint32_t, Running> running;                   // by ticket
  std::map<uint16_t, Bytes> kept;                        // survives a crash
  std::map<Hash, uint64_t> on_disk;                      // objects that survive a crash
  std::vector<Bytes> objects;                            // by index
  std::vector<std::pair<wire::AttemptId, Bytes>> heard;  // results it has sent, to repeat

  bool liar = false;
  bool forger = false;
  bool hash_liar = false;
  bool slow = false;
  bool deaf = false;
  int32_t drift_permille = 0;
  bool honest() const { return !liar && !hash_liar; }
};

/// What a client was promised, and what has really happened.
struct World::Promise {
  fleet::TaskSpec spec;
  bool confirmed = false;
  const fleet::JobMember* member = nullptr;  // of a job, which confirms it
  const fleet::JobSpec* job = nullptr;
  bool told = false;
  std::optional<fleet::TaskOutcome> outcome;
  uint32_t runs = 0;
  uint32_t running = 0;
  Instant submitted_at{};
  /// Digests that nodes really computed, by attempt and node.
  std::map<std::pair<uint32_t, uint32_t>, Hash> produced;
};

/// What a function does is written in its first argument.
enum class Behaviour : uint8_t { value, error, endless, crash, large };

}  // namespace samara::test
