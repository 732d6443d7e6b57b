#pragma once
// Random: bytes for identifiers and seeds. Threads: implementations may be called from any thread.

#include <cstdint>
#include <span>

namespace samara::port {

class Random {
 public:
  virtual ~Random() = default;
  /// Fills `out` with bytes which nobody can predict (a simulator's come from its seed instead).
  virtual void fill(std::span<uint8_t> out) = 0;

  uint64_t next_u64() {
    uint8_t raw[8];
    fill(raw);
    uint64_t out = 0;
    for (uint8_t byte : raw) out = (out << 8) | byte;
    return out;
  }
};

}  // namespace samara::port
