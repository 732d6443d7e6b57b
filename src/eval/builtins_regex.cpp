// Builtins with regular expressions.

#include <string>

#include "eval/builtin.hpp"
#include "eval/code_points.hpp"
#include "eval/regex.hpp"
#include "eval/regex_replacement.hpp"
#include "eval/vm.hpp"

namespace samara::eval {
namespace {

/// Limits of the run hold inside a match: an attempt is a step. The longer the text, the longer an
/// attempt may take, and the more often the deadline is looked at.
class VmWatch final : public MatchWatch {
 public:
  VmWatch(Vm& vm, std::string_view text) : vm_(vm), interval_(1 + k_bytes / (text.size() + 1)) {}
  bool go_on() override {
    if (--left_ > 0) return vm_.step();
    left_ = interval_;
    return vm_.safepoint();
  }

 private:
  static constexpr size_t k_bytes = 1 << 18;
  Vm& vm_;
  size_t interval_;
  size_t left_ = interval_;
};

/// The regex of arguments 1 (pattern) and 2 (flags); nullptr after reporting that there is none.
Regex* regex_of(Vm& vm, const Slot* args) {
  Result<Regex*> regex = recent_regex(text_of(args[1]), text_of(args[2]));
  if (regex) return *regex;
  vm.fail(std::string("Invalid regular expression: ").append(regex.error().message()));
  return nullptr;
}

/// False after `stopped` (the watch has reported) and `limit`.
bool completed(Vm& vm, MatchStatus status) {
  if (status == MatchStatus::stopped) return false;
  if (status != MatchStatus::limit) return true;
  return vm.fail(FailureKind::steps, "limit of a regular expression match reached");
}

bool regex_contains(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  Regex* regex = regex_of(vm, args);
  if (regex == nullptr) return false;
  std::string_view text = text_of(args[0]);
  VmWatch watch(vm, text);
  MatchStatus status = regex->match(text, 0, watch);
  if (!completed(vm, status)) return false;
  out = Slot::of(status == MatchStatus::found);
  return true;
}

bool regex_index_of(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  Regex* regex = regex_of(vm, args);
  if (regex == nullptr) return false;
  std::string_view text = text_of(args[0]);
  VmWatch watch(vm, text);
  MatchStatus status = regex->match(text, 0, watch);
  if (!completed(vm, status)) return false;
  int64_t index = -1;
  if (status == MatchStatus::found) {
    index = static_cast<int64_t>(count_code_points(text.substr(0, regex->group(0).begin)));
  }
  out = Slot::of(index);
  return true;
}

/// A bad replacement is reported where it stands when pattern and flags are known from the program.
bool fail_replacement(Vm& vm, const BuiltinSite& site, std::string_view message) {
  auto literal = [&](size_t i) { return site.node->kids[i]->op == ir::Op::value; };
  if (site.node->kids.size() != 4 || !literal(1) || !literal(2)) return vm.fail(message);
  return vm.fail_at(message, site.program->location(site.node->kids[3]->location));
}

bool regex_replace(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  Regex* regex = regex_of(vm, args);
  if (regex == nullptr) return false;
  Result<std::vector<ReplacementPart>> parts = parse_replacement(text_of(args[3]), *regex);
  if (!parts) return fail_replacement(vm, site, parts.error().message());

  std::string_view text = text_of(args[0]);
  VmWatch watch(vm, text);
  std::string result;
  auto append = [&](std::string_view piece) {
    if (piece.size() > vm.heap().limit() || result.size() > vm.heap().limit() - piece.size())
      return false;
    result += piece;
    return true;
  };
  size_t copied = 0;  // everything before is in the result
  for (size_t start = 0; start <= text.size();) {
    MatchStatus status = regex->match(text, start, watch);
    if (!completed(vm, status) || !vm.step()) return false;
    if (status == MatchStatus::none) break;
    Regex::Span match = regex->group(0);
    if (!append(text.substr(copied, match.begin - copied))) return vm.fail_memory();
    for (const ReplacementPart& part : *parts) {
      Regex::Span span;
      if (part.is_group) span = regex->group(part.group);
      std::string_view piece = part.is_group && span.present()
                                   ? text.substr(span.begin, span.end - span.begin)
                                   : part.text;
      if (!append(piece)) return vm.fail_memory();
    }
    copied = match.end;
    start = match.end;
    if (match.begin == match.end) start += start < text.size() ? sequence_size(text[start]) : 1;
  }
  if (copied == 0 && result.empty()) {
    out = args[0];
    return true;
  }
  if (!append(text.substr(copied))) return vm.fail_memory();
  return vm.text(result, out);
}

constexpr BuiltinEntry k_builtins[] = {
    {"RegexContains", regex_contains},
    {"RegexIndexOf", regex_index_of},
    {"RegexReplace", regex_replace},
};

}  // namespace

std::span<const BuiltinEntry> regex_builtins() { return k_builtins; }

}  // namespace samara::eval
