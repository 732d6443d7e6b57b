#pragma once
// What is wrong with a source file, in a form that a terminal and an editor can both show.
//
// Threads: value types. Source: docs/formats/source.md.

#include <string>
#include <string_view>
#include <vector>

#include "lang/ast.hpp"

namespace samara::lang {

enum class Severity : uint8_t { error, warning, hint };

/// A place that explains the problem: "expected because of this".
struct Related {
  Span span;
  std::string message;
};

/// One problem. `title` is one line without final stop; `label` says in a few words what is wrong
/// with the marked text; `help` says what to do.
struct Diagnostic {
  Severity severity = Severity::error;
  std::string code;  // stable and short: "unknown-name"; tests and editors refer to it
  std::string title;
  Span span;
  std::string label;
  std::vector<Related> related;
  std::string help;  // may be empty
  std::string fix;   // text that may replace the marked text; empty: none
};

/// Whether a program cannot be made: hints and warnings are no obstacle.
inline bool has_errors(const std::vector<Diagnostic>& list) {
  for (const Diagnostic& each : list) {
    if (each.severity == Severity::error) return true;
  }
  return false;
}

/// Problems reported for one file; those after are counted and dropped.
inline constexpr size_t k_source_diagnostics_max = 100;

/// Line and column of an offset, both from 1; columns count code points.
struct Position {
  uint32_t line = 1;
  uint32_t column = 1;
};
Position position_of(std::string_view source, const std::vector<uint32_t>& line_starts,
                     uint32_t offset);
std::vector<uint32_t> line_starts_of(std::string_view source);

struct RenderOptions {
  bool colour = false;
};
/// The problem as people read it: title, `--> file:line:column`, the lines with a caret line under
/// each, related places, help. Ends with a line break.
std::string render(const Diagnostic& diagnostic, std::string_view file, std::string_view source,
                   const RenderOptions& options = {});

}  // namespace samara::lang
