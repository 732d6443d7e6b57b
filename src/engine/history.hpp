#pragma once
// History: for each function the calls of the past by their arguments, so that a changed binding or
// evaluator can be named as the reason why a call is run again.
// Threads: any. Explanation only: what it does not find changes no decision.

#include <mutex>
#include <optional>
#include <unordered_map>

#include "engine/reasons.hpp"

namespace samara::engine {

/// Calls of one function that are looked at before its first run in a process: 256 take some 4 ms.
inline constexpr size_t k_history_calls_max = 256;

/// What was read of them: of one repository, for any number of engines.
class PastCalls {
 public:
  PastCalls() = default;

 private:
  friend class History;
  struct Known {
    Hash call;
    Difference difference;
    Uuid attempt;
  };
  using ByArguments = std::unordered_map<Hash, Known, HashOfHash>;

  std::mutex mutex_;  // guards functions_
  std::unordered_map<Hash, ByArguments, HashOfHash> functions_;
};

class History {
 public:
  /// `past`: shared with other engines; null: of this one.
  History(store::Repository& repository, Records& records, PastCalls* past)
      : repository_(repository), records_(records), past_(past == nullptr ? own_ : *past) {}

  /// The latest other call of the same function and arguments, if one is found.
  std::optional<Difference> earlier(const Hash& call, const CallSpec& spec);
  /// A call is run now.
  void add(const Hash& call, const CallSpec& spec);

 private:
  using Known = PastCalls::Known;
  using ByArguments = PastCalls::ByArguments;
  ByArguments read(const Hash& function);

  store::Repository& repository_;
  Records& records_;
  PastCalls own_;
  PastCalls& past_;
};

}  // namespace samara::engine
