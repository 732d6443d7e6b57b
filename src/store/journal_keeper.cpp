#include "store/journal_keeper.hpp"

#include <algorithm>

namespace samara::store {

using port::FileInfo;
using port::LockMode;
using port::LockWait;
using port::OpenFile;
using port::OpenMode;

namespace {
// Smaller ones are joined, so that there are few to look into.
constexpr uint64_t k_small_bytes = uint64_t{1} << 20;
}  // namespace

Result<void> JournalKeeper::scan(const std::function<Result<void>(const Item&)>& visit) {
  SAMARA_TRY(directory_, open_journals(folder_));
  if (!directory_) return {};
  SAMARA_TRY(auto entries, folder_.files().list(directory_->handle()));
  std::set<std::string> names;
  for (port::DirectoryEntry& entry : entries) names.insert(std::move(entry.name));
  for (const std::string& name : names) {
    if (is_journal_index_name(name) && !names.contains(name.substr(0, name.find('.')))) {
      orphans_.push_back(name);
    }
    if (!is_journal_name(name)) continue;
    SAMARA_CHECK(look(name, names.contains(name + ".index"), visit));
  }
  return {};
}

Result<void> JournalKeeper::look(const std::string& name, bool has_index,
                                 const std::function<Result<void>(const Item&)>& visit) {
  port::Files& files = folder_.files();
  Source source;
  source.name = name;
  source.has_index = has_index;
  auto file = OpenFile::open(files, directory_->handle(), name, OpenMode::read);
  if (!file) return std::move(file).error().with_context("cannot read journals/" + name);
  source.lock = std::move(*file);
  // Whoever writes it holds it.
  SAMARA_TRY(bool mine, files.lock(source.lock.handle(), LockMode::exclusive, LockWait::no));
  SAMARA_TRY(FileInfo info, files.info(source.lock.handle()));
  source.modified = info.modified;
  source.size_bytes = info.size_bytes;
  // What was joined is as old as it was before.
  auto time_of = [&](const JournalEntry& entry) {
    return entry.time != port::WallTime{} ? entry.time : info.modified;
  };
  port::WallTime latest{};
  auto scanned = scan_journal(
      files, directory_->handle(), name,
      [&](const JournalEntry& entry, uint64_t) { latest = std::max(latest, time_of(entry)); });
  const bool young = !mine || latest >= cutoff_ || (!scanned && info.modified >= cutoff_);
  Result<void> visited;
  if (scanned) {
    scanned =
        scan_journal(files, directory_->handle(), name, [&](const JournalEntry& entry, uint64_t) {
          if (!visited) return;
          std::pair<Hash, std::string> named(entry.key.call, entry.name);
          if (entry.kind == JournalKind::removal) records_.insert(named);
          if (young && entry.kind == JournalKind::record) elsewhere_.insert(named);
          visited = visit({entry, time_of(entry), young});
        });
  }
  SAMARA_CHECK(std::move(visited));
  source.broken = !scanned && scanned.error().code == Code::corrupt;
  if (!scanned && !source.broken) {
    return std::move(scanned).error().with_context("cannot read journals/" + name);
  }
  if (!young) sources_.push_back(std::move(source));
  return {};
}

bool JournalKeeper::dropped(const JournalEntry& entry) const {
  switch (entry.kind) {
    case JournalKind::object:
      return objects_.contains(entry.id);
    case JournalKind::record:
      return records_.contains({entry.key.call, std::string(entry.name)});
    case JournalKind::removal:
      return !elsewhere_.contains({entry.key.call, std::string(entry.name)});
  }
  return false;
}

bool JournalKeeper::keeps(const JournalEntry& entry) const {
  return !dropped(entry) && entry.whole();
}

Result<bool> JournalKeeper::must_change(Source& source) {
  if (source.broken) return true;
  bool all = source.has_index;
  SAMARA_TRY(JournalScan scanned,
             scan_journal(folder_.files(), directory_->handle(), source.name,
                          [&](const JournalEntry& entry, uint64_t) { all = all && keeps(entry); }));
  source.whole = all && scanned.valid_bytes == scanned.size_bytes;
  return !source.whole || source.size_bytes < k_small_bytes;
}

Result<void> JournalKeeper::rewrite() {
  // A removal says of which record; without the record, it says nothing.
  size_t changing = 0;
  for (Source& source : sources_) {
    SAMARA_TRY(source.changes, must_change(source));
    if (source.changes) changing++;
  }
  // One that is merely small gains nothing by itself.
  auto alone = [&](const Source& source) { return changing == 1 && source.whole; };
  // What is in several journals, or was left twice by a collector that died, is needed once.
  std::unordered_set<Hash, HashOfHash> written;
  auto fresh = [&](const JournalEntry& entry) { return written.insert(entry.id).second; };
  Bytes bytes;
  std::vector<const Source*> done;
  for (const Source& source : sources_) {
    if (!source.changes || alone(source)) continue;
    done.push_back(&source);
    if (source.broken) continue;
    auto scanned = scan_journal(
        folder_.files(), directory_->handle(), source.name,
        [&](const JournalEntry& entry, uint64_t) {
          if (!keeps(entry) || !fresh(entry)) return;
          if (bytes.empty()) bytes = journal_head();
          append_entry(bytes, entry, entry.time != port::WallTime{} ? entry.time : source.modified);
        });
    SAMARA_CHECK(std::move(scanned));
    if (bytes.size() >= k_journal_bytes_full) {
      written.clear();
      SAMARA_CHECK(flush(bytes));
      for (const Source* old : done) SAMARA_CHECK(remove(*old));
      done.clear();
    }
  }
  if (!bytes.empty()) SAMARA_CHECK(flush(bytes));
  for (const Source* old : done) SAMARA_CHECK(remove(*old));
  if (!directory_) return {};
  for (const std::string& name : orphans_) {
    auto removed = folder_.files().remove(directory_->handle(), name);
    if (!removed && removed.error().code != Code::not_found) return removed;
  }
  SAMARA_CHECK(announce_journals(folder_, directory_->handle()));
  return folder_.journals().look_again();
}

// The journal with its index, under names that nobody has.
Result<void> JournalKeeper::flush(Bytes& bytes) {
  JournalIndex index;
  index.journal_bytes = bytes.size();
  uint64_t at = k_journal_head_bytes;
  while (auto entry = parse_entry(ByteView(bytes).subspan(at))) {
    const JournalPlace place{at, entry->size_bytes};
    if (entry->kind == JournalKind::object) index.objects.push_back({entry->id, place});
    if (entry->kind == JournalKind::record) index.records.push_back({entry->key, place});
    if (entry->kind == JournalKind::removal) index.removals.push_back({entry->key, place});
    at += entry->size_bytes;
  }
  SAMARA_ASSERT(at == bytes.size());
  SAMARA_TRY(std::string name, folder_.journals().fresh_name());
  // The index first: whoever sees the journal sees all of it. Synced: the files from which it was
  // made may have been safe for long.
  SAMARA_CHECK(write_whole(folder_, directory_->handle(), name + ".index",
                           print_index(std::move(index)), true));
  SAMARA_CHECK(write_whole(folder_, directory_->handle(), name, bytes, true));
  bytes.clear();
  return {};
}

Result<void> JournalKeeper::remove(const Source& source) {
  for (std::string_view end : {"", ".index"}) {
    auto removed = folder_.files().remove(directory_->handle(), source.name + std::string(end));
    if (!removed && removed.error().code != Code::not_found) return removed;
  }
  return {};
}

}  // namespace samara::store
