#pragma once
// Garbage collection: keeps what refs, pins of living processes, young objects and kept execution
// records need, removes the rest, and sweeps what dead processes left. It runs beside writers.
// Threads: one collector at a time, kept by a lock.
// Specified by: docs/formats/repository.md, "Garbage collection".

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "store/directory_refs.hpp"
#include "store/executions.hpp"

namespace samara::store {

/// The objects that an object refers to. Its bytes are not verified (a damaged object is missing,
/// so what it refers to does not matter) and may be a mapping of a large file: look at what is
/// needed to tell, not at all of it. Errors: the object is damaged; it then refers to nothing.
using ObjectReferences = std::function<Result<std::vector<Hash>>(const Hash& hash, ByteView bytes)>;

/// The objects that a record speaks of.
using RecordReferences = std::function<Result<std::vector<Hash>>(
    const CallKey& key, std::string_view name, ByteView bytes)>;

struct GcOptions {
  /// Objects and records younger than this stay: whoever stored them may name them yet. Zero is for
  /// repositories which are idle or whose users pin what they store.
  std::chrono::nanoseconds grace = std::chrono::hours(1);
  /// Records older than this go, and with them what only they need. Nothing: all stay.
  std::optional<std::chrono::nanoseconds> keep_records;
  /// The newest records stay, as many as need at most so many bytes beyond what refs and pins keep.
  std::optional<uint64_t> records_bytes_max;
  ObjectReferences references;         // none: objects refer to nothing
  RecordReferences record_references;  // none: records refer to nothing
  /// Entries of the cache that nobody has used for longer go.
  std::chrono::nanoseconds keep_cache = std::chrono::hours(24 * 30);
  bool dry_run = false;  // report only
};

struct GcReport {
  uint64_t objects_kept = 0;
  uint64_t objects_removed = 0;
  uint64_t bytes_kept = 0;
  uint64_t bytes_removed = 0;
  uint64_t calls_kept = 0;  // calls with records
  uint64_t calls_removed = 0;
  uint64_t temp_files_removed = 0;
  uint64_t cache_entries_removed = 0;
  uint64_t sessions_removed = 0;  // of dead processes
  uint64_t objects_spared = 0;    // stored again while the collector was about to remove them
};

Result<GcReport> collect_garbage(Folder& folder, DirectoryRefs& refs, const GcOptions& options);

}  // namespace samara::store
