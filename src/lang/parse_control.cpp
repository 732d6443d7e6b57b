// if, match, loops, try, jumps. Source: docs/formats/source.md, section 5.

#include "lang/parser.hpp"

namespace samara::lang {

Expr* Parser::if_expr() {
  uint32_t begin = token().begin;
  Expr* node = make(ExprForm::if_, {});
  node->op_span = token().span();
  std::vector<Expr*> kids;
  advance();
  while (true) {
    kids.push_back(condition());
    if (panic_) break;
    kids.push_back(body("if"));
    if (panic_) break;
    if (at_word("elif") || at_word("elsif") || at_word("elseif")) {
      mend("elif", "a further condition is `else if`", token().span(), "not a word of East",
           "write `else if`", "else if");
      advance();
      continue;
    }
    if (!accept(K::kw_else)) break;
    if (accept(K::kw_if)) continue;
    kids.push_back(body("else"));
    break;
  }
  node->span = from(begin);
  // An error keeps the pairs of condition and body whole.
  if (panic_ && kids.size() == 1) kids.push_back(bad_expr(node->span));
  return with_kids(node, kids);
}

Expr* Parser::match_expr() {
  uint32_t begin = token().begin;
  Expr* node = make(ExprForm::match, {});
  node->op_span = token().span();
  advance();
  std::vector<Expr*> kids{condition()};
  std::vector<Arm> arms;
  if (!panic_ && !at(K::l_brace) && (token().newline_before || !foreign_operator())) {
    expected("missing-brace", "`{` and the arms of `match`",
             "as in `match x { .some y -> y; .none -> 0 }`");
  }
  if (!panic_) {
    uint32_t close = std::min(token().match, last());
    pos_++;
    Scope scope(*this, {.newlines = true, .no_brace = false});
    while (pos_ < close && !stopped_) {
      if (accept(K::semicolon)) continue;
      uint32_t start = pos_;
      match_arm(arms, kids);
      if (!panic_ && pos_ < close && at(K::comma)) {
        mend("comma-after-arm", "the arms of a match stand on lines of their own", token().span(),
             "leave out the comma", "on one line `;` stands between arms");
        advance();
      } else if (!panic_ && !at_boundary(close)) {
        unexpected_after_statement(start);
      }
      if (panic_) {
        panic_ = stopped_;
        if (pos_ == start) pos_ = after(pos_);
        while (pos_ < close && !at(K::semicolon) &&
               !(token().newline_before && !at_boundary(pos_)) &&
               !(token().newline_before &&
                 (at(K::dot) || at_word("_") || starts_expression(token())) &&
                 !starts_line_of_method())) {
          pos_ = after(pos_);
        }
      }
      if (pos_ == start) pos_ = after(pos_);
    }
    pos_ = std::min(std::max(pos_, close + 1), last());
  }
  node->arms = tree_->copy(arms);
  node->span = from(begin);
  return with_kids(node, kids);
}

void Parser::match_arm(std::vector<Arm>& arms, std::vector<Expr*>& kids) {
  Arm arm;
  uint32_t begin = token().begin;
  if (at_word("case")) {
    mend("case-word", "an arm starts with the case itself", token().span(), "leave this out",
         "as in `.some x -> x`");
    advance();
  }
  if (at_word("_")) {
    arm.is_default = true;
    advance();
  } else if (at(K::kw_else) ||
             ((at_word("default") || at_word("otherwise")) && !at(K::l_paren, 1))) {
    mend("default-arm", "the arm for all other cases is `_`", token().span(), "not a case",
         "write `_ -> …`", "_");
    arm.is_default = true;
    advance();
  } else if (at(K::dot)) {
    advance();
    if (token().space_before) {
      return expected("expected-name", "the name of a case directly after `.`");
    }
    arm.case_name = member_name("the name of a case after `.`");
    if (panic_) return;
    if (at(K::l_paren) && !token().newline_before) {
      uint32_t close = tokens_[pos_].match;
      bool one = close == pos_ + 2 && is_word(token(1));
      std::string inside = one ? std::string(text(token(1))) : std::string("x");
      std::string fix = one ? " " + inside : std::string();
      mend("pattern-parentheses", "the payload of a case is one name without parentheses",
           {token().begin, tokens_[close].end}, "leave out the parentheses",
           "write `." + std::string(arm.case_name.text) + " " + inside +
               " -> …`; parts of it are "
               "fields: `" +
               inside + ".name`",
           fix);
      if (one) arm.payload = name_of(token(1));
      pos_ = std::min(close + 1, last());
    } else if (is_word(token()) && !token().newline_before && !at(K::kw_if)) {
      arm.payload = expect_name("the name of the payload");
    }
    if (!panic_ && at(K::kw_if)) {
      fail("match-guard", "arms have no conditions", token().span(), "a condition after a case",
           "write `if` inside the arm");
      return;
    }
    if (!panic_ && at(K::pipe)) {
      fail("match-or", "an arm has one case", token().span(), "a second case",
           "write an arm for each case, or `_` for all others");
      return;
    }
  } else if (at(K::integer) || at(K::float_) || at(K::string) || at(K::kw_true) ||
             at(K::kw_false) || at(K::kw_null) || at(K::minus)) {
    return fail("literal-pattern", "`match` takes apart variants", token().span(),
                "a value is not a case", "compare values by `if x == … { … } else if …`");
  } else if (at(K::name) && at(K::arrow, 1)) {
    std::string name(text(token()));
    mend("case-without-point", "a case starts with a point", token().span(), "not a case",
         "write `." + name + "`; for all other cases `_`", "." + name);
    arm.case_name = name_of(token());
    advance();
  } else {
    return expected("expected-arm", "an arm, as in `.some x -> x`",
                    "each case has one arm; `_` stands for all others");
  }
  arm.span = from(begin);
  if (!at(K::arrow)) {
    std::string help = "as in `.some x -> x`";
    if (at(K::colon) || at(K::assign) || at(K::l_brace)) {
      mend("missing-arrow", "`->` stands between a case and its value", token().span(),
           at(K::l_brace) ? "write `->` before this" : "write `->`", std::move(help));
      if (!at(K::l_brace)) advance();
    } else {
      return expected("missing-arrow", "`->` after the case", std::move(help));
    }
  } else {
    advance();
  }
  // Written first, so that arms and bodies stay pairs when the body has an error.
  Expr* value = body_or_expr();
  arms.push_back(arm);
  kids.push_back(value);
}

void Parser::for_variables(Expr* loop) {
  if (at(K::kw_let) || at(K::kw_var) || at_word("const")) {
    mend("loop-let", "the variable of a loop is new by itself", token().span(), "leave this out",
         "as in `for x in xs { … }`");
    advance();
  }
  loop->name = expect_name("the name of the loop's variable");
  if (panic_) return;
  if (accept(K::comma)) loop->second = expect_name("the name of the second variable");
  if (panic_) return;
  if (at_word("of") || at(K::colon)) {
    mend("for-of", "`in` stands between the variable and the collection", token().span(),
         "write `in`", "as in `for x in xs { … }`", "in");
    advance();
  } else if (at(K::assign)) {
    fail("counting-loop", "a loop goes over a collection", token().span(),
         "there is no counting loop",
         "write `for i in Array.range(0, 10, 1) { … }`, or use `while`");
    return;
  } else if (!accept(K::kw_in)) {
    return expected("expected-in", "`in` and a collection", "as in `for x in xs { … }`");
  }
  Expr* collection = condition();
  loop->kids = tree_->copy(std::span<Expr* const>(&collection, 1));
}

Expr* Parser::for_expr(Name label) {
  uint32_t begin = label.present() ? label.span.begin : token().begin;
  Expr* node = make(ExprForm::for_, {});
  node->label = label;
  node->op_span = token().span();
  advance();
  bool parens = at(K::l_paren);
  if (parens) {
    uint32_t open = pos_;
    uint32_t close = std::min(tokens_[open].match, last());
    bool counting = false;
    for (uint32_t i = open; i < close; i = i == open ? i + 1 : after(i)) {
      counting |= tokens_[i].is(K::semicolon);
    }
    if (counting) {
      fail("counting-loop", "a loop goes over a collection",
           {tokens_[open].begin, tokens_[close].end}, "there is no counting loop",
           "write `for i in Array.range(0, 10, 1) { … }`, or use `while`");
      pos_ = close;
    } else {
      mend("for-parentheses", "the head of a loop stands without parentheses", token().span(),
           "leave out the parentheses", "as in `for x in xs { … }`");
      Scope scope(*this, {.newlines = false, .no_brace = false});
      pos_++;
      for_variables(node);
    }
    panic_ = stopped_;
    pos_ = std::min(std::max(pos_, close + 1), last());
  } else {
    for_variables(node);
  }
  Expr* collection = node->kids.empty() ? bad_expr(node->op_span) : node->kids[0];
  Expr* inside = panic_ ? bad_expr(node->op_span) : body("for");
  node->span = from(begin);
  return with_kids(node, {collection, inside});
}

Expr* Parser::while_expr(Name label) {
  uint32_t begin = label.present() ? label.span.begin : token().begin;
  Expr* node = make(ExprForm::while_, {});
  node->label = label;
  node->op_span = token().span();
  advance();
  Expr* predicate = condition();
  Expr* inside = panic_ ? bad_expr(node->op_span) : body("while");
  node->span = from(begin);
  return with_kids(node, {predicate, inside});
}

Expr* Parser::try_expr() {
  uint32_t begin = token().begin;
  Expr* node = make(ExprForm::try_, {});
  node->op_span = token().span();
  advance();
  Expr* attempt = body("try");
  Expr* handler = nullptr;
  Expr* last_of_all = nullptr;
  bool except = at_word("except") || at_word("rescue");
  if (!panic_ && (at(K::kw_catch) || except)) {
    if (except) {
      mend("except", "the handler of `try` is `catch`", token().span(), "not a word of East",
           "write `catch`", "catch");
    }
    advance();
    if (at(K::l_paren)) {
      uint32_t close = tokens_[pos_].match;
      mend("catch-parentheses", "the name of the message stands without parentheses",
           {token().begin, tokens_[close].end}, "leave out the parentheses",
           "as in `catch message { … }`");
      if (is_word(token(1))) node->name = name_of(token(1));
      pos_ = std::min(close + 1, last());
    } else if (!at(K::l_brace)) {
      node->name = expect_name("the name of the message");
      if (!panic_ && accept(K::comma)) node->second = expect_name("the name of the stack");
    }
    if (!panic_) handler = body("catch");
  }
  if (!panic_ && accept(K::kw_finally)) last_of_all = body("finally");
  node->span = from(begin);
  return with_kids(node, {attempt, handler, last_of_all});
}

Expr* Parser::jump() {
  uint32_t begin = token().begin;
  K kind = token().kind;
  ExprForm form = kind == K::kw_return  ? ExprForm::return_
                  : kind == K::kw_throw ? ExprForm::throw_
                  : kind == K::kw_break ? ExprForm::break_
                                        : ExprForm::continue_;
  Expr* node = make(form, {});
  node->op_span = token().span();
  advance();
  if (form == ExprForm::break_ || form == ExprForm::continue_) {
    if (!token().newline_before && (at(K::name) || at(K::quoted_name))) {
      node->label = name_of(token());
      advance();
    }
    node->span = from(begin);
    return node;
  }
  bool value = !token().newline_before && starts_expression(token());
  if (!value && form == ExprForm::return_) {
    node->span = from(begin);
    return node;
  }
  if (at_word("new") && is_word(token(1))) {
    mend("new", "there is no `new`", token().span(), "leave this out", "as in `throw \"reason\"`");
    advance();
  }
  Expr* kid = expression();
  node->span = from(begin);
  return with_kids(node, {kid});
}

}  // namespace samara::lang
