#pragma once
// Which builtins operators stand for. Threads: pure. Source: docs/formats/source.md, section 6.

#include "ir/builtin_table.hpp"
#include "lang/ast.hpp"

namespace samara::lang {

/// `+`, `-`, … or none.
Operator arithmetic_operator(ir::BuiltinId id);
/// `==`, `is`, … or none.
Operator comparison_operator(ir::BuiltinId id);

}  // namespace samara::lang
