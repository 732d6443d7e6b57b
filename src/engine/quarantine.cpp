#include "engine/quarantine.hpp"

#include <charconv>

#include "call/function.hpp"
#include "engine/reasons.hpp"
#include "store/names.hpp"
#include "value/json.hpp"
#include "value/json_cursor.hpp"

namespace samara::engine {

namespace {

// Each round somebody else has changed the ref in between.
constexpr int k_quarantine_rounds_max = 64;
// A policy may ask for a thousand failures; people read the last ones.
constexpr size_t k_shown_max = 10;

std::string ref_of(const Hash& function) { return std::string(k_quarantine_refs) + function.hex(); }

// Code that the evaluator runs cannot crash; its errors are answers.
bool watched(std::string_view kind) { return kind == k_kind_native || kind == k_kind_wasm; }

bool is_failure(const ExecutionRecord& record, const QuarantineRule& rule) {
  switch (record.outcome->kind) {
    case OutcomeKind::crash:
      return true;
    case OutcomeKind::trap:
      return record.runtime == k_kind_wasm;  // what is a crash in machine code
    case OutcomeKind::timeout:
      return rule.timeouts;
    case OutcomeKind::value:
    case OutcomeKind::error:
    case OutcomeKind::memory:
    case OutcomeKind::cancelled:
    case OutcomeKind::lost:
    case OutcomeKind::limit:
      return false;
  }
  SAMARA_ASSERT(!"unknown outcome");
}

// It returned to us in good order. A limit or a cancellation says nothing either way.
bool is_return(const Outcome& outcome) {
  return outcome.kind == OutcomeKind::value || outcome.kind == OutcomeKind::error;
}

void add_string(std::string& out, std::string_view name, std::string_view value) {
  append_json_string(out, name);
  out += ": ";
  append_json_string(out, value);
}

Error damaged() { return Error(Code::corrupt, "these are no failures of a function"); }

// Of our own making, so members stand in order and are all there.
class FailureReader {
 public:
  explicit FailureReader(std::string_view text) : cursor_(text) {}

  Result<Failures> read() {
    JsonSyntaxError error;
    if (!cursor_.scan(error) || cursor_.peek() != '{') return damaged();
    Failures out;
    cursor_.open();
    SAMARA_CHECK(member("quarantined", true));
    const char c = cursor_.peek();
    if (!cursor_.literal(c == 't' ? "true" : "false")) return damaged();
    out.quarantined = c == 't';
    SAMARA_CHECK(member("failures", false));
    if (cursor_.peek() != '[') return damaged();
    cursor_.open();
    for (bool first = true; cursor_.more(first); first = false) {
      SAMARA_TRY(Failure failure, this->failure());
      out.list.push_back(std::move(failure));
    }
    if (cursor_.more(false)) return damaged();
    return out;
  }

 private:
  Result<Failure> failure() {
    if (cursor_.peek() != '{') return damaged();
    cursor_.open();
    Failure out;
    SAMARA_TRY(out.attempt, text("attempt", true));
    SAMARA_TRY(out.call, text("call", false));
    SAMARA_TRY(std::string at, text("at_ms", false));
    if (std::from_chars(at.data(), at.data() + at.size(), out.at_ms).ec != std::errc()) {
      return damaged();
    }
    SAMARA_TRY(out.report, text("report", false));
    if (cursor_.more(false)) return damaged();
    return out;
  }

  Result<std::string> text(std::string_view name, bool first) {
    SAMARA_CHECK(member(name, first));
    std::string scratch;
    std::string_view view;
    if (cursor_.peek() != '"' || !cursor_.string(view, scratch)) return damaged();
    return std::string(view);
  }

  Result<void> member(std::string_view name, bool first) {
    std::string scratch;
    std::string_view view;
    if (!cursor_.more(first) || !cursor_.name(view, scratch) || view != name) return damaged();
    return {};
  }

  JsonCursor cursor_;
};

struct State {
  std::optional<Hash> at;  // the object; none: no ref
  Failures failures;
};

Result<State> read_state(store::Repository& repository, const Hash& function) {
  State out;
  auto object = repository.refs().get(ref_of(function));
  if (!object && object.error().code == Code::not_found) return out;
  if (!object) return std::move(object).error();
  out.at = *object;
  auto bytes = repository.objects().get(*object);
  // Lost or damaged: counted from here on.
  if (!bytes) return out;
  if (auto failures = parse_failures(as_text(*bytes))) out.failures = std::move(*failures);
  return out;
}

}  // namespace

std::string print_failures(const Failures& failures) {
  std::string out = "{\"quarantined\": ";
  out += failures.quarantined ? "true" : "false";
  out += ", \"failures\": [";
  for (const Failure& failure : failures.list) {
    if (&failure != failures.list.data()) out += ',';
    out += "\n  {";
    add_string(out, "attempt", failure.attempt);
    out += ", ";
    add_string(out, "call", failure.call);
    out += ", ";
    add_string(out, "at_ms", std::to_string(failure.at_ms));
    out += ", ";
    add_string(out, "report", failure.report);
    out += '}';
  }
  return out + "]}\n";
}

Result<Failures> parse_failures(std::string_view text) { return FailureReader(text).read(); }

Result<Failures> Quarantine::failures(const Hash& function) {
  SAMARA_TRY(State state, read_state(repository_, function));
  return std::move(state.failures);
}

Result<void> Quarantine::check(const Hash& function, std::string_view kind, std::string_view name) {
  if (!watched(kind)) return {};
  auto state = read_state(repository_, function);
  if (!state || !state->failures.quarantined) return {};
  const std::vector<Failure>& list = state->failures.list;
  std::string text = store::in_quotes(name) + " is quarantined, it failed " +
                     std::to_string(list.size()) + " times in a row:";
  const size_t skipped = list.size() > k_shown_max ? list.size() - k_shown_max : 0;
  if (skipped > 0) text += "\n" + std::to_string(skipped) + " earlier attempts";
  for (size_t i = skipped; i < list.size(); i++) {
    text += "\nattempt " + list[i].attempt + " " + time_text(list[i].at_ms) + ", " + list[i].report;
  }
  text += "\n'samara fn release " + std::string(name) + "' lets it run again";
  return Error(Code::not_trusted, text);
}

std::optional<std::string> Quarantine::note(const ExecutionRecord& record) {
  if (rule_.after == 0 || !watched(record.runtime)) return std::nullopt;
  auto counted = count(record);
  return counted ? std::move(*counted) : std::nullopt;
}

Result<std::optional<std::string>> Quarantine::count(const ExecutionRecord& record) {
  const Hash& function = record.spec.function;
  const bool failed = is_failure(record, rule_);
  if (!failed && !is_return(*record.outcome)) return std::optional<std::string>();
  for (int round = 0; round < k_quarantine_rounds_max; round++) {
    SAMARA_TRY(State state, read_state(repository_, function));
    Failures& failures = state.failures;
    Result<void> set;
    if (!failed) {
      // A run that began before the function was quarantined does not release it.
      if (!state.at || failures.quarantined) return std::optional<std::string>();
      set = repository_.refs().remove(ref_of(function), store::RefCondition::equals(*state.at));
      if (!set && set.error().code == Code::not_found) return std::optional<std::string>();
    } else {
      const bool before = failures.quarantined;
      failures.list.push_back(
          {record.id.text(), record.call.hex(), record.started_ms, short_outcome(*record.outcome)});
      failures.quarantined = before || failures.list.size() >= rule_.after;
      SAMARA_TRY(Hash object, repository_.objects().put(as_bytes(print_failures(failures)),
                                                        store::Durability::synced));
      set = repository_.refs().set(
          ref_of(function), object,
          state.at ? store::RefCondition::equals(*state.at) : store::RefCondition::absent());
      if (set && !before && failures.quarantined) {
        return std::optional("quarantined from now on: " + std::to_string(failures.list.size()) +
                             " failures in a row");
      }
    }
    if (set) return std::optional<std::string>();
    if (set.error().code != Code::conflict) return std::move(set).error();
  }
  return std::optional<std::string>();
}

Result<void> Quarantine::release(const Hash& function) {
  auto removed = repository_.refs().remove(ref_of(function), store::RefCondition::any());
  if (!removed && removed.error().code == Code::not_found) {
    return Error(Code::not_found, "the function has not failed since it last returned");
  }
  return removed;
}

}  // namespace samara::engine
