// Regular expressions: the input is flags, a pattern, a replacement and a text, separated by NULs.
// A pattern that is accepted matches within bounds, on code point boundaries, and ends.

#include <cstddef>
#include <cstdint>

#include "core/assert.hpp"
#include "eval/regex.hpp"
#include "eval/regex_replacement.hpp"
#include "eval/unicode_case.hpp"
#include "value/utf8.hpp"

namespace {

using namespace samara;

class FewAttempts final : public eval::MatchWatch {
 public:
  bool go_on() override { return left_-- > 0; }
  uint32_t attempt_steps_max() const override { return 10'000; }

 private:
  int left_ = 20;
};

std::string_view take(std::string_view& input) {
  size_t end = input.find('\0');
  std::string_view piece = input.substr(0, end);
  input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
  return piece;
}

bool on_boundary(std::string_view text, size_t at) {
  return at == text.size() || (static_cast<uint8_t>(text[at]) & 0xc0U) != 0x80U;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (!utf8_valid(input)) return 0;
  std::string_view flags = take(input);
  std::string_view pattern = take(input);
  std::string_view replacement = take(input);
  SAMARA_ASSERT(utf8_valid(eval::to_upper_case(input)) && utf8_valid(eval::to_lower_case(input)));

  Result<eval::Regex*> regex = eval::recent_regex(pattern, flags);
  if (!regex) {
    SAMARA_ASSERT(!regex.error().message().empty());
    return 0;
  }
  Result<std::vector<eval::ReplacementPart>> parts = eval::parse_replacement(replacement, **regex);
  SAMARA_ASSERT(parts || !parts.error().message().empty());
  FewAttempts watch;
  if ((*regex)->match(input, 0, watch) != eval::MatchStatus::found) return 0;
  for (uint32_t i = 0; i <= (*regex)->group_count(); i++) {
    eval::Regex::Span span = (*regex)->group(i);
    SAMARA_ASSERT(i != 0 || span.present());
    if (!span.present()) continue;
    SAMARA_ASSERT(span.begin <= span.end && span.end <= input.size());
    SAMARA_ASSERT(on_boundary(input, span.begin) && on_boundary(input, span.end));
  }
  return 0;
}
