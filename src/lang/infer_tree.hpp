#pragma once
// The program between source and IR: nodes shaped like IR whose types are still being inferred, and
// the definitions they refer to. Made by infer.hpp, turned into IR by emit.hpp.
//
// All of it lives in the arena of the compilation. Threads: one thread.

#include <deque>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "ir/builtin_table.hpp"
#include "ir/ir.hpp"
#include "lang/ast.hpp"
#include "lang/type_unify.hpp"

namespace samara::lang {

struct Item;
struct Draft;

enum class VariableKind : uint8_t { parameter, constant, variable, loop, payload, handler };

/// A variable inside a function.
struct Variable {
  std::string_view name;  // empty: not named in the source
  Ty* type = nullptr;
  const Type* closed = nullptr;
  Span span;
  VariableKind kind = VariableKind::constant;
  bool is_mutable = false;
  bool captured = false;
  uint32_t number = 0;  // in the compilation
  uint32_t depth = 0;   // of the function that defines it
  // What emission calls it, valid while `emitted_in` is the program's serial number.
  uint32_t emitted_in = 0;
  ir::NameId emitted = 0;
};

struct Loop {
  std::string_view label;
  Span label_span;
  Loop* outer = nullptr;
  uint32_t offset = 0;
  uint32_t emitted_in = 0;
  ir::NameId emitted = 0;
};

/// A lambda or a declared function.
struct FunctionScope {
  FunctionScope* outer = nullptr;
  uint32_t depth = 0;  // 0: declared
  uint32_t number = 0;
  bool is_async = false;
  Ty* result = nullptr;
  Span result_span;  // where the result type is written
  bool result_written = false;
  std::vector<Variable*> parameters;
  std::vector<Variable*> captures;  // of local variables
  std::vector<Item*> functions;     // declared functions used here or further in
};

/// What is decided when all types are known.
enum class Choice : uint8_t {
  none,
  number,      // a literal: Integer or Float
  arithmetic,  // `arithmetic`, for Integer, Float or String
  text,        // a piece of an interpolation: itself or Print
  null_after,  // a branch without else: null after it unless its value is null
  never_as,    // an expression that does not complete where a value of `type` is due
  rest,        // a match whose last kid stands for all cases without arm
  function,    // a declared function: `item`
  object,      // a function object: `item`
};

struct Draft {
  ir::Op op = ir::Op::value;
  Choice choice = Choice::none;
  bool is_async = false;
  bool optional = false;
  bool body_block = false;  // block that is a body: more statements may be put after it
  Operator arithmetic = Operator::none;
  Kind literal = Kind::null;
  ir::BuiltinId builtin{};
  Span span;
  uint32_t offset = 0;  // the location
  uint32_t arm = 0;     // rest: the place of `_` among the arms
  Ty* type = nullptr;
  const Type* closed = nullptr;
  std::string_view name;  // field, case, platform function
  std::string_view text;  // literal
  int64_t integer = 0;    // literal; rows
  double number = 0;      // literal
  int64_t columns = 0;
  Variable* variable = nullptr;
  Loop* loop = nullptr;
  Item* item = nullptr;
  FunctionScope* function = nullptr;
  std::span<Draft*> kids;
  std::span<Variable*> variables;  // of match, loops, try in the order of the source form
  std::span<std::string_view> names;
  std::span<Ty*> type_parameters;
};

/// Owns the drafts of a compilation.
class DraftArena {
 public:
  Draft* draft() { return &drafts_.emplace_back(); }
  Variable* variable() {
    Variable* made = &variables_.emplace_back();
    made->number = static_cast<uint32_t>(variables_.size());
    return made;
  }
  FunctionScope* function() {
    FunctionScope* made = &functions_.emplace_back();
    made->number = static_cast<uint32_t>(functions_.size());
    return made;
  }
  Loop* loop() { return &loops_.emplace_back(); }
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }
  template <typename T>
  std::span<T> copy(const std::vector<T>& from) {
    if (from.empty()) return {};
    size_t words = (std::span(from).size_bytes() + 7) / 8;
    if (words > left_) {
      size_t chunk = words > k_chunk ? words : k_chunk;
      chunks_.push_back(std::make_unique<uint64_t[]>(chunk));
      next_ = chunks_.back().get();
      left_ = chunk;
    }
    T* memory = reinterpret_cast<T*>(next_);
    std::uninitialized_copy(from.begin(), from.end(), memory);
    next_ += words;
    left_ -= words;
    return {memory, from.size()};
  }

 private:
  static constexpr size_t k_chunk = 4096;
  std::deque<Draft> drafts_;
  std::deque<Variable> variables_;
  std::deque<FunctionScope> functions_;
  std::deque<Loop> loops_;
  std::deque<std::string> texts_;
  std::vector<std::unique_ptr<uint64_t[]>> chunks_;
  uint64_t* next_ = nullptr;
  size_t left_ = 0;
};

}  // namespace samara::lang
