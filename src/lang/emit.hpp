#pragma once
// Drafts to IR: the program of one function, with everything it reaches inside.
//
// Split over emit.cpp (functions, variables, control), emit_program.cpp (the program around them)
// and emit_object.cpp (function objects). Threads: one thread. Source: docs/formats/source.md,
// section 7.

#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "lang/module_graph.hpp"

namespace samara::lang {

/// Why a program cannot be emitted although it is right.
enum class EmitProblem : uint8_t { none, too_deep, too_large };

class Emitter {
 public:
  /// Requires: `serial` differs for each program of a session.
  /// `nodes_max`: of the program.
  Emitter(Session& session, uint32_t serial, size_t nodes_max)
      : session_(session), serial_(serial), nodes_max_(nodes_max) {}

  /// Null: see problem(). Requires: nothing the function reaches is broken.
  std::unique_ptr<ir::Program> program(Item& root);
  /// Nodes made, also where that failed.
  size_t node_count() const { return node_count_; }
  EmitProblem problem() const { return problem_; }
  Span problem_at() const { return problem_at_; }
  const Module* problem_module() const { return problem_module_; }

 private:
  using Nodes = std::vector<ir::Node*>;

  // emit.cpp
  ir::Node* emit(const Draft& draft);
  ir::Node* dispatch(const Draft& draft);
  ir::Node* literal(const Draft& draft);
  ir::Node* mention(const Draft& draft);
  ir::Node* function(const Draft& draft);
  ir::Node* function_node(const FunctionScope& scope, const Draft& body, const Type* type,
                          uint32_t offset);
  ir::Node* match(const Draft& draft);
  ir::Node* null_after(const Draft& draft);
  ir::Node* never_as(const Draft& draft);
  ir::Node* text(const Draft& draft);
  ir::Node* loop(const Draft& draft);
  ir::Node* builtin(const Draft& draft);
  ir::Node* with_kids(const Draft& draft);
  ir::Node* node(ir::Op op, const Type* type, uint32_t offset);
  ir::Node* make(ir::Op op, const Type* type, uint32_t offset, const Nodes& kids);
  ir::Node* definition(Variable& variable, uint32_t offset);
  ir::Node* mention_item(Item& item, uint32_t offset);
  ir::Node* null_node(uint32_t offset);
  ir::Node* text_node(std::string_view text, uint32_t offset);
  ir::LocationId location(uint32_t offset);
  ir::NameId unique_name(std::string_view wanted);
  ir::NameId name_of(Variable& variable);
  ir::NameId name_of(Loop& loop);
  void fail(EmitProblem problem, Span at);

  // emit_program.cpp
  void prepare(Item& item, bool is_mutable);
  ir::Node* item_function(Item& item);
  ir::Node* item_let(Item& item, ir::Node* value);
  ir::Node* stub(Item& item);
  void component(const Component& component, Nodes& out);
  ir::Node* call_self(Item& root, std::vector<ir::Node*>& parameters);

  // emit_object.cpp
  ir::Node* object(const Draft& draft);
  ir::Node* clone(const ir::Program& from, const ir::Node& node);

  Session& session_;
  uint32_t serial_;
  size_t nodes_max_;
  size_t node_count_ = 0;
  std::unique_ptr<ir::Program> program_;
  Module* module_ = nullptr;
  uint32_t depth_ = 0;
  std::unordered_set<std::string_view> taken_;
  std::unordered_map<std::string_view, uint32_t> suffixes_;
  std::deque<std::string> made_names_;
  EmitProblem problem_ = EmitProblem::none;
  Span problem_at_;
  const Module* problem_module_ = nullptr;
};

}  // namespace samara::lang
