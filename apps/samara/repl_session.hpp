#pragma once
// ReplSession: what a prompt remembers between inputs: declarations as text, and variables as
// values in one heap, so that changes to a collection are seen by whoever holds it. Threads: one.

#include <memory>
#include <string>
#include <vector>

#include "apps/samara/context.hpp"
#include "eval/code.hpp"
#include "lang/ast.hpp"
#include "lang/complete.hpp"
#include "runtime/big_stack.hpp"
#include "value/heap.hpp"

namespace samara::cli {

class ReplSession {
 public:
  /// `grants`: what inputs may use of the outside world.
  ReplSession(Context& context, Grants grants);
  ~ReplSession();
  ReplSession(const ReplSession&) = delete;
  ReplSession& operator=(const ReplSession&) = delete;

  /// Evaluates what was typed: declarations, statements, expressions. Prints values to standard
  /// output, problems to standard error. Returns whether all went well.
  bool evaluate(const std::string& input);
  /// Prints the type of an expression, which is not evaluated.
  bool show_type(const std::string& expression);
  void list_variables();
  void reset();
  /// Declares everything in a file. Errors are printed.
  bool load(std::string_view path);
  std::vector<lang::Completion> completions(std::string_view line, size_t offset);

 private:
  struct Variable {
    std::string name;
    const Type* type;
    bool is_mutable;  // made by `var`
  };
  struct Declared {
    std::string name;
    std::string text;
  };
  struct Compiled;

  std::string declarations(std::string_view without = {}) const;
  /// Compiles code with the session's variables and declarations; prints problems. Null: there are
  /// some.
  std::unique_ptr<Compiled> compile(const std::string& code, const std::string& declared);
  bool declare(const std::string& name, const std::string& text);
  bool run_statement(std::string_view text, const lang::Expr& statement, bool print);
  bool bind(const std::string& name, const std::string& code, bool is_mutable);
  bool run(const std::string& code, const Type*& type, Slot& value);
  bool granted(const ir::Program& program);
  void print_value(const Type* type, Slot value);
  void set(const Variable& variable, Slot value);

  Context& context_;
  Grants grants_;
  Heap heap_;
  runtime::BigStack stack_;
  std::vector<Declared> declared_;
  std::vector<Variable> variables_;
  std::vector<Slot> values_;  // of the variables, in the same order
  Heap::RootRange roots_;
  /// Function values point into them.
  std::vector<std::shared_ptr<const eval::CompiledProgram>> programs_;
};

}  // namespace samara::cli
