#pragma once
// The syntax tree of East source: what was written, before names and types are looked at. One node
// shape for expressions and one for types, so that printers and walkers stay small.
//
// Nodes live in the arena of their SyntaxTree and are freed with it. Names and texts are unescaped
// copies in the arena. Threads: a tree is immutable once parsed. Source: docs/formats/source.md.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "value/slot.hpp"

namespace samara::lang {

/// Bytes [begin, end) of the source.
struct Span {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool operator==(const Span&) const = default;
};

/// A name as meant (back-quotes and escapes removed) and where it stands. Absent: span is empty.
struct Name {
  std::string_view text;
  Span span;
  bool present() const { return span.end > span.begin || !text.empty(); }
};

/// Syntax trees nest at most this deep; operator chains count.
inline constexpr uint32_t k_syntax_depth_max = 256;
/// Longest chain of binary operators of one precedence, and of postfix parts.
inline constexpr uint32_t k_syntax_chain_max = 900;
/// Largest height of a parsed tree in expression nodes: chains and nesting together.
inline constexpr uint32_t k_syntax_height_max = 1024;

enum class TypeForm : uint8_t {
  name,       // name, arguments
  structure,  // fields
  variant,    // fields: cases as written; a case without payload has type == nullptr
  function,   // arguments: inputs; body: output; is_async
  recursive,  // name, body
  error,      // could not be parsed; reported
};

struct TypeNode;
struct TypeField {
  Name name;
  TypeNode* type = nullptr;
};

struct TypeNode {
  TypeForm form = TypeForm::error;
  bool is_async = false;
  bool parenthesized = false;
  Span span;
  Name name;
  std::span<TypeNode*> arguments;
  std::span<TypeField> fields;
  TypeNode* body = nullptr;
};

enum class ExprForm : uint8_t {
  null,           //
  boolean,        // integer: 0 or 1
  integer,        // integer
  float_,         // number
  string,         // text
  datetime,       // integer: milliseconds
  blob,           // text: the bytes
  interpolation,  // kids: string literals and expressions as written, in order
  name,           // name, type_arguments (`f<T>` before a call)
  array,          // kids
  set,            // kids
  dict,           // kids: key, value, …
  vector,         // kids
  matrix,         // kids, row by row; integer: number of rows; text: the number of columns in
                  // digits where `mat[: n]` says that there are no rows
  structure,      // fields: names; kids: values
  variant,        // name: case; kids: payload or none
  ref,            // `&x`; kids: x
  field,          // `x.name`; kids: x; name
  index,          // `x[i]`; kids: x, i
  call,           // kids: callee, arguments. A method call has a callee of form `field`, whose
                  // type_arguments are those of the call
  unary,          // op: minus, not_, await; kids: operand
  binary,         // op; kids: left, right
  cast,           // `x as T`; kids: x; type
  ascription,     // `(x: T)`; kids: x; type
  parenthesized,  // `(x)`; kids: x
  lambda,         // parameters, type: result or null, kids: body; is_async, full_form (`fn (…)`)
  block,          // kids: statements. As a body or after `do`: see `braces`
  if_,            // kids: predicate, body, predicate, body, …, else body when the number is odd
  match,          // kids: operand, then one body for each arm; arms
  for_,           // label; name: first variable; second: second variable; kids: collection, body
  while_,         // label; kids: predicate, body
  try_,           // kids: body, catch body or null, finally body or null; name: message variable,
                  // second: stack variable
  return_,        // kids: value or none
  throw_,         // kids: message
  break_,         // label
  continue_,      // label
  let,            // `let`, `var` (is_mutable); name; type or null; kids: value
  assign,         // op: assign, add, subtract, …; kids: place, value
  error,          // could not be parsed; reported
};

enum class Operator : uint8_t {
  none,
  add,
  subtract,
  multiply,
  divide,
  remainder,
  power,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  is,
  and_,
  or_,
  minus,
  not_,
  await,
  assign,
};

/// The operator as it is written; of `+=` the `+`, so nothing for a plain assignment.
std::string_view operator_text(Operator op);

/// What the braces of a block mean.
enum class Braces : uint8_t {
  body,  // `{ … }` after fn, if, for, `->` and so on: one statement stands for itself
  do_,   // `do { … }`: a Block whatever it holds
  bare,  // no braces: the expression after `->`; never of form `block` otherwise
};

struct Expr;

struct Parameter {
  Name name;
  TypeNode* type = nullptr;  // null: inferred (lambdas)
};

struct Arm {
  Name case_name;  // `_` has an empty text
  bool is_default = false;
  Name payload;  // absent: not bound
  Span span;     // of the pattern
};

struct Expr {
  ExprForm form = ExprForm::error;
  Operator op = Operator::none;
  Braces braces = Braces::body;
  bool is_async = false;
  bool is_mutable = false;
  bool full_form = false;
  uint16_t height = 1;  // of a parsed tree, in nodes; at most k_syntax_height_max
  Span span;            // the whole expression
  Span op_span;         // operator, keyword, or `.name` of a call: where a message points
  Name name;
  Name second;
  Name label;
  std::string_view text;
  int64_t integer = 0;
  double number = 0;
  TypeNode* type = nullptr;
  std::span<Expr*> kids;
  std::span<Name> fields;
  std::span<Parameter> parameters;
  std::span<Arm> arms;
  std::span<TypeNode*> type_arguments;
};

enum class DeclarationForm : uint8_t { import, type, platform, function };
enum class DeclaredEffect : uint8_t { none, pure, idempotent, effectful };

struct Import {
  Name name;   // in the other file
  Name alias;  // here; equals `name` when not given
};

struct Declaration {
  DeclarationForm form{};
  Span span;
  std::string_view doc;  // lines of the doc comment without `///` and one space; may be empty
  Name name;             // type, platform, function
  bool is_private = false;
  bool is_async = false;
  bool optional = false;
  DeclaredEffect effect = DeclaredEffect::none;
  std::vector<Import> imports;
  std::string_view source;  // import: the text after `from`; platform: the registered name
                            // where that differs from `name`: then source_span is not empty
  Span source_span;
  std::span<Name> type_parameters;
  std::span<Parameter> parameters;
  TypeNode* type = nullptr;  // type: the right side; platform, function: result or null (Null)
  Expr* body = nullptr;      // function
};

/// A `//` comment, or a doc comment line that belongs to no declaration.
struct Comment {
  Span span;              // from the first slash, without the line break
  bool own_line = false;  // nothing but space before it on its line
};

/// Owns everything a parse produced.
class SyntaxTree {
 public:
  SyntaxTree();
  ~SyntaxTree();
  SyntaxTree(const SyntaxTree&) = delete;
  SyntaxTree& operator=(const SyntaxTree&) = delete;

  std::vector<Declaration> declarations;
  std::vector<Comment> comments;      // all, doc comments included, in order
  std::vector<uint32_t> line_starts;  // offset of the first byte of each line

  Expr* new_expr(ExprForm form, Span span);
  TypeNode* new_type(TypeForm form, Span span);
  std::string_view copy(std::string_view text);
  template <typename T>
  std::span<T> copy(std::span<const T> from) {
    if (from.empty()) return {};
    static_assert(std::is_trivially_destructible_v<T>);
    auto* memory = static_cast<T*>(allocate(from.size_bytes(), alignof(T)));
    std::uninitialized_copy(from.begin(), from.end(), memory);
    return {memory, from.size()};
  }
  template <typename T>
  std::span<T> copy(const std::vector<T>& from) {
    return copy(std::span<const T>(from));
  }

 private:
  void* allocate(size_t bytes, size_t alignment);
  std::vector<std::unique_ptr<std::byte[]>> chunks_;
  std::byte* next_ = nullptr;
  size_t left_ = 0;
};

}  // namespace samara::lang
