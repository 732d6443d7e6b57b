#pragma once
// Ring: bytes that go one way through memory shared with a process that nobody trusts. Each side
// owns one of the two positions and keeps it for itself; the other's is read once, and checked,
// each time.
//
// Threads: one writer, one reader, in any processes. Specified by:
// docs/decisions/0007-wasm-workers.md.

#include <atomic>
#include <optional>
#include <span>

#include "core/bytes.hpp"

namespace samara::runtime::wasm {

/// In the shared memory. Bytes written and read so far.
struct RingPositions {
  alignas(64) std::atomic<uint64_t> written;  // its store is seen with all bytes before it
  alignas(64) std::atomic<uint64_t> read;     // likewise: the room before it is free
};
static_assert(std::atomic<uint64_t>::is_always_lock_free);

class RingWriter {
 public:
  /// Both stay where they are. Requires: nothing has been written.
  RingWriter(RingPositions& positions, std::span<uint8_t> bytes)
      : positions_(positions), bytes_(bytes) {}
  /// How many of the bytes went in; nothing: the reader's position cannot be.
  std::optional<size_t> write(ByteView bytes);

 private:
  RingPositions& positions_;
  std::span<uint8_t> bytes_;
  uint64_t written_ = 0;
};

class RingReader {
 public:
  RingReader(RingPositions& positions, std::span<uint8_t> bytes)
      : positions_(positions), bytes_(bytes) {}
  /// How many bytes came out; nothing: the writer's position cannot be.
  std::optional<size_t> read(std::span<uint8_t> out);
  /// Whether read() would give anything, also an error.
  bool ready() const { return positions_.written.load(std::memory_order_acquire) != read_; }

 private:
  RingPositions& positions_;
  std::span<uint8_t> bytes_;
  uint64_t read_ = 0;
};

}  // namespace samara::runtime::wasm
