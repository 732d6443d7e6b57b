#pragma once
// One pass, or up to three, over the bytes of a source: tokens, comments and what is wrong with
// characters, numbers and strings. Brackets are paired after it.
//
// Threads: one object, one thread. Source: docs/formats/source.md, section 1.

#include <string>
#include <string_view>
#include <vector>

#include "lang/diagnostic_list.hpp"
#include "lang/lexer.hpp"

namespace samara::lang {

class Scanner {
 public:
  explicit Scanner(std::string_view source) : source_(source) {}

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
  bool long_operator();
  void other_character();

  static constexpr uint32_t k_nowhere = UINT32_MAX;

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

}  // namespace samara::lang
