#pragma once
// Watches an inference for the place at which completions are wanted.
//
// Threads: one thread.

#include "lang/ast.hpp"
#include "lang/type_unify.hpp"

namespace samara::lang {

class Inferrer;

class Probe {
 public:
  virtual ~Probe() = default;
  virtual void at_name(Inferrer& inferrer, const Expr& e) = 0;
  virtual void at_member(Inferrer& inferrer, const Expr& e, Ty* receiver) = 0;
  virtual void at_case(Inferrer& inferrer, Span name, Ty* variant) = 0;
};

}  // namespace samara::lang
