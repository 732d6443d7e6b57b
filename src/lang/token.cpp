#include "lang/token.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace samara::lang {

namespace {

constexpr std::string_view k_spellings[] = {
#define SAMARA_TOKEN(kind, description) std::string_view(),
#define SAMARA_KEYWORD(kind, spelling) spelling,
#define SAMARA_PUNCTUATION(kind, spelling) spelling,
#include "lang/tokens.def"
};

constexpr std::string_view k_descriptions[] = {
#define SAMARA_TOKEN(kind, description) description,
#define SAMARA_KEYWORD(kind, spelling) std::string_view(),
#define SAMARA_PUNCTUATION(kind, spelling) std::string_view(),
#include "lang/tokens.def"
};

struct Keyword {
  std::string_view word;
  TokenKind kind;
};
constexpr Keyword k_keywords[] = {
#define SAMARA_KEYWORD(kind, spelling) {spelling, TokenKind::kind},
#include "lang/tokens.def"
};

constexpr size_t k_keyword_length_max = 8;

constexpr size_t index_of(TokenKind kind) { return static_cast<size_t>(kind); }

}  // namespace

std::string_view spelling(TokenKind kind) { return k_spellings[index_of(kind)]; }

bool is_keyword(TokenKind kind) {
  return kind >= TokenKind::kw_as && kind <= TokenKind::kw_infinity;
}

TokenKind word_kind(std::string_view word) {
  if (word.size() < 2 || word.size() > k_keyword_length_max) return TokenKind::name;
  for (const Keyword& keyword : k_keywords) {
    if (keyword.word == word) return keyword.kind;
  }
  return TokenKind::name;
}

std::string describe(const Token& token, std::string_view source) {
  if (token.inserted) return "the end of this bracket";
  std::string_view fixed = spelling(token.kind);
  if (is_keyword(token.kind)) return "the keyword '" + std::string(fixed) + "'";
  if (!fixed.empty()) return "'" + std::string(fixed) + "'";
  if (token.kind == TokenKind::name || token.kind == TokenKind::quoted_name ||
      token.kind == TokenKind::integer || token.kind == TokenKind::float_) {
    std::string_view text = source.substr(token.begin, token.end - token.begin);
    if (text.size() <= 40) return "'" + std::string(text) + "'";
  }
  return std::string(k_descriptions[index_of(token.kind)]);
}

}  // namespace samara::lang
