// Pairing of brackets. A text whose brackets pair is taken as it is. In one where they do not, the
// indentation of lines tells where a bracket was forgotten, as it does to the people who read it.

#include <array>

#include "lang/diagnostic_list.hpp"
#include "lang/lexer.hpp"

namespace samara::lang {

namespace {

bool opens(TokenKind kind) {
  return kind == TokenKind::l_paren || kind == TokenKind::l_bracket || kind == TokenKind::l_brace ||
         kind == TokenKind::string_begin || kind == TokenKind::string_middle;
}

/// The bracket that `kind` closes, or `end`.
TokenKind opener_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::r_paren:
      return TokenKind::l_paren;
    case TokenKind::r_bracket:
      return TokenKind::l_bracket;
    case TokenKind::r_brace:
      return TokenKind::l_brace;
    case TokenKind::string_middle:
    case TokenKind::string_end:
      return TokenKind::string_begin;
    default:
      return TokenKind::end;
  }
}

TokenKind closer_of(TokenKind opener) {
  switch (opener) {
    case TokenKind::l_paren:
      return TokenKind::r_paren;
    case TokenKind::l_bracket:
      return TokenKind::r_bracket;
    case TokenKind::l_brace:
      return TokenKind::r_brace;
    default:
      return TokenKind::string_end;
  }
}

bool fits(TokenKind opener, TokenKind closer) {
  if (opener == TokenKind::string_middle) opener = TokenKind::string_begin;
  return opener_of(closer) == opener;
}

/// True when every bracket has its partner; sets `match`.
bool pair_exactly(std::vector<Token>& tokens) {
  std::vector<uint32_t> stack;
  for (uint32_t i = 0; i < tokens.size(); i++) {
    TokenKind kind = tokens[i].kind;
    if (opener_of(kind) != TokenKind::end) {
      if (stack.empty() || !fits(tokens[stack.back()].kind, kind)) return false;
      tokens[stack.back()].match = i;
      // A middle part has a partner on both sides; its own match is the one after it.
      if (kind != TokenKind::string_middle) tokens[i].match = stack.back();
      stack.pop_back();
    }
    if (opens(kind)) {
      if (stack.size() >= k_syntax_depth_max) return false;
      stack.push_back(i);
    }
  }
  return stack.empty();
}

class Mender {
 public:
  Mender(Lexed& lexed, std::string_view source) : lexed_(lexed), source_(source) {}

  void run() {
    out_.reserve(lexed_.tokens.size() + 8);
    for (Diagnostic& problem : lexed_.diagnostics) found_.add(std::move(problem));
    for (size_t i = 0; i < lexed_.tokens.size() && !too_deep_; i++) take(i);
    if (too_deep_) {
      while (!stack_.empty()) pop();
      Token end = lexed_.tokens.back();
      out_.push_back(end);
    }
    lexed_.tokens = std::move(out_);
    lexed_.dropped += found_.dropped();
    lexed_.diagnostics = found_.take();
  }

 private:
  struct Open {
    uint32_t token = 0;  // in out_
    TokenKind kind{};
    uint32_t indent = 0;
    bool known = false;               // `indented` has been looked at
    bool indented = false;            // what follows in new lines stands further right
    std::array<uint32_t, 3> outer{};  // open brackets of each kind outside this interpolation
  };

  uint32_t column(const Token& token) {
    while (line_ + 1 < lexed_.line_starts.size() && lexed_.line_starts[line_ + 1] <= token.begin) {
      line_++;
    }
    return token.begin - lexed_.line_starts[line_];
  }

  static size_t slot(TokenKind opener) {
    return opener == TokenKind::l_paren ? 0 : opener == TokenKind::l_bracket ? 1 : 2;
  }
  static bool is_part(TokenKind kind) {
    return kind == TokenKind::string_begin || kind == TokenKind::string_middle;
  }

  void push(const Token& token) {
    Open open;
    open.token = static_cast<uint32_t>(out_.size());
    open.kind = token.kind;
    open.indent = indent_;
    if (is_part(token.kind)) {
      open.outer = counts_;
      counts_ = {};
    } else {
      counts_[slot(token.kind)]++;
    }
    stack_.push_back(open);
  }

  /// Closes the innermost bracket with a token that is not in the text.
  void pop() {
    Token closer;
    closer.kind = closer_of(stack_.back().kind);
    closer.inserted = true;
    closer.begin = closer.end = out_.back().end;
    close(closer);
  }

  void close(const Token& closer) {
    const Open& open = stack_.back();
    auto index = static_cast<uint32_t>(out_.size());
    out_[open.token].match = index;
    out_.push_back(closer);
    out_.back().match = closer.is(TokenKind::string_middle) ? Token::k_unmatched : open.token;
    if (is_part(open.kind)) {
      counts_ = open.outer;
    } else {
      counts_[slot(open.kind)]--;
    }
    stack_.pop_back();
  }

  void report_unclosed(const Token& found) {
    const Token& open = out_[stack_.back().token];
    if (is_part(open.kind)) return;  // the lexer said it
    if (found_.full()) return found_.count_dropped();
    std::string bracket(spelling(open.kind));
    std::string closer(spelling(closer_of(open.kind)));
    Diagnostic problem;
    problem.code = "unclosed-bracket";
    problem.title = "`" + bracket + "` is not closed";
    uint32_t at = out_.back().end;
    problem.span = {at, at};
    problem.label = "expected `" + closer + "` here";
    problem.related.push_back({.span = open.span(), .message = "opened here"});
    if (found.is(TokenKind::end)) {
      problem.label += ", found the end of the file";
    } else if (!found.newline_before) {
      problem.label = "expected `" + closer + "` before " + describe(found, source_);
    }
    problem.fix = closer;
    found_.add(std::move(problem));
  }

  void report_extra(const Token& token) {
    if (found_.full()) return found_.count_dropped();
    Diagnostic problem;
    problem.code = "extra-bracket";
    std::string bracket(spelling(token.kind));
    problem.title = "`" + bracket + "` closes nothing";
    problem.span = token.span();
    problem.label = "no `" + std::string(spelling(opener_of(token.kind))) + "` is open here";
    problem.help = "remove it, or open the bracket before it";
    found_.add(std::move(problem));
  }

  void report_wrong(const Token& token) {
    if (found_.full()) return found_.count_dropped();
    const Token& open = out_[stack_.back().token];
    std::string wanted(spelling(closer_of(open.kind)));
    Diagnostic problem;
    problem.code = "wrong-bracket";
    problem.title = "`" + std::string(spelling(open.kind)) + "` is closed by `" +
                    std::string(spelling(token.kind)) + "`";
    problem.span = token.span();
    problem.label = "expected `" + wanted + "`";
    problem.related.push_back({.span = open.span(), .message = "opened here"});
    problem.help = "write `" + wanted + "`";
    problem.fix = wanted;
    found_.add(std::move(problem));
  }

  void drop_open(const Token& found) {
    report_unclosed(found);
    pop();
  }

  bool starts_declaration(size_t i, uint32_t at) const {
    auto kind = [&](size_t index) {
      return index < lexed_.tokens.size() ? lexed_.tokens[index].kind : TokenKind::end;
    };
    if (at != 0) return false;
    switch (kind(i)) {
      case TokenKind::kw_fn:
        return kind(i + 1) == TokenKind::name || kind(i + 1) == TokenKind::quoted_name;
      case TokenKind::kw_async:
        return kind(i + 1) == TokenKind::kw_fn && kind(i + 2) == TokenKind::name;
      case TokenKind::kw_type:
      case TokenKind::kw_import:
        return kind(i + 1) == TokenKind::name;
      case TokenKind::kw_platform:
      case TokenKind::kw_private:
        return true;
      default:
        return false;
    }
  }

  // What the start of a line says about the brackets that are open.
  void line_starts(size_t i) {
    const Token& token = lexed_.tokens[i];
    uint32_t at = column(token);
    bool closes = opener_of(token.kind) != TokenKind::end;
    if (!stack_.empty() && starts_declaration(i, at)) {
      while (!stack_.empty()) drop_open(token);
    }
    while (!stack_.empty() && !is_part(stack_.back().kind)) {
      Open& open = stack_.back();
      if (!open.known) {
        open.known = true;
        open.indented = at > open.indent;
      }
      bool brace = open.kind == TokenKind::l_brace;
      bool statement = token.is(TokenKind::kw_let) || token.is(TokenKind::kw_var);
      bool left = open.indented && (closes ? at < open.indent : at <= open.indent);
      if (token.is(TokenKind::end) || (closes && stack_.size() == 1)) break;
      if (closes && !fits(open.kind, token.kind)) break;
      if (!left && (brace || !statement)) break;
      drop_open(token);
    }
    indent_ = at;
  }

  void take(size_t i) {
    const Token& token = lexed_.tokens[i];
    if (token.newline_before) line_starts(i);
    if (token.is(TokenKind::end)) {
      while (!stack_.empty()) drop_open(token);
      out_.push_back(token);
      return;
    }
    TokenKind opener = opener_of(token.kind);
    if (opener == TokenKind::string_begin) {
      while (!stack_.empty() && !is_part(stack_.back().kind)) drop_open(token);
      if (stack_.empty()) return;
    } else if (opener != TokenKind::end) {
      if (counts_[slot(opener)] > 0) {
        while (!fits(stack_.back().kind, token.kind)) drop_open(token);
      } else {
        // A block is rather left open than closed by a bracket of another kind.
        bool wrong = !stack_.empty() && !is_part(stack_.back().kind) &&
                     stack_.back().kind != TokenKind::l_brace;
        if (!wrong) return report_extra(token);
        report_wrong(token);
        return pop();
      }
    }
    if (opener != TokenKind::end) {
      close(token);
      if (!opens(token.kind)) return;
      push_part(token);
      return;
    }
    if (opens(token.kind)) {
      if (stack_.size() >= k_syntax_depth_max) return report_depth(token);
      push(token);
    }
    out_.push_back(token);
  }

  // A middle part has just been written as a closer; it opens the next interpolation too.
  void push_part(const Token& token) {
    push(token);
    stack_.back().token = static_cast<uint32_t>(out_.size() - 1);
  }

  void report_depth(const Token& token) {
    too_deep_ = true;
    Diagnostic problem;
    problem.code = "too-deep";
    problem.title = "brackets stand too deep in each other";
    problem.span = token.span();
    problem.label = "level " + std::to_string(k_syntax_depth_max + 1);
    problem.help = "give parts of it names with `let`; the rest of the file was not read";
    found_.add(std::move(problem));
  }

  Lexed& lexed_;
  std::string_view source_;
  std::vector<Token> out_;
  std::vector<Open> stack_;
  std::array<uint32_t, 3> counts_{};
  DiagnosticList found_;
  uint32_t indent_ = 0;
  size_t line_ = 0;
  bool too_deep_ = false;
};

// Whether the token can stand between `<` and `>` of types.
bool belongs_to_type(const std::vector<Token>& tokens, size_t i) {
  const Token& token = tokens[i];
  TokenKind before = i > 0 ? tokens[i - 1].kind : TokenKind::end;
  bool ended = before == TokenKind::name || before == TokenKind::quoted_name ||
               before == TokenKind::greater || before == TokenKind::r_paren;
  if (token.newline_before && ended) return false;
  switch (token.kind) {
    case TokenKind::name:
    case TokenKind::quoted_name:
    case TokenKind::comma:
    case TokenKind::dot:
    case TokenKind::pipe:
    case TokenKind::arrow:
    case TokenKind::colon:
    case TokenKind::assign:
    case TokenKind::kw_rec:
    case TokenKind::kw_async:
    case TokenKind::l_paren:
    case TokenKind::r_paren:
    case TokenKind::less:
    case TokenKind::greater:
      return true;
    default:  // names of cases and fields
      return is_keyword(token.kind) &&
             (before == TokenKind::dot ||
              (i + 1 < tokens.size() && tokens[i + 1].is(TokenKind::colon)));
  }
}

}  // namespace

void pair_brackets(Lexed& lexed, std::string_view source) {
  if (pair_exactly(lexed.tokens)) return;
  bool open = false;
  {
    // Whether more text could complete it: nothing is closed wrongly, something is open.
    std::vector<TokenKind> stack;
    bool wrong = false;
    for (const Token& token : lexed.tokens) {
      if (opener_of(token.kind) != TokenKind::end) {
        if (stack.empty() || !fits(stack.back(), token.kind)) {
          wrong = true;
          break;
        }
        stack.pop_back();
      }
      if (opens(token.kind)) stack.push_back(token.kind);
      if (stack.size() > k_syntax_depth_max) wrong = true;
      if (wrong) break;
    }
    open = !wrong && !stack.empty();
  }
  for (Token& token : lexed.tokens) token.match = Token::k_unmatched;
  Mender(lexed, source).run();
  lexed.open_at_end = lexed.open_at_end || open;
}

void pair_angles(std::vector<Token>& tokens) {
  // Holds `<` and, once one is open, the brackets inside it. Whatever cannot stand in a type
  // empties it, so each token is pushed and popped once.
  std::vector<uint32_t> stack;
  for (uint32_t i = 0; i < tokens.size(); i++) {
    const Token& token = tokens[i];
    if (!stack.empty() && !belongs_to_type(tokens, i)) stack.clear();
    if (token.is(TokenKind::less)) {
      bool after_name =
          i > 0 && !token.space_before &&
          (tokens[i - 1].is(TokenKind::name) || tokens[i - 1].is(TokenKind::quoted_name) ||
           (i > 1 && tokens[i - 2].is(TokenKind::dot) && is_keyword(tokens[i - 1].kind)));
      if (after_name) {
        stack.push_back(i);
      } else {
        stack.clear();
      }
    } else if (stack.empty()) {
      continue;
    } else if (token.is(TokenKind::greater)) {
      if (tokens[stack.back()].is(TokenKind::less)) {
        tokens[stack.back()].match = i;
        stack.pop_back();
      } else {
        stack.clear();
      }
    } else if (token.is(TokenKind::l_paren)) {
      stack.push_back(i);
    } else if (token.is(TokenKind::r_paren)) {
      while (!stack.empty() && tokens[stack.back()].is(TokenKind::less)) stack.pop_back();
      if (!stack.empty()) stack.pop_back();
    }
  }
}

}  // namespace samara::lang
