#pragma once
// Which objects an object names: what garbage collection follows.
// Threads: any. Specified by: docs/formats/function.md and docs/formats/repository.md.

#include <vector>

#include "call/record_types.hpp"
#include "core/hash.hpp"

namespace samara::engine {

/// A function object names its code; no other object names anything yet.
/// Never fails: an object that cannot be read names nothing.
std::vector<Hash> object_references(const RecordTypes& types, ByteView object);
/// An execution record names function, arguments, result and log.
std::vector<Hash> record_references(const RecordTypes& types, ByteView record);

}  // namespace samara::engine
