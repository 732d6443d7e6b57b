#include "engine/reasons.hpp"

#include "store/names.hpp"
#include "value/calendar.hpp"

namespace samara::engine {

namespace {

constexpr size_t k_message_bytes_max = 200;

std::string one_line(std::string_view text) {
  std::string out(text.substr(0, text.find('\n')));
  bool cut = out.size() < text.size();
  if (out.size() > k_message_bytes_max) {
    size_t end = k_message_bytes_max;
    while (end > 0 && (static_cast<uint8_t>(out[end]) & 0xc0U) == 0x80U) end--;
    out.resize(end);
    cut = true;
  }
  return cut ? out + " …" : out;
}

std::string failed_before(const Past& past) {
  const Attempt& latest = *past.latest_failure;
  std::string count = past.attempts == 1 ? "the only attempt"
                                         : "none of " + std::to_string(past.attempts) +
                                               " attempts gave a value; the latest";
  if (latest.running) return count + " is still marked as running";
  return count + " ended with " + short_outcome(*latest.record.outcome);
}

}  // namespace

std::string short_outcome(const Outcome& outcome) {
  std::string out(outcome_name(outcome.kind));
  if (outcome.is_value()) return out + " " + store::in_quotes(outcome.value);
  if (!outcome.which.empty()) out += " (" + outcome.which + ")";
  return out + ": " + one_line(outcome.message);
}

std::string time_text(int64_t unix_ms) {
  std::string out;
  append_datetime(out, unix_ms);
  size_t t = out.find('T');
  if (t != std::string::npos) out[t] = ' ';
  return out + " UTC";
}

std::string reason_to_answer(const Uuid& attempt, const Hash& value) {
  return "answered from memory: attempt " + attempt.text() + " gave the value " +
         store::in_quotes(value);
}

// Bindings of the functions that are called have the function before the name.
static std::string binding_text(const std::string& name) {
  constexpr size_t k_id_digits = 64;
  if (name.size() <= k_id_digits || name[k_id_digits] != '/') return "binding of '" + name + "'";
  return "binding of '" + name.substr(k_id_digits + 1) + "' in the called function " +
         name.substr(0, 8);
}

std::vector<std::string> differences(const Difference& earlier, const CallSpec& spec) {
  std::vector<std::string> out;
  for (const auto& [name, implementation] : spec.bindings) {
    auto before = earlier.bindings.find(name);
    if (before == earlier.bindings.end()) {
      out.push_back(binding_text(name) + " is new: it was not offered before");
    } else if (before->second != implementation) {
      out.push_back(binding_text(name) + " changed from " + store::in_quotes(before->second) +
                    " to " + store::in_quotes(implementation));
    }
  }
  for (const auto& [name, implementation] : earlier.bindings) {
    if (spec.bindings.contains(name)) continue;
    out.push_back(binding_text(name) + " is gone: it is not offered any more");
  }
  if (earlier.semantics != spec.semantics) {
    out.push_back("the semantics of the evaluator changed from " +
                  std::to_string(earlier.semantics) + " to " + std::to_string(spec.semantics));
  }
  return out;
}

std::vector<std::string> reasons_to_run(const KnownFunction& function, const CallSpec& spec,
                                        bool no_memo, const Past& past,
                                        const std::optional<Difference>& earlier) {
  std::vector<std::string> out;
  auto say = [&](const std::string& why) { out.push_back("not answered from memory: " + why); };
  if (no_memo) say("no_memo was asked for");
  if (!function.pure) say("the function is not pure: " + function.impurity);
  if (earlier.has_value()) {
    for (const std::string& difference : differences(*earlier, spec)) {
      say(difference + " since the last run of the same function and arguments");
    }
  }
  if (!out.empty()) return out;
  if (past.lost_value.has_value()) {
    say("the result " + store::in_quotes(*past.lost_value) +
        " of an earlier attempt is missing or damaged");
  } else if (past.latest_failure.has_value()) {
    say(failed_before(past));
  } else {
    say("it has never been run before");
  }
  return out;
}

}  // namespace samara::engine
