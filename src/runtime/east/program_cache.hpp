#pragma once
// ProgramCache: compiled programs by the hash of what they were compiled from; the one that has not
// been used for the longest time goes first. Threads: any.

#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "core/hash.hpp"
#include "runtime/east/callees.hpp"

namespace samara::runtime::east {

class ProgramCache {
 public:
  using Entry = std::shared_ptr<const Executable>;

  explicit ProgramCache(size_t entries_max) : entries_max_(entries_max) {}

  /// Null: not there.
  Entry find(const Hash& key);
  void put(const Hash& key, Entry program);

 private:
  using List = std::list<std::pair<Hash, Entry>>;  // most recently used first

  size_t entries_max_;
  std::mutex mutex_;  // guards those below
  List list_;
  std::unordered_map<Hash, List::iterator, HashOfHash> by_key_;
};

}  // namespace samara::runtime::east
