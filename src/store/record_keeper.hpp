#pragma once
// RecordKeeper: which calls' records a collector keeps, by age and by the bytes they need, and the
// removal of the others. Threads: one.
// Specified by: docs/formats/repository.md, "Garbage collection".

#include <unordered_map>
#include <vector>

#include "store/gc.hpp"
#include "store/journal_keeper.hpp"
#include "store/marker.hpp"

namespace samara::store {

class RecordKeeper {
 public:
  RecordKeeper(Folder& folder, const GcOptions& options, port::WallTime now,
               JournalKeeper& journals)
      : folder_(folder), options_(options), now_(now), journals_(journals) {}

  /// Tells of a record that a journal holds. `time`: when it was written, or later.
  void add_in_journal(const CallKey& key, std::string_view name, uint64_t size_bytes,
                      port::WallTime time);

  /// Marks what the kept records speak of; the marker must have all other roots already.
  Result<void> choose(Marker& marker);
  /// Removes the records of the calls not kept, unless they are young or locked by now; those stay,
  /// and what they speak of is marked.
  Result<void> remove(Marker& marker);
  uint64_t kept() const { return kept_; }
  uint64_t removed() const { return removed_; }
  uint64_t to_remove() const { return doomed_.size(); }

 private:
  struct CallFiles {
    CallKey key;
    port::WallTime newest{};
    uint64_t size_bytes = 0;
    std::vector<std::string> names;     // files
    std::vector<std::string> journals;  // entries
  };
  Result<std::vector<CallFiles>> scan();
  Result<CallFiles> scan_call(const CallKey& key, port::Handle directory);
  Result<std::vector<Hash>> references(const CallFiles& call);
  Result<void> mark(const CallFiles& call, Marker& marker);
  Result<bool> remove_call(const CallFiles& call);
  Result<bool> remove_files(const CallFiles& call);
  port::WallTime young_since() const { return now_ - options_.grace; }

  Folder& folder_;
  const GcOptions& options_;
  port::WallTime now_;
  JournalKeeper& journals_;
  std::unordered_map<Hash, CallFiles, HashOfHash> in_journals_;  // by call
  std::vector<CallFiles> doomed_;
  uint64_t kept_ = 0;
  uint64_t removed_ = 0;
};

}  // namespace samara::store
