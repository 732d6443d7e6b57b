// Expressions from functions down to postfix parts: docs/formats/source.md, section 5.

#include "lang/parser.hpp"

namespace samara::lang {

namespace {

struct Binary {
  Operator op = Operator::none;
  int level = 0;
};

constexpr int k_level_compare = 3;
constexpr int k_level_cast = 6;

Binary binary_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::or_or:
      return {Operator::or_, 1};
    case TokenKind::and_and:
      return {Operator::and_, 2};
    case TokenKind::equal:
      return {Operator::equal, k_level_compare};
    case TokenKind::not_equal:
      return {Operator::not_equal, k_level_compare};
    case TokenKind::less:
      return {Operator::less, k_level_compare};
    case TokenKind::less_equal:
      return {Operator::less_equal, k_level_compare};
    case TokenKind::greater:
      return {Operator::greater, k_level_compare};
    case TokenKind::greater_equal:
      return {Operator::greater_equal, k_level_compare};
    case TokenKind::kw_is:
      return {Operator::is, k_level_compare};
    case TokenKind::plus:
      return {Operator::add, 4};
    case TokenKind::minus:
      return {Operator::subtract, 4};
    case TokenKind::star:
      return {Operator::multiply, 5};
    case TokenKind::slash:
      return {Operator::divide, 5};
    case TokenKind::percent:
      return {Operator::remainder, 5};
    default:
      return {};
  }
}

}  // namespace

bool Parser::starts_lambda() const {
  if (at(K::name) || at(K::quoted_name)) return at(K::arrow, 1);
  if (at(K::l_paren)) return tokens_[after(pos_)].is(K::arrow);
  return false;
}

Expr* Parser::expression() {
  Level level(*this);
  if (deep()) return bad_expr(token().span());
  uint32_t begin = token().begin;
  if (at(K::kw_fn)) return full_lambda(begin, false);
  if (at(K::kw_async)) {
    advance();
    if (at(K::kw_fn)) return full_lambda(begin, true);
    if (starts_lambda()) return lambda(begin, true);
    expected("expected-function", "a function after `async`",
             "as in `async x -> await f(x)` or `async fn (x: Integer) -> Integer { … }`");
    return bad_expr(from(begin));
  }
  if (starts_lambda()) return lambda(begin, false);
  return binary(1);
}

// An expression before a body.
Expr* Parser::condition() {
  Scope scope(*this, {.newlines = context_.newlines, .no_brace = true});
  return expression();
}

Expr* Parser::lambda(uint32_t begin, bool is_async) {
  Expr* function = make(ExprForm::lambda, {});
  function->is_async = is_async;
  std::vector<Parameter> found;
  if (at(K::l_paren)) {
    list(pos_, "a parameter", [&] {
      Parameter each;
      each.name = expect_name("the name of a parameter");
      if (panic_) return;
      if (accept(K::colon)) each.type = type();
      found.push_back(each);
    });
  } else {
    found.push_back({.name = name_of(token())});
    advance();
  }
  function->parameters = tree_->copy(found);
  function->op_span = token().span();
  accept(K::arrow);
  Expr* inside = body_or_expr();
  function->span = from(begin);
  return with_kids(function, {inside});
}

// From behind `async`, at `fn`.
Expr* Parser::full_lambda(uint32_t begin, bool is_async) {
  Expr* function = make(ExprForm::lambda, {});
  function->is_async = is_async;
  function->full_form = true;
  function->op_span = token().span();
  advance();
  if (is_word(token()) && at(K::arrow, 1)) {
    fail("fn-arrow", "a short function has no `fn`", function->op_span, "leave this out",
         "write `x -> x + 1`, or with every type `fn (x: Integer) -> Integer { x + 1 }`");
    return bad_expr(from(begin));
  }
  function->parameters = parameters("function");
  if (panic_) return bad_expr(from(begin));
  function->type = result_type();
  if (panic_) return bad_expr(from(begin));
  Expr* inside = body("function");
  function->span = from(begin);
  return with_kids(function, {inside});
}

Expr* Parser::binary(int level) {
  if (level == k_level_cast) return cast();
  uint32_t begin = token().begin;
  Expr* left = cast();
  uint32_t links = 0;
  Span compared;
  while (!panic_) {
    Binary found = binary_of(token().kind);
    if (found.level < level || found.level == 0) break;
    if (new_line() && at(K::minus)) break;
    Token op = token();
    if (found.level == k_level_compare) {
      if (compared.end > 0) {
        std::string first(source_.substr(compared.begin, compared.end - compared.begin));
        mend("chained-comparison", "comparisons do not chain", op.span(), "a second comparison",
             "join two comparisons: `a " + first + " b && b " + std::string(text(op)) + " c`");
        relate(compared, "the first comparison");
      }
      compared = op.span();
    } else if (found.level < k_level_compare) {
      compared = {};
    }
    advance();
    // The slips `x++`, `a <> b` and `a |> f` show here.
    if ((op.is(K::plus) && at(K::plus)) || (op.is(K::less) && at(K::greater) && adjacent(0))) {
      bool increment = op.is(K::plus);
      fail(increment ? "increment" : "not-equal-sign",
           increment ? "there is no `++`" : "`different from` is written `!=`",
           {op.begin, token().end}, "not an operator of East",
           increment ? "write `x += 1`; strings and numbers are added with one `+`" : "write `!=`",
           increment ? "" : "!=");
      return bad_expr(from(begin));
    }
    if (++links > k_syntax_chain_max) {
      too_deep(op.span());
      return bad_expr(from(begin));
    }
    Expr* right = binary(found.level + 1);
    Expr* node = make(ExprForm::binary, from(begin));
    node->op = found.op;
    node->op_span = op.span();
    left = with_kids(node, {left, right});
  }
  return left;
}

Expr* Parser::cast() {
  uint32_t begin = token().begin;
  Expr* value = unary();
  uint32_t links = 0;
  while (!panic_ && at(K::kw_as)) {
    Expr* node = make(ExprForm::cast, {});
    node->op_span = token().span();
    advance();
    if (++links > k_syntax_chain_max) {
      too_deep(node->op_span);
      return bad_expr(from(begin));
    }
    node->type = type();
    node->span = from(begin);
    value = with_kids(node, {value});
  }
  return value;
}

Expr* Parser::negative_number() {
  uint32_t begin = token().begin;
  advance();
  Token digits = token();
  Expr* node = nullptr;
  if (digits.is(K::integer)) {
    node = integer(digits, true, begin);
    advance();
  } else {
    node = digits.is(K::float_) ? number() : make(ExprForm::float_, {});
    if (digits.is(K::kw_infinity)) {
      node->number = __builtin_inf();
      advance();
    }
    node->number = -node->number;
  }
  node->span = {begin, digits.end};
  Expr* value = postfix(node);
  if (at(K::star_star) && value == node) {
    std::string shown(source_.substr(begin, digits.end - begin));
    std::string_view positive(text(digits));
    mend("negative-power", "this can be read in two ways", {begin, token().end},
         "the power of a negative number, or the negative of a power",
         "write `(" + shown + ") **` or `-(" + std::string(positive) + " ** …)`");
  }
  return power(value);
}

Expr* Parser::unary() {
  uint32_t begin = token().begin;
  Operator op = Operator::none;
  switch (token().kind) {
    case K::minus: {
      bool digits = at(K::integer, 1) || at(K::float_, 1) || at(K::kw_infinity, 1);
      if (digits && adjacent(1)) return negative_number();
      op = Operator::minus;
      break;
    }
    case K::not_:
      op = Operator::not_;
      break;
    case K::kw_await:
      op = Operator::await;
      break;
    case K::ampersand: {
      Expr* node = make(ExprForm::ref, {});
      node->op_span = token().span();
      advance();
      Expr* value = operand();
      node->span = from(begin);
      return with_kids(node, {value});
    }
    default:
      return power(postfix(primary()));
  }
  Expr* node = make(ExprForm::unary, {});
  node->op = op;
  node->op_span = token().span();
  advance();
  Expr* value = operand();
  node->span = from(begin);
  return with_kids(node, {value});
}

// A unary expression inside another, which no bracket or statement bounds.
Expr* Parser::operand() {
  Level level(*this);
  if (deep()) return bad_expr(token().span());
  return unary();
}

Expr* Parser::power(Expr* left) {
  if (panic_ || !at(K::star_star)) return left;
  Expr* node = make(ExprForm::binary, {});
  node->op = Operator::power;
  node->op_span = token().span();
  advance();
  Expr* right = operand();
  node->span = from(left->span.begin);
  return with_kids(node, {left, right});
}

Expr* Parser::postfix(Expr* left) {
  uint32_t links = 0;
  while (!panic_) {
    bool line = new_line();
    if (at(K::dot)) {
      if (line && !starts_line_of_method()) break;
      left = member(left);
    } else if (at(K::l_paren) && !line) {
      left = call(left, left->span);
    } else if (at(K::l_bracket) && !line) {
      uint32_t open = pos_;
      Expr* node = make(ExprForm::index, {});
      node->op_span = tokens_[open].span();
      Expr* index = nullptr;
      size_t number = 0;
      list(open, "`]`", [&] {
        Span at_colon = token().span();
        Expr* each = at(K::colon) ? bad_expr(at_colon) : expression();
        if (index == nullptr) index = each;
        if (!panic_ && at(K::colon)) {
          return fail("slice", "`[` `]` takes one element", token().span(), "there are no slices",
                      "write `xs.slice(start, end)`, for a string `s.substring(start, end)`");
        }
        if (++number == 2) {
          fail("two-indices", "`[` `]` takes one index", each->span, "a second index",
               "write `m[i][j]`, for a matrix `m.get(i, j)`");
        }
      });
      if (index == nullptr) {
        mend("missing-index", "an index is missing", tokens_[open].span(),
             "nothing stands in `[` `]`");
        index = bad_expr(tokens_[open].span());
      }
      node->span = from(left->span.begin);
      left = with_kids(node, {left, index});
    } else {
      break;
    }
    if (++links > k_syntax_chain_max) {
      too_deep(token().span());
      return bad_expr(left->span);
    }
  }
  return left;
}

// `.name`, `.name(…)`, `.name<T>(…)`
Expr* Parser::member(Expr* left) {
  uint32_t dot = token().begin;
  advance();
  Expr* field = make(ExprForm::field, {});
  if (token().newline_before && !is_word(token())) {
    expected("expected-name", "the name of a field or method after `.`");
    return left;
  }
  field->name = member_name("the name of a field or method after `.`");
  if (panic_) return left;
  field->op_span = {dot, field->name.span.end};
  field->span = from(left->span.begin);
  field = with_kids(field, {left});
  uint32_t close = at(K::less) && adjacent(0) ? token().match : Token::k_unmatched;
  bool generic =
      close < last() && tokens_[close + 1].is(K::l_paren) && !tokens_[close + 1].space_before;
  if (generic) field->type_arguments = type_list(pos_, close);
  if (panic_ || !at(K::l_paren) || new_line()) return field;
  return call(field, field->op_span);
}

Expr* Parser::call(Expr* callee, Span at_span) {
  uint32_t open = pos_;
  Expr* node = make(ExprForm::call, {});
  node->op_span = at_span;
  std::vector<Expr*> kids{callee};
  list(open, "an argument", [&] {
    if (is_word(token()) && at(K::assign, 1)) {
      mend("named-argument", "arguments have no names", {token().begin, token(1).end},
           "leave out the name",
           "arguments stand in the order of the parameters; a struct is `f((x = 1))`");
      pos_ += 2;
    } else if (at(K::dot_dot)) {
      mend("spread", "there is no `...`", token().span(), "not a form of East",
           "arrays are joined with `.concat`");
      advance();
    }
    kids.push_back(expression());
  });
  node->span = from(callee->span.begin);
  return with_kids(node, kids);
}

}  // namespace samara::lang
