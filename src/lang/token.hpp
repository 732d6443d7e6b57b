#pragma once
// The tokens of East source, brackets paired. Threads: values. Source: docs/formats/source.md,
// section 1; the list is tokens.def.

#include <cstdint>
#include <string>
#include <string_view>

#include "lang/ast.hpp"

namespace samara::lang {

enum class TokenKind : uint8_t {
#define SAMARA_TOKEN(kind, description) kind,
#define SAMARA_KEYWORD(kind, spelling) kind,
#define SAMARA_PUNCTUATION(kind, spelling) kind,
#include "lang/tokens.def"
};

struct Token {
  static constexpr uint32_t k_unmatched = UINT32_MAX;

  TokenKind kind = TokenKind::end;
  bool newline_before = false;  // first token of its line
  bool space_before = false;    // white space or a comment before it; true after a newline
  bool inserted = false;        // not in the text: closes what was left open
  uint32_t begin = 0;
  uint32_t end = 0;
  /// Index of the other bracket. Of `<`: of the `>` that ends type arguments of a call, if it can
  /// start some. Of string_begin and string_middle: of the next part.
  uint32_t match = k_unmatched;

  Span span() const { return {begin, end}; }
  bool is(TokenKind other) const { return kind == other; }
};

/// Spelling of a keyword or of punctuation; empty for others.
std::string_view spelling(TokenKind kind);
bool is_keyword(TokenKind kind);
/// The keyword, or `name`.
TokenKind word_kind(std::string_view word);
/// How messages name the token: `a string`, `'+'`, `the keyword 'for'`, `'total'`.
std::string describe(const Token& token, std::string_view source);

constexpr bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
constexpr bool is_name_part(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }

}  // namespace samara::lang
