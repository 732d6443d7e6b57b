#include "runtime/wasm/ring.hpp"

#include <algorithm>
#include <cstring>

namespace samara::runtime::wasm {

namespace {

// Where a position is in the ring, and how many bytes follow there in one piece.
struct Place {
  size_t at = 0;
  size_t in_a_row = 0;
};
Place place_of(uint64_t position, size_t ring_bytes, size_t count) {
  auto at = static_cast<size_t>(position % ring_bytes);
  return {at, std::min(count, ring_bytes - at)};
}

}  // namespace

std::optional<size_t> RingWriter::write(ByteView bytes) {
  const uint64_t used = written_ - positions_.read.load(std::memory_order_acquire);
  if (used > bytes_.size()) return std::nullopt;
  const size_t count = std::min(bytes.size(), static_cast<size_t>(bytes_.size() - used));
  if (count == 0) return 0;
  Place place = place_of(written_, bytes_.size(), count);
  std::memcpy(bytes_.data() + place.at, bytes.data(), place.in_a_row);
  std::memcpy(bytes_.data(), bytes.data() + place.in_a_row, count - place.in_a_row);
  written_ += count;
  // In one order with the flag of a reader that goes to sleep: see Channel.
  positions_.written.store(written_, std::memory_order_seq_cst);
  return count;
}

std::optional<size_t> RingReader::read(std::span<uint8_t> out) {
  const uint64_t held = positions_.written.load(std::memory_order_acquire) - read_;
  if (held > bytes_.size()) return std::nullopt;
  const size_t count = std::min(out.size(), static_cast<size_t>(held));
  if (count == 0) return 0;
  Place place = place_of(read_, bytes_.size(), count);
  std::memcpy(out.data(), bytes_.data() + place.at, place.in_a_row);
  std::memcpy(out.data() + place.in_a_row, bytes_.data(), count - place.in_a_row);
  read_ += count;
  positions_.read.store(read_, std::memory_order_seq_cst);
  return count;
}

}  // namespace samara::runtime::wasm
