#pragma once
// Which definition a variable's name stands for, as a tree walk proceeds. A function sees only its
// captures, its parameters and what is defined inside it.
//
// Threads: one thread. Source: docs/formats/east-ir.md, section 4.

#include <vector>

#include "ir/ir.hpp"

namespace samara::ir {

class Scopes {
 public:
  struct Binding {
    const Node* definition = nullptr;
    uint32_t number = 0;  // for the user of the class
    NameId name = 0;
    uint32_t function = 0;
    int32_t hidden = -1;  // the binding of the same name this one hides
  };

  explicit Scopes(size_t name_count) : latest_(name_count, -1) {}

  /// The binding a name has in the current function, or null.
  const Binding* find(NameId name) const {
    int32_t at = latest_[name];
    if (at < 0 || bindings_[static_cast<size_t>(at)].function != function_) return nullptr;
    return &bindings_[static_cast<size_t>(at)];
  }

  void define(const Node& variable, uint32_t number = 0) {
    bindings_.push_back({&variable, number, variable.name, function_, latest_[variable.name]});
    latest_[variable.name] = static_cast<int32_t>(bindings_.size()) - 1;
  }

  /// A place to which `leave` returns.
  size_t enter() const { return bindings_.size(); }
  void leave(size_t mark) {
    while (bindings_.size() > mark) {
      latest_[bindings_.back().name] = bindings_.back().hidden;
      bindings_.pop_back();
    }
  }

  size_t enter_function() {
    function_++;
    return bindings_.size();
  }
  void leave_function(size_t mark) {
    leave(mark);
    function_--;
  }

 private:
  std::vector<Binding> bindings_;
  std::vector<int32_t> latest_;  // by name
  uint32_t function_ = 0;
};

}  // namespace samara::ir
