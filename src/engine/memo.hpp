#pragma once
// Memo: answers of this process's calls, in front of the records of the repository. It keeps no
// object from being collected: whoever finds an answer looks whether its result is still there.
// Threads: any.

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "call/outcome.hpp"
#include "call/uuid7.hpp"
#include "core/hash.hpp"

namespace samara::engine {

struct Answer {
  Hash value;
  Uuid attempt;
  Usage usage;
  std::shared_ptr<const Bytes> bytes;  // of small results
};

class Memo {
 public:
  explicit Memo(size_t entries_max) : entries_max_(entries_max) {}
  Memo(const Memo&) = delete;
  Memo& operator=(const Memo&) = delete;

  /// Null: not known here. Cost: a look-up in a hash table.
  std::shared_ptr<const Answer> find(const Hash& call);
  void put(const Hash& call, Answer answer);
  void forget(const Hash& call);

 private:
  struct Entry {
    Hash call;
    std::shared_ptr<const Answer> answer;
  };
  using List = std::list<Entry>;  // most recently used first

  size_t entries_max_;
  std::mutex mutex_;  // guards those below
  List list_;
  std::unordered_map<Hash, List::iterator, HashOfHash> by_call_;
};

}  // namespace samara::engine
