#pragma once
// Memo: answers of this process's calls, in front of the records of the repository. An answer's
// result is pinned as long as it is kept here, so that it never names an object that has been
// collected. Threads: any.

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "call/outcome.hpp"
#include "call/uuid7.hpp"
#include "store/repository.hpp"

namespace samara::engine {

struct Answer {
  Hash value;
  Uuid attempt;
  Usage usage;
  std::shared_ptr<const Bytes> bytes;  // of small results
};

class Memo {
 public:
  Memo(store::Pins& pins, size_t entries_max) : pins_(pins), entries_max_(entries_max) {}
  ~Memo();
  Memo(const Memo&) = delete;
  Memo& operator=(const Memo&) = delete;

  /// Null: not known here. Cost: a look-up in a hash table.
  std::shared_ptr<const Answer> find(const Hash& call);
  /// Keeps an answer, unless its result is gone.
  void put(const Hash& call, Answer answer);
  void forget(const Hash& call);

 private:
  struct Entry {
    Hash call;
    std::shared_ptr<const Answer> answer;
  };
  using List = std::list<Entry>;  // most recently used first

  store::Pins& pins_;
  size_t entries_max_;
  std::mutex mutex_;  // guards those below
  List list_;
  std::unordered_map<Hash, List::iterator, HashOfHash> by_call_;
};

}  // namespace samara::engine
