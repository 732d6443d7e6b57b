#pragma once
// Changing a value from a type to a supertype (the As node). Variants carry the index of their case
// within their own type, so a variant with more cases may number them differently; everything else
// has one representation.
// Threads: pure.

#include "eval/vm.hpp"

namespace samara::eval {

/// Whether any value of `from` is represented differently as a value of `to`.
/// Requires: from <: to.
bool needs_conversion(const Type* from, const Type* to);
/// The value as a value of `to`. False: the memory limit, reported to the Vm.
/// Functions inside are not handled here: the compiler wraps them (see compile.cpp).
bool convert(Vm& vm, const Type* from, const Type* to, Slot value, Slot& out);

}  // namespace samara::eval
