#pragma once
// publish: how an object gets its name, and how one that has it already is found whole and made
// young. Both are ordered against a collector by a lock on the object's own file, so that nobody
// ever sees an object missing that somebody was told is there.
// Threads: any. Specified by: docs/formats/repository.md, "Publishing and collecting".

#include <optional>

#include "core/hash.hpp"
#include "store/folder.hpp"
#include "store/objects.hpp"

namespace samara::store {

/// Stores `bytes` as the object `hash`, which must be their digest.
Result<void> publish_bytes(Folder& folder, const Hash& hash, ByteView bytes, Durability durability);

/// Gives a written and, where asked, synced file the name of the object `hash`. An object of that
/// name is replaced: the new file is known to be whole.
Result<void> publish_file(Folder& folder, const Hash& hash, TempFile temp, Durability durability);

}  // namespace samara::store
