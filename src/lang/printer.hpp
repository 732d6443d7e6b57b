#pragma once
// The printer of syntax trees: each method makes the document of one kind of node.
//
// Threads: one thread. Source: docs/formats/source.md; print.hpp is the interface.

#include "lang/ast.hpp"
#include "lang/layout.hpp"
#include "lang/print_comments.hpp"

namespace samara::lang {

inline constexpr uint32_t k_line_columns_max = 100;

/// How tightly a form binds; an operand that binds less than its place asks for gets parentheses.
enum class Binding : uint8_t {
  statement,  // let, assignment
  open,       // lambda, return, and the forms with braces, which stand alone better
  or_,
  and_,
  compare,
  add,
  multiply,
  cast,
  unary,
  power,
  postfix,
  primary,
};

/// The expression without parentheses around it.
const Expr& bare(const Expr& expr);
Binding binding_of(const Expr& expr);
Binding binding_of(Operator op);
/// What the parentheses must stay for: `(x.f)(y)` calls a field, `x.f(y)` a method.
bool is_callee_in_parentheses(const Expr& callee);

/// Whether the first token would be a brace.
bool begins_with_brace(const Expr& expr);

class Printer {
 public:
  Printer(Layout& layout, std::span<const Comment> comments, std::string_view source)
      : layout_(layout), comments_(layout, comments, source), parsed_(!source.empty()) {}

  Doc file(const SyntaxTree& tree);
  Doc type(const TypeNode& type);
  /// `place`: what the surroundings ask for. `brace_free`: in a condition, where a `{` outside of
  /// brackets begins the body.
  Doc expr(const Expr& expr, Binding place = Binding::open, bool brace_free = false);
  Doc statement(const Expr& statement);

 private:
  // Declarations.
  Doc declaration(const Declaration& declaration);
  Doc doc_comment(const Declaration& declaration);
  Doc import(const Declaration& declaration);
  Doc type_declaration(const Declaration& declaration);
  Doc signature(const Declaration& declaration);
  Doc type_parameters(std::span<const Name> names);
  Doc parameters(std::span<const Parameter> parameters, uint32_t end, bool trailing_comma);

  // Types.
  Doc type_in(const TypeNode& type, bool variant_allowed);
  Doc variant_type(const TypeNode& type);
  Doc type_arguments(std::span<TypeNode* const> arguments);

  // Statements and bodies.
  Doc body(const Expr& block, bool on_one_line);
  Doc braces(const Expr& block, bool on_one_line);
  Doc body_or_expr(const Expr& inner);
  /// An expression after `->`, where a brace would begin a body.
  Doc bare_body(const Expr& inner);
  Doc value_after(const Expr& value);
  /// The value on the line of `=` or `->`, or all of it on the lines after.
  Doc broken_binary(const Expr& value);
  Doc let(const Expr& expr);
  Doc if_(const Expr& expr);
  Doc match(const Expr& expr);
  Doc loop(const Expr& expr);
  Doc try_(const Expr& expr);

  // Expressions.
  Doc form(const Expr& expr, bool brace_free);
  Doc literal(const Expr& expr);
  Doc dict(const Expr& expr);
  Doc structure(const Expr& expr);
  Doc ascription(const Expr& expr);
  Doc assign(const Expr& expr);
  Doc interpolation(const Expr& expr);
  /// `indented`: the lines after the first stand further in.
  Doc binary(const Expr& expr, bool brace_free, bool indented = true);
  Doc unary(const Expr& expr, bool brace_free);
  Doc variant(const Expr& expr, bool brace_free);
  Doc lambda(const Expr& expr);
  Doc chain(const Expr& expr, bool brace_free);
  Doc arguments(const Expr& call);
  Doc matrix(const Expr& expr);
  struct Item {
    uint32_t begin = 0;
    uint32_t end = 0;
  };
  /// `open` items `close`, one to a line where they do not fit on one.
  template <typename F>
  Doc list(std::string_view open, std::string_view close, std::span<const Item> items, uint32_t end,
           bool trailing_comma, F&& print_item);
  Doc expr_list(std::string_view open, std::string_view close, std::span<Expr* const> items,
                uint32_t end);

  Doc text(std::string_view text) { return layout_.text(text); }
  /// Comments before something, on lines of their own.
  Doc own_lines(const PrintComments::Leading& leading) {
    return leading.own == 0 ? 0 : layout_.concat({leading.own, layout_.hard_line()});
  }
  Doc name(const Name& name);
  Doc member(const Name& name);

  Layout& layout_;
  PrintComments comments_;
  bool parsed_ = false;
  uint32_t angles_ = 0;  // type arguments around what is printed
};

template <typename F>
Doc Printer::list(std::string_view open, std::string_view close, std::span<const Item> items,
                  uint32_t end, bool trailing_comma, F&& print_item) {
  Doc inner = 0;
  for (size_t i = 0; i < items.size(); i++) {
    PrintComments::Leading leading = comments_.take_before(items[i].begin);
    Doc separator = i == 0 ? layout_.soft_line() : layout_.line();
    Doc item = print_item(i);
    bool last = i + 1 == items.size();
    Doc comma = !last ? text(",") : trailing_comma ? layout_.if_broken(text(",")) : 0;
    Doc trailing = comments_.take_trailing(items[i].end, last ? end : items[i + 1].begin);
    inner = layout_.concat(
        {inner, leading.trailing, separator, own_lines(leading), item, comma, trailing});
  }
  PrintComments::Leading rest = comments_.take_before(end);
  inner = layout_.concat({inner, rest.trailing, rest.own != 0 ? layout_.line() : 0, rest.own});
  if (inner == 0) return layout_.concat({text(open), text(close)});
  return layout_.group(
      layout_.concat({text(open), layout_.indent(inner), layout_.soft_line(), text(close)}));
}

}  // namespace samara::lang
