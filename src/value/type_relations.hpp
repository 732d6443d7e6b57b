#pragma once
// Union, intersection and widening of types, for front ends and type inference. Subtyping and
// equality up to unfolding are declared in value/type.hpp and implemented here.
//
// Threads: pure; the table serialises itself. Source: docs/formats/types.md, "Relations".

#include "value/type.hpp"

namespace samara {

/// The least type above both. Errors: type_mismatch, `Cannot union A with B: why`.
Result<const Type*> type_union(TypeTable& types, const Type* a, const Type* b);
/// The greatest type below both. Errors: type_mismatch, `Cannot intersect A with B: why`.
Result<const Type*> type_intersection(TypeTable& types, const Type* a, const Type* b);
/// As the union, but also inside Ref, Array, Set and Dict; recursive types and functions are
/// refused. Errors: type_mismatch, `Cannot widen A with B: why`.
Result<const Type*> type_widening(TypeTable& types, const Type* a, const Type* b);

}  // namespace samara
