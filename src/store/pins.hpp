#pragma once
// Pins: what this process needs now and has not named yet. Garbage collection takes them as roots
// until they are taken back or the process dies. They count: each pin needs its unpin.
// Threads: any. Specified by: docs/formats/repository.md, "Workers and pins".

#include <utility>

#include "core/hash.hpp"

namespace samara::store {

class Pins {
 public:
  virtual ~Pins() = default;
  /// Protects an object that may not be there yet; pin first, then put.
  virtual Result<void> pin(const Hash& hash) = 0;
  /// Pins an object which must be there already. Errors: not_found (also: being collected).
  virtual Result<void> hold(const Hash& hash) = 0;
  /// Requires: one pin or hold before.
  virtual Result<void> unpin(const Hash& hash) = 0;
};

/// Unpins when it goes.
class PinScope {
 public:
  explicit PinScope(Pins& pins) : pins_(pins) {}
  PinScope(const PinScope&) = delete;
  PinScope& operator=(const PinScope&) = delete;
  ~PinScope() {
    // A pin that cannot be taken back keeps an object too long, which harms nobody.
    for (const Hash& hash : hashes_) static_cast<void>(pins_.unpin(hash));
  }
  Result<void> pin(const Hash& hash) {
    SAMARA_CHECK(pins_.pin(hash));
    hashes_.push_back(hash);
    return {};
  }
  Result<void> hold(const Hash& hash) {
    SAMARA_CHECK(pins_.hold(hash));
    hashes_.push_back(hash);
    return {};
  }

 private:
  Pins& pins_;
  std::vector<Hash> hashes_;
};

}  // namespace samara::store
