#pragma once
// The type of IR values: a recursive variant with one case for each node kind, 32 in dialect A and
// 34 in dialect B. Any codec of East values can carry a program.
//
// Threads: as the type table. Source: docs/formats/east-ir.md, section 2.

#include "value/beast2_plan.hpp"
#include "value/type.hpp"

namespace samara::ir {

/// Cost: builds some hundred types on the first call for a table, and looks all of them up on later
/// ones: keep the result.
const Type* ir_type(TypeTable& types, Dialect dialect);

/// What all encodings of programs of one type table have in common: the IR types, and the plan of
/// the codec with the headers. Keep one for many programs. Threads: one thread.
class IrSchemas {
 public:
  explicit IrSchemas(TypeTable& types) : types_(types) {}
  IrSchemas(const IrSchemas&) = delete;
  IrSchemas& operator=(const IrSchemas&) = delete;
  TypeTable& types() const { return types_; }
  const Type* type(Dialect dialect);
  Beast2Plan& plan() { return plan_; }

 private:
  TypeTable& types_;
  const Type* ir_types_[2] = {};
  Beast2Plan plan_;
};

/// The type of literals in Value nodes, the same in both dialects.
const Type* literal_type(TypeTable& types);

}  // namespace samara::ir
