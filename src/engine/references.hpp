#pragma once
// What objects and records name, and how to tell a good record: what garbage collection and fsck of
// a repository must be told. Threads: any. Specified by: docs/formats/function.md and
// docs/formats/repository.md.

#include <vector>

#include "call/record_types.hpp"
#include "core/hash.hpp"
#include "store/fsck.hpp"
#include "store/gc.hpp"

namespace samara::engine {

/// A function object names its code; no other object names anything yet. Errors: a damaged
/// function.
Result<std::vector<Hash>> object_references(const RecordTypes& types, ByteView object);
/// An execution record names function, arguments, result and log. Errors: a damaged record.
Result<std::vector<Hash>> record_references(const RecordTypes& types, ByteView record);

/// Options with these two filled in; `types` outlives their use.
store::GcOptions gc_options(const RecordTypes& types);
/// As above; check_record also compares each record with its place.
store::FsckOptions fsck_options(const RecordTypes& types);

}  // namespace samara::engine
