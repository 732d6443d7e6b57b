// Operators, those of other languages, and characters that have no place.

#include <algorithm>
#include <array>

#include "lang/lexer_characters.hpp"
#include "lang/scanner.hpp"

namespace samara::lang {

namespace {

// Punctuation of one character by its byte; `end` for all others.
constexpr auto k_single = [] {
  std::array<TokenKind, 256> kinds{};
#define SAMARA_PUNCTUATION(kind, spelling) \
  if (sizeof(spelling) == 2) kinds[static_cast<uint8_t>((spelling)[0])] = TokenKind::kind;
#include "lang/tokens.def"
  return kinds;
}();

}  // namespace

bool Scanner::foreign_operator() {
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

void Scanner::operator_or_other() {
  // All signs of two characters have one of these as the second.
  bool longer = at_ + 1 < source_.size() &&
                std::string_view("=>*&|.:").find(source_[at_ + 1]) != std::string_view::npos;
  if (longer && (foreign_operator() || long_operator())) return;
  TokenKind kind = k_single[static_cast<uint8_t>(source_[at_])];
  if (kind != TokenKind::end) return punctuation(kind, 1);
  other_character();
}

bool Scanner::long_operator() {
  struct Sign {
    std::string_view text;
    TokenKind kind;
  };
  // Longer ones first.
  static constexpr Sign k_signs[] = {
      {"->", TokenKind::arrow},          {"==", TokenKind::equal},
      {"!=", TokenKind::not_equal},      {"<=", TokenKind::less_equal},
      {">=", TokenKind::greater_equal},  {"+=", TokenKind::plus_assign},
      {"-=", TokenKind::minus_assign},   {"**", TokenKind::star_star},
      {"*=", TokenKind::star_assign},    {"/=", TokenKind::slash_assign},
      {"%=", TokenKind::percent_assign}, {"&&", TokenKind::and_and},
      {"||", TokenKind::or_or},          {"..", TokenKind::dot_dot},
  };
  std::string_view rest = source_.substr(at_);
  for (const Sign& each : k_signs) {
    if (rest.starts_with(each.text)) {
      punctuation(each.kind, rest.starts_with("...") ? 3 : 2);
      return true;
    }
  }
  return false;
}

void Scanner::other_character() {
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

}  // namespace samara::lang
