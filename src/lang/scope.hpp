#pragma once
// The local names seen at a place of a function. A place can be kept and gone back to, because an
// expression whose types are not known yet is looked at again later.
//
// Threads: one thread.

#include <deque>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lang/infer_tree.hpp"

namespace samara::lang {

class Scopes {
 public:
  struct Binding {
    Variable* variable = nullptr;
    Binding* below = nullptr;   // defined before
    Binding* hidden = nullptr;  // of the same name
    uint32_t depth = 0;         // bindings below, plus one
  };

  /// The place: the latest binding, null at the beginning.
  Binding* place() const { return top_; }
  void define(Variable* variable);
  Binding* find(std::string_view name) const {
    auto at = latest_.find(name);
    return at == latest_.end() ? nullptr : at->second;
  }
  /// Leaves what was defined after the place.
  void leave(Binding* place);
  /// Goes to any place of this function. Cost: linear in the bindings that differ.
  void go_to(Binding* place);
  void clear();

 private:
  void push(Binding* binding);
  void pop();

  std::deque<Binding> all_;
  std::unordered_map<std::string_view, Binding*> latest_;
  Binding* top_ = nullptr;
};

}  // namespace samara::lang
