#pragma once
// Reasons: why a call was or was not answered from memory, in sentences for people. They are made
// when the decision is taken and kept in the execution record. Threads: pure. Specified by:
// docs/formats/call.md, "Decisions".

#include <optional>
#include <string>
#include <vector>

#include "call/call_id.hpp"
#include "engine/known_function.hpp"
#include "engine/records.hpp"

namespace samara::engine {

/// What is known of earlier attempts when a call is about to run.
struct Past {
  size_t attempts = 0;
  int64_t latest_ms = -1;                 // in the id of the latest
  std::optional<Attempt> latest_failure;  // of the attempts after the last value, if there is none
  std::optional<Hash> lost_value;         // there was a value, but its object is gone or damaged
};

/// How an earlier call of the same function and arguments differs.
struct Difference {
  Bindings bindings;
  int64_t semantics = k_semantics;
};

/// The sentences that say why a call is run.
std::vector<std::string> reasons_to_run(const KnownFunction& function, const CallSpec& spec,
                                        bool no_memo, const Past& past,
                                        const std::optional<Difference>& earlier);
/// "binding of 'x' changed from '…' to '…'", one for each difference.
std::vector<std::string> differences(const Difference& earlier, const CallSpec& spec);
/// "answered from memory: attempt … gave the value '…'".
std::string reason_to_answer(const Uuid& attempt, const Hash& value);
/// "error: …", "timeout: …", cut to one line.
std::string short_outcome(const Outcome& outcome);
/// "2026-05-09 07:29:31.250 UTC".
std::string time_text(int64_t unix_ms);

}  // namespace samara::engine
