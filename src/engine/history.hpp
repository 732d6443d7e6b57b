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

class History {
 public:
  History(store::Repository& repository, Records& records)
      : repository_(repository), records_(records) {}

  /// The latest other call of the same function and arguments, if one is found.
  std::optional<Difference> earlier(const Hash& call, const CallSpec& spec);
  /// A call is run now.
  void add(const Hash& call, const CallSpec& spec);

 private:
  struct Known {
    Hash call;
    Difference difference;
    Uuid attempt;
  };
  using ByArguments = std::unordered_map<Hash, Known, HashOfHash>;
  ByArguments read(const Hash& function);

  store::Repository& repository_;
  Records& records_;
  std::mutex mutex_;  // guards functions_
  std::unordered_map<Hash, ByArguments, HashOfHash> functions_;
};

}  // namespace samara::engine
