// Strings with their escapes and interpolations, and which string to blame for a missing quote.

#include <algorithm>

#include "lang/lexer_characters.hpp"
#include "lang/scanner.hpp"
#include "value/number_text.hpp"

namespace samara::lang {

void Scanner::escape() {
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

void Scanner::unicode_escape() {
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

void Scanner::dollar_hint() {
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

void Scanner::unterminated(size_t begin, bool first) {
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
void Scanner::string_piece(size_t begin, bool first) {
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

void Scanner::string() {
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

void Scanner::single_quoted() {
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

// A quote that is missing turns the text behind it inside out. The string to blame is the first one
// that holds a line break and is followed by what no string can be followed by, else the last one.
bool Scanner::blame_open_string() {
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

}  // namespace samara::lang
