#pragma once
// Naming: the rule by which a ref, a record or a pin may come to name an object while garbage is
// being collected. A NamingGuard is held while the name is written; it tells a running collector
// what was named, and refuses objects which a collector has condemned.
// Threads: one for each guard. Specified by: docs/formats/repository.md, "Garbage collection".

#include <optional>
#include <span>
#include <vector>

#include "store/folder.hpp"

namespace samara::store {

inline constexpr std::string_view k_named_log = "named";      // in gc/: named since the mark began
inline constexpr std::string_view k_condemned = "condemned";  // in gc/: decided to be removed

class NamingGuard {
 public:
  /// Waits while a collector decides.
  static Result<NamingGuard> take(Folder& folder);
  /// To be called before the name is written.
  /// Errors: conflict (an object is being collected: put it again first).
  /// `kept`: objects that no collector takes, whatever it has decided; may be none.
  Result<void> name(std::span<const Hash> hashes,
                    const std::function<bool(const Hash&)>& kept = nullptr);
  /// As name(), for objects that may be absent or will be put again: nothing is refused.
  Result<void> announce(std::span<const Hash> hashes);

 private:
  NamingGuard(Folder& folder, ShortLock lock, bool collecting)
      : folder_(folder), lock_(std::move(lock)), collecting_(collecting) {}

  Folder& folder_;
  ShortLock lock_;
  bool collecting_;  // somebody collects, or died while he did
};

/// Excludes all naming while a collector decides.
class DecisionGuard {
 public:
  static Result<DecisionGuard> take(Folder& folder);
  /// Tells namers whether they have to look for a log and a decision. Synced.
  Result<void> set_collecting(bool collecting);

 private:
  DecisionGuard(Folder& folder, ShortLock gate, ShortLock lock)
      : folder_(folder), gate_(std::move(gate)), lock_(std::move(lock)) {}

  Folder& folder_;
  ShortLock gate_;
  ShortLock lock_;
};

/// The decision of a collector: sorted hashes, and the time since when an object counts as young.
/// It stays in force until a collector has carried out its own.
class Condemned {
 public:
  /// Nothing if no decision is in force. Errors: corrupt.
  static Result<std::optional<Condemned>> open(Folder& folder);
  static Result<void> write(Folder& folder, port::WallTime cutoff, std::span<const Hash> sorted);

  port::WallTime cutoff() const { return cutoff_; }
  Result<bool> contains(const Hash& hash) const;

 private:
  Condemned(port::Files& files, port::OpenFile file, port::WallTime cutoff, uint64_t count)
      : files_(files), file_(std::move(file)), cutoff_(cutoff), count_(count) {}

  port::Files& files_;
  port::OpenFile file_;
  port::WallTime cutoff_;
  uint64_t count_;
};

}  // namespace samara::store
