#include "runtime/wasm/channel.hpp"

#include <algorithm>
#include <cstring>

#include "core/assert.hpp"

namespace samara::runtime::wasm {

namespace {

constexpr size_t k_state_bytes = 4096;
constexpr size_t k_ring_bytes = 256U << 10;
static_assert(sizeof(ChannelState) <= k_state_bytes);
static_assert(k_state_bytes + 2 * k_ring_bytes <= port::k_line_bytes);
// Bodies grow by so much at once.
constexpr size_t k_piece_bytes = k_ring_bytes;
// A side that always has a few bytes more must not keep us from the time.
constexpr unsigned k_pieces_between_times = 256;
// Some forty microseconds: about what it costs both sides to sleep and to be woken.
constexpr unsigned k_looks_max = 2'000;
constexpr unsigned k_looks_min = 20;
constexpr std::chrono::nanoseconds k_short_sleep = std::chrono::microseconds(100);

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

std::span<uint8_t> ring_of(port::Line& line, size_t index) {
  return line.memory().subspan(k_state_bytes + index * k_ring_bytes, k_ring_bytes);
}

// Memory that is all zero is a valid state, and both sides find it so.
ChannelState& state_of(port::Line& line) {
  SAMARA_ASSERT(line.memory().size() >= port::k_line_bytes);
  return *reinterpret_cast<ChannelState*>(line.memory().data());
}

}  // namespace

Channel::Channel(port::Line& line, port::Clock& clock, Side side)
    : line_(line),
      clock_(clock),
      state_(state_of(line)),
      writer_(side == Side::host ? state_.to_worker : state_.to_host,
              ring_of(line, side == Side::host ? 0 : 1)),
      reader_(side == Side::host ? state_.to_host : state_.to_worker,
              ring_of(line, side == Side::host ? 1 : 0)),
      own_sleep_(side == Side::host ? state_.host_sleeps : state_.worker_sleeps),
      other_sleep_(side == Side::host ? state_.worker_sleeps : state_.host_sleeps),
      outgoing_(side == Side::host ? state_.to_worker : state_.to_host),
      looks_(line.side_by_side() ? k_looks_max : 1),
      looks_max_(looks_) {}

// After each change of a position.
void Channel::moved() {
  if (other_sleep_.load(std::memory_order_seq_cst) == 0) return;
  other_sleep_.store(0, std::memory_order_relaxed);
  line_.ring();
}

template <typename Ready>
Heeded Channel::sleep_until(Ready ready, port::Instant until) {
  for (unsigned i = 0; i < looks_; i++) {
    if (ready()) return Heeded::done;
    pause();
  }
  own_sleep_.store(1, std::memory_order_seq_cst);
  if (ready()) {
    own_sleep_.store(0, std::memory_order_relaxed);
    return Heeded::done;
  }
  const port::Instant before = clock_.now();
  port::Heard heard = line_.wait(until);
  own_sleep_.store(0, std::memory_order_relaxed);
  // Looking a little longer would have been better; or the other side had more to do, or no
  // processor because we were looking.
  const bool short_sleep = clock_.now() - before < k_short_sleep;
  looks_ = short_sleep ? std::min(looks_max_, 2 * looks_)
                       : std::max(std::min(k_looks_min, looks_max_), looks_ / 2);
  // What has been said before the end is still heard.
  if (ready()) return Heeded::done;
  switch (heard) {
    case port::Heard::bell:
      return Heeded::done;
    case port::Heard::gone:
      return Heeded::gone;
    case port::Heard::late:
      break;
  }
  return Heeded::late;
}

Heeded Channel::write_all(ByteView bytes, port::Instant until) {
  while (!bytes.empty()) {
    const uint64_t read_before = outgoing_.read.load(std::memory_order_acquire);
    std::optional<size_t> count = writer_.write(bytes);
    if (!count) return Heeded::broken;
    if (*count > 0) {
      moved();
      bytes = bytes.subspan(*count);
      continue;
    }
    auto room = [&] { return outgoing_.read.load(std::memory_order_seq_cst) != read_before; };
    if (Heeded heeded = sleep_until(room, until); heeded != Heeded::done) return heeded;
  }
  return Heeded::done;
}

Heeded Channel::send(uint8_t kind, ByteView body, port::Instant until) {
  SAMARA_ASSERT(body.size() < UINT32_MAX);
  // Small ones in one piece, so that the reader is woken once.
  uint8_t piece[512];
  const auto size = static_cast<uint32_t>(body.size());
  for (unsigned i = 0; i < 4; i++) piece[i] = static_cast<uint8_t>(size >> (8 * i));
  piece[4] = kind;
  const size_t first = std::min(body.size(), sizeof piece - sizeof head_);
  if (first > 0) std::memcpy(piece + sizeof head_, body.data(), first);
  Heeded heeded = write_all(ByteView(piece, sizeof head_ + first), until);
  if (heeded != Heeded::done || first == body.size()) return heeded;
  return write_all(body.subspan(first), until);
}

Heeded Channel::receive(Message& out, uint64_t bytes_max, port::Instant until) {
  for (unsigned pieces = 1;; pieces++) {
    if (pieces % k_pieces_between_times == 0 && clock_.now() >= until) return Heeded::late;
    std::span<uint8_t> room;
    uint32_t size = 0;
    if (head_have_ < sizeof head_) {
      room = std::span<uint8_t>(head_).subspan(head_have_);
    } else {
      for (unsigned i = 0; i < 4; i++) size |= uint32_t{head_[i]} << (8 * i);
      if (size > bytes_max) return Heeded::broken;
      const size_t have = body_.size();
      if (have == size) {
        out.kind = head_[4];
        out.body = std::move(body_);
        body_ = {};
        head_have_ = 0;
        return Heeded::done;
      }
      body_.resize(have + std::min<size_t>(size - have, k_piece_bytes));
      room = std::span<uint8_t>(body_).subspan(have);
    }
    std::optional<size_t> count = reader_.read(room);
    const bool in_body = head_have_ == sizeof head_;
    if (in_body) body_.resize(body_.size() - room.size() + count.value_or(0));
    if (!count) return Heeded::broken;
    if (!in_body) head_have_ += *count;
    if (*count > 0) {
      moved();
      continue;
    }
    Heeded heeded = sleep_until([&] { return reader_.ready(); }, until);
    if (heeded != Heeded::done) return heeded;
  }
}

}  // namespace samara::runtime::wasm
