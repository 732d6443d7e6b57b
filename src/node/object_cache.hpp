#pragma once
// ObjectCache: which modules and arguments a node holds, by hash, and how far it has got with those
// it fetches. It keeps the books; the bytes are wherever the port puts them. An object is used only
// after all of its bytes had its hash; a fetch goes on from where it stopped; what no task needs is
// given up, longest unused first, when room is wanted. Threads: one.
// Specified by: docs/formats/fleet.md, "Objects".

#include <optional>

#include "core/sha256.hpp"
#include "node/config.hpp"

namespace samara::node {

enum class ObjectState : uint8_t { free, fetching, ready, failed };

struct ObjectEntry {
  wire::ObjectRef ref{};
  ObjectState state = ObjectState::free;
  uint16_t pins = 0;
  uint8_t tries = 0;  // requests without an answer
  uint8_t lies = 0;   // whole objects whose bytes had another hash
  bool asked = false;
  uint64_t got = 0;
  uint64_t window_end = 0;
  uint64_t last_use = 0;
  Instant next_try{};
  Sha256Portable hasher{};
};

class ObjectCache {
 public:
  using Index = uint16_t;
  /// Bytes of an object that does not have its hash are thrown away and asked for again, so often.
  static constexpr uint8_t k_lies_max = 2;

  void open(std::span<ObjectEntry> entries, uint64_t bytes_max) {
    entries_ = entries;
    bytes_max_ = bytes_max;
  }

  const ObjectEntry& at(Index index) const { return entries_[index]; }
  ObjectEntry& at(Index index) { return entries_[index]; }
  size_t size() const { return entries_.size(); }
  uint64_t bytes_used() const { return bytes_used_; }

  /// The object, ready or to be fetched; pinned until released.
  std::optional<Index> find(const Hash& hash) const;
  /// Whether `acquire` would find room, if need be by giving up others.
  bool fits(const wire::ObjectRef& ref) const;
  /// An unpinned entry that has to go before `ref` has room; nothing: it has room.
  /// Requires: fits(ref).
  std::optional<Index> victim(const wire::ObjectRef& ref) const;
  void drop(Index index);
  /// Requires: there is room, or it is there. Pins.
  Index acquire(const wire::ObjectRef& ref);
  void release(Index index);
  /// At boot: the port has it, and has verified it. false: no room.
  bool adopt(const wire::ObjectRef& ref);

  enum class Took : uint8_t {
    ignored,   // not waited for, out of order, or of another size
    taken,     // to be written
    complete,  // taken, and all of it has the right hash
    lied,      // all of it has another hash: begins again
    failed,    // lied too often
  };
  struct Taken {
    Took took = Took::ignored;
    Index index = 0;
  };
  Taken take(const wire::Chunk& chunk, Instant now, Millis retry);
  void fail(Index index) { entries_[index].state = ObjectState::failed; }

 private:
  bool evictable(const ObjectEntry& entry) const {
    return entry.state != ObjectState::free && entry.pins == 0;
  }
  static void restart(ObjectEntry& entry);

  std::span<ObjectEntry> entries_{};
  uint64_t bytes_max_ = 0;
  uint64_t bytes_used_ = 0;
  uint64_t uses_ = 0;
};

}  // namespace samara::node
