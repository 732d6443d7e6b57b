// Files and declarations: docs/formats/source.md, section 3.

#include "lang/parser.hpp"

#include <algorithm>

namespace samara::lang {

void Parser::file() {
  while (!at(K::end) && !stopped_) {
    if (accept(K::semicolon)) continue;
    uint32_t start = pos_;
    declaration();
    if (!panic_ && !at(K::end) && !at(K::semicolon) && !token().newline_before) {
      expected("expected-line-end", "the end of the line after a declaration");
    }
    if (panic_) recover_in_file(start);
    if (pos_ == start) pos_ = after(pos_);
  }
}

// What is typed at a prompt: declarations and statements mixed.
void Parser::input() {
  std::vector<Expr*> found;
  uint32_t begin = token().begin;
  while (!at(K::end) && !stopped_) {
    if (accept(K::semicolon)) continue;
    uint32_t start = pos_;
    if (starts_declaration(pos_)) {
      declaration();
      if (panic_) recover_in_file(start);
    } else {
      found.push_back(statement());
      if (!panic_ && !at_boundary(last())) unexpected_after_statement(start);
      if (panic_) recover_in_statements(last(), start);
    }
    if (pos_ == start) pos_ = after(pos_);
  }
  if (found.empty()) return;
  Declaration statements;
  statements.form = DeclarationForm::function;
  statements.span = from(begin);
  Expr* body = make(ExprForm::block, from(begin));
  body->braces = Braces::body;
  statements.body = with_kids(body, found);
  tree_->declarations.push_back(std::move(statements));
}

void Parser::declaration() {
  Declaration out;
  out.doc = doc_before(pos_);
  uint32_t begin = token().begin;
  context_ = {};
  if (at(K::kw_import)) {
    import_declaration(out);
  } else if (at(K::kw_type)) {
    type_declaration(out);
  } else if (at(K::kw_platform)) {
    platform_declaration(out);
  } else if (at(K::kw_private) || at(K::kw_async) || at(K::kw_fn)) {
    function_declaration(out);
  } else if (!foreign_declaration()) {
    if (at(K::kw_let) || at(K::kw_var)) {
      fail("statement-in-file", "a file holds functions and types, no statements", token().span(),
           "a `" + std::string(text(token())) + "` outside a function",
           "put it into a function; what several functions share can be a function without "
           "parameters");
    } else if (starts_expression(token())) {
      fail("statement-in-file", "a file holds functions and types, no statements", token().span(),
           "an expression outside a function", "put it into a function: `fn main() -> T { … }`");
    } else {
      expected("expected-declaration", "`fn`, `type`, `import` or `platform`");
    }
    return;
  } else {
    return;
  }
  out.span = from(begin);
  tree_->declarations.push_back(std::move(out));
}

void Parser::import_declaration(Declaration& out) {
  out.form = DeclarationForm::import;
  advance();
  if (at(K::string)) {
    return fail("import-without-names", "an import says which names it takes", token().span(),
                "no names before this", "as in `import area, perimeter from \"shapes.east\"`");
  }
  bool brace = at(K::l_brace);
  if (brace) {
    mend("import-braces", "names that are imported stand without braces", token().span(),
         "leave out the braces", "as in `import area, perimeter from \"shapes.east\"`");
    advance();
  }
  if (at(K::star)) {
    return fail("import-star", "an import names what it takes", token().span(),
                "everything cannot be imported",
                "as in `import area, perimeter from \"shapes.east\"`");
  }
  do {
    Import each;
    each.name = expect_name("the name of what is imported");
    if (panic_) return;
    each.alias = each.name;
    if (accept(K::kw_as)) each.alias = expect_name("the name that it has here");
    if (panic_) return;
    out.imports.push_back(each);
  } while (accept(K::comma) && !(brace && at(K::r_brace)));
  if (brace) accept(K::r_brace);
  if (!at_word("from")) {
    return expected("expected-from", "`from` and the name of a file",
                    "as in `import area from \"shapes.east\"`");
  }
  advance();
  if (!at(K::string)) {
    return expected("expected-source", "the name of a file in double quotes",
                    "as in `\"shapes.east\"`, `\"ref:area\"` or `\"hash:…\"`");
  }
  out.source = tree_->copy(string_content(token(), source_, scratch_));
  out.source_span = token().span();
  advance();
}

std::span<Name> Parser::type_parameters() {
  if (!at(K::less)) return {};
  Token open = token();
  advance();
  std::vector<Name> names;
  while (!at(K::greater)) {
    names.push_back(expect_name("the name of a type parameter"));
    if (panic_) return {};
    if (at(K::colon)) {
      fail("bounded-parameter", "type parameters have no bounds", token().span(), "leave this out");
      return {};
    }
    if (!accept(K::comma)) break;
  }
  if (!accept(K::greater)) {
    expected("unclosed-arguments", "`,` or `>`");
    relate(open.span(), "the type parameters start here");
  }
  return tree_->copy(names);
}

void Parser::type_declaration(Declaration& out) {
  out.form = DeclarationForm::type;
  advance();
  out.name = expect_name("the name of a type");
  if (panic_) return;
  out.type_parameters = type_parameters();
  if (panic_) return;
  if (!accept(K::assign)) {
    return expected("expected-equal", "`=` after the name of the type",
                    at(K::l_brace) ? "a struct is `type P = (x: Float, y: Float)`" : std::string());
  }
  out.type = type();
}

void Parser::platform_declaration(Declaration& out) {
  out.form = DeclarationForm::platform;
  advance();
  while (at(K::name) || at(K::kw_async)) {
    if (accept(K::kw_async)) {
      out.is_async = true;
      continue;
    }
    std::string_view word = text(token());
    DeclaredEffect effect = DeclaredEffect::none;
    if (word == "optional") {
      out.optional = true;
    } else if (word == "pure") {
      effect = DeclaredEffect::pure;
    } else if (word == "idempotent") {
      effect = DeclaredEffect::idempotent;
    } else if (word == "effectful") {
      effect = DeclaredEffect::effectful;
    } else {
      return fail("unknown-effect",
                  "'" + std::string(word) + "' says nothing about a platform function",
                  token().span(), "not an effect",
                  "`pure`, `idempotent`, `effectful`, `optional` or `async` may stand before `fn`");
    }
    if (effect != DeclaredEffect::none) {
      if (out.effect != DeclaredEffect::none) {
        mend("second-effect", "a platform function has one effect", token().span(),
             "the second effect");
      }
      out.effect = effect;
    }
    advance();
  }
  if (!accept(K::kw_fn)) {
    return expected("expected-fn", "`fn`", "as in `platform pure fn now() -> DateTime`");
  }
  out.name = expect_name("the name of a platform function");
  if (panic_) return;
  out.type_parameters = type_parameters();
  if (panic_) return;
  if (accept(K::assign)) {
    if (!at(K::string)) {
      return expected("expected-source", "the name the function is registered under",
                      "as in `platform fn log = \"my.log\"(text: String)`");
    }
    out.source = tree_->copy(string_content(token(), source_, scratch_));
    out.source_span = token().span();
    advance();
  }
  out.parameters = parameters("platform function");
  if (panic_) return;
  out.type = result_type();
  if (!panic_ && at(K::l_brace)) {
    fail("platform-body", "a platform function has no body", token().span(), "leave out the body",
         "the host that runs the program gives it");
    pos_ = after(pos_);
  }
}

void Parser::function_declaration(Declaration& out) {
  out.form = DeclarationForm::function;
  while (at(K::kw_private) || at(K::kw_async)) {
    bool& flag = at(K::kw_private) ? out.is_private : out.is_async;
    if (flag) mend("repeated-word", "this stands here twice", token().span(), "leave this out");
    flag = true;
    advance();
  }
  if (!accept(K::kw_fn)) {
    return expected("expected-fn", "`fn`",
                    out.is_private ? "only functions can be private" : std::string());
  }
  out.name = expect_name("the name of a function");
  if (panic_) return;
  if (at(K::less)) {
    return fail("generic-function", "functions have no type parameters", token().span(),
                "leave this out",
                "types are written out; only `type` and `platform` have parameters");
  }
  out.parameters = parameters("function");
  if (panic_) return;
  out.type = result_type();
  if (panic_) return;
  if (at(K::assign)) {
    return fail("equal-body", "the body of a function stands in braces", token().span(),
                "write `{` and `}` around the body",
                "as in `fn double(x: Integer) -> Integer { x * 2 }`");
  }
  out.body = body("function");
}

std::span<Parameter> Parser::parameters(std::string_view of) {
  if (!at(K::l_paren)) {
    expected("expected-parameters", "`(` and the parameters of the " + std::string(of),
             "without parameters it is `()`");
    return {};
  }
  std::vector<Parameter> found;
  list(pos_, "a parameter", [&] {
    Parameter each;
    if (at(K::kw_var) || at(K::kw_let) || at_word("mut") || at(K::ampersand)) {
      mend("mutable-parameter", "parameters are constant", token().span(), "leave this out",
           "a variable that starts with its value: `var x = …`");
      advance();
    }
    if (at_word("self") && (at(K::comma, 1) || at(K::r_paren, 1))) {
      return fail("self-parameter", "functions belong to no type", token().span(),
                  "there is no `self`", "a value that is worked on is a parameter with a type");
    }
    each.name = expect_name("the name of a parameter");
    if (panic_) return;
    if (at(K::name) && adjacent(0) == false) {
      return fail("type-first", "the type stands after the name",
                  {each.name.span.begin, token().end}, "the order is turned round",
                  "write `" + std::string(text(token())) + ": " + std::string(each.name.text) + "`",
                  std::string(text(token())) + ": " + std::string(each.name.text));
    }
    if (!at(K::colon)) {
      std::string name(each.name.text);
      fail("missing-parameter-type", "a parameter of a named function needs a type", each.name.span,
           "has no type",
           "write `" + name + ": T`; only the parameters of `x -> …` may go without");
      return;
    }
    advance();
    each.type = type();
    found.push_back(each);
    if (!panic_ && at(K::assign)) {
      fail("default-argument", "parameters have no default values", token().span(),
           "leave out what follows", "a second function can give the value");
    }
  });
  return tree_->copy(found);
}

TypeNode* Parser::result_type() {
  if (accept(K::arrow)) {
    if (at(K::l_brace)) {
      expected("expected-type", "the type of the result", "without `->` the result is Null");
      return nullptr;
    }
    return type();
  }
  if (at(K::colon)) {
    mend("colon-result", "the type of the result stands after `->`", token().span(), "write `->`",
         "as in `fn f() -> Integer { … }`", " ->");
    advance();
    if (at(K::l_brace) || token().newline_before) {
      panic_ = true;
      return nullptr;
    }
    return type();
  }
  return nullptr;
}

// The last run of `///` lines between the token before and this one.
std::string_view Parser::doc_before(uint32_t index) {
  uint32_t begin = index > 0 ? tokens_[index - 1].end : 0;
  uint32_t end = tokens_[index].begin;
  const auto& comments = tree_->comments;
  while (comment_ < comments.size() && comments[comment_].span.begin < begin) comment_++;
  size_t first = comment_;
  size_t stop = first;
  auto line_break_only = [&](uint32_t from, uint32_t to) {
    std::string_view gap = source_.substr(from, to - from);
    return std::count(gap.begin(), gap.end(), '\n') <= 1;
  };
  for (size_t i = first; i < comments.size() && comments[i].span.begin < end; i++) {
    Span span = comments[i].span;
    std::string_view line = source_.substr(span.begin, span.end - span.begin);
    bool doc = comments[i].own_line && line.starts_with("///") && !line.starts_with("////");
    if (!doc) {
      first = i + 1;
    } else if (i > first && !line_break_only(comments[i - 1].span.end, span.begin)) {
      first = i;
    }
    stop = i + 1;
  }
  comment_ = stop;
  if (first >= stop) return {};
  std::string doc;
  for (size_t i = first; i < stop; i++) {
    Span span = comments[i].span;
    std::string_view line = source_.substr(span.begin + 3, span.end - span.begin - 3);
    if (line.starts_with(' ')) line.remove_prefix(1);
    // Nobody sees it, and the printer leaves it out.
    line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
    if (i > first) doc += '\n';
    doc += line;
  }
  return tree_->copy(doc);
}

}  // namespace samara::lang
