#include "eval/unicode_case.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

#include "eval/code_points.hpp"
#include "eval/unicode_case_data.hpp"

namespace samara::eval {
namespace {

template <size_t n>
bool in_ranges(const CodePointRange (&ranges)[n], uint32_t code) {
  const CodePointRange* at =
      std::lower_bound(std::begin(ranges), std::end(ranges), code,
                       [](const CodePointRange& range, uint32_t c) { return range.last < c; });
  return at != std::end(ranges) && code >= at->first;
}

template <size_t n>
uint32_t map_one(const CaseRun (&runs)[n], uint32_t code) {
  const CaseRun* at = std::lower_bound(std::begin(runs), std::end(runs), code,
                                       [](const CaseRun& run, uint32_t c) { return run.last < c; });
  if (at == std::end(runs) || code < at->first || (code - at->first) % at->stride != 0) return code;
  return static_cast<uint32_t>(static_cast<int32_t>(code) + at->delta);
}

template <size_t n>
const CaseExpansion* find_expansion(const CaseExpansion (&expansions)[n], uint32_t code) {
  const CaseExpansion* at = std::lower_bound(
      std::begin(expansions), std::end(expansions), code,
      [](const CaseExpansion& expansion, uint32_t c) { return expansion.code < c; });
  return at != std::end(expansions) && at->code == code ? at : nullptr;
}

void append_expansion(std::string& out, const CaseExpansion& expansion) {
  for (uint32_t code : expansion.to) {
    if (code != 0) append_code_point(out, code);
  }
}

/// Whether the sigma at `offset` ends a word: a cased character before it and none behind it,
/// looking through what is case-ignorable.
bool sigma_is_final(std::string_view text, size_t offset) {
  bool cased_before = false;
  for (size_t at = offset; at != 0;) {
    at = previous_code_point(text, at);
    uint32_t code = code_point_at(text, at).code;
    if (in_ranges(k_case_ignorable, code)) continue;
    cased_before = in_ranges(k_cased, code);
    break;
  }
  if (!cased_before) return false;
  for (size_t at = offset + 2; at < text.size();) {
    DecodedCodePoint next = code_point_at(text, at);
    if (!in_ranges(k_case_ignorable, next.code)) return !in_ranges(k_cased, next.code);
    at += next.size;
  }
  return true;
}

constexpr uint32_t k_capital_sigma = 0x3a3;
constexpr uint32_t k_final_sigma = 0x3c2;

/// Characters of which regex_fold makes no difference, each class of more than one, ascending by
/// fold.
struct Folded {
  uint32_t fold;
  uint32_t code;
};
const std::vector<Folded>& folded() {
  static const std::vector<Folded> table = [] {
    std::vector<Folded> result;
    std::vector<uint32_t> folds;
    for (const CaseRun& run : k_upper_runs) {
      for (uint32_t code = run.first; code <= run.last; code += run.stride) {
        uint32_t fold = regex_fold(code);
        if (fold == code) continue;
        result.push_back({fold, code});
        folds.push_back(fold);
      }
    }
    std::sort(folds.begin(), folds.end());
    folds.erase(std::unique(folds.begin(), folds.end()), folds.end());
    for (uint32_t fold : folds) result.push_back({fold, fold});
    std::sort(result.begin(), result.end(), [](const Folded& a, const Folded& b) {
      return a.fold != b.fold ? a.fold < b.fold : a.code < b.code;
    });
    return result;
  }();
  return table;
}

}  // namespace

std::string to_upper_case(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    auto byte = static_cast<uint8_t>(text[i]);
    if (byte < 0x80) {
      out.push_back(static_cast<char>(byte >= 'a' && byte <= 'z' ? byte - 32 : byte));
      i++;
      continue;
    }
    DecodedCodePoint point = code_point_at(text, i);
    i += point.size;
    if (const CaseExpansion* expansion = find_expansion(k_upper_expansions, point.code)) {
      append_expansion(out, *expansion);
    } else {
      append_code_point(out, map_one(k_upper_runs, point.code));
    }
  }
  return out;
}

std::string to_lower_case(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    auto byte = static_cast<uint8_t>(text[i]);
    if (byte < 0x80) {
      out.push_back(static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte));
      i++;
      continue;
    }
    DecodedCodePoint point = code_point_at(text, i);
    if (point.code == k_capital_sigma && sigma_is_final(text, i)) {
      append_code_point(out, k_final_sigma);
    } else if (const CaseExpansion* expansion = find_expansion(k_lower_expansions, point.code)) {
      append_expansion(out, *expansion);
    } else {
      append_code_point(out, map_one(k_lower_runs, point.code));
    }
    i += point.size;
  }
  return out;
}

uint32_t regex_fold(uint32_t code) {
  if (code < 0x80) return code >= 'a' && code <= 'z' ? code - 32 : code;
  if (code > 0xffff || find_expansion(k_upper_expansions, code) != nullptr) return code;
  uint32_t upper = map_one(k_upper_runs, code);
  return upper < 0x80 || upper > 0xffff ? code : upper;
}

CodePointSet case_class(uint32_t code) {
  CodePointSet set;
  set.add(code);
  if (code > 0xffff) return set;
  uint32_t fold = regex_fold(code);
  const std::vector<Folded>& table = folded();
  auto at = std::lower_bound(table.begin(), table.end(), fold,
                             [](const Folded& entry, uint32_t f) { return entry.fold < f; });
  for (; at != table.end() && at->fold == fold; ++at) set.add(at->code);
  return set;
}

void close_over_case(CodePointSet& set) {
  const std::vector<Folded>& table = folded();
  CodePointSet added;
  for (size_t begin = 0; begin < table.size();) {
    size_t end = begin;
    bool present = false;
    for (; end < table.size() && table[end].fold == table[begin].fold; end++) {
      present = present || set.contains(table[end].code);
    }
    for (; begin < end; begin++) {
      if (present) added.add(table[begin].code);
    }
  }
  set.add(added);
}

}  // namespace samara::eval
