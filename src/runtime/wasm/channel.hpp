#pragma once
// Channel: messages between us and a worker, over a Line. A message is a kind and some bytes, of
// any size: what is larger than the rings goes through them in pieces. Lengths that the other side
// names reserve nothing; memory grows with the bytes that have come.
//
// Threads: one at a time on each side. Specified by: docs/decisions/0007-wasm-workers.md.

#include <atomic>

#include "port/workers.hpp"
#include "runtime/wasm/ring.hpp"

namespace samara::runtime::wasm {

enum class Side : uint8_t { host, worker };

/// At the start of the shared memory; the rings follow.
struct ChannelState {
  RingPositions to_worker;
  RingPositions to_host;
  // A side that goes to sleep says so, then looks once more; the other moves its position, then
  // looks here: in one total order, at least one of them sees the other.
  alignas(64) std::atomic<uint32_t> host_sleeps;
  std::atomic<uint32_t> worker_sleeps;
  /// Set by the host to have the run ended. It stands alone.
  std::atomic<bool> cancel;
  /// Runs that the worker has begun to read of. Stands alone; lets the host begin anew elsewhere
  /// what a dying worker never saw.
  std::atomic<uint32_t> begun;
  /// Of the module that runs, as the worker says. Stands alone.
  std::atomic<uint64_t> memory_bytes;
};
static_assert(std::atomic<bool>::is_always_lock_free);

enum class Heeded : uint8_t {
  done,
  gone,    // the other side has ended
  late,    // not yet; go on later with the same call
  broken,  // the other side says what cannot be
};

struct Message {
  uint8_t kind = 0;
  Bytes body;
};

class Channel {
 public:
  /// Both outlive it. Requires: neither side has said anything.
  Channel(port::Line& line, port::Clock& clock, Side side);

  /// Requires: at most 4 GiB - 2. `late`: a part may have gone; the line is of no more use.
  Heeded send(uint8_t kind, ByteView body, port::Instant until);
  /// A message with a body of at most `bytes_max`, else `broken`.
  Heeded receive(Message& out, uint64_t bytes_max, port::Instant until);

  ChannelState& state() { return state_; }

 private:
  Heeded write_all(ByteView bytes, port::Instant until);
  template <typename Ready>
  Heeded sleep_until(Ready ready, port::Instant until);
  void moved();

  port::Line& line_;
  port::Clock& clock_;
  ChannelState& state_;
  RingWriter writer_;
  RingReader reader_;
  std::atomic<uint32_t>& own_sleep_;
  std::atomic<uint32_t>& other_sleep_;
  const RingPositions& outgoing_;
  unsigned looks_;  // before sleeping: more while looking helps, fewer while it does not
  const unsigned looks_max_;
  // The message that is coming.
  uint8_t head_[5] = {};
  size_t head_have_ = 0;
  Bytes body_;
};

}  // namespace samara::runtime::wasm
