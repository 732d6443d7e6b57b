#include "eval/regex_translate.hpp"

#include <algorithm>
#include <optional>

#include "eval/code_point_set.hpp"
#include "eval/code_points.hpp"
#include "eval/unicode_case.hpp"
#include "value/number_text.hpp"

namespace samara::eval {
namespace {

constexpr uint32_t k_no_bound = UINT32_MAX;
constexpr uint32_t k_count_max = 65'535;  // of PCRE2

bool is_ascii_letter(uint32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_decimal(uint32_t c) { return c >= '0' && c <= '9'; }
bool is_octal(uint32_t c) { return c >= '0' && c <= '7'; }
bool is_word(uint32_t c) { return is_ascii_letter(c) || is_decimal(c) || c == '_'; }

CodePointSet digits() { return {{'0', '9'}}; }
CodePointSet word() { return {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}; }
// As is_white_space.
CodePointSet white_space() {
  return {{0x09, 0x0d},     {0x20, 0x20},     {0xa0, 0xa0},     {0x1680, 0x1680}, {0x2000, 0x200a},
          {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}, {0xfeff, 0xfeff}};
}
CodePointSet line_ends() { return {{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}}; }

/// The class of `\d`, `\D`, `\s`, `\S`, `\w` or `\W`.
std::optional<CodePointSet> escape_class(uint32_t letter) {
  switch (letter) {
    case 'd':
      return digits();
    case 'D':
      return digits().complement();
    case 'w':
      return word();
    case 'W':
      return word().complement();
    case 's':
      return white_space();
    case 'S':
      return white_space().complement();
    default:
      return std::nullopt;
  }
}

Error fault(std::string_view why) { return Error(Code::invalid_argument, why); }

class Translator {
 public:
  Translator(std::string_view pattern, RegexFlags flags) : in_(pattern), flags_(flags) {}

  Result<TranslatedRegex> run() {
    if (in_.size() > k_regex_bytes_max) return fault("regular expression is too large");
    SAMARA_CHECK(count_groups());
    while (!at_end()) SAMARA_CHECK(term());
    if (!open_.empty()) return fault("Unterminated group");
    if (result_.branches) out_.insert(0, "(?C1)");
    result_.pattern = std::move(out_);
    return std::move(result_);
  }

 private:
  /// What stands before a quantifier.
  enum class Last : uint8_t { nothing, atom, assertion };
  struct Open {
    bool quantifiable = true;
    bool caseless = false;  // mode to return to
  };

  // --- reading -----------------------------------------------------------------------------------
  bool at_end() const { return at_ >= in_.size(); }
  uint32_t peek() const { return at_end() ? 0 : code_point_at(in_, at_).code; }
  bool next_is(char c) const { return !at_end() && in_[at_] == c; }
  bool next_is(std::string_view text) const { return in_.substr(at_).starts_with(text); }
  uint32_t take() {
    DecodedCodePoint point = code_point_at(in_, at_);
    at_ += point.size;
    return point.code;
  }
  bool accept(std::string_view text) {
    if (!next_is(text)) return false;
    at_ += text.size();
    return true;
  }

  /// Group numbers and names must be known before the first `\1` or `\k`.
  Result<void> count_groups() {
    bool in_class = false;
    for (size_t i = 0; i < in_.size(); i++) {
      char c = in_[i];
      if (c == '\\') {
        i++;
      } else if (in_class) {
        in_class = c != ']';
      } else if (c == '[') {
        in_class = true;
      } else if (c == '(') {
        std::string_view rest = in_.substr(i + 1);
        bool named = rest.starts_with("?<") && !rest.starts_with("?<=") && !rest.starts_with("?<!");
        if (!named && rest.starts_with("?")) continue;
        result_.group_count++;
        if (named) SAMARA_CHECK(add_name(rest.substr(2)));
      }
    }
    return {};
  }

  Result<void> add_name(std::string_view rest) {
    size_t size = rest.find('>');
    std::string_view name = rest.substr(0, size);
    bool valid = size != std::string_view::npos && !name.empty() && !is_digit(name[0]);
    for (char c : name) {
      bool ascii = static_cast<uint8_t>(c) < 0x80;
      valid = valid && (!ascii || c == '$' || is_word(static_cast<uint8_t>(c)));
    }
    if (!valid) return fault("Invalid capture group name");
    if (number_of(name) != 0) return fault("Duplicate capture group name");
    result_.names.emplace_back(std::string(name), result_.group_count);
    return {};
  }

  uint32_t number_of(std::string_view name) const {
    for (const auto& [known, number] : result_.names) {
      if (known == name) return number;
    }
    return 0;
  }

  // --- writing -----------------------------------------------------------------------------------
  void number(uint32_t value) { append_integer(out_, static_cast<int64_t>(value)); }

  void hex(uint32_t code) {
    constexpr char k_digits[] = "0123456789abcdef";
    char buffer[8];
    size_t at = sizeof buffer;
    do {
      buffer[--at] = k_digits[code & 15];
      code >>= 4;
    } while (code != 0);
    out_ += "\\x{";
    out_.append(buffer + at, sizeof buffer - at);
    out_ += '}';
  }

  /// PCRE2 folds more than ECMAScript does: its own caseless mode is on for the letters on which
  /// both agree (and which then need less room) and for references to groups only.
  void caseless(bool on) {
    if (!flags_.ignore_case || caseless_ == on) return;
    out_ += on ? "(?i)" : "(?-i)";
    caseless_ = on;
  }

  void character(uint32_t code) {
    if (code >= 0x80) {
      append_code_point(out_, code);
    } else if (is_word(code)) {
      out_ += static_cast<char>(code);
    } else {
      hex(code);
    }
  }

  void literal(uint32_t code) {
    last_ = Last::atom;
    if (is_surrogate(code)) return set({});  // text has none
    if (flags_.ignore_case) {
      bool folds_alike = is_ascii_letter(code) && (code | 0x20) != 'k' && (code | 0x20) != 's';
      if (!folds_alike && (code >= 0x80 || is_ascii_letter(code))) {
        CodePointSet alike = case_class(code);
        if (alike.ranges().size() != 1 || alike.ranges()[0].first != alike.ranges()[0].last)
          return set(alike);
        caseless(false);
      } else if (folds_alike) {
        caseless(true);
      }
    }
    character(code);
  }

  /// A class whose members are already closed over case.
  void set(const CodePointSet& members) {
    last_ = Last::atom;
    caseless(false);
    // PCRE2 does not accept surrogates as ends of a range; text has none.
    std::vector<CodePointRange> ranges;
    for (CodePointRange range : members.ranges()) {
      if (is_surrogate(range.first)) range.first = 0xe000;
      if (is_surrogate(range.last)) range.last = 0xd7ff;
      if (range.first <= range.last) ranges.push_back(range);
    }
    if (ranges.size() == 1 && ranges[0] == CodePointRange{0, k_code_point_max}) {
      out_ += '.';
      return;
    }
    out_ += '[';
    if (ranges.empty()) {
      out_ += '^';
      ranges.push_back({0, k_code_point_max});
    }
    for (const CodePointRange& range : ranges) {
      hex(range.first);
      if (range.first == range.last) continue;
      if (range.last != range.first + 1) out_ += '-';
      hex(range.last);
    }
    out_ += ']';
  }

  void assertion(std::string_view text) {
    out_ += text;
    last_ = Last::assertion;
  }

  // --- terms -------------------------------------------------------------------------------------
  Result<void> term() {
    constexpr std::string_view k_line_end = "[\\n\\r\\x{2028}\\x{2029}]";
    switch (uint32_t c = take()) {
      case '|':
        out_ += '|';
        result_.branches = result_.branches || !open_.empty();
        last_ = Last::nothing;
        return {};
      case '(':
        return open_group();
      case ')':
        return close_group();
      case '[':
        return character_class();
      case '\\':
        return escape();
      case '.':
        set(flags_.dot_all ? CodePointSet{{0, k_code_point_max}} : line_ends().complement());
        return {};
      case '^':
        assertion(flags_.multiline ? std::string("(?:\\A|(?<=").append(k_line_end).append("))")
                                   : "\\A");
        return {};
      case '$':
        assertion(flags_.multiline ? std::string("(?=\\z|").append(k_line_end).append(")") : "\\z");
        return {};
      case '*':
        return quantifier(0, k_no_bound);
      case '+':
        return quantifier(1, k_no_bound);
      case '?':
        return quantifier(0, 1);
      case '{':
        return brace();
      default:
        literal(c);
        return {};
    }
  }

  Result<void> open_group() {
    Open group{.caseless = caseless_};
    if (accept("?:")) {
      out_ += "(?:";
    } else if (accept("?=")) {
      out_ += "(?=";
    } else if (accept("?!")) {
      out_ += "(?!";
    } else if (accept("?<=")) {
      out_ += "(?<=";
      group.quantifiable = false;
    } else if (accept("?<!")) {
      out_ += "(?<!";
      group.quantifiable = false;
    } else if (accept("?<")) {
      at_ = in_.find('>', at_) + 1;  // count_groups has seen it
      out_ += '(';
    } else if (next_is('?')) {
      return fault("Invalid group");
    } else {
      out_ += '(';
    }
    open_.push_back(group);
    last_ = Last::nothing;
    return {};
  }

  Result<void> close_group() {
    if (open_.empty()) return fault("Unmatched ')'");
    out_ += ')';
    caseless_ = open_.back().caseless;
    last_ = open_.back().quantifiable ? Last::atom : Last::assertion;
    open_.pop_back();
    return {};
  }

  Result<void> quantifier(uint32_t least, uint32_t most) {
    bool lazy = accept("?");
    if (last_ != Last::atom) return fault("Nothing to repeat");
    if (least > most) return fault("numbers out of order in {} quantifier");
    if (least > k_count_max || (most > k_count_max && most != k_no_bound)) {
      return fault("number too big in {} quantifier");
    }
    result_.branches = result_.branches || most != least || !open_.empty();
    if (least == 0 && most == 1) {
      out_ += '?';
    } else if (most == k_no_bound && least <= 1) {
      out_ += least == 0 ? '*' : '+';
    } else {
      out_ += '{';
      number(least);
      if (most != least) out_ += ',';
      if (most != least && most != k_no_bound) number(most);
      out_ += '}';
    }
    if (lazy) out_ += '?';
    last_ = Last::nothing;
    return {};
  }

  /// Digits, saturated below k_no_bound.
  std::optional<uint32_t> count() {
    if (at_end() || !is_digit(in_[at_])) return std::nullopt;
    uint32_t value = 0;
    for (; !at_end() && is_digit(in_[at_]); at_++) {
      if (value <= k_count_max) value = value * 10 + static_cast<uint32_t>(in_[at_] - '0');
    }
    return value;
  }

  /// `{n}`, `{n,}` and `{n,m}` repeat; any other brace is itself.
  Result<void> brace() {
    size_t start = at_;
    std::optional<uint32_t> least = count();
    if (least) {
      std::optional<uint32_t> most = least;
      if (accept(",")) {
        most = count();
        if (!most) most = k_no_bound;
      }
      if (accept("}")) return quantifier(*least, *most);
    }
    at_ = start;
    literal('{');
    return {};
  }

  // --- escapes -----------------------------------------------------------------------------------
  Result<void> escape() {
    if (at_end()) return fault("\\ at end of pattern");
    uint32_t c = peek();
    if (c >= '1' && c <= '9' && reference()) return {};
    switch (c) {
      case 'b':
      case 'B':
        take();
        assertion(c == 'b' ? "\\b" : "\\B");
        return {};
      case 'd':
      case 'D':
      case 'w':
      case 'W':
        // Without PCRE2_UCP these are the ASCII classes which ECMAScript means.
        take();
        out_ += '\\';
        out_ += static_cast<char>(c);
        last_ = Last::atom;
        return {};
      case 's':
      case 'S':
        take();
        set(*escape_class(c));
        return {};
      case 'k':
        if (result_.names.empty()) break;
        return named_reference();
      default:
        break;
    }
    literal(escaped_character(false));
    return {};
  }

  /// `\12` when there are that many groups.
  bool reference() {
    size_t start = at_;
    std::optional<uint32_t> group = count();
    if (!group || *group > result_.group_count) {
      at_ = start;
      return false;
    }
    refer_to(*group);
    return true;
  }

  Result<void> named_reference() {
    take();
    size_t end = in_.find('>', at_);
    if (!next_is('<') || end == std::string_view::npos) return fault("Invalid named reference");
    uint32_t group = number_of(in_.substr(at_ + 1, end - at_ - 1));
    if (group == 0) return fault("Invalid named capture referenced");
    at_ = end + 1;
    refer_to(group);
    return {};
  }

  void refer_to(uint32_t group) {
    caseless(true);
    out_ += "\\g{";
    number(group);
    out_ += '}';
    last_ = Last::atom;
  }

  /// A single character behind a backslash. Requires: not at the end.
  uint32_t escaped_character(bool in_class) {
    uint32_t c = take();
    switch (c) {
      case 'b':
        return in_class ? 8 : c;
      case 'f':
        return 12;
      case 'n':
        return 10;
      case 'r':
        return 13;
      case 't':
        return 9;
      case 'v':
        return 11;
      case 'c': {
        uint32_t letter = peek();
        bool control =
            is_ascii_letter(letter) || (in_class && (is_decimal(letter) || letter == '_'));
        if (!at_end() && control) return take() & 31;
        at_--;  // the backslash stands for itself, and so does the `c`
        return '\\';
      }
      case 'x':
        return hex_digits(2).value_or('x');
      case 'u': {
        std::optional<uint32_t> unit = hex_digits(4);
        return unit ? surrogate_pair(*unit) : 'u';
      }
      default:
        return is_octal(c) ? octal(c - '0') : c;
    }
  }

  std::optional<uint32_t> hex_digits(size_t count) {
    if (in_.size() - at_ < count) return std::nullopt;
    uint32_t value = 0;
    for (size_t i = 0; i < count; i++) {
      int digit = hex_digit(in_[at_ + i]);
      if (digit < 0) return std::nullopt;
      value = value * 16 + static_cast<uint32_t>(digit);
    }
    at_ += count;
    return value;
  }

  /// Two escapes that are one code point in UTF-16.
  uint32_t surrogate_pair(uint32_t unit) {
    size_t start = at_;
    if (unit >= 0xd800 && unit < 0xdc00 && accept("\\u")) {
      std::optional<uint32_t> low = hex_digits(4);
      if (low && *low >= 0xdc00 && *low <= 0xdfff)
        return 0x10000 + ((unit - 0xd800) << 10) + (*low - 0xdc00);
    }
    at_ = start;
    return unit;
  }

  uint32_t octal(uint32_t value) {
    for (int more = value <= 3 ? 2 : 1; more > 0 && !at_end() && is_octal(peek()); more--) {
      value = value * 8 + (take() - '0');
    }
    return value;
  }

  // --- classes -----------------------------------------------------------------------------------
  /// One member: a character, or a whole class such as `\d`.
  struct Member {
    uint32_t code = 0;
    std::optional<CodePointSet> set;
  };

  Result<Member> member() {
    uint32_t c = take();
    if (c != '\\') return Member{c, std::nullopt};
    if (at_end()) return fault("\\ at end of pattern");
    if (std::optional<CodePointSet> set = escape_class(peek())) {
      take();
      return Member{0, std::move(set)};
    }
    return Member{escaped_character(true), std::nullopt};
  }

  Result<void> character_class() {
    CodePointSet members;
    bool negated = accept("^");
    while (!next_is(']')) {
      if (at_end()) return fault("Unterminated character class");
      SAMARA_TRY(Member first, member());
      bool range = next_is('-') && at_ + 1 < in_.size() && in_[at_ + 1] != ']';
      if (!range) {
        add(members, first);
        continue;
      }
      take();
      SAMARA_TRY(Member last, member());
      if (first.set || last.set) {  // then the hyphen is a member
        add(members, first);
        members.add('-');
        add(members, last);
        continue;
      }
      if (first.code > last.code) return fault("Range out of order in character class");
      members.add(first.code, last.code);
    }
    take();
    if (flags_.ignore_case) close_over_case(members);
    set(negated ? members.complement() : members);
    return {};
  }

  static void add(CodePointSet& members, const Member& member) {
    if (member.set) {
      members.add(*member.set);
    } else {
      members.add(member.code);
    }
  }

  std::string_view in_;
  RegexFlags flags_;
  size_t at_ = 0;
  std::string out_;
  std::vector<Open> open_;
  Last last_ = Last::nothing;
  bool caseless_ = false;
  TranslatedRegex result_;
};

}  // namespace

Result<RegexFlags> parse_regex_flags(std::string_view flags) {
  RegexFlags result;
  bool global = false;
  for (char c : flags) {
    bool* flag = c == 'i'
                     ? &result.ignore_case
                     : (c == 'm' ? &result.multiline
                                 : (c == 's' ? &result.dot_all : (c == 'g' ? &global : nullptr)));
    if (flag == nullptr || *flag) {
      return Error(Code::invalid_argument,
                   std::string("invalid flags '").append(flags).append("'"));
    }
    *flag = true;
  }
  return result;
}

Result<TranslatedRegex> translate_regex(std::string_view pattern, RegexFlags flags) {
  return Translator(pattern, flags).run();
}

}  // namespace samara::eval
