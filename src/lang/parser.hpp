#pragma once
// The recursive descent parser. Its tokens have paired brackets, so each bracketed list is read to
// its own end whatever goes wrong inside: an error costs the element or statement it is in.
//
// Threads: one object, one thread. Source: docs/formats/source.md, sections 2 to 5.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lang/ast.hpp"
#include "lang/diagnostic_list.hpp"
#include "lang/lexer.hpp"
#include "lang/parse.hpp"

namespace samara::lang {

class Parser {
 public:
  Parser(std::string_view source, Lexed lexed);

  void file();
  void input();
  /// Requires: file() or input() was called; once.
  Parsed finish();
  /// Whether the first problem is that the text ends too early.
  bool ended_early() const { return ended_early_; }

 private:
  using K = TokenKind;

  // What holds at a place of the text, saved and restored around brackets and bodies.
  struct Context {
    bool newlines = true;   // a newline ends a statement
    bool no_brace = false;  // `{` starts a body, never a value
  };
  class Scope {
   public:
    Scope(Parser& parser, Context inside) : parser_(parser), outside_(parser.context_) {
      parser.context_ = inside;
    }
    ~Scope() { parser_.context_ = outside_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Parser& parser_;
    Context outside_;
  };
  class Level {
   public:
    explicit Level(Parser& parser) : parser_(parser) { parser.depth_++; }
    ~Level() { parser_.depth_--; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Parser& parser_;
  };

  // ---- tokens ----
  const Token& token(size_t ahead = 0) const {
    size_t i = pos_ + ahead;
    return tokens_[i < tokens_.size() ? i : tokens_.size() - 1];
  }
  const Token& previous() const { return tokens_[pos_ > 0 ? pos_ - 1 : 0]; }
  bool at(K kind) const { return token().kind == kind; }
  bool at(K kind, size_t ahead) const { return token(ahead).kind == kind; }
  std::string_view text(const Token& token) const {
    return source_.substr(token.begin, token.end - token.begin);
  }
  bool at_word(std::string_view word, size_t ahead = 0) const {
    return at(K::name, ahead) && text(token(ahead)) == word;
  }
  void advance() {
    if (pos_ + 1 < tokens_.size()) pos_++;
  }
  bool accept(K kind) {
    if (!at(kind)) return false;
    advance();
    return true;
  }
  /// The index behind the token, or behind the bracket that it opens.
  uint32_t after(uint32_t index) const;
  uint32_t last() const { return static_cast<uint32_t>(tokens_.size() - 1); }
  bool new_line() const { return token().newline_before && context_.newlines; }
  bool adjacent(size_t ahead) const { return !token(ahead).space_before; }
  bool starts_line_of_method(size_t ahead = 0) const;
  bool starts_line_of_arm(uint32_t close) const;
  bool starts_expression(const Token& token) const;
  bool starts_type(const Token& token) const;
  bool starts_declaration(uint32_t index) const;
  Span from(uint32_t begin) const { return {begin, std::max(begin, previous().end)}; }

  // ---- problems ----
  /// Reports and stops this element: nothing more is reported until the parser found its place.
  void fail(std::string_view code, std::string title, Span span, std::string label,
            std::string help = {}, std::string fix = {});
  /// Reports and goes on as if the right thing had been written.
  void mend(std::string_view code, std::string title, Span span, std::string label,
            std::string help = {}, std::string fix = {});
  /// Adds to what was reported last, if that was reported.
  void relate(Span span, std::string message);
  /// `expected <what>`, at the current token or behind the one before when that ends its line.
  void expected(std::string_view code, std::string_view what, std::string help = {});
  void too_deep(Span span);
  bool deep();
  Expr* bad_expr(Span span);
  TypeNode* bad_type(Span span);

  // ---- lists ----
  template <typename Element>
  void list(uint32_t open, std::string_view what, Element element);
  void recover_in_list(uint32_t close);
  void recover_in_statements(uint32_t close, uint32_t start);
  void recover_in_file(uint32_t start);
  bool at_boundary(uint32_t close) const;

  // ---- names ----
  Name name_of(const Token& token);
  Name expect_name(std::string_view what);
  Name member_name(std::string_view what);
  static bool is_word(const Token& token) {
    return token.is(K::name) || token.is(K::quoted_name) || is_keyword(token.kind);
  }

  // ---- files (parse_file.cpp) ----
  void declaration();
  void import_declaration(Declaration& out);
  void type_declaration(Declaration& out);
  void platform_declaration(Declaration& out);
  void function_declaration(Declaration& out);
  std::span<Name> type_parameters();
  std::span<Parameter> parameters(std::string_view of);
  TypeNode* result_type();
  std::string_view doc_before(uint32_t index);
  bool foreign_declaration();

  // ---- types (parse_type.cpp) ----
  TypeNode* type();
  TypeNode* nonvariant();
  TypeNode* variant_type();
  TypeNode* parenthesis_type();
  TypeNode* named_type();
  std::span<TypeNode*> type_list(uint32_t open, uint32_t close);
  std::span<TypeNode*> type_arguments();
  bool foreign_type(TypeNode* parsed);

  // ---- statements (parse_statement.cpp) ----
  std::span<Expr*> statements(uint32_t close);
  Expr* statement();
  Expr* assignment(Expr* place, uint32_t begin);
  Expr* let_statement();
  Expr* nested_function();
  Expr* body(std::string_view of);
  Expr* block(Braces braces);
  Expr* body_or_expr();
  void unexpected_after_statement(uint32_t start);
  Expr* foreign_statement();
  Expr* foreign_operand();

  // ---- expressions (parse_expr.cpp, parse_primary.cpp, parse_control.cpp) ----
  Expr* expression();
  Expr* condition();
  Expr* lambda(uint32_t begin, bool is_async);
  Expr* full_lambda(uint32_t begin, bool is_async);
  bool starts_lambda() const;
  Expr* binary(int level);
  Expr* cast();
  Expr* unary();
  Expr* operand();
  Expr* negative_number();
  Expr* power(Expr* left);
  Expr* postfix(Expr* left);
  Expr* member(Expr* left);
  Expr* call(Expr* callee, Span at);
  Expr* primary();
  Expr* number();
  Expr* integer(const Token& token, bool negative, uint32_t begin);
  Expr* datetime();
  Expr* blob();
  Expr* string();
  Expr* name_expr();
  Expr* variant();
  bool at_payload() const;
  Expr* parenthesis();
  Expr* structure();
  Expr* array(ExprForm form);
  Expr* matrix();
  Expr* braces();
  Expr* if_expr();
  Expr* match_expr();
  void match_arm(std::vector<Arm>& arms, std::vector<Expr*>& kids);
  Expr* for_expr(Name label);
  void for_variables(Expr* loop);
  Expr* while_expr(Name label);
  Expr* try_expr();
  Expr* jump();
  Expr* unexpected_in_expression();
  bool foreign_operator();
  void unexpected_in_list(uint32_t open, std::string_view what);

  Expr* make(ExprForm form, Span span) { return tree_->new_expr(form, span); }
  /// Sets the kids and the height. Reports trees that are too high.
  Expr* with_kids(Expr* expr, std::span<Expr* const> kids);
  Expr* with_kids(Expr* expr, std::initializer_list<Expr*> kids) {
    return with_kids(expr, std::span<Expr* const>(kids.begin(), kids.size()));
  }

  std::string_view source_;
  std::vector<Token> tokens_;
  std::unique_ptr<SyntaxTree> tree_;
  DiagnosticList found_;
  uint32_t pos_ = 0;
  uint32_t depth_ = 0;
  Context context_;
  bool deep_ = false;      // a limit of depth was reported
  bool panic_ = false;     // reported; silent until the next element
  bool reported_ = false;  // the last call of fail or mend was kept
  bool stopped_ = false;   // a limit was reached: the rest is not looked at
  bool ended_early_ = false;
  size_t comment_ = 0;
  std::string scratch_;
};

template <typename Element>
void Parser::list(uint32_t open, std::string_view what, Element element) {
  uint32_t close = std::min(tokens_[open].match, last());
  Scope scope(*this, {.newlines = false, .no_brace = false});
  pos_ = open + 1;
  while (pos_ < close) {
    uint32_t start = pos_;
    element();
    if (!panic_ && pos_ < close && !at(K::comma)) unexpected_in_list(open, what);
    if (panic_) recover_in_list(close);
    if (pos_ < close) accept(K::comma);
    if (pos_ == start) pos_++;
  }
  pos_ = std::min(std::max(pos_, close + 1), last());
}

}  // namespace samara::lang
