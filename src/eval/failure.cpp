#include "eval/failure.hpp"

namespace samara::eval {

std::string_view failure_name(FailureKind kind) {
  switch (kind) {
    case FailureKind::none:
      return "none";
    case FailureKind::error:
      return "error";
    case FailureKind::steps:
      return "steps";
    case FailureKind::memory:
      return "memory";
    case FailureKind::depth:
      return "depth";
    case FailureKind::timeout:
      return "timeout";
    case FailureKind::cancelled:
      return "cancelled";
    case FailureKind::aborted:
      return "aborted";
  }
  return "?";
}

static std::string at_text(const ir::Location& at) {
  return at.filename + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

std::string error_text(const EastError& error) {
  std::string out;
  if (!error.stack.empty()) out = at_text(error.stack.front()) + ": ";
  out += error.message;
  if (error.stack.size() < 2) return out;
  out += "\nStack trace:";
  for (size_t i = error.stack.size(); i-- > 1;) out += "\n  at " + at_text(error.stack[i]);
  return out;
}

}  // namespace samara::eval
