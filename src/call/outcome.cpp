#include "call/outcome.hpp"

#include <charconv>

namespace samara {

namespace {

constexpr std::string_view k_names[] = {
#define SAMARA_OUTCOME(kind) #kind,
#include "call/outcomes.def"
#undef SAMARA_OUTCOME
};
static_assert(sizeof k_names / sizeof k_names[0] == k_outcome_count);

void append_number(std::string& out, int64_t number) {
  char text[24];
  auto end = std::to_chars(text, text + sizeof text, number).ptr;
  out.append(text, end);
}

void append_location(std::string& out, const SourceLocation& at) {
  out += at.filename;
  out += ':';
  append_number(out, at.line);
  out += ':';
  append_number(out, at.column);
}

}  // namespace

std::string_view outcome_name(OutcomeKind kind) { return k_names[static_cast<size_t>(kind)]; }

Outcome Outcome::of_value(const Hash& hash) {
  Outcome out;
  out.kind = OutcomeKind::value;
  out.value = hash;
  return out;
}

Outcome Outcome::of_error(std::string message, std::vector<SourceLocation> locations) {
  Outcome out;
  out.kind = OutcomeKind::error;
  out.message = std::move(message);
  out.locations = std::move(locations);
  return out;
}

Outcome Outcome::of_limit(std::string which, std::string message) {
  Outcome out;
  out.kind = OutcomeKind::limit;
  out.which = std::move(which);
  out.message = std::move(message);
  return out;
}

Outcome Outcome::of(OutcomeKind kind, std::string message) {
  SAMARA_ASSERT(kind != OutcomeKind::value && kind != OutcomeKind::error &&
                kind != OutcomeKind::limit);
  Outcome out;
  out.kind = kind;
  out.message = std::move(message);
  return out;
}

std::string outcome_text(const Outcome& outcome) {
  if (outcome.is_value()) return "value " + outcome.value.hex();
  std::string out;
  if (outcome.kind != OutcomeKind::error) {
    out += outcome_name(outcome.kind);
    if (!outcome.which.empty()) out += " (" + outcome.which + ")";
    out += ": " + outcome.message;
    return out;
  }
  if (!outcome.locations.empty()) {
    append_location(out, outcome.locations[0]);
    out += ": ";
  }
  out += outcome.message;
  if (outcome.locations.size() > 1) {
    out += "\nStack trace:";
    for (size_t i = outcome.locations.size() - 1; i > 0; i--) {
      out += "\n  at ";
      append_location(out, outcome.locations[i]);
    }
  }
  return out;
}

}  // namespace samara
