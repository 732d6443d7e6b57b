#pragma once
// Whether values of a type can hold one container at two places, so that printers must remember
// what they have written.
//
// Threads: pure. Source: docs/formats/text.md, "References".

#include "value/type.hpp"

namespace samara {

/// False only when no value of the type holds a Ref, Array, Set or Dict at more than one place.
/// Requires: `type` closed.
bool may_share(const Type* type);

}  // namespace samara
