#pragma once
// CalledNote: the sentence among the decisions of a record that names a call which the run made, so
// that one can go from call to call. Threads: a value type.
// Specified by: docs/formats/call.md, "Decisions".

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace samara::engine {

struct CalledNote {
  std::string name;     // under which it was called
  std::string call;     // the beginning of the call's id, hex
  std::string outcome;  // for people: "value '3f9a02c4d5e6…'"
  bool from_memory = false;
  bool operator==(const CalledNote&) const = default;

  std::string text() const;
  /// Nothing: the sentence says something else.
  static std::optional<CalledNote> parse(std::string_view decision);
};

/// What one run called, as it goes into the decisions: the first calls in full, then their number.
class CalledNotes {
 public:
  void add(const CalledNote& note);
  std::vector<std::string> lines() const;

 private:
  std::vector<std::string> notes_;
  size_t count_ = 0;
};

/// Whether the decision is one of `CalledNotes::lines`.
bool says_called(std::string_view decision);

}  // namespace samara::engine
