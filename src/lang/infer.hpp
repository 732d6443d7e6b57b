#pragma once
// Finds out what the expressions of a function mean: names, types, methods. The result is a tree of
// drafts (infer_tree.hpp) whose types are all closed, or problems in the reporter of the file.
//
// One function is looked at after the other; functions know each other by their signatures. An
// expected type is pushed into literals, lambdas and branches. A method, field or index of
// something whose type is not known yet waits until the statement, then until the function has been
// seen.
//
// Split over infer.cpp (entry, names), infer_expect.cpp (expectations), infer_data.cpp,
// infer_operator.cpp, infer_control.cpp, infer_statement.cpp, infer_lambda.cpp, infer_call.cpp,
// infer_builtin.cpp, infer_member.cpp (fields, methods, indices), infer_platform.cpp and
// infer_finish.cpp.
//
// Threads: one thread. Source: docs/formats/source.md, sections 5 and 6.

#include <unordered_set>

#include "lang/method_table.hpp"
#include "lang/module.hpp"
#include "lang/scope.hpp"
#include "lang/type_resolve.hpp"

namespace samara::lang {

/// Why a type is expected, in words only when something is wrong.
struct Because {
  enum class Reason : uint8_t {
    none,
    parameter,      // name: of the function; index; span: the parameter
    result,         // span: the written result; name: the function
    annotation,     // span: the written type; name: the variable
    ascription,     // span: the written type
    variable,       // span: definition; name
    first_branch,   // span
    first_element,  // span
    left_side,      // span
    condition,
    message,
    field,    // name
    payload,  // name: the case
    key,
    index,
    element,
    value,
    earlier_return,  // span
    callback,        // name: of the method
  };
  Reason reason = Reason::none;
  Span span = {};
  std::string_view name = {};
  uint32_t index = 0;
  const Module* module = nullptr;  // of the span; null: the file itself
};

/// An expected type; none: anything will do.
struct Want {
  Ty* type = nullptr;
  Because because = {};
};

class Inferrer {
 public:
  Inferrer(Session& session, TypeResolver& resolver) : session_(session), resolver_(resolver) {}

  /// Makes the type of a function, platform function or object known.
  void signature(Item& item);
  /// The body of a declared function.
  void function(Item& item);

 private:
  struct Pending {
    const Expr* expr = nullptr;
    Draft* receiver = nullptr;
    Draft* out = nullptr;
    Want want;
    bool awaited = false;
    Scopes::Binding* place = nullptr;
    FunctionScope* scope = nullptr;
    Loop* loop = nullptr;
  };
  // The type of several branches.
  struct Join {
    Want want;
    Ty* type = nullptr;  // of the first that completes
    Span span;
  };

  // infer.cpp
  Draft* infer(const Expr& e, const Want& want = {});
  Draft* dispatch(const Expr& e, const Want& want);
  Draft* make(ir::Op op, const Expr& at, Ty* type);
  Draft* failed(const Expr& at);
  Draft* failed(Draft* draft);
  Draft* null_at(const Expr& at);
  Diagnostic& report(std::string_view code, Span at, std::string title, std::string label = {});
  std::string text(Ty* type) { return message_type(session_.types, type, &module_->type_names); }
  Draft* name(const Expr& e, const Want& want);
  Draft* mention(const Expr& e, Variable* variable);
  Draft* mention_item(const Expr& e, Item& item);
  void note_capture(Variable* variable);
  void note_function(Item& item);
  void unknown_name(const Expr& e, bool called);
  Variable* variable(const Name& name, Ty* type, VariableKind kind);
  void define(Variable* variable);
  void note(const Name& name, const char* kind, Ty* type, std::string_view doc = {},
            Span definition = {}, Module* module = nullptr);
  Span span_of(std::string_view part) const;

  // infer_expect.cpp
  Draft* check(const Expr& e, const Want& want);
  /// Reports unless the draft is of the type or never completes.
  bool fit(Draft* draft, const Want& want);
  /// As check, where an expression that never completes must still be of the type.
  Draft* check_exact(const Expr& e, const Want& want);
  Draft* exact(Draft* draft, Ty* type);
  void mismatch(Draft* draft, const Want& want);
  std::string mismatch_help(Draft* draft, Ty* expected);
  std::string shown(const Draft* draft);
  void explain(Diagnostic& d, const Want& want);

  // infer_data.cpp
  Draft* literal(const Expr& e, Kind kind);
  Draft* integer(const Expr& e, const Want& want);
  Draft* interpolation(const Expr& e);
  Draft* elements(const Expr& e, const Want& want, ir::Op op, Kind kind);
  Draft* dict(const Expr& e, const Want& want);
  Draft* structure(const Expr& e, const Want& want);
  Draft* structure_of(const Expr& e, const Want& want);
  Draft* variant(const Expr& e, const Want& want);
  Draft* variant_of(const Expr& e, const Want& want);
  Draft* payload_of(const Expr& e, Ty* type);
  std::string case_list(Ty* variant);

  // infer_operator.cpp
  Draft* binary_chain(const Expr& e, const Want& want);
  Draft* binary(const Expr& e, Draft* left, const Want& want);
  Draft* arithmetic(const Expr& e, Draft* left, const Want& want);
  Draft* comparison(const Expr& e, Draft* left);
  Draft* logic(const Expr& e, Draft* left);
  Draft* unary(const Expr& e, const Want& want);
  Draft* await(const Expr& e, const Want& want);
  Draft* cast(const Expr& e);
  Draft* ascription(const Expr& e);
  Draft* arithmetic_node(const Expr& at, Operator op, Draft* left, Draft* right);
  void operand_problem(const Expr& at, Operator op, Draft* left, Draft* right);

  // infer_control.cpp
  Draft* block(const Expr& e, const Want& want);
  Draft* statements(const Expr& e, const Want& want, bool is_body);
  Draft* statement(const Expr& e, const Want& want);
  Draft* scoped(const Expr& e, const Want& want);
  Draft* branch(const Expr& e, Join& join);
  Ty* joined(const Join& join);
  Draft* if_(const Expr& e, const Want& want);
  Draft* match(const Expr& e, const Want& want);
  bool match_arm(const Expr& e, size_t i, Draft* operand, Ty*& payload);
  Draft* for_(const Expr& e);
  Draft* while_(const Expr& e);
  Draft* try_(const Expr& e, const Want& want);
  Draft* return_(const Expr& e);
  Draft* throw_(const Expr& e);
  Draft* jump(const Expr& e);
  Draft* condition(const Expr& e);
  Loop* enter_loop(const Expr& e);

  // infer_statement.cpp
  Draft* let(const Expr& e);
  Draft* assign(const Expr& e);
  Draft* assign_name(const Expr& e);
  Draft* assign_index(const Expr& e);
  Operator compound(Operator op) const { return op == Operator::assign ? Operator::none : op; }

  // infer_lambda.cpp
  Draft* lambda(const Expr& e, const Want& want);
  Draft* forward(const Expr& e, Draft* function, Ty* wanted);
  Draft* identity(const Expr& at, Ty* type);
  FunctionScope* enter_function(bool is_async, Ty* result);

  // infer_call.cpp
  Draft* postfix(const Expr& e, const Want& want, bool awaited);
  Draft* step(const Expr& e, Draft* receiver, const Want& want, bool awaited);
  Draft* call(const Expr& e, const Want& want, bool awaited);
  Draft* call_value(const Expr& e, Draft* callee, const Want& want, bool awaited);
  Draft* call_item(const Expr& e, Item& item, const Want& want, bool awaited);
  Draft* wrap(const Expr& e, const Want& want);
  bool arguments(const Expr& e, std::span<Expr* const> written, std::span<Ty* const> inputs,
                 std::string_view function, const Item* item, std::vector<Draft*>& out);
  bool async_ok(const Expr& e, bool is_async, bool awaited, std::string_view name);
  void argument_count(const Expr& e, std::string_view name, size_t wanted, size_t found,
                      const Item* item, std::string signature);
  Draft* finish_call(const Expr& e, Draft* callee, std::vector<Draft*> kids, bool is_async,
                     Ty* output);

  // infer_builtin.cpp
  Draft* builtin(const Expr& e, const Method& method, Draft* receiver,
                 std::span<Expr* const> written, std::span<TypeNode* const> type_arguments,
                 const Want& want);
  Draft* plain_builtin(const Expr& at, ir::BuiltinId id, std::vector<Ty*> type_parameters,
                       std::vector<Draft*> kids, Ty* result);
  bool builtin_parameters(const Expr& e, const Method& method, bool has_receiver,
                          std::span<TypeNode* const> written, std::vector<Ty*>& out);
  Draft* left_out(const Expr& e, const Defaults& defaults, Ty* type);

  // infer_member.cpp
  Draft* member_call(const Expr& e, Draft* receiver, const Want& want, bool awaited);
  Draft* field(const Expr& e, Draft* receiver);
  Draft* index(const Expr& e, Draft* receiver);
  Draft* index_node(const Expr& e, Draft* receiver, Draft* key);
  Draft* static_call(const Expr& e, std::string_view owner, const Want& want);
  Draft* wait_for(const Expr& e, Draft* receiver, const Want& want, bool awaited);
  bool is_type_prefix(const Expr& e);
  void unknown_method(const Expr& field, std::string_view owner, Ty* type);
  std::string_view owner_of(Ty* type, std::string_view method);
  void run_pending(size_t from);

  // infer_platform.cpp
  Draft* platform_item(const Expr& e, Item& item, const Want& want, bool awaited);
  Draft* platform_offered(const Expr& e, const Want& want, bool awaited, bool& found);
  void compare_offered(Item& item, Span at, std::span<const Type* const> type_parameters,
                       std::span<Ty* const> inputs, Ty* output);

  // infer_finish.cpp
  void finish();
  void finish_variable(Variable& variable);
  void finish_draft(Draft& draft);
  void finish_arithmetic(Draft& draft);
  void finish_number(Draft& draft);
  void finish_match(Draft& draft);
  void finish_cast(Draft& draft);
  void finish_builtin(Draft& draft);
  const Type* close(Ty* type, Span at, std::string_view what, std::string_view help);

  friend class Collector;

  Session& session_;
  TypeResolver& resolver_;
  Module* module_ = nullptr;
  Item* item_ = nullptr;
  FunctionScope* scope_ = nullptr;
  Loop* loop_ = nullptr;
  Scopes scopes_;
  Scopes::Binding* block_base_ = nullptr;  // what was defined before the innermost block
  std::vector<Draft*> drafts_;
  std::vector<Variable*> variables_;
  std::vector<Pending> pending_;
  std::vector<std::pair<Draft*, Item*>> generic_platform_;
  std::unordered_set<uint64_t> captured_;  // function number, variable number
  uint32_t depth_ = 0;
  bool too_deep_ = false;
};

}  // namespace samara::lang
