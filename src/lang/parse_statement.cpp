// Statements and bodies: docs/formats/source.md, section 5.

#include "lang/parser.hpp"

namespace samara::lang {

std::span<Expr*> Parser::statements(uint32_t close) {
  std::vector<Expr*> found;
  Scope scope(*this, {.newlines = true, .no_brace = false});
  while (pos_ < close && !stopped_) {
    if (accept(K::semicolon)) continue;
    uint32_t start = pos_;
    found.push_back(statement());
    if (!panic_ && !at_boundary(close)) unexpected_after_statement(start);
    if (panic_) recover_in_statements(close, start);
    if (pos_ == start) pos_ = after(pos_);
  }
  return tree_->copy(found);
}

// Requires: at `{`.
Expr* Parser::block(Braces braces) {
  Level level(*this);
  if (deep()) return bad_expr(token().span());
  uint32_t begin = token().begin;
  uint32_t close = std::min(tokens_[pos_].match, last());
  pos_++;
  std::span<Expr*> inside = statements(close);
  pos_ = std::min(std::max(pos_, close + 1), last());
  Expr* node = make(ExprForm::block, from(begin));
  node->braces = braces;
  return with_kids(node, inside);
}

Expr* Parser::body(std::string_view of) {
  if (at(K::l_brace)) return block(Braces::body);
  uint32_t begin = token().begin;
  std::string help;
  if (at_word("then")) {
    help = "there is no `then`; the branches stand in braces: `if x { … } else { … }`";
  } else if (at(K::colon)) {
    help = "a body stands in braces, not after `:`";
  } else if (at(K::arrow) && of != "function") {
    help = "a body stands in braces: `{ … }`";
  } else if (at(K::assign) && (of == "if" || of == "while")) {
    fail("assignment-in-condition", "`=` does not compare", token().span(), "gives a value",
         "write `==`", "==");
    return bad_expr({begin, begin});
  } else {
    help = "a body stands in braces, also when it is one expression";
  }
  if (of != "function" && !token().newline_before && foreign_operator())
    return bad_expr({begin, begin});
  std::string owner = of == "function" ? "the function" : "`" + std::string(of) + "`";
  expected("missing-brace", "`{` and the body of " + owner, std::move(help));
  return bad_expr({begin, begin});
}

// What follows `->`.
Expr* Parser::body_or_expr() {
  if (at(K::l_brace)) {
    Scope scope(*this, {.newlines = true, .no_brace = false});
    return block(Braces::body);
  }
  Expr* expr = expression();
  if (expr->form != ExprForm::block) expr->braces = Braces::bare;
  return expr;
}

Expr* Parser::let_statement() {
  uint32_t begin = token().begin;
  Expr* let = make(ExprForm::let, {});
  let->op_span = token().span();
  let->is_mutable = at(K::kw_var);
  advance();
  if (at_word("mut") && is_word(token(1))) {
    mend("let-mut", "what can be changed is a `var`", {begin, token().end}, "not a form of East",
         "write `var`", "var");
    let->is_mutable = true;
    advance();
  }
  if (at(K::l_paren) || at(K::l_bracket) || at(K::l_brace)) {
    fail("pattern", "`let` names one value", token().span(), "there are no patterns",
         "give the whole a name, then take its fields: `let p = …` and `let x = p.x`");
    pos_ = after(pos_);
    return bad_expr(from(begin));
  }
  let->name = expect_name(let->is_mutable ? "the name of a variable" : "the name of a constant");
  if (panic_) return bad_expr(from(begin));
  if (accept(K::colon)) {
    let->type = type();
    if (panic_) return bad_expr(from(begin));
  }
  if (!accept(K::assign)) {
    if (at(K::equal)) {
      mend("equal-in-let", "a value is given with `=`", token().span(), "compares", "write `=`",
           "=");
      advance();
    } else {
      expected("missing-value", "`=` and a value",
               let->is_mutable ? "a variable starts with a value" : "a constant has a value");
      return bad_expr(from(begin));
    }
  }
  Expr* value = expression();
  let->span = from(begin);
  return with_kids(let, {value});
}

// `fn name(…) { … }` among statements: a constant that is a function.
Expr* Parser::nested_function() {
  uint32_t begin = token().begin;
  bool is_async = accept(K::kw_async);
  Token word = token();
  advance();
  Expr* let = make(ExprForm::let, {});
  let->name = expect_name("the name of a function");
  std::string name(let->name.text);
  mend("nested-function", "a function inside a body is a value with a name",
       {word.begin, let->name.span.end}, "not a statement",
       "write `let " + name + " = " + (is_async ? "async " : "") + "fn (…) { … }`");
  pos_--;  // back to the place of `fn`, whose parameters come next
  Expr* function = full_lambda(begin, is_async);
  let->span = from(begin);
  return with_kids(let, {function});
}

Expr* Parser::statement() {
  if (at(K::kw_let) || at(K::kw_var)) return let_statement();
  size_t word = at(K::kw_async) ? 1 : 0;
  if (at(K::kw_fn, word) && at(K::name, word + 1) && at(K::l_paren, word + 2)) {
    return nested_function();
  }
  if (Expr* foreign = foreign_statement()) return foreign;
  uint32_t begin = token().begin;
  Expr* place = expression();
  return panic_ ? place : assignment(place, begin);
}

// What follows a place, if a value is put there; else the place as it is.
Expr* Parser::assignment(Expr* place, uint32_t begin) {
  Operator op = Operator::none;
  switch (token().kind) {
    case K::assign:
      op = Operator::assign;
      break;
    case K::plus_assign:
      op = Operator::add;
      break;
    case K::minus_assign:
      op = Operator::subtract;
      break;
    case K::star_assign:
      op = Operator::multiply;
      break;
    case K::slash_assign:
      op = Operator::divide;
      break;
    case K::percent_assign:
      op = Operator::remainder;
      break;
    default:
      return place;
  }
  bool is_place = (place->form == ExprForm::name && place->type_arguments.empty()) ||
                  place->form == ExprForm::index || place->form == ExprForm::error;
  if (!is_place) {
    std::string help = "a variable and an element `xs[i]` can be given a value";
    if (place->form == ExprForm::field) {
      help = "a struct never changes: make a new one, or keep the part that changes in a `Ref`";
    }
    mend("not-a-place", "nothing can be put here", place->span, "not a variable and not an element",
         std::move(help));
  }
  Expr* assign = make(ExprForm::assign, {});
  assign->op = op;
  assign->op_span = token().span();
  advance();
  Expr* value = expression();
  assign->span = from(begin);
  if (!is_place) return bad_expr(assign->span);
  return with_kids(assign, {place, value});
}

}  // namespace samara::lang
