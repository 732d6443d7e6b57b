#pragma once
// MemoryGauge: how much memory requests take in this process, and what functions took before. How
// exact that is: docs/formats/queue.md, "Budget". Threads: any.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>

#include "core/hash.hpp"
#include "store/cache.hpp"

namespace samara::capi {

class MemoryGauge {
 public:
  struct Begun {
    uint64_t number = 0;  // of the request
    uint64_t high = 0;    // the peak before it
    bool alone = false;
  };
  Begun begin();
  /// What the request took at its peak, beyond what the process has when it is idle.
  uint64_t end(const Begun& begun);
  /// Something has changed what the process has when it is idle: looks again where nothing is in
  /// hand, and gives it.
  std::optional<uint64_t> new_idle_bytes();
  uint64_t idle_bytes() const { return idle_.load(std::memory_order_relaxed); }
  /// Requires: nothing is in hand.
  void reset();

 private:
  std::atomic<uint64_t> begun_{0};
  std::atomic<uint32_t> in_hand_{0};
  std::atomic<uint64_t> high_{0};  // the largest peak that was seen since the last reset
  std::atomic<uint64_t> idle_{0};
  std::atomic<bool> rose_{false};
  std::mutex mutex_;  // of reset
};

/// What a function is known to take, in the cache of its repository. Zero: nothing, or little.
uint64_t known_memory(store::Cache& cache, const Hash& function);
void keep_memory(store::Cache& cache, const Hash& function, uint64_t bytes);
/// What is known after one more run, given what was known.
uint64_t learned_memory(uint64_t known, uint64_t taken);

}  // namespace samara::capi
