#include "bindings/c/memory_gauge.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "core/sha256.hpp"
#include "ports/linux/machine_limits.hpp"

namespace samara::capi {

namespace {

// Below it memory is not worth to be counted: nothing is looked at and nothing written.
constexpr uint64_t k_step = uint64_t{8} << 20;

// One call of the system. Of the whole process since its start or its last reset.
uint64_t peak_of_process() {
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) != 0 || used.ru_maxrss <= 0) return 0;
  return static_cast<uint64_t>(used.ru_maxrss) * 1024;
}

// From here on the peak is that of what comes. Where it cannot be done it stays what it was.
void forget_peak() {
  const int file = ::open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  static_cast<void>(!::write(file, "5", 1));
  ::close(file);
}

Hash key_of(const Hash& function) { return sha256(as_bytes("memory of " + function.hex())); }

}  // namespace

MemoryGauge::Begun MemoryGauge::begin() {
  Begun out;
  out.alone = in_hand_.fetch_add(1) == 0;
  out.number = begun_.fetch_add(1) + 1;
  out.high = high_.load();
  return out;
}

// Taken for the request's own where nothing else was in hand meanwhile. Otherwise what the peak
// rose by in its time is shared equally among what is in hand.
uint64_t MemoryGauge::end(const Begun& begun) {
  const uint64_t peak = peak_of_process();
  const bool alone = begun.alone && begun_.load() == begun.number;
  const uint32_t others = in_hand_.fetch_sub(1) - 1;
  const uint64_t idle = idle_.load();
  const uint64_t from = alone ? idle : std::max(idle, begun.high);
  const uint64_t taken = peak - std::min(from, peak);
  uint64_t high = high_.load();
  if (peak > high + k_step) {
    high_.compare_exchange_strong(high, peak);
    rose_.store(true);
  }
  return alone ? taken : taken / std::max<uint64_t>(uint64_t{others} + 1, 2);
}

std::optional<uint64_t> MemoryGauge::new_idle_bytes() {
  if (!rose_.load(std::memory_order_relaxed) || in_hand_.load() != 0) return std::nullopt;
  reset();
  return idle_bytes();
}

void MemoryGauge::reset() {
  std::lock_guard guard(mutex_);
  rose_.store(false);
  forget_peak();
  const uint64_t peak = peak_of_process();
  high_.store(peak);
  idle_.store(peak);
}

uint64_t known_memory(store::Cache& cache, const Hash& function) {
  constexpr uint64_t k_text_bytes_max = 32;
  auto found = cache.find(key_of(function), k_text_bytes_max);
  if (!found || !found->has_value()) return 0;
  const std::string_view text = as_text(ByteView(**found));
  uint64_t out = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  return read.ec == std::errc() && text.substr(static_cast<size_t>(read.ptr - text.data())) == "\n"
             ? out
             : 0;
}

void keep_memory(store::Cache& cache, const Hash& function, uint64_t bytes) {
  static_cast<void>(cache.keep(key_of(function), as_bytes(std::to_string(bytes) + "\n")));
}

// Rises at once, falls slowly: the next arguments may be as large as those before.
uint64_t learned_memory(uint64_t known, uint64_t taken) {
  if (taken >= known) return taken < k_step ? 0 : std::max(known, taken);
  const uint64_t lower = known - (known - taken) / 4;
  return lower < k_step ? 0 : lower;
}

}  // namespace samara::capi
