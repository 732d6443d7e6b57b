#pragma once
// Journal: one journal's file as a reader knows it. A finished one is searched in its mapped index;
// of one that grows, or has no index, the reader keeps an index in memory and catches up.
// Threads: catch_up, add and the searches one at a time; read from any.
// Specified by: docs/formats/repository.md, "Journals".

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "port/files.hpp"
#include "store/journal_format.hpp"

namespace samara::store {

/// An entry that was read, with the bytes that it views.
struct JournalPiece {
  Bytes bytes;
  JournalEntry entry;
};

class Journal {
 public:
  /// Errors: not_found, and those of reading; corrupt (no journal).
  static Result<std::shared_ptr<Journal>> open(port::Files& files, port::Handle directory,
                                               std::string_view name);

  const std::string& name() const { return name_; }
  /// It has an index, so it never grows.
  bool indexed() const { return indexed_; }
  /// Reads what was appended since the last time.
  Result<void> catch_up();
  /// Tells of an entry that this process has appended itself.
  void add(const JournalEntry& entry, uint64_t offset);

  std::optional<JournalPlace> object(const Hash& id) const;
  void records(const CallKey& key, std::vector<JournalPlace>& out) const;
  /// The whole entry at `place`, checked; nothing: what is there is damaged.
  Result<std::optional<JournalPiece>> read(const JournalPlace& place) const;

  void each_object(const std::function<void(const JournalObject&)>& visit) const;
  void each_record(const std::function<void(const JournalRecord&)>& visit) const;
  /// Those that it has not told of before.
  std::vector<JournalRecord> new_removals();
  /// Of what this reader has read itself. Requires: not indexed().
  JournalIndex index() const;

 private:
  struct Row {
    Hash function;
    JournalPlace place;
  };

  port::Files* files_ = nullptr;
  std::string name_;
  port::OpenFile file_;
  bool indexed_ = false;
  port::Mapping mapping_;
  JournalIndexView view_;

  uint64_t read_to_ = k_journal_head_bytes;
  uint64_t size_seen_ = 0;
  std::unordered_map<Hash, JournalPlace, HashOfHash> objects_;
  std::unordered_multimap<Hash, Row, HashOfHash> records_;  // by call
  std::vector<JournalRecord> removals_;
  size_t removals_told_ = 0;
};

/// Visits the entries of a journal from its beginning to the first that is not whole in form; how
/// many bytes these are. Their hashes are not checked. Errors: corrupt (no journal), exhausted.
struct JournalScan {
  uint64_t size_bytes = 0;   // of the file
  uint64_t valid_bytes = 0;  // up to where entries follow each other
};
using JournalVisitor = std::function<void(const JournalEntry& entry, uint64_t offset)>;
Result<JournalScan> scan_journal(port::Files& files, port::Handle directory, std::string_view name,
                                 const JournalVisitor& visit);

}  // namespace samara::store
