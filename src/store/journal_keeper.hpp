#pragma once
// JournalKeeper: what a collector sees of the journals, and how it takes things out of them: by
// writing what stays into new ones. It looks into those that nobody writes any more and that are
// older than the grace; whatever is in the others stays. Threads: one.
// Specified by: docs/formats/repository.md, "Journals".

#include <set>
#include <unordered_set>

#include "store/folder.hpp"

namespace samara::store {

class JournalKeeper {
 public:
  /// `cutoff`: what changed since then is young.
  JournalKeeper(Folder& folder, port::WallTime cutoff) : folder_(folder), cutoff_(cutoff) {}

  struct Item {
    JournalEntry entry;   // its views end with the visit
    port::WallTime time;  // of the entry, else of the journal
    bool young = false;   // stays
  };
  /// Goes through all journals. To be called once, first.
  Result<void> scan(const std::function<Result<void>(const Item&)>& visit);

  void drop_object(const Hash& id) { objects_.insert(id); }
  void drop_record(const CallKey& key, std::string_view name) {
    records_.emplace(key.call, std::string(name));
  }
  /// Writes anew what has to change, and joins what is small.
  Result<void> rewrite();

 private:
  struct Source {
    std::string name;
    port::OpenFile lock;  // nobody else takes it for one that may be collected
    port::WallTime modified{};
    uint64_t size_bytes = 0;
    bool has_index = false;
    bool broken = false;   // it is no journal
    bool whole = false;    // nothing in it has to go
    bool changes = false;  // is written anew
  };
  bool dropped(const JournalEntry& entry) const;
  bool keeps(const JournalEntry& entry) const;
  Result<void> look(const std::string& name, bool has_index,
                    const std::function<Result<void>(const Item&)>& visit);
  Result<bool> must_change(Source& source);
  Result<void> flush(Bytes& bytes);
  Result<void> remove(const Source& source);

  Folder& folder_;
  port::WallTime cutoff_;
  std::optional<port::OpenFile> directory_;
  std::vector<Source> sources_;       // may be rewritten
  std::vector<std::string> orphans_;  // indexes whose journals are gone
  std::unordered_set<Hash, HashOfHash> objects_;
  std::set<std::pair<Hash, std::string>> records_;
  // Records outside of the sources, for which removals are still needed.
  std::set<std::pair<Hash, std::string>> elsewhere_;
};

}  // namespace samara::store
