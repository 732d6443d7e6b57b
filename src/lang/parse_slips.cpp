// What to say where nothing of East fits: the habits of other languages are told apart here.

#include "lang/parser.hpp"

namespace samara::lang {

namespace {

/// A word at the start of a statement that means something elsewhere.
struct ForeignWord {
  std::string_view word;
  std::string_view code;
  std::string_view title;
  std::string_view help;
};

constexpr ForeignWord k_before_name[] = {
    {"const", "foreign-let", "a constant is made with `let`", "write `let`"},
    {"val", "foreign-let", "a constant is made with `let`", "write `let`"},
    {"final", "foreign-let", "a constant is made with `let`", "write `let`"},
    {"auto", "foreign-let", "a constant is made with `let`", "write `let`"},
    {"mut", "foreign-var", "a variable is made with `var`", "write `var`"},
    {"local", "foreign-var", "a variable is made with `var`", "write `var`"},
    {"function", "foreign-fn", "a function is made with `fn`", "write `fn`"},
    {"def", "foreign-fn", "a function is made with `fn`", "write `fn`"},
    {"func", "foreign-fn", "a function is made with `fn`", "write `fn`"},
    {"fun", "foreign-fn", "a function is made with `fn`", "write `fn`"},
    {"proc", "foreign-fn", "a function is made with `fn`", "write `fn`"},
};

constexpr ForeignWord k_statements[] = {
    {"switch", "foreign-match", "cases are told apart by `match`",
     "as in `match x { .some y -> y; .none -> 0 }`"},
    {"when", "foreign-match", "cases are told apart by `match`",
     "as in `match x { .some y -> y; .none -> 0 }`"},
    {"case", "foreign-match", "cases are told apart by `match`",
     "as in `match x { .some y -> y; .none -> 0 }`"},
    {"unless", "foreign-if", "there is no `unless`", "write `if !condition { … }`"},
    {"guard", "foreign-if", "there is no `guard`", "write `if !condition { return … }`"},
    {"elif", "elif", "a further condition is `else if`", "it stands after the `}` of an `if`"},
    {"elsif", "elif", "a further condition is `else if`", "it stands after the `}` of an `if`"},
    {"elseif", "elif", "a further condition is `else if`", "it stands after the `}` of an `if`"},
    {"until", "foreign-loop", "there is no `until`", "write `while !condition { … }`"},
    {"loop", "foreign-loop", "an endless loop is `while true`", "write `while true { … }`"},
    {"repeat", "foreign-loop", "there is no `repeat`", "write `while true { … }` with `break`"},
    {"foreach", "foreign-loop", "a loop over a collection is `for`", "write `for x in xs { … }`"},
    {"class", "foreign-type", "there are no classes",
     "a struct is `type P = (x: Float, y: Float)`"},
    {"struct", "foreign-type", "a struct is a type with a name",
     "write `type P = (x: Float, y: Float)` outside the function"},
    {"enum", "foreign-type", "a variant is a type with a name",
     "write `type Shape = .circle Float | .square Float` outside the function"},
    {"raise", "foreign-throw", "an error is made with `throw`", "write `throw \"reason\"`"},
    {"panic", "foreign-throw", "an error is made with `throw`", "write `throw \"reason\"`"},
    {"yield", "foreign-yield", "there are no generators", "push the values to an array"},
    {"using", "foreign-import", "a name of another file is taken by `import`",
     "as in `import area from \"shapes.east\"`, at the start of the file"},
    {"del", "foreign-delete", "there is no `del`", "write `dict.delete(key)`"},
    {"delete", "foreign-delete", "there is no `delete`", "write `dict.delete(key)`"},
    {"print", "foreign-print", "there is no statement `print`",
     "a host gives functions that write, such as a platform function `log`"},
    {"not", "word-operator", "not is written `!`", "write `!x`"},
    {"new", "new", "there is no `new`", "a value of a struct is `(x = 1, y = 2)`"},
    {"lambda", "lambda-word", "a function is written `x -> x + 1`", "without `lambda`"},
};

}  // namespace

// A statement that starts with a word of another language, or null.
Expr* Parser::foreign_statement() {
  if (!at(K::name) || token(1).newline_before) return nullptr;
  std::string_view word = text(token());
  bool name_next = at(K::name, 1) || at(K::quoted_name, 1);
  if (name_next) {
    for (const ForeignWord& each : k_before_name) {
      if (each.word != word) continue;
      if (each.code == "foreign-fn") {
        if (!at(K::l_paren, 2)) continue;
        std::string name(text(token(1)));
        fail(each.code, std::string(each.title), token().span(), "not a word of East",
             "inside a body write `let " + name + " = fn (…) { … }`, outside `fn " + name +
                 "(…) { … }`");
        return bad_expr(token().span());
      }
      if (!at(K::assign, 2) && !at(K::colon, 2)) continue;
      bool variable = each.code == "foreign-var";
      mend(each.code, std::string(each.title), token().span(), "not a word of East",
           std::string(each.help), variable ? "var" : "let");
      tokens_[pos_].kind = variable ? K::kw_var : K::kw_let;
      return let_statement();
    }
  }
  if (at(K::l_paren, 1) && !(word == "switch" || word == "when" || word == "foreach" ||
                             word == "unless" || word == "until")) {
    return nullptr;  // a call of a function with this name
  }
  const Token& next = token(1);
  bool follows = starts_expression(next) && !next.is(K::dot) && !next.is(K::minus) &&
                 !next.is(K::l_bracket) && next.space_before;
  if (!follows) return nullptr;
  for (const ForeignWord& each : k_statements) {
    if (each.word != word) continue;
    // A call, unless a body comes after the parentheses.
    if (at(K::l_paren, 1) && !tokens_[after(pos_ + 1)].is(K::l_brace)) return nullptr;
    fail(each.code, std::string(each.title), token().span(), "not a word of East",
         std::string(each.help));
    return bad_expr(token().span());
  }
  if (name_next && at(K::assign, 2)) {
    std::string type(word);
    std::string name(text(token(1)));
    fail("type-first", "a constant is made with `let`, its type stands after the name",
         {token().begin, token(1).end}, "a type before a name",
         "write `let " + name + " = …`, or `let " + name + ": " + type + " = …`");
    return bad_expr(token().span());
  }
  return nullptr;
}

// `not x`, `new P(…)`, `lambda x: …` where a value stands, or null.
Expr* Parser::foreign_operand() {
  std::string_view word = text(token());
  const Token& next = token(1);
  bool name_next = next.is(K::name) || next.is(K::quoted_name);
  if (word == "not" && (name_next || next.is(K::kw_true) || next.is(K::kw_false))) {
    mend("word-operator", "'not' is written `!`", token().span(), "not an operator of East",
         "write `!`", "!");
    advance();
    return operand();
  }
  if (word == "new" && name_next) {
    mend("new", "there is no `new`", token().span(), "leave this out",
         "a value of a struct is `(x = 1, y = 2)`");
    advance();
    return operand();
  }
  if (word == "lambda" && name_next && (at(K::colon, 2) || at(K::comma, 2))) {
    fail("lambda-word", "a function is written `x -> x + 1`", token().span(), "not a word of East",
         "with more parameters `(x, y) -> x + y`");
    return bad_expr(token().span());
  }
  return nullptr;
}

// A declaration in the manner of another language; true when something was said.
bool Parser::foreign_declaration() {
  if (!at(K::name) || token(1).newline_before) return false;
  std::string_view word = text(token());
  bool name_next = at(K::name, 1) || at(K::quoted_name, 1);
  if ((word == "export" || word == "pub" || word == "public" || word == "internal") &&
      (starts_declaration(pos_ + 1) || name_next)) {
    mend("export-word", "everything in a file is exported", token().span(), "leave this out",
         "what shall not be seen outside is `private fn`");
    advance();
    declaration();
    return true;
  }
  for (const ForeignWord& each : k_before_name) {
    if (each.word != word || each.code != "foreign-fn" || !name_next) continue;
    mend(each.code, std::string(each.title), token().span(), "not a word of East",
         std::string(each.help), "fn");
    tokens_[pos_].kind = K::kw_fn;
    declaration();
    return true;
  }
  if (word == "struct" || word == "class" || word == "interface" || word == "record" ||
      word == "enum" || word == "union" || word == "data") {
    bool cases = word == "enum" || word == "union" || word == "data";
    std::string name = name_next ? std::string(text(token(1))) : std::string("P");
    fail("foreign-type", "types are made with `type`", token().span(), "not a word of East",
         "write `type " + name + " = " + (cases ? ".a | .b Integer`" : "(x: Float, y: Float)`"));
    return true;
  }
  if (word == "typedef" || word == "alias" || word == "typealias") {
    fail("foreign-type", "types are made with `type`", token().span(), "not a word of East",
         "write `type Name = …`");
    return true;
  }
  if (word == "use" || word == "using" || word == "include" || word == "require" ||
      word == "from") {
    fail("foreign-import", "a name of another file is taken by `import`", token().span(),
         "not a word of East", "as in `import area from \"shapes.east\"`");
    return true;
  }
  if ((word == "const" || word == "val") && name_next) {
    fail("statement-in-file", "a file holds functions and types, no statements", token().span(),
         "a constant outside a function",
         "put it into a function; what several functions share can be a function without "
         "parameters");
    return true;
  }
  if ((word == "module" || word == "package" || word == "namespace") && name_next) {
    fail("module-word", "a file is a module", token().span(), "leave this out");
    return true;
  }
  return false;
}

// Where an operand or a value must stand and none does.
Expr* Parser::unexpected_in_expression() {
  const Token& found = token();
  Expr* bad = bad_expr(found.span());
  std::string before;
  if (pos_ > 0) before = text(previous());
  bool after_operator = pos_ > 0 && !spelling(previous().kind).empty() &&
                        !is_keyword(previous().kind) && !previous().inserted;
  std::string what = "an expression";
  if (after_operator && !previous().is(K::l_paren) && !previous().is(K::l_brace) &&
      !previous().is(K::r_brace) && !previous().is(K::r_paren) && !previous().is(K::l_bracket) &&
      !previous().is(K::r_bracket) && !previous().is(K::semicolon)) {
    what += " after `" + before + "`";
  } else if (pos_ > 0 && is_keyword(previous().kind) && !found.newline_before) {
    what += " after `" + before + "`";
  }
  if (found.is(K::or_or) || found.is(K::pipe)) {
    fail("bar-lambda", "a function is written `x -> x + 1`", found.span(),
         "parameters do not stand between bars", "write `() -> …`, `x -> …` or `(x, y) -> …`");
    return bad;
  }
  if (found.is(K::plus)) {
    bool twice = previous().is(K::plus);
    fail(twice ? "increment" : "unary-plus",
         twice ? "there is no `++`" : "a number has no `+` in front", found.span(),
         twice ? "not an operator" : "leave this out", twice ? "write `x += 1`" : "");
    return bad;
  }
  if (found.is(K::kw_else) || found.is(K::kw_catch) || found.is(K::kw_finally)) {
    std::string word(spelling(found.kind));
    std::string owner = found.is(K::kw_else) ? "if" : "try";
    fail("stray-" + word, "this `" + word + "` belongs to nothing", found.span(),
         "no `" + owner + "` before it",
         "`" + word + "` follows the `}` of an `" + owner + "`, without `;` between");
    // The body that follows is not looked at: it is part of the mistake.
    advance();
    while (!at(K::l_brace) && !token().newline_before && !at(K::end) && !at(K::r_brace))
      pos_ = after(pos_);
    if (at(K::l_brace)) pos_ = after(pos_);
    return bad;
  }
  if (found.is(K::greater) && previous().is(K::greater)) {
    fail("shift", "there are no shifts of bits", {previous().begin, found.end}, "not an operator");
    return bad;
  }
  if (found.is(K::kw_let) || found.is(K::kw_var)) {
    if (found.newline_before) {
      expected("expected-expression", what);
      return bad;
    }
    fail("let-in-expression", "`" + std::string(spelling(found.kind)) + "` is a statement",
         found.span(), "a value must stand here",
         "write it on a line before, or make a block: `do { … }`");
    return bad;
  }
  if (found.is(K::kw_in) || found.is(K::kw_type) || found.is(K::kw_platform) ||
      found.is(K::kw_private) || found.is(K::kw_import) || found.is(K::kw_rec)) {
    std::string word(spelling(found.kind));
    fail("keyword-as-name", "'" + word + "' is a keyword", found.span(), "cannot be a name here",
         "take another name, or put this one in back-quotes", "`" + word + "`");
    return bad;
  }
  if (found.is(K::assign) || found.is(K::plus_assign)) {
    expected("expected-expression", what);
    return bad;
  }
  expected("expected-expression", what);
  return bad;
}

// An operator of another language after a value; true when something was said.
bool Parser::foreign_operator() {
  const Token& found = token();
  auto say = [&](std::string_view code, std::string title, Span span, std::string help,
                 std::string fix = {}) {
    fail(code, std::move(title), span, "not an operator of East", std::move(help), std::move(fix));
    return true;
  };
  Span two{found.begin, token(1).end};
  switch (found.kind) {
    case K::question:
      if (at(K::question, 1)) {
        return say("null-coalescing", "there is no `??`", two,
                   "write `match x { .some y -> y; .none -> … }`");
      }
      if (adjacent(0) && !starts_expression(token(1))) {
        return say("question-mark", "there is no `?` after a value", found.span(),
                   "an error ends the function by itself; an Option is taken apart by `match`");
      }
      return say("ternary", "there is no `? :`", found.span(), "write `if a { b } else { c }`");
    case K::kw_in:
      return say("in-operator", "`in` is no operator", found.span(), "write `xs.has(x)`");
    case K::pipe:
      if (at(K::greater, 1)) {
        return say("pipe", "there is no `|>`", two, "methods are called with a point: `xs.map(f)`");
      }
      return say("bit-operator", "there is no operator `|`", found.span(), "`||` is or");
    case K::ampersand:
      return say("bit-operator", "`&` makes a reference", found.span(), "`&&` is and");
    case K::dot_dot:
      return say("range", "there are no ranges", found.span(),
                 "write `Array.range(start, end, 1)`");
    case K::not_:
      return say("exclamation", "there is no `!` after a value", found.span(),
                 "an Option is taken apart by `match`");
    case K::name:
      break;
    default:
      return false;
  }
  std::string_view word = text(found);
  if (word == "and" || word == "or") {
    std::string op = word == "and" ? "&&" : "||";
    return say("word-operator", "'" + std::string(word) + "' is written `" + op + "`", found.span(),
               "write `" + op + "`", op);
  }
  if (word == "not" && at(K::kw_in, 1)) {
    return say("in-operator", "`not in` is no operator", two, "write `!xs.has(x)`");
  }
  if (word == "instanceof") {
    return say("instanceof", "types are known before a program runs", found.span(),
               "the cases of a variant are told apart by `match`");
  }
  return false;
}

// After an element of a bracket stands neither `,` nor the bracket that closes.
void Parser::unexpected_in_list(uint32_t open, std::string_view what) {
  K kind = tokens_[open].kind;
  std::string closer = kind == K::l_paren     ? "`)`"
                       : kind == K::l_bracket ? "`]`"
                       : kind == K::l_brace   ? "`}`"
                                              : "`)`";
  bool single = what == "`)`" || what == "`]`";
  const Token& found = token();
  if (found.is(K::assign)) {
    return fail("assignment-in-expression", "`=` does not compare", found.span(),
                "gives a value, which only a statement can", "write `==` to compare", "==");
  }
  if (found.is(K::kw_for)) {
    return fail("comprehension", "there are no comprehensions", found.span(), "cannot stand here",
                "write `xs.map(x -> …)` and `xs.filter(x -> …)`");
  }
  if (!found.newline_before && foreign_operator()) return;
  if (found.is(K::arrow)) {
    return fail("unexpected-arrow", "`->` follows the parameters of a function", found.span(),
                "no parameters before it", "as in `x -> x + 1` and `(x, y) -> x + y`");
  }
  if (found.is(K::semicolon)) {
    return fail("semicolon-in-brackets", "`;` ends a statement", found.span(), "inside brackets",
                single ? "" : "elements stand between commas");
  }
  if (found.is(K::kw_if) && previous().kind != K::comma) {
    return fail("trailing-if", "`if` stands before what it chooses", found.span(),
                "cannot follow a value", "write `if a { b } else { c }`");
  }
  std::string wanted = single ? closer : "`,` or " + closer;
  if (kind == K::string_begin || kind == K::string_middle) {
    fail("expected-comma", "expected `)` after the value, found " + describe(found, source_),
         found.span(), "expected `)`");
    return relate(tokens_[open].span(), "in this string");
  }
  if (!single && !found.newline_before && starts_expression(found) && pos_ > open + 1) {
    fail("missing-comma", "a comma is missing", {previous().end, found.begin},
         "expected `,` between these", "", ",");
    relate(tokens_[open].span(), "in these brackets");
    return;
  }
  if (found.newline_before && !single) {
    fail("missing-comma", "a comma is missing", {previous().end, previous().end},
         "expected " + wanted + " here", "", ",");
    relate(tokens_[open].span(), "in these brackets");
    return;
  }
  fail("expected-comma", "expected " + wanted + ", found " + describe(found, source_), found.span(),
       "expected " + wanted);
  relate(tokens_[open].span(), "in these brackets");
}

// A statement is over, its line is not.
void Parser::unexpected_after_statement(uint32_t start) {
  const Token& found = token();
  if (foreign_operator()) return;
  switch (found.kind) {
    case K::assign:
      return fail("second-assignment", "a statement gives one value", found.span(), "a second `=`",
                  "write each on its own line");
    case K::arrow:
      return fail("unexpected-arrow", "`->` follows the parameters of a function", found.span(),
                  "no parameters before it",
                  "as in `x -> x + 1`; a function as a payload stands in parentheses");
    case K::kw_if:
      return fail("trailing-if", "`if` stands before what it chooses", found.span(),
                  "cannot follow a value", "write `if a { b } else { c }`");
    case K::kw_for:
      return fail("comprehension", "a loop stands before its body", found.span(),
                  "cannot follow a value", "write `for x in xs { … }` or `xs.map(x -> …)`");
    case K::comma:
      return fail("stray-comma", "a comma cannot stand here", found.span(), "no brackets are open",
                  "elements stand in brackets; several values in a struct `(a = 1, b = 2)`");
    case K::kw_else:
    case K::kw_catch:
    case K::kw_finally:
      unexpected_in_expression();
      return;
    default:
      break;
  }
  const Token& first = tokens_[start];
  if (found.is(K::colon) && first.is(K::name) && pos_ == start + 1) {
    std::string name(text(first));
    return fail("entry-in-body", "braces after `->` and in a function are a body", found.span(),
                "not an entry of a dict",
                "a dict as the value of a body stands in parentheses: `({" + name + ": …})`");
  }
  if (found.is(K::l_brace) && pos_ > start) {
    return fail("unexpected-brace", "a body cannot stand here", found.span(),
                "no `if`, `for` or `->` before it", "a block that is a value is `do { … }`");
  }
  if (starts_expression(found) && !found.is(K::dot)) {
    return fail("two-statements", "expected the end of the line, found " + describe(found, source_),
                found.span(), "a second expression on this line",
                "an operator or a comma is missing, or a newline or `;` between two statements");
  }
  fail("expected-line-end", "expected the end of the line, found " + describe(found, source_),
       found.span(), "cannot follow what is before it");
}

}  // namespace samara::lang
