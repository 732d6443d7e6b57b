#include "eval/regex_replacement.hpp"

#include <string>

#include "eval/code_points.hpp"
#include "value/json.hpp"
#include "value/number_text.hpp"

namespace samara::eval {
namespace {

Error fault(std::string_view why) {
  return Error(Code::invalid_argument,
               std::string("invalid regex replacement string: ").append(why));
}

class ReplacementParser {
 public:
  ReplacementParser(std::string_view in, const Regex& regex) : in_(in), regex_(regex) {}

  Result<std::vector<ReplacementPart>> run() {
    for (;;) {
      size_t dollar = in_.find('$', at_);
      if (dollar == std::string_view::npos) break;
      text(at_, dollar);
      at_ = dollar + 1;
      SAMARA_CHECK(behind_dollar());
    }
    text(at_, in_.size());
    return std::move(parts_);
  }

 private:
  void text(size_t begin, size_t end) {
    if (begin != end) parts_.push_back({.text = in_.substr(begin, end - begin)});
  }

  /// Requires: at_ is behind a `$`.
  Result<void> behind_dollar() {
    if (at_ == in_.size()) return fault("unescaped $ at end of string");
    char c = in_[at_];
    if (c == '$') {
      text(at_, at_ + 1);
      at_++;
      return {};
    }
    if (c == '<') return named();
    if (c >= '1' && c <= '9') {
      numbered();
      return {};
    }
    return fault(std::string("unescaped $ at $").append(in_.substr(at_, sequence_size(c))));
  }

  /// Two digits when there is such a group, else one; without that one the text stays.
  void numbered() {
    auto one = static_cast<uint32_t>(in_[at_] - '0');
    if (at_ + 1 < in_.size() && is_digit(in_[at_ + 1])) {
      uint32_t two = one * 10 + static_cast<uint32_t>(in_[at_ + 1] - '0');
      if (two <= regex_.group_count()) {
        parts_.push_back({.is_group = true, .group = two});
        at_ += 2;
        return;
      }
    }
    if (one <= regex_.group_count()) {
      parts_.push_back({.is_group = true, .group = one});
    } else {
      text(at_ - 1, at_ + 1);
    }
    at_++;
  }

  Result<void> named() {
    size_t begin = at_ + 1;
    size_t end = begin;
    for (; end < in_.size() && in_[end] != '>'; end++) {
      char c = in_[end];
      if (is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_') continue;
      std::string why = "invalid character ";
      append_json_string(why, in_.substr(end, sequence_size(c)));
      return fault(why.append(" in group name in $<...>"));
    }
    if (end == in_.size()) return fault("unterminated group name in $<...>");
    if (end == begin) return fault("empty group name in $<>");
    if (regex_.names().empty()) {
      text(at_ - 1, end + 1);
    } else {
      std::string_view name = in_.substr(begin, end - begin);
      for (const auto& [known, number] : regex_.names()) {
        if (known == name) parts_.push_back({.is_group = true, .group = number});
      }
    }
    at_ = end + 1;
    return {};
  }

  std::string_view in_;
  const Regex& regex_;
  size_t at_ = 0;
  std::vector<ReplacementPart> parts_;
};

}  // namespace

Result<std::vector<ReplacementPart>> parse_replacement(std::string_view replacement,
                                                       const Regex& regex) {
  return ReplacementParser(replacement, regex).run();
}

}  // namespace samara::eval
