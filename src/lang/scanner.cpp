#include "lang/scanner.hpp"

#include <algorithm>

#include "lang/lexer_characters.hpp"
#include "value/number_text.hpp"
#include "value/text_datetime.hpp"

namespace samara::lang {

Token& Scanner::push(TokenKind kind, size_t begin, size_t end) {
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

void Scanner::punctuation(TokenKind kind, size_t length) {
  push(kind, at_, at_ + length);
  at_ += length;
}

void Scanner::report(std::string_view code, std::string title, size_t begin, size_t end,
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

void Scanner::space() {
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

void Scanner::line_comment() {
  size_t begin = at_;
  size_t end = source_.find('\n', at_);
  if (end == std::string_view::npos) end = source_.size();
  at_ = end;
  if (end > begin && source_[end - 1] == '\r') end--;
  lexed_.comments.push_back(
      {.span = {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)}, .own_line = newline_});
  space_ = true;
}

void Scanner::foreign_comment() {
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

void Scanner::word() {
  size_t begin = at_;
  while (is_name_part(peek())) at_++;
  if (static_cast<uint8_t>(peek()) >= 0x80 && is_letter_like(source_.substr(at_))) {
    return foreign_letters(begin);
  }
  push(word_kind(text(begin, at_)), begin, at_);
}

void Scanner::foreign_letters(size_t begin) {
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

void Scanner::quoted_name() {
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

void Scanner::step() {
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

bool Scanner::pass() {
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

void Scanner::restart() {
  at_ = 0;
  newline_ = true;
  space_ = true;
  lexed_ = {};
  found_ = {};
  open_.clear();
  lexed_.open_at_end = true;
}

Lexed Scanner::run() {
  while (!pass()) restart();
  if (cut_string_ != k_nowhere || cut_backslash_ != k_nowhere) lexed_.open_at_end = true;
  for (Diagnostic& problem : blamed_) found_.add(std::move(problem));
  lexed_.dropped = found_.dropped();
  lexed_.diagnostics = found_.take();
  return std::move(lexed_);
}

}  // namespace samara::lang
