#pragma once
// The default value of a type: zero, empty, first case. Threads: pure; the heap belongs to the
// caller. Source: docs/formats/types.md, "Default values".

#include "value/heap.hpp"
#include "value/type.hpp"

namespace samara {

/// Errors: type_mismatch when the type has no default (Never, functions, a Variant without cases, a
/// recursive type whose first case needs itself); messages as the document lists them.
Result<Slot> default_value(const Type* type, Heap& heap);

}  // namespace samara
