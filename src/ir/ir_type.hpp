#pragma once
// The type of IR values: a recursive variant with one case for each node kind, 32 in dialect A and
// 34 in dialect B. Any codec of East values can carry a program.
//
// Threads: as the type table. Source: docs/formats/east-ir.md, section 2.

#include "value/type.hpp"

namespace samara::ir {

/// Cost: builds some hundred types on the first call for a table, and looks all of them up on later
/// ones: keep the result.
const Type* ir_type(TypeTable& types, Dialect dialect);

/// The type of literals in Value nodes, the same in both dialects.
const Type* literal_type(TypeTable& types);

}  // namespace samara::ir
