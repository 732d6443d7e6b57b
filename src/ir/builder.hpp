#pragma once
// Builds programs in C++: for tests, examples and front ends. Names, labels, captures and the flags
// of variables are worked out; result types follow from the parts. What is built is checked by
// check.hpp like any other program: the builder asserts only what it needs to give a node a type.
//
//   Builder b(types);
//   auto program = b.program({types.integer()}, [&](auto p) {
//     return b.block([&](Statements& s) {
//       Var sum = s.mutable_(b.integer(0));
//       s(b.while_(b.builtin(BuiltinId::Less, {types.integer()}, {b(sum), b(p[0])}),
//                  [&](Label) { return b.assign(sum, b.add(b(sum), b.integer(1))); }));
//       return b(sum);
//     });
//   });
//
// C++ evaluates the arguments of a call in any order (those in braces from left to right): make
// parts that define variables for each other in statements of their own.
//
// Threads: one thread.

#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "ir/builtin_table.hpp"
#include "ir/ir.hpp"

namespace samara::ir {

class Builder;

/// An expression under construction. Used at one place: the IR is a tree.
struct Expr {
  Node* node = nullptr;
  const Type* type() const { return node->type; }
};

/// A variable; `builder(var)` is an expression that reads it.
struct Var {
  uint32_t number = 0;
};

/// A loop, for break_ and continue_.
struct Label {
  NameId name = 0;
};

/// Collects the statements of a block.
class Statements {
 public:
  explicit Statements(Builder& builder) : builder_(builder) {}
  void operator()(Expr statement) { list_.push_back(statement); }
  /// A constant, a mutable variable with its first value.
  Var let(Expr value);
  Var mutable_(Expr value);

 private:
  friend class Builder;
  Builder& builder_;
  std::vector<Expr> list_;
};

class MatchCases;

class Builder {
 public:
  explicit Builder(TypeTable& types);
  TypeTable& types() { return program_->types(); }

  /// The location of nodes made from now on. Until set: `<unknown> 0:0`.
  void at(std::string_view filename, int64_t line, int64_t column);

  // --- literals and variables
  // ---------------------------------------------------------------------
  Expr null();
  Expr boolean(bool value);
  Expr integer(int64_t value);
  Expr float_(double value);
  Expr datetime(int64_t milliseconds);
  Expr string(std::string_view value);
  Expr blob(ByteView value);
  /// Reads a variable. Inside a function made after it, captures it.
  Expr operator()(Var variable);
  Expr assign(Var variable, Expr value);

  // --- data
  // -----------------------------------------------------------------------------------------
  Expr array(const Type* element, std::initializer_list<Expr> values);
  Expr set(const Type* key, std::initializer_list<Expr> values);
  Expr dict(const Type* key, const Type* value,
            std::initializer_list<std::pair<Expr, Expr>> entries);
  Expr ref(Expr content);
  Expr vector(const Type* element, std::initializer_list<Expr> values);
  Expr matrix(const Type* element, int64_t rows, int64_t columns,
              std::initializer_list<Expr> values);
  Expr structure(std::initializer_list<std::pair<std::string_view, Expr>> fields);
  Expr field(Expr structure, std::string_view name);
  Expr variant(const Type* type, std::string_view case_name, Expr payload);
  Expr some(Expr value);
  Expr none(const Type* some);
  Expr as(const Type* type, Expr value);
  Expr wrap(const Type* type, Expr value);
  Expr unwrap(const Type* type, Expr value);

  // --- control
  // ------------------------------------------------------------------------------------
  /// `fill(Statements&)` may return the last expression.
  template <typename F>
  Expr block(F&& fill);
  Expr block_of(std::span<const Expr> statements);
  Expr if_(Expr predicate, Expr then, Expr otherwise);
  /// Without else: null.
  Expr if_(Expr predicate, Expr then) { return if_(predicate, then, null()); }
  /// `body(Label)`.
  template <typename F>
  Expr while_(Expr predicate, F&& body);
  /// `body(Var value, Var index, Label)`.
  template <typename F>
  Expr for_array(Expr array, F&& body);
  /// `body(Var key, Label)`.
  template <typename F>
  Expr for_set(Expr set, F&& body);
  /// `body(Var value, Var key, Label)`.
  template <typename F>
  Expr for_dict(Expr dict, F&& body);
  Expr break_(Label label);
  Expr continue_(Label label);
  Expr error(Expr message);
  Expr return_(Expr value);
  /// `match(x).on("none", [&](Var) { … }).on("some", [&](Var v) { … }).done()`
  MatchCases match(Expr variant);
  /// `handler(Var message, Var stack)`.
  template <typename F>
  Expr try_(Expr body, F&& handler, Expr finally = {});

  // --- functions and calls
  // --------------------------------------------------------------------------
  /// `body(span<const Var> parameters)`; the output is the body's type unless given.
  template <typename F>
  Expr lambda(std::initializer_list<const Type*> inputs, F&& body, const Type* output = nullptr);
  template <typename F>
  Expr async_lambda(std::initializer_list<const Type*> inputs, F&& body,
                    const Type* output = nullptr);
  /// Call or CallAsync by the callee's type.
  Expr call(Expr function, std::initializer_list<Expr> arguments);
  /// Requires: type parameters that fit the builtin.
  Expr builtin(BuiltinId id, std::initializer_list<const Type*> type_parameters,
               std::initializer_list<Expr> arguments);
  Expr platform(std::string_view name, std::initializer_list<Expr> arguments, const Type* output,
                bool is_async = false);
  Expr add(Expr a, Expr b) { return builtin(BuiltinId::IntegerAdd, {}, {a, b}); }
  Expr print(Expr value) { return builtin(BuiltinId::Print, {value.type()}, {value}); }

  // --- the program
  // ------------------------------------------------------------------------------------
  /// As lambda and async_lambda. The builder is empty afterwards and may be used again.
  template <typename F>
  std::unique_ptr<Program> program(std::initializer_list<const Type*> inputs, F&& body,
                                   const Type* output = nullptr);
  template <typename F>
  std::unique_ptr<Program> async_program(std::initializer_list<const Type*> inputs, F&& body,
                                         const Type* output = nullptr);

  // --- for the helpers above, and for tests that want a wrong program
  // ------------------------------
  Expr node(Op op, const Type* type, std::span<Node* const> kids);
  Var new_variable(const Type* type, bool is_mutable = false);
  /// A Variable node that defines or mentions the variable.
  Expr mention(Var variable);
  Program& under_construction() { return *program_; }

 private:
  friend class MatchCases;
  friend class Statements;

  struct Variable {
    NameId name = 0;
    const Type* type = nullptr;
    bool is_mutable = false;
    uint32_t function = 0;  // depth of the function that defines it
    bool captured = false;
    std::vector<Node*> mentions;
  };
  struct Function {
    std::vector<Var> captures;
    std::vector<Var> parameters;
  };

  Expr literal(const Type* type, Slot value);
  Expr with_nodes(Op op, const Type* type, std::initializer_list<Expr> values);
  Expr let(Var variable, Expr value);
  Label new_label();
  std::span<const Var> begin_function(std::initializer_list<const Type*> inputs);
  Expr end_function(Op op, Expr body, const Type* output);
  Expr finish_try(Expr body, Expr handler, Var message, Var stack, Expr finally);
  Expr finish_loop(Op op, Label label, std::initializer_list<Expr> kids);
  std::unique_ptr<Program> finish(Expr root);
  static const Type* branch_type(const Type* a, const Type* b) {
    return a->is(Kind::never) ? b : a;
  }

  std::unique_ptr<Program> program_;
  LocationId location_ = 0;
  LocationList location_list_;
  uint32_t next_label_ = 0;
  std::vector<Variable> variables_;
  std::vector<Function> functions_;
};

/// The cases of a match in any order.
class MatchCases {
 public:
  MatchCases(Builder& builder, Expr variant) : builder_(builder), variant_(variant) {}
  /// `body(Var payload)`. Requires: the variant has the case.
  template <typename F>
  MatchCases& on(std::string_view case_name, F&& body) {
    Var payload = new_payload(case_name);
    add(case_name, payload, body(payload));
    return *this;
  }
  Expr done();

 private:
  Var new_payload(std::string_view case_name);
  void add(std::string_view case_name, Var payload, Expr body);

  Builder& builder_;
  Expr variant_;
  const Type* type_ = nullptr;
  std::vector<NameId> names_;
  std::vector<Node*> kids_;
};

template <typename F>
Expr Builder::block(F&& fill) {
  Statements statements(*this);
  if constexpr (std::is_void_v<decltype(fill(statements))>) {
    fill(statements);
  } else {
    Expr last = fill(statements);
    statements(last);
  }
  return block_of(statements.list_);
}

template <typename F>
Expr Builder::while_(Expr predicate, F&& body) {
  Label label = new_label();
  return finish_loop(Op::while_, label, {predicate, body(label)});
}

template <typename F>
Expr Builder::for_array(Expr array, F&& body) {
  Label label = new_label();
  Var value = new_variable(array.type()->element());
  Var index = new_variable(types().integer());
  Expr inner = body(value, index, label);
  return finish_loop(Op::for_array, label, {array, mention(index), mention(value), inner});
}

template <typename F>
Expr Builder::for_set(Expr set, F&& body) {
  Label label = new_label();
  Var key = new_variable(set.type()->key());
  Expr inner = body(key, label);
  return finish_loop(Op::for_set, label, {set, mention(key), inner});
}

template <typename F>
Expr Builder::for_dict(Expr dict, F&& body) {
  Label label = new_label();
  Var value = new_variable(dict.type()->dict_value());
  Var key = new_variable(dict.type()->key());
  Expr inner = body(value, key, label);
  return finish_loop(Op::for_dict, label, {dict, mention(key), mention(value), inner});
}

template <typename F>
Expr Builder::try_(Expr body, F&& handler, Expr finally) {
  Var message = new_variable(types().string());
  Var stack = new_variable(types().array(location_type(types())));
  return finish_try(body, handler(message, stack), message, stack, finally);
}

template <typename F>
Expr Builder::lambda(std::initializer_list<const Type*> inputs, F&& body, const Type* output) {
  std::span<const Var> parameters = begin_function(inputs);
  return end_function(Op::function, body(parameters), output);
}

template <typename F>
Expr Builder::async_lambda(std::initializer_list<const Type*> inputs, F&& body,
                           const Type* output) {
  std::span<const Var> parameters = begin_function(inputs);
  return end_function(Op::async_function, body(parameters), output);
}

template <typename F>
std::unique_ptr<Program> Builder::program(std::initializer_list<const Type*> inputs, F&& body,
                                          const Type* output) {
  return finish(lambda(inputs, body, output));
}

template <typename F>
std::unique_ptr<Program> Builder::async_program(std::initializer_list<const Type*> inputs, F&& body,
                                                const Type* output) {
  return finish(async_lambda(inputs, body, output));
}

}  // namespace samara::ir
