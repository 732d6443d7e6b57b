#include "engine/explain.hpp"

#include "call/unit_text.hpp"
#include "engine/reasons.hpp"
#include "store/names.hpp"

namespace samara::engine {

namespace {

std::string attempt_line(const Attempt& attempt) {
  const ExecutionRecord& record = attempt.record;
  std::string out = "attempt " + std::to_string(record.attempt) + " (" + record.id.text() + ") " +
                    time_text(record.started_ms);
  if (attempt.running) {
    return out + ": running in process " + std::to_string(record.owner.pid);
  }
  if (record.finished_ms.has_value() && record.outcome->kind != OutcomeKind::lost) {
    out += ", " + duration_text(std::chrono::nanoseconds(record.usage.wall_ns)) + ", " +
           bytes_text(record.usage.peak_memory_bytes);
  }
  return out + ": " + short_outcome(*record.outcome);
}

// What a call of the same function and arguments would come to now.
Result<void> add_now(Shared& shared, const store::CallKey& key, const CallSpec& then,
                     std::vector<std::string>& out) {
  auto function = shared.functions.get(key.function);
  if (!function) {
    out.push_back("now: cannot run: " + std::string(function.error().message()));
    return {};
  }
  const KnownFunction& known = **function;
  if (!known.missing_grant.empty()) {
    out.push_back("now: may not run: " + known.missing_grant);
    return {};
  }
  if (!known.pure) {
    out.push_back("now: would run again: the function is not pure: " + known.impurity);
    return {};
  }
  CallSpec spec{key.function, then.arguments, known.bindings, k_semantics};
  Hash call = shared.call_id(spec);
  if (call != key.call) {
    for (const std::string& difference : differences({then.bindings, then.semantics}, spec)) {
      out.push_back("now: another call, " + store::in_quotes(call) + ": " + difference +
                    " since this one");
    }
  }
  SAMARA_TRY(auto value, shared.records.latest({key.function, call}, gave_value));
  auto free = shared.quarantine.check(key.function, known.record.kind, key.function.short_hex());
  if (!value.has_value() && !free) {
    const std::string_view why = free.error().message();
    out.push_back("now: may not run: " + std::string(why.substr(0, why.find(':'))));
    return {};
  }
  if (!value.has_value()) {
    out.emplace_back("now: would run: no attempt has given a value");
    return {};
  }
  const Hash& result = value->record.outcome->value;
  SAMARA_TRY(bool there, shared.repository().objects().contains(result));
  if (!there) {
    out.push_back("now: would run again: the result " + store::in_quotes(result) + " is missing");
    return {};
  }
  out.push_back("now: " + reason_to_answer(value->record.id, result));
  return {};
}

}  // namespace

Result<std::vector<std::string>> explain_call(Shared& shared, const store::CallKey& key) {
  SAMARA_TRY(std::vector<Attempt> attempts, shared.records.attempts(key));
  if (attempts.empty()) {
    return Error(Code::not_found, "there is no record of call " + store::in_quotes(key.call));
  }
  std::vector<std::string> out;
  for (const Attempt& attempt : attempts) {
    out.push_back(attempt_line(attempt));
    for (const std::string& decision : attempt.record.decisions) out.push_back("  " + decision);
  }
  SAMARA_CHECK(add_now(shared, key, attempts.back().record.spec, out));
  return out;
}

}  // namespace samara::engine
