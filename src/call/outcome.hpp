#pragma once
// Outcome: how a run of a function ended. An outcome is data, not an error of ours: it is stored,
// hashed and sent. Threads: a value type. Specified by: docs/formats/execution-record.md,
// "Outcome".

#include <string>
#include <string_view>
#include <vector>

#include "core/hash.hpp"

namespace samara {

enum class OutcomeKind : uint8_t {
#define SAMARA_OUTCOME(kind) kind,
#include "call/outcomes.def"
#undef SAMARA_OUTCOME
};
inline constexpr unsigned k_outcome_count = 9;
std::string_view outcome_name(OutcomeKind kind);

/// A place in the source of a program, as East errors carry it. Unknown: `<unknown>` 0 0.
struct SourceLocation {
  std::string filename;
  int64_t line = 0;
  int64_t column = 0;
  bool operator==(const SourceLocation&) const = default;
};

/// Made by the functions below, one for each kind.
struct Outcome {
  OutcomeKind kind = OutcomeKind::lost;
  /// value: the id of the result. All zero between the end of a run and the storing of its result.
  Hash value;
  /// All kinds but value: what happened, for people; error: exactly the East message.
  std::string message;
  /// error: where it was raised, then the calls that led there, outward.
  std::vector<SourceLocation> locations;
  /// limit: "steps", "depth", "output".
  std::string which;

  bool is_value() const { return kind == OutcomeKind::value; }
  bool operator==(const Outcome&) const = default;

  static Outcome of_value(const Hash& hash);
  static Outcome of_error(std::string message, std::vector<SourceLocation> locations);
  static Outcome of_limit(std::string which, std::string message);
  /// Requires: one of the other kinds.
  static Outcome of(OutcomeKind kind, std::string message);
};

/// For people. error: `file:line:column: message`, then a line `Stack trace:` and one for each
/// caller, outermost first, indented by two spaces; the others: kind and message.
std::string outcome_text(const Outcome& outcome);

/// What a run has used.
struct Usage {
  uint64_t wall_ns = 0;
  uint64_t cpu_ns = 0;
  uint64_t steps = 0;
  uint64_t peak_memory_bytes = 0;
  bool operator==(const Usage&) const = default;
};

}  // namespace samara
