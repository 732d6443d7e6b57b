// Primary expressions: literals, names, brackets. Source: docs/formats/source.md, section 5.

#include <algorithm>

#include "lang/parser.hpp"
#include "value/number_text.hpp"
#include "value/text_datetime.hpp"

namespace samara::lang {

Expr* Parser::primary() {
  uint32_t begin = token().begin;
  switch (token().kind) {
    case K::integer: {
      Expr* node = integer(token(), false, begin);
      advance();
      return node;
    }
    case K::float_:
      return number();
    case K::datetime:
      return datetime();
    case K::blob:
      return blob();
    case K::string:
    case K::string_begin:
      return string();
    case K::kw_null:
      advance();
      return make(ExprForm::null, from(begin));
    case K::kw_true:
    case K::kw_false: {
      Expr* node = make(ExprForm::boolean, token().span());
      node->integer = at(K::kw_true) ? 1 : 0;
      advance();
      return node;
    }
    case K::kw_nan:
    case K::kw_infinity: {
      Expr* node = make(ExprForm::float_, token().span());
      node->number = at(K::kw_nan) ? __builtin_nan("") : __builtin_inf();
      advance();
      return node;
    }
    case K::name:
    case K::quoted_name:
      return name_expr();
    case K::dot:
      return variant();
    case K::l_paren:
      return parenthesis();
    case K::l_bracket:
      return array(ExprForm::array);
    case K::l_brace:
      return braces();
    case K::kw_if:
      return if_expr();
    case K::kw_match:
      return match_expr();
    case K::kw_for:
      return for_expr({});
    case K::kw_while:
      return while_expr({});
    case K::kw_try:
      return try_expr();
    case K::kw_do: {
      advance();
      if (!at(K::l_brace)) {
        expected("missing-brace", "`{` after `do`");
        return bad_expr(from(begin));
      }
      Expr* node = block(Braces::do_);
      node->span.begin = begin;
      return node;
    }
    case K::kw_return:
    case K::kw_throw:
    case K::kw_break:
    case K::kw_continue:
      return jump();
    default:
      return unexpected_in_expression();
  }
}

// ---- literals ----

Expr* Parser::integer(const Token& digits, bool negative, uint32_t begin) {
  Expr* node = make(ExprForm::integer, {begin, digits.end});
  uint64_t limit = negative ? uint64_t{1} << 63 : (uint64_t{1} << 63) - 1;
  uint64_t value = 0;
  for (char c : text(digits)) {
    if (!is_digit(c)) continue;
    auto digit = static_cast<uint64_t>(c - '0');
    if (value > (limit - digit) / 10) {
      mend("integer-range", "the integer is too large", {begin, digits.end}, "does not fit",
           "an Integer has 64 bits: -9223372036854775808 to 9223372036854775807; as a Float write "
           "`.0` after it");
      return node;
    }
    value = value * 10 + digit;
  }
  node->integer = static_cast<int64_t>(negative ? ~value + 1 : value);
  return node;
}

Expr* Parser::number() {
  Expr* node = make(ExprForm::float_, token().span());
  std::string digits(text(token()));
  digits.erase(std::remove(digits.begin(), digits.end(), '_'), digits.end());
  node->number = parse_decimal(digits);
  if (node->number > 1.7976931348623157e308) {
    mend("float-range", "the number is too large for a Float", token().span(), "does not fit",
         "the largest is 1.7976931348623157e308; there is also `Infinity`");
  }
  advance();
  return node;
}

Expr* Parser::datetime() {
  Expr* node = make(ExprForm::datetime, token().span());
  size_t length = 0;
  int64_t ms = 0;
  if (read_datetime(text(token()), length, ms) == DateTimeStatus::ok) node->integer = ms;
  advance();
  return node;
}

Expr* Parser::blob() {
  Expr* node = make(ExprForm::blob, token().span());
  std::string_view digits = text(token()).substr(2);
  std::string bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(hex_digit(digits[i]) << 4 | (hex_digit(digits[i + 1]) & 15));
  }
  node->text = tree_->copy(bytes);
  advance();
  return node;
}

Expr* Parser::string() {
  uint32_t begin = token().begin;
  if (at(K::string)) {
    Expr* node = make(ExprForm::string, token().span());
    node->text = tree_->copy(string_content(token(), source_, scratch_));
    advance();
    return node;
  }
  std::vector<Expr*> parts;
  auto piece = [&] {
    std::string_view content = string_content(token(), source_, scratch_);
    if (!content.empty()) {
      Expr* part = make(ExprForm::string, token().span());
      part->text = tree_->copy(content);
      parts.push_back(part);
    }
  };
  while (at(K::string_begin) || at(K::string_middle)) {
    uint32_t open = pos_;
    uint32_t close = std::min(tokens_[open].match, last());
    piece();
    {
      Scope scope(*this, {.newlines = false, .no_brace = false});
      pos_ = open + 1;
      if (pos_ >= close) {
        mend("empty-interpolation", "a value is missing in `\\(` `)`",
             {tokens_[open].end - 2, tokens_[open].end}, "nothing follows");
      } else {
        parts.push_back(expression());
        if (!panic_ && pos_ < close) unexpected_in_list(open, "`)`");
      }
      panic_ = stopped_;
    }
    pos_ = std::min(std::max(pos_, close), last());
    if (parts.size() > k_syntax_chain_max) {
      too_deep(tokens_[open].span());
      return bad_expr(from(begin));
    }
  }
  if (at(K::string_end)) {
    piece();
    advance();
  }
  return with_kids(make(ExprForm::interpolation, from(begin)), parts);
}

// ---- names and cases ----

Expr* Parser::name_expr() {
  if (at(K::name) && at(K::l_bracket, 1) && adjacent(1)) {
    if (text(token()) == "vec") return array(ExprForm::vector);
    if (text(token()) == "mat") return matrix();
  }
  if (at(K::colon, 1) && (at(K::kw_for, 2) || at(K::kw_while, 2))) {
    Name label = name_of(token());
    pos_ += 2;
    return at(K::kw_for) ? for_expr(label) : while_expr(label);
  }
  if (at(K::name) && token(1).space_before && !token(1).newline_before) {
    if (Expr* foreign = foreign_operand()) return foreign;
  }
  Expr* node = make(ExprForm::name, token().span());
  node->name = name_of(token());
  advance();
  uint32_t close = at(K::less) && adjacent(0) ? token().match : Token::k_unmatched;
  if (close < last() && tokens_[close + 1].is(K::l_paren) && !tokens_[close + 1].space_before) {
    node->type_arguments = type_list(pos_, close);
    node->span = from(node->span.begin);
  }
  return node;
}

bool Parser::at_payload() const {
  const Token& next = token();
  if (next.newline_before) return false;
  switch (next.kind) {
    case K::minus:
      return next.space_before && adjacent(1) &&
             (at(K::integer, 1) || at(K::float_, 1) || at(K::kw_infinity, 1));
    case K::dot:
      return next.space_before;
    case K::l_brace:
      return !context_.no_brace;
    case K::kw_fn:
    case K::kw_async:
      return false;
    case K::name:
      // `.a and .b`, reported where operators are expected.
      return !at_word("and") && !at_word("or");
    default:
      return starts_expression(next);
  }
}

Expr* Parser::variant() {
  uint32_t begin = token().begin;
  advance();
  if (token().space_before) {
    expected("expected-name", "the name of a case directly after `.`",
             "as in `.some 1`; a field or method goes on with the line before when it is written "
             "`.name(…)`");
    return bad_expr(from(begin));
  }
  Expr* node = make(ExprForm::variant, {});
  node->name = member_name("the name of a case after `.`");
  node->op_span = from(begin);
  node->span = from(begin);
  if (panic_ || !at_payload()) return node;
  Expr* payload = operand();
  node->span = from(begin);
  return with_kids(node, {payload});
}

// ---- brackets ----

Expr* Parser::structure() {
  uint32_t begin = token().begin;
  Expr* node = make(ExprForm::structure, {});
  std::vector<Name> names;
  std::vector<Expr*> values;
  list(pos_, "a field", [&] {
    if (at(K::dot_dot)) {
      return fail("spread", "there is no `...`", token().span(), "not a form of East",
                  "every field is written out");
    }
    Name name = member_name("the name of a field");
    if (panic_) return;
    if (at(K::colon) || at(K::equal)) {
      mend("struct-field-colon", "the value of a field stands after `=`", token().span(),
           "write `=`", "as in `(x = 1, y = 2)`; `(x: Integer)` is a type", " =");
      advance();
    } else if (!accept(K::assign)) {
      return expected("expected-equal", "`=` and the value of the field",
                      "as in `(" + std::string(name.text) + " = " + std::string(name.text) + ")`");
    }
    names.push_back(name);
    values.push_back(expression());
  });
  node->fields = tree_->copy(names);
  node->span = from(begin);
  return with_kids(node, values);
}

Expr* Parser::parenthesis() {
  uint32_t begin = token().begin;
  uint32_t open = pos_;
  uint32_t close = tokens_[open].match;
  if (close == open + 1 || (is_word(token(1)) && at(K::assign, 2))) return structure();
  bool word = is_word(token(1)) && at(K::colon, 2);
  bool loop = word && (at(K::kw_for, 3) || at(K::kw_while, 3));  // with its label
  if (word && !loop && !at(K::dot, 3) && !starts_type(token(3)) && starts_expression(token(3))) {
    return structure();
  }
  Expr* node = nullptr;
  size_t number = 0;
  list(open, "`)`", [&] {
    // A statement may stand here as an operand; the place of an assignment then has parentheses of
    // its own, since `(x = 1)` is a struct.
    uint32_t first = token().begin;
    Expr* inside = at(K::kw_let) || at(K::kw_var) ? let_statement() : expression();
    if (panic_) return;
    if (inside->form == ExprForm::parenthesized) {
      Expr* assigned = assignment(inside->kids[0], first);
      if (panic_) return;
      if (assigned != inside->kids[0]) inside = assigned;
    }
    if (++number > 1) {
      if (number == 2 && word) return;
      if (number == 2) {
        mend("tuple", "there are no tuples", inside->span, "a second value without a name",
             "a struct has names: `(first = 1, second = 2)`");
      }
      return;
    }
    if (at(K::colon)) {
      Expr* said = make(ExprForm::ascription, {});
      said->op_span = token().span();
      advance();
      said->type = type();
      if (word && !panic_ && at(K::comma)) {
        fail("struct-field-colon", "the value of a field stands after `=`", said->op_span,
             "write `=`", "as in `(x = 1, y = 2)`; `(x: T)` says the type of x", " =");
        pos_ = close;
      }
      node = with_kids(said, {inside});
    } else if (at(K::kw_for)) {
      fail("comprehension", "there are no comprehensions", token().span(), "cannot stand here",
           "write `xs.map(x -> …)` and `xs.filter(x -> …)`");
    } else {
      node = with_kids(make(ExprForm::parenthesized, {}), {inside});
    }
  });
  if (node == nullptr) return bad_expr(from(begin));
  node->span = from(begin);
  return node;
}

Expr* Parser::array(ExprForm form) {
  uint32_t begin = token().begin;
  Expr* node = make(form, {});
  if (form == ExprForm::vector) advance();
  std::vector<Expr*> kids;
  list(pos_, "an element", [&] {
    if (at(K::dot_dot)) {
      return fail("spread", "there is no `...`", token().span(), "not a form of East",
                  "arrays are joined with `.concat`");
    }
    kids.push_back(expression());
  });
  node->span = from(begin);
  return with_kids(node, kids);
}

Expr* Parser::matrix() {
  uint32_t begin = token().begin;
  Expr* node = make(ExprForm::matrix, {});
  advance();
  if (at(K::colon, 1) && at(K::integer, 2) && tokens_[pos_].match == pos_ + 3) {
    int64_t columns = integer(token(2), false, token(2).begin)->integer;
    node->text = tree_->copy(std::to_string(columns));
    pos_ += 4;
    node->span = from(begin);
    return node;
  }
  std::vector<Expr*> kids;
  size_t width = 0;
  bool even = true;
  list(pos_, "a row", [&] {
    if (!at(K::l_bracket))
      return expected("expected-row", "a row of the matrix, as in `[1.0, 2.0]`");
    uint32_t row = token().begin;
    size_t before = kids.size();
    list(pos_, "an element", [&] { kids.push_back(expression()); });
    if (node->integer == 0) width = kids.size() - before;
    if (kids.size() - before != width) {
      even = false;
      mend("matrix-rows", "the rows of a matrix have one length", from(row),
           "has " + std::to_string(kids.size() - before) + ", the first row " +
               std::to_string(width));
    }
    node->integer++;
  });
  node->span = from(begin);
  if (!even) return bad_expr(node->span);
  return with_kids(node, kids);
}

// A set or a dict.
Expr* Parser::braces() {
  uint32_t begin = token().begin;
  uint32_t open = pos_;
  uint32_t close = tokens_[open].match;
  if (context_.no_brace) {
    expected("missing-condition", "an expression before the body",
             "a set or dict stands in parentheses here");
    return bad_expr(token().span());
  }
  if (close == open + 1) {
    pos_ = close + 1;
    return make(ExprForm::set, from(begin));
  }
  if (at(K::colon, 1) && close == open + 2) {
    pos_ = close + 1;
    return make(ExprForm::dict, from(begin));
  }
  std::vector<Expr*> kids;
  bool decided = false;
  bool dict = false;
  list(open, "an element", [&] {
    if (at(K::kw_let) || at(K::kw_var)) {
      return fail("block-as-value", "braces hold a set or a dict here", tokens_[open].span(),
                  "not a block", "a block that is a value is `do { … }`");
    }
    if (at(K::dot_dot)) {
      return fail("spread", "there is no `...`", token().span(), "not a form of East",
                  "sets and dicts are joined by methods: `a.union(b)`");
    }
    Expr* key = expression();
    if (panic_) return;
    if (at(K::assign) && key->form == ExprForm::name) {
      return fail("struct-in-braces", "a struct stands in parentheses", token().span(),
                  "fields are given in `(` `)`",
                  "write `(" + std::string(key->name.text) +
                      " = …)`; the entries of a dict are `{key: value}`");
    }
    bool colon = at(K::colon);
    if (!decided) {
      decided = true;
      dict = colon;
    } else if (colon != dict) {
      return fail(dict ? "entry-without-value" : "value-in-set",
                  dict ? "the entries of a dict are `key: value`" : "a set holds no values",
                  colon ? token().span() : key->span,
                  dict ? "has no value" : "the elements before this have none",
                  "`{1, 2}` is a set, `{1: \"a\", 2: \"b\"}` a dict");
    }
    kids.push_back(key);
    if (colon) {
      advance();
      kids.push_back(expression());
    }
  });
  if (dict && kids.size() % 2 != 0) kids.push_back(bad_expr(from(begin)));
  return with_kids(make(dict ? ExprForm::dict : ExprForm::set, from(begin)), kids);
}

}  // namespace samara::lang
