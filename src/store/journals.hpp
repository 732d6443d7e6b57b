#pragma once
// Journals: the journals of a repository, together, and the one to which this process appends.
// Threads: any. Specified by: docs/formats/repository.md, "Journals".

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "store/journal.hpp"

namespace samara::store {

class Folder;

inline constexpr std::string_view k_journals = "journals";
inline constexpr std::string_view k_journal_changes = "changes";

/// A record and objects that it names, to be stored in one step.
struct JournalParcel {
  const CallKey& key;
  std::string_view name;
  ByteView record;
  std::span<const Hash> names;
  std::span<const NamedBytes> objects;
};

class Journals {
 public:
  explicit Journals(Folder& folder) : folder_(folder) {}
  /// Finishes its own journal.
  ~Journals();
  Journals(const Journals&) = delete;
  Journals& operator=(const Journals&) = delete;

  /// How many calls become files before a journal is begun: few calls are not worth one.
  void begin_after(uint64_t calls) { begin_after_ = calls; }

  /// false: to be stored as files. Errors: conflict, as Executions::put.
  Result<bool> add(const JournalParcel& parcel);

  /// Checked. Nothing: not there, or damaged.
  Result<std::optional<Bytes>> object(const Hash& id);
  Result<std::optional<uint64_t>> object_bytes(const Hash& id);
  /// Whether this process keeps it in the journal that it writes, where no collector takes it.
  bool keeps(const Hash& id);
  /// All objects, some perhaps twice.
  Result<std::vector<Hash>> objects();

  Result<std::vector<std::string>> record_names(const CallKey& key);
  Result<std::optional<Bytes>> record(const CallKey& key, std::string_view name);
  /// false: there is no such record.
  Result<bool> remove_record(const CallKey& key, std::string_view name);
  /// The calls with records, some perhaps twice.
  Result<std::vector<CallKey>> calls();

  /// Sees what came and went.
  Result<void> look_again();
  /// A name for a journal that nobody has.
  Result<std::string> fresh_name();
  /// Ends the journal that this process writes, so that collectors may look at it.
  Result<void> finish();

 private:
  using Removed = std::pair<Hash, std::string>;
  struct Found {
    std::shared_ptr<Journal> journal;
    JournalPlace place;
  };
  struct Writer {
    port::OpenFile file;  // locked while it is written
    std::shared_ptr<Journal> journal;
    uint64_t size_bytes = 0;
  };

  Result<void> refresh();
  Result<void> list_again();
  Result<bool> open_folder();
  void note_removals(Journal& journal);
  std::vector<Found> find(const Hash& id) const;
  std::string next_name();
  Result<void> start();
  Result<void> seal();
  Result<bool> write(ByteView bytes);
  Result<std::optional<JournalPiece>> find_record(const CallKey& key, std::string_view name);

  Folder& folder_;
  std::mutex mutex_;  // guards all below
  uint64_t begin_after_ = 16;
  uint64_t offered_ = 0;
  port::OpenFile directory_;
  port::OpenFile changes_;
  uint64_t changes_seen_ = UINT64_MAX;
  std::vector<std::shared_ptr<Journal>> journals_;
  std::optional<Writer> writer_;
  uint64_t next_number_ = 0;
  std::set<Removed> removed_;
  Bytes buffer_;
};

/// The folder of journals; nothing: there is none.
Result<std::optional<port::OpenFile>> open_journals(Folder& folder);
/// Tells readers that journals came or went.
Result<void> announce_journals(Folder& folder, port::Handle directory);

}  // namespace samara::store
