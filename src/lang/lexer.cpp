#include "lang/lexer.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "lang/diagnostic_list.hpp"
#include "lang/lexer_characters.hpp"
#include "value/number_text.hpp"
#include "value/text_datetime.hpp"
#include "value/utf8.hpp"

namespace samara::lang {

namespace {

constexpr uint32_t k_nowhere = UINT32_MAX;

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  Lexed run();

 private:
  struct Interpolation {
    uint32_t backslash = 0;
    uint32_t token = 0;  // the string_begin
    uint32_t parens = 0;
  };

  /// One pass over the text; false when a string is open at the end and another pass should be
  /// made, with strings that are known to be open cut at their line.
  bool pass();
  void step();
  void restart();
  bool blame_open_string();

  char peek(size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }
  bool at_end() const { return at_ >= source_.size(); }
  uint32_t here() const { return static_cast<uint32_t>(at_); }
  std::string_view text(size_t begin, size_t end) const {
    return source_.substr(begin, end - begin);
  }

  Token& push(TokenKind kind, size_t begin, size_t end);
  void punctuation(TokenKind kind, size_t length);
  void report(std::string_view code, std::string title, size_t begin, size_t end, std::string label,
              std::string help = {}, std::string fix = {});

  void space();
  void line_comment();
  void foreign_comment();
  void number();
  bool date(size_t begin);
  void blob();
  void after_number(size_t begin);
  void point_and_digits();
  void word();
  void quoted_name();
  void foreign_letters(size_t begin);
  void string();
  void single_quoted();
  void string_piece(size_t begin, bool first);
  void escape();
  void unicode_escape();
  void dollar_hint();
  void unterminated(size_t begin, bool first);
  void operator_or_other();
  bool foreign_operator();
  void other_character();

  std::string_view source_;
  size_t at_ = 0;
  bool newline_ = true;
  bool space_ = true;
  Lexed lexed_;
  DiagnosticList found_;
  std::vector<Interpolation> open_;
  uint32_t open_string_ = k_nowhere;    // where the string that reached the end of the text began
  uint32_t cut_string_ = k_nowhere;     // this string ends with its line
  uint32_t cut_backslash_ = k_nowhere;  // this `\(` ends its string with its line
  bool cut_all_ = false;                // every string ends with its line
  std::vector<Diagnostic> blamed_;
};

Token& Lexer::push(TokenKind kind, size_t begin, size_t end) {
  Token token;
  token.kind = kind;
  token.newline_before = newline_;
  token.space_before = space_;
  token.begin = static_cast<uint32_t>(begin);
  token.end = static_cast<uint32_t>(end);
  newline_ = false;
  space_ = false;
  lexed_.tokens.push_back(token);
  return lexed_.tokens.back();
}

void Lexer::punctuation(TokenKind kind, size_t length) {
  push(kind, at_, at_ + length);
  at_ += length;
}

void Lexer::report(std::string_view code, std::string title, size_t begin, size_t end,
                   std::string label, std::string help, std::string fix) {
  Diagnostic problem;
  problem.code = code;
  problem.title = std::move(title);
  problem.span = {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
  problem.label = std::move(label);
  problem.help = std::move(help);
  problem.fix = std::move(fix);
  found_.add(std::move(problem));
}

void Lexer::space() {
  while (!at_end()) {
    char c = source_[at_];
    if (c == '\n') {
      newline_ = true;
    } else if (c != ' ' && c != '\t' && c != '\r') {
      return;
    }
    space_ = true;
    at_++;
  }
}

void Lexer::line_comment() {
  size_t begin = at_;
  size_t end = source_.find('\n', at_);
  if (end == std::string_view::npos) end = source_.size();
  at_ = end;
  if (end > begin && source_[end - 1] == '\r') end--;
  lexed_.comments.push_back(
      {.span = {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)}, .own_line = newline_});
  space_ = true;
}

void Lexer::foreign_comment() {
  size_t begin = at_;
  if (peek() == '#') {
    size_t end = std::min(source_.find('\n', at_), source_.size());
    report("hash-comment", "comments start with `//`", begin, begin + 1, "not a comment in East",
           "write `//` in place of `#`", "//");
    at_ = end;
  } else {
    size_t end = source_.find("*/", at_ + 2);
    report("block-comment", "comments start with `//`", begin, begin + 2,
           "there are no comments between `/*` and `*/`", "put `//` before each line");
    if (end == std::string_view::npos) {
      at_ = source_.size();
    } else {
      if (text(begin, end).find('\n') != std::string_view::npos) newline_ = true;
      at_ = end + 2;
    }
  }
  space_ = true;
}

// ---- numbers, dates, blobs ----

void Lexer::after_number(size_t begin) {
  size_t end = at_;
  while (end < source_.size() && is_name_part(source_[end])) end++;
  if (end == at_) return;
  std::string_view digits = text(begin, at_);
  std::string_view rest = text(at_, end);
  std::string help = "put a space or an operator between the number and what follows";
  if (digits == "0" && (rest[0] == 'b' || rest[0] == 'B' || rest[0] == 'o' || rest[0] == 'O')) {
    help = "integers are written in decimal";
  } else if (rest == "e" || rest == "E") {
    help = "an exponent needs digits, as in `1e9`";
  } else if (rest == "_") {
    help = "underscores stand between digits, as in `1_000`";
  } else if (rest == "f" || rest == "L" || rest == "l" || rest == "n" || rest == "u" ||
             rest == "d" || rest == "i" || rest == "i64" || rest == "f64" || rest == "u8") {
    help = "numbers have no suffix: `1` is an Integer, `1.0` a Float";
  }
  report("bad-number", "a number cannot be followed by letters", at_, end,
         "directly after the number", std::move(help));
  at_ = end;
}

bool Lexer::date(size_t begin) {
  size_t length = 0;
  int64_t ms = 0;
  auto status = read_datetime(source_.substr(begin), length, ms);
  if (status == DateTimeStatus::not_a_date) {
    size_t end = begin;
    while (end < source_.size() && (is_digit(source_[end]) || source_[end] == '-' ||
                                    source_[end] == ':' || source_[end] == 'T')) {
      end++;
    }
    std::string_view all = text(begin, end);
    // Only what has the form of a day can be meant as a date: `2024-1` is a subtraction.
    if (all.size() < 10 || two_digits_at(all, 5) < 0 || all[7] != '-' ||
        two_digits_at(all, 8) < 0) {
      return false;
    }
    if (end < source_.size() && source_[end] == 'Z') end++;
    report("incomplete-date", "a date needs its time of day", begin, end, "the time is incomplete",
           "write the time in full, in UTC: `" + std::string(all.substr(0, 10)) + "T00:00:00`",
           all.size() == 10 ? std::string(all) + "T00:00:00" : std::string());
    push(TokenKind::datetime, begin, end);
    at_ = end;
    return true;
  }
  push(TokenKind::datetime, begin, begin + length);
  at_ = begin + length;
  if (status == DateTimeStatus::impossible) {
    report("bad-date", "there is no such date", begin, at_, "this day or time does not exist",
           "a date is `YYYY-MM-DDTHH:MM:SS`, with up to three digits of a second after a point");
  }
  size_t end = at_;
  if (is_digit(peek())) {
    while (end < source_.size() && is_digit(source_[end])) end++;
    report("date-digits", "dates are exact to a millisecond", at_, end, "too many digits",
           "three digits after the point are the most");
  } else if (peek() == 'Z' || ((peek() == '+' || peek() == '-') &&
                               two_digits_at(source_, at_ + 1) >= 0 && peek(3) == ':')) {
    end += peek() == 'Z' ? size_t{1} : size_t{3};
    while (end < source_.size() && (is_digit(source_[end]) || source_[end] == ':')) end++;
    report("date-zone", "a date has no time zone", at_, end, "dates are in UTC",
           peek() == 'Z' ? "leave out the `Z`" : "write the date in UTC");
  }
  at_ = end;
  return true;
}

void Lexer::blob() {
  size_t begin = at_;
  at_ += 2;
  size_t end = at_;
  while (end < source_.size() && is_name_part(source_[end])) end++;
  size_t bad = at_;
  while (bad < end && hex_digit(source_[bad]) >= 0) bad++;
  push(TokenKind::blob, begin, end);
  at_ = end;
  if (bad < end) {
    report("bad-blob", "a blob has hexadecimal digits only", bad, bad + 1, "not a digit of a blob",
           "`0x` starts a blob, two digits for each byte");
  } else if ((end - begin) % 2 != 0) {
    std::string help = "a blob has two digits for each byte";
    if (end - begin <= 17) {
      uint64_t value = 0;
      for (size_t i = begin + 2; i < end; i++) {
        value = value << 4 | static_cast<uint64_t>(hex_digit(source_[i]));
      }
      help += ": `0x0" + std::string(text(begin + 2, end)) + "`; the number is written `" +
              std::to_string(value) + "`";
    }
    report("odd-blob", "a blob needs an even number of digits", begin, end,
           "half a byte is missing", std::move(help));
  }
}

void Lexer::number() {
  size_t begin = at_;
  if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X')) return blob();
  if (peek(4) == '-' && is_digit(peek(1)) && is_digit(peek(2)) && is_digit(peek(3)) &&
      date(begin)) {
    return;
  }
  auto digits = [this] {
    while (is_digit(peek()) || (peek() == '_' && is_digit(peek(1)))) at_++;
  };
  TokenKind kind = TokenKind::integer;
  digits();
  if (peek() == '.' && is_digit(peek(1))) {
    kind = TokenKind::float_;
    at_++;
    digits();
  } else if (peek() == '.' && peek(1) != '.' && !is_name_start(peek(1)) && peek(1) != '`') {
    report("digits-after-point", "digits are missing after the point", at_, at_ + 1,
           "nothing follows the point", "write `" + std::string(text(begin, at_)) + ".0`", ".0");
    push(TokenKind::float_, begin, at_);
    at_++;
    return;
  }
  bool sign = peek(1) == '+' || peek(1) == '-';
  if ((peek() == 'e' || peek() == 'E') && is_digit(peek(sign ? 2 : 1))) {
    kind = TokenKind::float_;
    at_ += sign ? size_t{2} : size_t{1};
    digits();
  }
  push(kind, begin, at_);
  after_number(begin);
}

void Lexer::point_and_digits() {
  size_t begin = at_;
  at_++;
  while (is_digit(peek())) at_++;
  bool after_value = false;
  if (!space_ && !lexed_.tokens.empty()) {
    TokenKind before = lexed_.tokens.back().kind;
    after_value = before == TokenKind::name || before == TokenKind::quoted_name ||
                  before == TokenKind::r_paren || before == TokenKind::r_bracket;
  }
  if (after_value) {
    report("tuple-index", "values have no numbered parts", begin, at_, "not the name of a field",
           "a field of a struct is read by its name, an element of an array by `[" +
               std::string(text(begin + 1, at_)) + "]`");
    return;
  }
  report("digits-before-point", "digits are missing before the point", begin, begin + 1,
         "nothing stands before the point", "write `0" + std::string(text(begin, at_)) + "`", "0.");
  push(TokenKind::float_, begin, at_);
  after_number(begin);
}

// ---- names ----

void Lexer::word() {
  size_t begin = at_;
  while (is_name_part(peek())) at_++;
  if (static_cast<uint8_t>(peek()) >= 0x80 && is_letter_like(source_.substr(at_))) {
    return foreign_letters(begin);
  }
  push(word_kind(text(begin, at_)), begin, at_);
}

void Lexer::foreign_letters(size_t begin) {
  at_ = begin;
  while (!at_end()) {
    if (is_name_part(peek())) {
      at_++;
    } else if (static_cast<uint8_t>(peek()) >= 0x80 && is_letter_like(source_.substr(at_))) {
      at_ += sequence_length(peek());
    } else {
      break;
    }
  }
  at_ = std::min(at_, source_.size());
  std::string quoted = "`" + std::string(text(begin, at_)) + "`";
  report("letters-of-name", "plain names have the letters a to z", begin, at_, "has other letters",
         "put the name in back-quotes: " + quoted, quoted);
  push(TokenKind::name, begin, at_);
}

void Lexer::quoted_name() {
  size_t begin = at_++;
  bool bad_escape = false;
  while (!at_end() && peek() != '`' && peek() != '\n') {
    if (peek() == '\\' && at_ + 1 < source_.size() && peek(1) != '\n') {
      bad_escape |= peek(1) != '`' && peek(1) != '\\' && peek(1) != 'n';
      at_++;
    }
    at_++;
  }
  if (at_end() || peek() == '\n') {
    if (at_end()) lexed_.open_at_end = true;
    report("unclosed-name", "the back-quote of this name is not closed", begin, begin + 1,
           "opened here", "a name in back-quotes ends on its line");
    push(TokenKind::bad, begin, at_);
    return;
  }
  at_++;
  push(TokenKind::quoted_name, begin, at_);
  if (bad_escape) {
    report("bad-escape", "unknown escape in a name", begin, at_, "has an unknown escape",
           "in back-quotes there are ``\\` ``, `\\\\` and `\\n`");
  }
}

// ---- strings ----

void Lexer::escape() {
  size_t begin = at_;  // the backslash
  char c = peek(1);
  switch (c) {
    case '\\':
    case '"':
    case 'n':
    case 't':
    case 'r':
    case '0':
      at_ += 2;
      return;
    case 'u':
      return unicode_escape();
    default:
      break;
  }
  at_ += 1;
  if (at_end()) return;
  size_t end = std::min(at_ + sequence_length(c), source_.size());
  std::string help =
      "there are `\\\\ \\\" \\n \\t \\r \\0 \\u{1F600}`, and `\\(x)` puts in a value";
  std::string fix;
  if (c == 'x' && hex_digit(peek(1)) >= 0 && hex_digit(peek(2)) >= 0) {
    end = at_ + 3;
    fix = "\\u{" + std::string(text(at_ + 1, end)) + "}";
    help = "write `" + fix + "`";
  } else if (c == '\'' || c == '$' || c == '{' || c == '`' || c == '/') {
    fix = std::string(1, c);
    help = "this character stands for itself: `" + fix + "`";
  }
  report("bad-escape", "unknown escape in a string", begin, end, "not an escape", std::move(help),
         std::move(fix));
  at_ = c == '\n' ? at_ : end;
}

void Lexer::unicode_escape() {
  size_t begin = at_;
  at_ += 2;
  if (peek() != '{') {
    size_t end = at_;
    while (end < at_ + 4 && end < source_.size() && hex_digit(source_[end]) >= 0) end++;
    std::string fix;
    if (end > at_) fix = "\\u{" + std::string(text(at_, end)) + "}";
    report("bad-escape", "the code of a character stands in braces", begin, end,
           "braces are missing", fix.empty() ? "as in `\\u{1F600}`" : "write `" + fix + "`", fix);
    at_ = end;
    return;
  }
  uint32_t value = 0;
  size_t digits = 0;
  at_++;
  while (hex_digit(peek()) >= 0 && digits < 7) {
    value = value << 4 | static_cast<uint32_t>(hex_digit(peek()));
    digits++;
    at_++;
  }
  bool closed = peek() == '}';
  if (closed) at_++;
  if (!closed || digits == 0 || digits > 6 || value > 0x10FFFF ||
      (value >= 0xD800 && value <= 0xDFFF)) {
    report("bad-escape", "this is not the code of a character", begin, at_,
           closed && digits > 0 ? "no such character"
                                : "one to six hexadecimal digits and `}` are expected",
           "as in `\\u{1F600}`");
  }
}

void Lexer::dollar_hint() {
  size_t end = at_ + 2;
  while (end < source_.size() && (is_name_part(source_[end]) || source_[end] == '.')) end++;
  if (end == at_ + 2 || end >= source_.size() || source_[end] != '}') return;
  std::string inside(text(at_ + 2, end));
  Diagnostic problem;
  problem.severity = Severity::hint;
  problem.code = "dollar-interpolation";
  problem.title = "this is text, not the value of '" + inside + "'";
  problem.span = {here(), static_cast<uint32_t>(end + 1)};
  problem.label = "ordinary characters";
  problem.help = "to put in a value write `\\(" + inside + ")`";
  problem.fix = "\\(" + inside + ")";
  found_.add(std::move(problem));
}

void Lexer::unterminated(size_t begin, bool first) {
  size_t opening = first ? begin : lexed_.tokens[open_.back().token].begin;
  if (!cut_all_ && cut_string_ == k_nowhere && cut_backslash_ == k_nowhere) {
    open_string_ = static_cast<uint32_t>(opening);
  } else if (opening != cut_string_) {
    report("unclosed-string", "this string is not closed", opening, opening + 1, "opened here",
           "add `\"` where the string ends");
  }
  lexed_.open_at_end = true;
}

// From behind the quote or `)` that starts the piece to behind the quote or `\(` that ends it.
void Lexer::string_piece(size_t begin, bool first) {
  bool cut = cut_all_ || (first && cut_string_ == begin) ||
             (!first && lexed_.tokens[open_.back().token].begin == cut_string_);
  while (true) {
    if (at_end() || (cut && peek() == '\n')) {
      unterminated(begin, first);
      break;
    }
    char c = source_[at_];
    if (c == '"') {
      at_++;
      break;
    }
    if (c == '\\' && peek(1) == '(' && at_ != cut_backslash_) {
      auto token = static_cast<uint32_t>(lexed_.tokens.size());
      size_t backslash = at_;
      at_ += 2;
      push(first ? TokenKind::string_begin : TokenKind::string_middle, begin, at_);
      if (first) {
        open_.push_back({.backslash = static_cast<uint32_t>(backslash), .token = token});
      } else {
        open_.back().backslash = static_cast<uint32_t>(backslash);
        open_.back().parens = 0;
      }
      return;
    }
    if (c == '\\' && at_ == cut_backslash_) {
      at_ = std::min(source_.find('\n', at_), source_.size());
      break;
    }
    if (c == '\\') {
      escape();
    } else {
      if (c == '$' && peek(1) == '{') dollar_hint();
      if (c == '\0') {
        report("nul-character", "a NUL character stands in the text", at_, at_ + 1, "a byte 0",
               "in a string write `\\0`", "\\0");
      }
      at_++;
    }
  }
  push(first ? TokenKind::string : TokenKind::string_end, begin, at_);
  if (!first) open_.pop_back();
}

void Lexer::string() {
  size_t begin = at_;
  if (!space_ && !lexed_.tokens.empty() && lexed_.tokens.back().kind == TokenKind::name) {
    std::string_view prefix = text(lexed_.tokens.back().begin, lexed_.tokens.back().end);
    if (prefix == "f" || prefix == "r" || prefix == "b" || prefix == "u" || prefix == "s" ||
        prefix == "raw" || prefix == "F" || prefix == "R") {
      bool format = prefix == "f" || prefix == "F" || prefix == "s";
      report("string-prefix", "strings have no prefix", begin - prefix.size(), begin,
             "leave this out",
             format ? "every string can hold values: `\"total: \\(x)\"`"
                    : "in strings `\\` starts an escape; write `\\\\` for the character");
      Token name = lexed_.tokens.back();
      lexed_.tokens.pop_back();
      newline_ = name.newline_before;
      space_ = name.space_before;
    }
  }
  if (peek(1) == '"' && peek(2) == '"') {
    size_t end = source_.find("\"\"\"", at_ + 3);
    report("triple-quotes", "one quote on each side is enough", begin, begin + 3, "three quotes",
           "a string may hold line breaks");
    at_ = end == std::string_view::npos ? source_.size() : end + 3;
    push(TokenKind::string, begin, at_);
    return;
  }
  at_++;
  string_piece(begin, true);
}

void Lexer::single_quoted() {
  size_t end = at_ + 1;
  while (end < source_.size() && source_[end] != '\'' && source_[end] != '\n') {
    end += source_[end] == '\\' ? size_t{2} : size_t{1};
  }
  end = std::min(end, source_.size());
  if (end == source_.size() || source_[end] == '\n') {
    report("single-quotes", "strings stand in double quotes", at_, at_ + 1, "not a quote in East",
           "write `\"`");
    push(TokenKind::bad, at_, end);
    at_ = end;
    return;
  }
  std::string fix = "\"" + std::string(text(at_ + 1, end)) + "\"";
  report("single-quotes", "strings stand in double quotes", at_, end + 1, "in single quotes",
         "write `" + fix + "`", fix);
  push(TokenKind::string, at_, end + 1);
  at_ = end + 1;
}

// ---- operators and the rest ----

bool Lexer::foreign_operator() {
  struct Foreign {
    std::string_view text;
    TokenKind meant;
    std::string_view code;
    std::string_view title;
    std::string_view fix;
  };
  static constexpr Foreign k_foreign[] = {
      {"===", TokenKind::equal, "triple-equal", "equality is written `==`", "=="},
      {"!==", TokenKind::not_equal, "triple-equal", "inequality is written `!=`", "!="},
      {"=>", TokenKind::arrow, "fat-arrow", "the arrow is written `->`", "->"},
      {":=", TokenKind::assign, "colon-equal", "a value is given with `=`", "="},
      {"::", TokenKind::dot, "double-colon", "parts are named with `.`", "."},
      {"?.", TokenKind::dot, "optional-chain", "there is no `?.`", "."},
  };
  for (const Foreign& foreign : k_foreign) {
    if (!source_.substr(at_).starts_with(foreign.text)) continue;
    std::string help = "write `" + std::string(foreign.fix) + "`";
    if (foreign.code == "colon-equal") {
      help = "a new constant is `let x = 1`, a new variable `var x = 1`, a change `x = 1`";
    } else if (foreign.code == "optional-chain") {
      help = "an Option is taken apart by `match`";
    }
    report(foreign.code, std::string(foreign.title), at_, at_ + foreign.text.size(),
           "not an operator of East", std::move(help), std::string(foreign.fix));
    punctuation(foreign.meant, foreign.text.size());
    return true;
  }
  return false;
}

void Lexer::operator_or_other() {
  if (foreign_operator()) return;
  struct Operator {
    std::string_view text;
    TokenKind kind;
  };
  // Longer ones first.
  static constexpr Operator k_operators[] = {
      {"->", TokenKind::arrow},          {"==", TokenKind::equal},
      {"!=", TokenKind::not_equal},      {"<=", TokenKind::less_equal},
      {">=", TokenKind::greater_equal},  {"+=", TokenKind::plus_assign},
      {"-=", TokenKind::minus_assign},   {"**", TokenKind::star_star},
      {"*=", TokenKind::star_assign},    {"/=", TokenKind::slash_assign},
      {"%=", TokenKind::percent_assign}, {"&&", TokenKind::and_and},
      {"||", TokenKind::or_or},          {"..", TokenKind::dot_dot},
  };
  std::string_view rest = source_.substr(at_);
  for (const Operator& each : k_operators) {
    if (rest.starts_with(each.text)) {
      return punctuation(each.kind, rest.starts_with("...") ? 3 : 2);
    }
  }
  for (auto kind = TokenKind::l_paren; kind <= TokenKind::question;
       kind = static_cast<TokenKind>(static_cast<uint8_t>(kind) + 1)) {
    std::string_view form = spelling(kind);
    if (form.size() == 1 && form[0] == rest[0]) return punctuation(kind, 1);
  }
  other_character();
}

void Lexer::other_character() {
  size_t end = std::min(at_ + sequence_length(peek()), source_.size());
  if (static_cast<uint8_t>(peek()) >= 0x80 && is_letter_like(source_.substr(at_))) {
    return foreign_letters(at_);
  }
  std::string shown(text(at_, end));
  if (found_.full()) {
    found_.count_dropped();
  } else if (peek() == '\0') {
    report("nul-character", "a NUL character stands in the text", at_, end, "a byte 0");
  } else {
    auto [title, help, fix] = advice_about(source_.substr(at_, end - at_));
    report("unexpected-character", std::move(title), at_, end, "has no meaning here",
           std::move(help), std::move(fix));
  }
  // A backslash before a function and spaces of other widths are best left out.
  bool skip = peek() == '\\' || peek() == '\0' || is_wide_space(shown);
  if (skip) {
    space_ = true;
  } else {
    push(TokenKind::bad, at_, end);
  }
  at_ = end;
}

// ---- the whole text ----

void Lexer::step() {
  char c = source_[at_];
  if (is_name_start(c)) return word();
  if (is_digit(c)) return number();
  switch (c) {
    case '"':
      return string();
    case '\'':
      return single_quoted();
    case '`':
      return quoted_name();
    case '#':
      return foreign_comment();
    case '/':
      if (peek(1) == '/') return line_comment();
      if (peek(1) == '*') return foreign_comment();
      break;
    case '.':
      if (is_digit(peek(1))) return point_and_digits();
      break;
    case '+':
    case '-': {
      // Years of more than four digits have a sign.
      size_t length = 0;
      int64_t ms = 0;
      bool far = is_digit(peek(1)) && is_digit(peek(5)) && is_digit(peek(6));
      if (far && read_datetime(source_.substr(at_, 32), length, ms) == DateTimeStatus::ok) {
        push(TokenKind::datetime, at_, at_ + length);
        at_ += length;
        return;
      }
      break;
    }
    case '(':
      if (!open_.empty()) open_.back().parens++;
      break;
    case ')':
      if (open_.empty()) break;
      if (open_.back().parens == 0) {
        size_t begin = at_++;
        return string_piece(begin, false);
      }
      open_.back().parens--;
      break;
    default:
      break;
  }
  operator_or_other();
}

bool Lexer::pass() {
  if (source_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  while (true) {
    space();
    if (at_end()) break;
    step();
  }
  if (!open_.empty()) lexed_.open_at_end = true;
  newline_ = true;
  space_ = true;
  push(TokenKind::end, source_.size(), source_.size());
  return !blame_open_string();
}

// A quote that is missing turns the text behind it inside out. The string to blame is the first one
// that holds a line break and is followed by what no string can be followed by, else the last one.
bool Lexer::blame_open_string() {
  bool first_time = cut_string_ == k_nowhere && cut_backslash_ == k_nowhere && !cut_all_;
  if (!first_time) {
    // Cutting one string did not mend the text.
    if (!lexed_.open_at_end || cut_all_) return false;
    bool open_string = !open_.empty();
    for (const Diagnostic& each : found_.list()) open_string |= each.code == "unclosed-string";
    if (!open_string) return false;
    cut_all_ = true;
    return true;
  }
  if (open_string_ == k_nowhere && open_.empty()) return false;
  Diagnostic problem;
  if (!open_.empty() && (open_string_ == k_nowhere || open_string_ > open_.front().backslash)) {
    cut_backslash_ = open_.front().backslash;
    problem.code = "unclosed-interpolation";
    problem.title = "the parenthesis of `\\(` is not closed";
    problem.span = {cut_backslash_, cut_backslash_ + 2};
    problem.label = "opened here";
    problem.help = "add `)` after the value; for the two characters write `\\\\(`";
    problem.related.push_back({.span = {lexed_.tokens[open_.front().token].begin,
                                        lexed_.tokens[open_.front().token].begin + 1},
                               .message = "in this string"});
  } else {
    cut_string_ = open_string_;
    for (const Token& token : lexed_.tokens) {
      if (!token.is(TokenKind::string) || token.end >= source_.size()) continue;
      char next = source_[token.end];
      if (!is_name_part(next) && next != '"' && next != '\\') continue;
      if (text(token.begin, token.end).find('\n') == std::string_view::npos) continue;
      cut_string_ = token.begin;
      break;
    }
    problem.code = "unclosed-string";
    problem.title = "this string is not closed";
    problem.span = {cut_string_, cut_string_ + 1};
    problem.label = "opened here";
    problem.help = "add `\"` where the string ends";
  }
  blamed_.push_back(std::move(problem));
  return true;
}

void Lexer::restart() {
  at_ = 0;
  newline_ = true;
  space_ = true;
  lexed_ = {};
  found_ = {};
  open_.clear();
  lexed_.open_at_end = true;
}

Lexed Lexer::run() {
  while (!pass()) restart();
  if (cut_string_ != k_nowhere || cut_backslash_ != k_nowhere) lexed_.open_at_end = true;
  for (Diagnostic& problem : blamed_) found_.add(std::move(problem));
  lexed_.dropped = found_.dropped();
  lexed_.diagnostics = found_.take();
  return std::move(lexed_);
}

}  // namespace

Lexed lex(std::string_view source) {
  size_t valid = utf8_valid_prefix(as_bytes(source).data(), source.size());
  if (valid < source.size()) {
    // Nothing can be said about a text in another encoding.
    Lexed lexed;
    lexed.line_starts = line_starts_of(source);
    Token end;
    end.begin = end.end = static_cast<uint32_t>(source.size());
    end.newline_before = true;
    lexed.tokens.push_back(end);
    Diagnostic problem;
    problem.code = "invalid-utf8";
    problem.title = "the file is not UTF-8 text";
    problem.span = {static_cast<uint32_t>(valid), static_cast<uint32_t>(valid + 1)};
    problem.label = "this byte is no character";
    problem.help = "save the file with the encoding UTF-8";
    lexed.diagnostics.push_back(std::move(problem));
    return lexed;
  }
  Lexed lexed = Lexer(source).run();
  lexed.line_starts = line_starts_of(source);
  pair_brackets(lexed, source);
  pair_angles(lexed.tokens);
  return lexed;
}

}  // namespace samara::lang
