#pragma once
// Reading back in parts: facts about the program that are found in one walk, and the writer that
// turns nodes of IR into syntax.
//
// Threads: one thread. Source: docs/formats/source.md; read_back.hpp is the interface.

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ir/builtin_table.hpp"
#include "ir/canonical.hpp"
#include "ir/ir.hpp"
#include "lang/ast.hpp"
#include "lang/method_table.hpp"
#include "lang/name_choice.hpp"
#include "lang/read_back.hpp"
#include "lang/read_back_types.hpp"

namespace samara::lang {

/// Which nodes say their types although the writer would not think it necessary.
using TypedNodes = std::unordered_set<const ir::Node*>;

/// What one walk over a canonical program tells: in it each variable and label has its own name.
class ProgramFacts {
 public:
  explicit ProgramFacts(const ir::Program& program);

  uint32_t uses(const ir::Node& variable) const { return uses_[variable.name]; }
  /// Whether a jump from an inner loop, or from the operand of one, goes to this loop.
  bool needs_label(const ir::Node& loop) const { return labelled_.contains(&loop); }
  const ir::Node* definition(ir::NameId id) const { return definitions_[id]; }
  /// Whether a `return` leaves this function (not one inside it).
  bool returns(const ir::Node& function) const { return returning_.contains(&function); }
  /// Whether the condition of a `while` looks at the variable.
  bool steers_loop(const ir::Node& variable) const { return steering_.contains(variable.name); }
  const std::vector<const ir::Node*>& platform_calls() const { return platform_calls_; }

 private:
  void walk(const ir::Node& node);
  void define(const ir::Node& variable) { definitions_[variable.name] = &variable; }
  void loop(const ir::Node& node);

  std::vector<uint32_t> uses_;
  std::vector<const ir::Node*> definitions_;
  std::unordered_set<const ir::Node*> labelled_;
  std::unordered_set<const ir::Node*> returning_;
  std::unordered_set<ir::NameId> steering_;
  std::vector<const ir::Node*> platform_calls_;
  std::vector<const ir::Node*> loops_;
  std::vector<const ir::Node*> functions_;
  uint32_t conditions_ = 0;  // of loops around
};

/// Writes one canonical program.
class SourceWriter {
 public:
  /// `names`: what the variables were called in the program that was made canonical.
  SourceWriter(const ir::Program& program, std::span<const std::string> names,
               const ReadBackOptions& options, const TypedNodes& typed);

  std::unique_ptr<SyntaxTree> write();
  /// The node that an expression of the tree was made from.
  const std::unordered_map<const Expr*, const ir::Node*>& origins() const { return origins_; }

 private:
  using Node = ir::Node;

  // Declarations.
  void declare_platform();
  void declare_function(const Node& root);
  const std::string& platform_name(const Node& call) const;

  // Types.
  bool says_type(const Node& node) const { return explicit_ || typed_.contains(&node); }
  /// Whether the type of the node follows from the node as it will be written.
  bool infers(const Node& node);
  bool infers_anew(const Node& node);
  bool branches_infer(const Node& node);
  /// The type that follows from the kids, where that is another way to write the node's type.
  const Type* natural_type(const Node& node);
  const ir::Signature* signature(const Node& builtin);

  // Statements.
  Expr* statement(const Node& node);
  Expr* let(const Node& node);
  Expr* assign(const Node& node);
  /// A body in braces.
  Expr* body(const Node& node, bool known);
  /// What follows `->`.
  Expr* body_or_expr(const Node& node, bool known);
  Expr* block(const Node& node, bool known, Braces braces);
  Expr* index_update(const Node& node);

  // Expressions. `known`: the surroundings tell exactly the type that the node has.
  Expr* expr(const Node& node, bool known);
  Expr* form(const Node& node, bool known);
  Expr* value(const Node& node);
  Expr* collection(const Node& node, bool known);
  Expr* structure(const Node& node, bool known);
  Expr* variant(const Node& node, bool known);
  Expr* if_else(const Node& node, bool known);
  Expr* logical(const Node& node);
  Expr* match(const Node& node, bool known);
  Expr* loop(const Node& node);
  Expr* try_catch(const Node& node, bool known);
  Expr* call(const Node& node);
  Expr* platform(const Node& node);
  struct Lambda {
    bool inputs_known = false;
    bool output_known = false;
    bool may_drop_parameters = false;
  };
  Expr* lambda(const Node& node, Lambda how);

  // Builtins.
  struct BuiltinPlan {
    bool say_types = false;
    std::vector<Lambda> arguments;  // output_known: the argument's whole type is known
  };
  BuiltinPlan plan(const Node& node, ir::BuiltinId id, bool known);
  Expr* builtin(const Node& node, bool known);
  Expr* operator_form(const Node& node, ir::BuiltinId id);
  Expr* interpolation(const Node& node);
  Expr* index_form(const Node& node, ir::BuiltinId id);
  size_t needless_argument(const Node& node, ir::BuiltinId id) const;
  Expr* call_form(const Node& node, ir::BuiltinId id, bool known);
  Expr* argument(const Node& node, Lambda how);

  /// A DateTime of a year that has no literal.
  static bool needs_number_form(const Node& datetime);

  // Making nodes.
  Expr* make(ExprForm form, const Node* origin = nullptr);
  Expr* with(ExprForm form, const Node& origin, std::vector<Expr*> kids);
  Expr* name_expr(std::string_view text, const Node& origin);
  Name name(std::string_view text) { return {tree_->copy(text), {}}; }
  Name define(const Node& variable, Role role, std::string_view hint);
  TypeNode* type(const Type* type) { return types_.write(type); }
  std::span<TypeNode*> types_of(std::span<const Type* const> all);
  std::string_view label_of(const Node& loop);

  const ir::Program& program_;
  std::span<const std::string> original_names_;
  ReadBackOptions options_;
  const TypedNodes& typed_;
  bool explicit_ = false;
  ProgramFacts facts_;
  std::unique_ptr<SyntaxTree> tree_;
  ReadBackTypes types_;
  NameChoice names_;
  ir::SignatureCache signatures_;
  std::unordered_set<std::string> reserved_;
  std::unordered_map<const Node*, std::string> platform_names_;
  std::vector<Declaration> platform_declarations_;
  std::unordered_map<const Node*, bool> infers_;
  std::unordered_map<const Expr*, const Node*> origins_;
  struct OpenLoop {
    const Node* node = nullptr;
    std::string label;
  };
  std::vector<OpenLoop> loops_;
  uint32_t labels_ = 0;
  const Type* output_ = nullptr;  // of the function around
  bool output_known_ = true;
};

}  // namespace samara::lang
