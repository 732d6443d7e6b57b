#pragma once
// FenceWindow: which starts of the manager have been seen. Within one life of the manager, starts
// for a node are numbered; a bit for each of the last 64 numbers tells a repeated one, and what is
// older, or of an earlier life, is refused unseen. So a start runs at most once, however often and
// in whatever order it arrives, and the memory for it is fixed. Threads: one.

#include <cstdint>

namespace samara::node {

enum class FenceCheck : uint8_t { fresh, seen, stale };

class FenceWindow {
 public:
  static constexpr uint32_t k_width = 64;

  FenceCheck check(uint32_t epoch, uint32_t order) const {
    if (epoch < epoch_ || order == 0) return FenceCheck::stale;
    if (epoch > epoch_ || order > newest_) return FenceCheck::fresh;
    const uint32_t age = newest_ - order;
    if (age >= k_width) return FenceCheck::stale;
    return (bits_ >> age & 1U) != 0 ? FenceCheck::seen : FenceCheck::fresh;
  }

  /// Whatever is done with it: the start is never fresh again.
  void mark(uint32_t epoch, uint32_t order) {
    if (check(epoch, order) != FenceCheck::fresh) return;
    if (epoch > epoch_) {
      epoch_ = epoch;
      newest_ = 0;
      bits_ = 0;
    }
    if (order > newest_) {
      const uint32_t by = order - newest_;
      bits_ = by >= k_width ? 0 : bits_ << by;
      newest_ = order;
    }
    bits_ |= uint64_t{1} << (newest_ - order);
  }

  uint32_t epoch() const { return epoch_; }

 private:
  uint32_t epoch_ = 0;
  uint32_t newest_ = 0;
  uint64_t bits_ = 0;
};

}  // namespace samara::node
