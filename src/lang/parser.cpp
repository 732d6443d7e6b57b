#include "lang/parser.hpp"

#include <algorithm>

namespace samara::lang {

Parser::Parser(std::string_view source, Lexed lexed)
    : source_(source), tokens_(std::move(lexed.tokens)), tree_(std::make_unique<SyntaxTree>()) {
  tree_->comments = std::move(lexed.comments);
  tree_->line_starts = std::move(lexed.line_starts);
  for (Diagnostic& problem : lexed.diagnostics) {
    deep_ = deep_ || problem.code == "too-deep";
    found_.add(std::move(problem));
  }
  found_.count_dropped(lexed.dropped);
}

Parsed Parser::finish() {
  Parsed parsed;
  size_t dropped = found_.dropped();
  parsed.diagnostics = found_.take();
  std::stable_sort(
      parsed.diagnostics.begin(), parsed.diagnostics.end(),
      [](const Diagnostic& a, const Diagnostic& b) { return a.span.begin < b.span.begin; });
  if (dropped > 0) {
    Diagnostic problem;
    problem.severity = Severity::hint;
    problem.code = "more-problems";
    problem.title = std::to_string(dropped) + " more problems are not shown";
    auto size = static_cast<uint32_t>(source_.size());
    problem.span = {size, size};
    parsed.diagnostics.push_back(std::move(problem));
  }
  parsed.tree = std::move(tree_);
  return parsed;
}

// ---- tokens ----

uint32_t Parser::after(uint32_t index) const {
  auto is_open = [this](uint32_t i) {
    K kind = tokens_[i].kind;
    return kind == K::l_paren || kind == K::l_bracket || kind == K::l_brace ||
           kind == K::string_begin || kind == K::string_middle;
  };
  while (is_open(index) && tokens_[index].match > index && tokens_[index].match < tokens_.size()) {
    index = tokens_[index].match;
  }
  return std::min(index + 1, last());
}

// `.name(` and `.name<` at the start of a line go on with the expression before it. A case that is
// written like a call, `.some(x) ->`, is the mistake of an arm, not a method.
bool Parser::starts_line_of_method(size_t ahead) const {
  if (!at(K::dot, ahead) || !is_word(token(ahead + 1)) || !adjacent(ahead + 1)) return false;
  if (!adjacent(ahead + 2)) return false;
  if (at(K::less, ahead + 2)) return true;
  if (!at(K::l_paren, ahead + 2)) return false;
  uint32_t next = after(static_cast<uint32_t>(pos_ + ahead + 2));
  return !tokens_[next].is(K::arrow);
}

bool Parser::starts_expression(const Token& token) const {
  switch (token.kind) {
    case K::name:
    case K::quoted_name:
    case K::integer:
    case K::float_:
    case K::datetime:
    case K::blob:
    case K::string:
    case K::string_begin:
    case K::kw_await:
    case K::kw_break:
    case K::kw_continue:
    case K::kw_do:
    case K::kw_false:
    case K::kw_for:
    case K::kw_if:
    case K::kw_match:
    case K::kw_null:
    case K::kw_return:
    case K::kw_throw:
    case K::kw_true:
    case K::kw_try:
    case K::kw_while:
    case K::kw_nan:
    case K::kw_infinity:
    case K::kw_fn:
    case K::kw_async:
    case K::l_paren:
    case K::l_bracket:
    case K::l_brace:
    case K::dot:
    case K::minus:
    case K::ampersand:
    case K::not_:
      return true;
    default:
      return false;
  }
}

bool Parser::starts_type(const Token& token) const {
  return token.is(K::name) || token.is(K::quoted_name) || token.is(K::l_paren) ||
         token.is(K::kw_rec) || token.is(K::kw_async);
}

bool Parser::starts_declaration(uint32_t index) const {
  auto kind = [&](uint32_t i) { return tokens_[std::min(i, last())].kind; };
  switch (kind(index)) {
    case K::kw_import:
    case K::kw_type:
    case K::kw_platform:
    case K::kw_private:
      return true;
    case K::kw_fn:
      return kind(index + 1) != K::l_paren;
    case K::kw_async:
      return kind(index + 1) == K::kw_fn && kind(index + 2) != K::l_paren;
    default:
      return false;
  }
}

// ---- problems ----

void Parser::fail(std::string_view code, std::string title, Span span, std::string label,
                  std::string help, std::string fix) {
  mend(code, std::move(title), span, std::move(label), std::move(help), std::move(fix));
  panic_ = true;
}

void Parser::mend(std::string_view code, std::string title, Span span, std::string label,
                  std::string help, std::string fix) {
  reported_ = false;
  if (panic_) return;
  // What is unreadable, and brackets that are missing, have been reported.
  if (at(K::bad) || token().inserted) return;
  if (found_.list().empty() && span.begin >= tokens_.back().begin) ended_early_ = true;
  if (found_.full()) return found_.count_dropped();
  reported_ = true;
  Diagnostic problem;
  problem.code = code;
  problem.title = std::move(title);
  problem.span = span;
  problem.label = std::move(label);
  problem.help = std::move(help);
  problem.fix = std::move(fix);
  found_.add(std::move(problem));
}

void Parser::relate(Span span, std::string message) {
  if (reported_) found_.last().related.push_back({.span = span, .message = std::move(message)});
}

void Parser::expected(std::string_view code, std::string_view what, std::string help) {
  const Token& found = token();
  if (found_.list().empty() && !panic_ && found.is(K::end)) ended_early_ = true;
  std::string title = "expected " + std::string(what);
  std::string name = describe(found, source_);
  if (found.newline_before && pos_ > 0) {
    uint32_t end = previous().end;
    std::string label = found.is(K::end) ? "the file ends here" : "the line ends here";
    return fail(code, title + ", found " + (found.is(K::end) ? name : "the end of the line"),
                {end, end}, std::move(label), std::move(help));
  }
  std::string label = "expected " + std::string(what);
  if (is_keyword(found.kind) && !starts_expression(found)) label = "a keyword cannot stand here";
  fail(code, std::move(title) + ", found " + name, found.span(), std::move(label), std::move(help));
}

void Parser::too_deep(Span span) {
  if (!deep_) {
    deep_ = true;
    panic_ = false;
    fail("too-deep", "this stands too deep in other parts", span,
         "level " + std::to_string(k_syntax_depth_max + 1),
         "give parts of it names with `let`; the rest of the file was not read");
  }
  stopped_ = true;
  panic_ = true;
  pos_ = last();
}

bool Parser::deep() {
  if (depth_ <= k_syntax_depth_max && !stopped_) return false;
  too_deep(token().span());
  return true;
}

Expr* Parser::bad_expr(Span span) { return make(ExprForm::error, span); }
TypeNode* Parser::bad_type(Span span) { return tree_->new_type(TypeForm::error, span); }

Expr* Parser::with_kids(Expr* expr, std::span<Expr* const> kids) {
  uint32_t height = 0;
  for (const Expr* kid : kids) {
    if (kid != nullptr) height = std::max<uint32_t>(height, kid->height);
  }
  if (height + 1 > k_syntax_height_max) {
    too_deep(expr->span);
    return bad_expr(expr->span);
  }
  expr->height = static_cast<uint16_t>(height + 1);
  expr->kids = tree_->copy(std::span<Expr* const>(kids));
  return expr;
}

// ---- recovery ----

void Parser::recover_in_list(uint32_t close) {
  while (pos_ < close && !at(K::comma)) pos_ = after(pos_);
  panic_ = stopped_;
}

// The next statement starts a line at this depth, and not with a token that goes on with a line.
void Parser::recover_in_statements(uint32_t close, uint32_t start) {
  panic_ = stopped_;
  if (pos_ == start) pos_ = after(pos_);
  while (pos_ < close && !at(K::semicolon)) {
    if (token().newline_before && (starts_expression(token()) || at(K::kw_let) || at(K::kw_var)) &&
        !starts_line_of_method() && !starts_line_of_arm(close)) {
      return;
    }
    pos_ = after(pos_);
  }
}

// An arm whose `match` was not understood.
bool Parser::starts_line_of_arm(uint32_t close) const {
  if (!at(K::dot)) return false;
  for (uint32_t i = pos_ + 1; i < close && !tokens_[i].newline_before; i = after(i)) {
    if (tokens_[i].is(K::arrow)) return true;
  }
  return false;
}

void Parser::recover_in_file(uint32_t start) {
  panic_ = stopped_;
  if (pos_ == start) pos_ = after(pos_);
  while (!at(K::end) && !(token().newline_before && starts_declaration(pos_))) pos_ = after(pos_);
}

bool Parser::at_boundary(uint32_t close) const {
  return pos_ >= close || at(K::semicolon) || token().newline_before;
}

// ---- names ----

Name Parser::name_of(const Token& token) {
  if (token.is(K::quoted_name)) {
    return {.text = tree_->copy(quoted_name_content(token, source_, scratch_)),
            .span = token.span()};
  }
  return {.text = tree_->copy(text(token)), .span = token.span()};
}

Name Parser::expect_name(std::string_view what) {
  if (at(K::name) || at(K::quoted_name)) {
    Name name = name_of(token());
    // Fields and cases may be called so: East has them.
    if (name.text.empty()) {
      mend("empty-name", "a name cannot be empty", name.span, "has no characters");
    }
    advance();
    return name;
  }
  if (is_keyword(token().kind) && !token().newline_before && !at(K::kw_in)) {
    std::string word(spelling(token().kind));
    mend("keyword-as-name", "'" + word + "' is a keyword", token().span(),
         "cannot be " + std::string(what), "take another name, or put this one in back-quotes",
         "`" + word + "`");
    Name name = name_of(token());
    advance();
    return name;
  }
  expected("expected-name", what);
  return {};
}

Name Parser::member_name(std::string_view what) {
  if (is_word(token())) {
    Name name = name_of(token());
    advance();
    return name;
  }
  expected("expected-name", what);
  return {};
}

}  // namespace samara::lang
