#include "engine/called_note.hpp"

namespace samara::engine {

namespace {
constexpr std::string_view k_called = "called '";
constexpr std::string_view k_call = "', call '";
constexpr std::string_view k_then = "…': ";
constexpr std::string_view k_from_memory = ", from memory";
}  // namespace

std::string CalledNote::text() const {
  std::string out(k_called);
  out.append(name).append(k_call).append(call).append(k_then).append(outcome);
  if (from_memory) out += k_from_memory;
  return out;
}

std::optional<CalledNote> CalledNote::parse(std::string_view decision) {
  if (!decision.starts_with(k_called)) return std::nullopt;
  decision.remove_prefix(k_called.size());
  const size_t name_end = decision.find(k_call);
  if (name_end == std::string_view::npos) return std::nullopt;
  CalledNote out;
  out.name = decision.substr(0, name_end);
  decision.remove_prefix(name_end + k_call.size());
  const size_t call_end = decision.find(k_then);
  if (call_end == std::string_view::npos) return std::nullopt;
  out.call = decision.substr(0, call_end);
  if (out.call.find_first_not_of("0123456789abcdef") != std::string::npos) return std::nullopt;
  decision.remove_prefix(call_end + k_then.size());
  out.from_memory = decision.ends_with(k_from_memory);
  if (out.from_memory) decision.remove_suffix(k_from_memory.size());
  out.outcome = decision;
  return out;
}

}  // namespace samara::engine
