#include "engine/history.hpp"

#include "core/sha256.hpp"

namespace samara::engine {

namespace {

Hash arguments_key(const CallSpec& spec) {
  Sha256 hasher;
  for (const Hash& argument : spec.arguments) hasher.update(argument.view());
  return hasher.finish();
}

// A call without bindings can only differ by the evaluator, which has not changed yet.
bool can_differ(const CallSpec& spec) { return !spec.bindings.empty() || k_semantics > 1; }

}  // namespace

History::ByArguments History::read(const Hash& function) {
  ByArguments out;
  auto calls = repository_.executions().list_calls(function);
  if (!calls) return out;
  size_t looked_at = 0;
  for (const Hash& call : *calls) {
    if (looked_at++ >= k_history_calls_max) break;
    auto latest = records_.latest({function, call}, [](const Attempt&) { return true; });
    if (!latest || !latest->has_value()) continue;
    const ExecutionRecord& record = (*latest)->record;
    Known known{call, {record.spec.bindings, record.spec.semantics}, record.id};
    auto [at, added] = out.try_emplace(arguments_key(record.spec), known);
    if (!added && at->second.attempt < known.attempt) at->second = known;
  }
  return out;
}

std::optional<Difference> History::earlier(const Hash& call, const CallSpec& spec) {
  if (!can_differ(spec)) return std::nullopt;
  bool known = false;
  {
    std::lock_guard lock(past_.mutex_);
    known = past_.functions_.contains(spec.function);
  }
  // Read without the lock; two threads may read the same function at once, and one of them keeps
  // it.
  ByArguments found;
  if (!known) found = read(spec.function);
  std::lock_guard lock(past_.mutex_);
  auto function = past_.functions_.try_emplace(spec.function, std::move(found)).first;
  auto at = function->second.find(arguments_key(spec));
  if (at == function->second.end() || at->second.call == call) return std::nullopt;
  return at->second.difference;
}

void History::add(const Hash& call, const CallSpec& spec) {
  if (!can_differ(spec)) return;
  std::lock_guard lock(past_.mutex_);
  auto function = past_.functions_.find(spec.function);
  if (function == past_.functions_.end()) return;
  if (function->second.size() >= 64 * k_history_calls_max) function->second.clear();
  function->second[arguments_key(spec)] = {call, {spec.bindings, spec.semantics}, Uuid{}};
}

}  // namespace samara::engine
