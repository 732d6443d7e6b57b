#pragma once
// Quarantine: functions of machine code that crashed several times in a row in this repository are
// not run again until somebody releases them. What is known of them is answered all the same.
//
// The failures stand in an object that the ref `quarantine/<function>` names; each change of the
// ref is conditional, so that processes which fail at once all count.
//
// Threads: any. Specified by: docs/formats/repository.md, "Quarantine of functions".

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "call/execution_record.hpp"
#include "engine/names.hpp"

namespace samara::engine {

struct QuarantineRule {
  /// Failures in a row; 0: never.
  uint32_t after = 3;
  /// Whether a deadline that passes is one.
  bool timeouts = false;
};

/// A run that counts, as it was reported.
struct Failure {
  std::string attempt;  // id of the execution record
  std::string call;     // hex
  int64_t at_ms = 0;
  std::string report;  // one line: "crash: SIGSEGV: …"
  bool operator==(const Failure&) const = default;
};

/// The failures of a function since it last returned.
struct Failures {
  std::vector<Failure> list;  // oldest first
  bool quarantined = false;   // stays until release
  bool operator==(const Failures&) const = default;
};

Result<Failures> parse_failures(std::string_view text);
std::string print_failures(const Failures& failures);

class Quarantine {
 public:
  Quarantine(store::Repository& repository, const QuarantineRule& rule)
      : repository_(repository), rule_(rule) {}

  /// Errors: not_trusted (quarantined: the text lists the reports and says how to release it). What
  /// cannot be read keeps nobody from running.
  Result<void> check(const Hash& function, std::string_view kind, std::string_view name);
  /// Takes a finished run into account. Returns a sentence if the function is quarantined from now
  /// on. What cannot be stored is not counted: a call does not fail because of it.
  std::optional<std::string> note(const ExecutionRecord& record);
  /// Nothing in the list: it has not failed since it last returned. Errors: those of the store.
  Result<Failures> failures(const Hash& function);
  /// Forgets the failures; the function may run. Errors: not_found (there are none).
  Result<void> release(const Hash& function);

 private:
  Result<std::optional<std::string>> count(const ExecutionRecord& record);

  store::Repository& repository_;
  QuarantineRule rule_;
};

}  // namespace samara::engine
