#pragma once
// SimNetwork: what becomes of a message between a client and its broker: lost, late, twice, out of
// order, cut off. Decided by the seed. Threads: one.

#include <map>

#include "core/fixed_vector.hpp"
#include "port/clock.hpp"
#include "port/random.hpp"

namespace samara::port {

/// Numbers that the seed decides, with the shapes simulations ask for.
class SimDice {
 public:
  explicit SimDice(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  /// 0 to n - 1. Requires: n > 0.
  uint64_t below(uint64_t n) { return next() % n; }
  bool one_in(uint64_t n) { return n != 0 && below(n) == 0; }
  bool permille(uint32_t chance) { return below(1000) < chance; }
  std::chrono::nanoseconds between(std::chrono::nanoseconds a, std::chrono::nanoseconds b) {
    if (b <= a) return a;
    return a + std::chrono::nanoseconds(below(static_cast<uint64_t>((b - a).count())));
  }

 private:
  uint64_t state_;
};

struct SimNetworkFaults {
  uint32_t loss_permille = 0;
  uint32_t twice_permille = 0;
  uint32_t late_permille = 0;  // by up to `late_max`, so that others overtake it
  std::chrono::nanoseconds delay_min = std::chrono::milliseconds(1);
  std::chrono::nanoseconds delay_max = std::chrono::milliseconds(40);
  std::chrono::nanoseconds late_max = std::chrono::seconds(40);
};

class SimNetwork {
 public:
  SimNetwork(SimDice& dice, const SimNetworkFaults& faults) : dice_(dice), faults_(faults) {}

  /// How long each copy of a message of or to the client takes; none: it is lost.
  FixedVector<std::chrono::nanoseconds, 2> deliveries(uint32_t client, Instant now) {
    FixedVector<std::chrono::nanoseconds, 2> out;
    if (cut(client, now) || dice_.permille(faults_.loss_permille)) {
      lost_++;
      return out;
    }
    const int copies = dice_.permille(faults_.twice_permille) ? 2 : 1;
    for (int i = 0; i < copies; i++) {
      auto delay = dice_.between(faults_.delay_min, faults_.delay_max);
      if (dice_.permille(faults_.late_permille)) {
        delay = dice_.between(faults_.delay_max, faults_.late_max);
        late_++;
      }
      static_cast<void>(out.push_back(delay));
    }
    if (copies == 2) twice_++;
    return out;
  }
  /// Nothing passes between the client and the others before `until`, and nobody is told.
  void partition(uint32_t client, Instant until) { cut_until_[client] = until; }
  bool cut(uint32_t client, Instant now) const {
    const auto at = cut_until_.find(client);
    return at != cut_until_.end() && now < at->second;
  }
  void set_faults(const SimNetworkFaults& faults) { faults_ = faults; }
  void heal() { cut_until_.clear(); }
  uint64_t lost() const { return lost_; }
  uint64_t twice() const { return twice_; }
  uint64_t late() const { return late_; }

 private:
  SimDice& dice_;
  SimNetworkFaults faults_;
  std::map<uint32_t, Instant> cut_until_;
  uint64_t lost_ = 0;
  uint64_t twice_ = 0;
  uint64_t late_ = 0;
};

}  // namespace samara::port
