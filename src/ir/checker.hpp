#pragma once
// The walk behind check.hpp, split over check.cpp (entry, variables, functions), check_control.cpp
// (blocks, branches, loops) and check_data.cpp (values, builtins, platform calls).
//
// Threads: one thread.

#include "ir/check.hpp"
#include "ir/scopes.hpp"

namespace samara::ir {

class Checker {
 public:
  Checker(const Program& program, const PlatformSignatures& platform, const CheckOptions& options,
          SignatureCache& signatures);
  std::vector<Diagnostic> run();

 private:
  // The function being checked.
  struct Function {
    const Type* output = nullptr;
    bool is_async = false;
    size_t first_label = 0;  // labels_ from here on belong to this function
  };

  void visit(const Node& node);
  void dispatch(const Node& node);
  void visit_all(std::span<Node* const> nodes);
  /// Visits in a scope of its own.
  void visit_scoped(const Node& node);

  // check.cpp
  void check_variable(const Node& node);
  void check_let(const Node& node);
  void check_assign(const Node& node);
  void check_function(const Node& node);
  void check_capture(const Node& capture);
  /// A variable that is not made by Let: never mutable.
  void define_const(const Node& variable, std::string_view what);
  void check_call(const Node& node);
  void check_return(const Node& node);

  // check_control.cpp
  void check_block(const Node& node);
  void check_if(const Node& node);
  void check_match(const Node& node);
  void check_try(const Node& node);
  void check_while(const Node& node);
  void check_for(const Node& node);
  void check_jump(const Node& node);
  void check_error(const Node& node);
  void visit_loop_body(const Node& loop, const Node& body);
  /// One branch of a compound; returns whether it never completes.
  bool check_branch(const Node& node, const Node& body, const std::string& what);

  // check_data.cpp
  void check_value(const Node& node);
  void check_as(const Node& node);
  void check_same_type(const Node& node);
  void check_container(const Node& node);
  void check_packed(const Node& node);
  void check_dict(const Node& node);
  void check_struct(const Node& node);
  void check_get_field(const Node& node);
  void check_variant(const Node& node);
  void check_builtin(const Node& node);
  void check_platform(const Node& node);
  void check_arguments(const Node& node, std::span<Node* const> arguments,
                       std::span<const Type* const> inputs, const std::string& what);

  void report(const Node& at, std::string message);
  /// `⟨what⟩ has type ⟨a⟩ but expected ⟨b⟩` unless the types agree.
  void expect(const Node& at, const Type* actual, const Type* expected, std::string_view what);
  /// The type of a node whose kind has only one.
  void expect_node_type(const Node& node, const Type* expected);
  std::string name(const Node& node) const { return std::string(program_.name(node.name)); }

  const Program& program_;
  const PlatformSignatures& platform_;
  const CheckOptions& options_;
  SignatureCache& signatures_;
  TypeTable& types_;
  const Type* stack_type_;
  Scopes scopes_;
  std::vector<NameId> labels_;
  Function function_;
  uint32_t depth_ = 0;
  bool too_deep_ = false;
  std::vector<Diagnostic> found_;
};

/// Equality of types as the checker means it: up to unfolding of recursive types.
bool same_type(const Type* a, const Type* b);
/// … where an expression that never completes fits everywhere.
inline bool fits(const Type* actual, const Type* expected) {
  return actual->is(Kind::never) || same_type(actual, expected);
}
std::string type_text(const Type* type);

}  // namespace samara::ir
