#include "engine/called_note.hpp"

namespace samara::engine {

namespace {
constexpr std::string_view k_called = "called '";
constexpr std::string_view k_call = "', call '";
constexpr std::string_view k_then = "…': ";
constexpr std::string_view k_from_memory = ", from memory";
constexpr std::string_view k_more = "called functions ";
constexpr size_t k_notes_max = 100;
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

void CalledNotes::add(const CalledNote& note) {
  count_++;
  if (notes_.size() < k_notes_max) notes_.push_back(note.text());
}

std::vector<std::string> CalledNotes::lines() const {
  std::vector<std::string> out = notes_;
  if (count_ > notes_.size()) {
    out.push_back(std::string(k_more) + std::to_string(count_ - notes_.size()) + " times more");
  }
  return out;
}

bool says_called(std::string_view decision) {
  return decision.starts_with(k_more) || CalledNote::parse(decision).has_value();
}

}  // namespace samara::engine
