#pragma once
// The form of a journal, which holds many small objects and records in one file, and of the index
// that a finished journal has beside it. The bytes may be anything: whoever reads an entry checks
// it. Threads: pure functions.
// Specified by: docs/formats/repository.md, "Journals".

#include <optional>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "core/hash.hpp"
#include "port/clock.hpp"
#include "store/executions.hpp"

namespace samara::store {

inline constexpr size_t k_journal_head_bytes = 16;
/// Larger objects and records are files of their own.
inline constexpr size_t k_journal_object_bytes_max = 16U << 10;
inline constexpr size_t k_journal_record_bytes_max = 64U << 10;
/// A journal that has reached this is finished, and another one begun.
inline constexpr uint64_t k_journal_bytes_full = uint64_t{16} << 20;
/// Larger files are no journals.
inline constexpr uint64_t k_journal_bytes_max = uint64_t{64} << 20;

enum class JournalKind : uint8_t { object = 1, record = 2, removal = 3 };

/// An entry of a journal, as views into its bytes.
struct JournalEntry {
  JournalKind kind = JournalKind::object;
  uint32_t size_bytes = 0;  // in the file: head, name, body, padding
  port::WallTime time{};    // zero: that of the file
  Hash id;                  // object: its hash; others: hash of what follows
  CallKey key;              // record, removal: of this call
  std::string_view name;    // record, removal
  ByteView body;            // object, record
  ByteView checked;         // what `id` is the hash of

  /// Whether the bytes are those that were written.
  bool whole() const;
};

/// Where an entry is.
struct JournalPlace {
  uint64_t offset = 0;
  uint32_t size_bytes = 0;
  bool operator==(const JournalPlace&) const = default;
};

Bytes journal_head();
bool is_journal_head(ByteView bytes);
/// "<session>-<number>" and the same with ".index".
bool is_journal_name(std::string_view name);
bool is_journal_index_name(std::string_view name);

void append_object(Bytes& out, const Hash& id, ByteView body);
void append_record(Bytes& out, const CallKey& key, std::string_view name, ByteView body,
                   port::WallTime time);
/// Says that a record, of whichever journal, is removed.
void append_removal(Bytes& out, const CallKey& key, std::string_view name);

/// The same entry again, with a time.
void append_entry(Bytes& out, const JournalEntry& entry, port::WallTime time);

/// The entry at the beginning of `bytes`. Nothing: there is none, or not all of it.
std::optional<JournalEntry> parse_entry(ByteView bytes);
/// The size that the head at the beginning of `bytes` tells; nothing: no head.
std::optional<uint32_t> entry_bytes(ByteView bytes);

struct JournalObject {
  Hash id;
  JournalPlace place;
};
struct JournalRecord {
  CallKey key;
  JournalPlace place;
};

/// What a journal holds, in order of hashes, so that it need not be read to be searched.
struct JournalIndex {
  uint64_t journal_bytes = 0;
  std::vector<JournalObject> objects;
  std::vector<JournalRecord> records;
  std::vector<JournalRecord> removals;
};

/// Sorts, and writes.
Bytes print_index(JournalIndex index);

/// An index in memory, perhaps mapped. Its places are hints.
class JournalIndexView {
 public:
  JournalIndexView() = default;
  /// Nothing: `bytes` are no index.
  static std::optional<JournalIndexView> open(ByteView bytes);

  uint64_t journal_bytes() const { return journal_bytes_; }
  std::optional<JournalPlace> object(const Hash& id) const;
  void records(const CallKey& key, std::vector<JournalPlace>& out) const;
  size_t objects() const { return objects_.size() / k_object_bytes; }
  size_t records() const { return records_.size() / k_record_bytes; }
  size_t removals() const { return removals_.size() / k_record_bytes; }
  JournalObject object_at(size_t i) const;
  JournalRecord record_at(size_t i) const { return row(records_, i); }
  JournalRecord removal_at(size_t i) const { return row(removals_, i); }

 private:
  static constexpr size_t k_object_bytes = 48;
  static constexpr size_t k_record_bytes = 80;
  static JournalRecord row(ByteView rows, size_t i);

  uint64_t journal_bytes_ = 0;
  ByteView objects_, records_, removals_;
};

}  // namespace samara::store
