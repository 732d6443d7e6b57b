#include "store/journals.hpp"

#include <algorithm>

#include "store/folder.hpp"
#include "store/naming.hpp"

namespace samara::store {

using port::FileInfo;
using port::Handle;
using port::LockMode;
using port::LockWait;
using port::OpenFile;
using port::OpenMode;

Result<std::optional<OpenFile>> open_journals(Folder& folder) {
  auto directory = OpenFile::open(folder.files(), folder.root(), k_journals, OpenMode::directory);
  if (!directory && directory.error().code == Code::not_found) return std::optional<OpenFile>();
  if (!directory) return std::move(directory).error();
  return std::optional<OpenFile>(std::move(*directory));
}

Result<void> announce_journals(Folder& folder, Handle directory) {
  // A file that only grows: the times of a folder are too coarse to tell two changes apart.
  {
    SAMARA_TRY(OpenFile made, OpenFile::open(folder.files(), directory, k_journal_changes,
                                             OpenMode::create_shared));
  }
  SAMARA_TRY(OpenFile file,
             OpenFile::open(folder.files(), directory, k_journal_changes, OpenMode::append));
  const uint8_t one = '.';
  return folder.files().write(file.handle(), ByteView(&one, 1));
}

Journals::~Journals() { static_cast<void>(finish()); }

Result<bool> Journals::open_folder() {
  if (changes_.valid()) return true;
  if (!directory_.valid()) {
    SAMARA_TRY(auto directory, open_journals(folder_));
    if (!directory) return false;
    directory_ = std::move(*directory);
  }
  auto changes =
      OpenFile::open(folder_.files(), directory_.handle(), k_journal_changes, OpenMode::read);
  // A power loss may have taken it: the folder is listed each time until it is there again.
  if (!changes && changes.error().code == Code::not_found) return true;
  if (!changes) return std::move(changes).error();
  changes_ = std::move(*changes);
  return true;
}

// So that what others have stored is seen.
Result<void> Journals::refresh() {
  SAMARA_TRY(bool any, open_folder());
  if (!any) return {};
  FileInfo info;
  if (changes_.valid()) {
    SAMARA_TRY(info, folder_.files().info(changes_.handle()));
  }
  if (!changes_.valid() || info.size_bytes != changes_seen_) {
    SAMARA_CHECK(list_again());
    changes_seen_ = info.size_bytes;
  }
  for (const auto& journal : journals_) {
    if (writer_ && writer_->journal == journal) continue;
    SAMARA_CHECK(journal->catch_up());
    note_removals(*journal);
  }
  return {};
}

Result<void> Journals::list_again() {
  SAMARA_TRY(auto entries, folder_.files().list(directory_.handle()));
  std::set<std::string, std::less<>> names;
  for (port::DirectoryEntry& entry : entries) names.insert(std::move(entry.name));
  std::erase_if(journals_, [&](const auto& known) {
    if (writer_ && writer_->journal == known) return false;
    if (!names.contains(known->name())) return true;
    // It has an index by now, which needs less memory.
    return !known->indexed() && names.contains(known->name() + ".index");
  });
  for (const std::string& name : names) {
    if (!is_journal_name(name)) continue;
    const bool known = std::any_of(journals_.begin(), journals_.end(),
                                   [&](const auto& journal) { return journal->name() == name; });
    if (known) continue;
    auto opened = Journal::open(folder_.files(), directory_.handle(), name);
    if (!opened && opened.error().code == Code::not_found) continue;  // collected meanwhile
    if (!opened) return std::move(opened).error();
    note_removals(**opened);
    journals_.push_back(std::move(*opened));
  }
  return {};
}

void Journals::note_removals(Journal& journal) {
  for (const JournalRecord& removal : journal.new_removals()) {
    auto piece = journal.read(removal.place);
    if (!piece || !piece->has_value()) continue;
    removed_.emplace((*piece)->entry.key.call, std::string((*piece)->entry.name));
  }
}

// The latest first. Requires: mutex_ is held.
std::vector<Journals::Found> Journals::find(const Hash& id) const {
  std::vector<Found> out;
  for (auto journal = journals_.rbegin(); journal != journals_.rend(); ++journal) {
    auto place = (*journal)->object(id);
    if (place) out.push_back({*journal, *place});
  }
  return out;
}

Result<std::optional<Bytes>> Journals::object(const Hash& id) {
  for (bool again : {false, true}) {
    std::vector<Found> places;
    {
      std::lock_guard guard(mutex_);
      if (again) SAMARA_CHECK(refresh());
      places = find(id);
    }
    // One may be damaged, and another not.
    for (const Found& found : places) {
      SAMARA_TRY(auto piece, found.journal->read(found.place));
      if (!piece || piece->entry.kind != JournalKind::object || piece->entry.id != id) continue;
      return std::optional<Bytes>(Bytes(piece->entry.body.begin(), piece->entry.body.end()));
    }
  }
  return std::optional<Bytes>();
}

Result<std::optional<uint64_t>> Journals::object_bytes(const Hash& id) {
  SAMARA_TRY(auto bytes, object(id));
  if (!bytes) return std::optional<uint64_t>();
  return std::optional<uint64_t>(bytes->size());
}

bool Journals::keeps(const Hash& id) {
  std::lock_guard guard(mutex_);
  return writer_ && writer_->journal->object(id).has_value();
}

Result<std::vector<Hash>> Journals::objects() {
  std::lock_guard guard(mutex_);
  SAMARA_CHECK(refresh());
  std::vector<Hash> out;
  for (const auto& journal : journals_) {
    journal->each_object([&](const JournalObject& object) { out.push_back(object.id); });
  }
  return out;
}

Result<std::vector<std::string>> Journals::record_names(const CallKey& key) {
  std::lock_guard guard(mutex_);
  SAMARA_CHECK(refresh());
  std::vector<std::string> out;
  std::vector<JournalPlace> places;
  for (const auto& journal : journals_) {
    places.clear();
    journal->records(key, places);
    for (const JournalPlace& place : places) {
      SAMARA_TRY(auto piece, journal->read(place));
      if (!piece || !(piece->entry.key == key)) continue;
      std::string name(piece->entry.name);
      if (!removed_.contains(Removed(key.call, name))) out.push_back(std::move(name));
    }
  }
  return out;
}

// Requires: mutex_ is held, and refresh() was called.
Result<std::optional<JournalPiece>> Journals::find_record(const CallKey& key,
                                                          std::string_view name) {
  if (removed_.contains(Removed(key.call, std::string(name)))) {
    return std::optional<JournalPiece>();
  }
  std::vector<JournalPlace> places;
  for (const auto& journal : journals_) {
    places.clear();
    journal->records(key, places);
    for (const JournalPlace& place : places) {
      SAMARA_TRY(auto piece, journal->read(place));
      if (piece && piece->entry.key == key && piece->entry.name == name) return piece;
    }
  }
  return std::optional<JournalPiece>();
}

Result<std::optional<Bytes>> Journals::record(const CallKey& key, std::string_view name) {
  std::lock_guard guard(mutex_);
  SAMARA_CHECK(refresh());
  SAMARA_TRY(auto piece, find_record(key, name));
  if (!piece) return std::optional<Bytes>();
  return std::optional<Bytes>(Bytes(piece->entry.body.begin(), piece->entry.body.end()));
}

Result<std::vector<CallKey>> Journals::calls() {
  std::lock_guard guard(mutex_);
  SAMARA_CHECK(refresh());
  std::vector<CallKey> out;
  for (const auto& journal : journals_) {
    journal->each_record([&](const JournalRecord& record) { out.push_back(record.key); });
  }
  return out;
}

// Requires: mutex_ is held, and the session has been made.
std::string Journals::next_name() {
  constexpr char k_digits[] = "0123456789abcdef";
  std::string number;
  uint64_t left = next_number_++;
  do {
    number.insert(number.begin(), k_digits[left & 15]);
    left >>= 4;
  } while (left > 0);
  return folder_.session().name() + "-" + number;
}

Result<std::string> Journals::fresh_name() {
  std::lock_guard guard(mutex_);
  SAMARA_CHECK(folder_.session().temp_name());
  return next_name();
}

Result<void> Journals::start() {
  Folder& folder = folder_;
  port::Files& files = folder.files();
  if (!directory_.valid()) {
    SAMARA_CHECK(ensure_directory(files, folder.root(), k_journals));
    SAMARA_TRY(directory_, OpenFile::open(files, folder.root(), k_journals, OpenMode::directory));
  }
  SAMARA_TRY(TempFile temp, TempFile::create(folder, folder.tmp()));
  // Before it has a name, so that no collector takes it for one that a dead process left.
  SAMARA_TRY(bool mine, files.lock(temp.handle(), LockMode::exclusive, LockWait::no));
  SAMARA_ASSERT(mine);
  SAMARA_CHECK(files.write(temp.handle(), journal_head()));
  // A forked child counts on from the same number.
  for (int round = 0; round < 1000; round++) {
    const std::string name = next_name();
    auto named = temp.name_open(directory_.handle(), name);
    if (!named && named.error().code == Code::exists) continue;
    if (!named) return std::move(named).error();
    Writer writer;
    writer.file = std::move(*named);
    writer.size_bytes = k_journal_head_bytes;
    SAMARA_CHECK(announce_journals(folder, directory_.handle()));
    SAMARA_TRY(writer.journal, Journal::open(files, directory_.handle(), name));
    journals_.push_back(writer.journal);
    writer_ = std::move(writer);
    return {};
  }
  return Error(Code::exists, "no free name for a journal");
}

// Requires: mutex_ is held.
Result<void> Journals::seal() {
  if (!writer_) return {};
  Writer writer = std::move(*writer_);
  writer_.reset();
  port::Files& files = folder_.files();
  SAMARA_TRY(FileInfo info, files.info(writer.file.handle()));
  if (info.size_bytes == writer.size_bytes) {
    const Bytes index = print_index(writer.journal->index());
    SAMARA_CHECK(
        write_whole(folder_, directory_.handle(), writer.journal->name() + ".index", index, false));
  }
  // As young as the last promise that something is in it.
  SAMARA_CHECK(files.touch(writer.file.handle()));
  return announce_journals(folder_, directory_.handle());
}

Result<void> Journals::look_again() {
  std::lock_guard guard(mutex_);
  return refresh();
}

Result<void> Journals::finish() {
  std::lock_guard guard(mutex_);
  return seal();
}

// false: nothing was written. Requires: mutex_ is held, writer_ is there.
Result<bool> Journals::write(ByteView bytes) {
  auto written = folder_.files().write(writer_->file.handle(), bytes);
  if (written) return true;
  // Half an entry would hide what comes behind it.
  auto undone = folder_.files().truncate(writer_->file.handle(), writer_->size_bytes);
  if (!undone) writer_.reset();
  return false;
}

Result<bool> Journals::add(const JournalParcel& parcel) {
  if (parcel.record.size() > k_journal_record_bytes_max) return false;
  for (const NamedBytes& object : parcel.objects) {
    if (object.bytes.size() > k_journal_object_bytes_max) return false;
  }
  std::lock_guard guard(mutex_);
  if (offered_++ < begin_after_) return false;
  if (!writer_) {
    // Where that fails, files will tell why.
    auto started = start();
    if (!started) return false;
  }
  buffer_.clear();
  std::vector<const NamedBytes*> fresh;
  fresh.reserve(parcel.objects.size());
  for (const NamedBytes& object : parcel.objects) {
    if (writer_->journal->object(object.id)) continue;
    append_object(buffer_, object.id, object.bytes);
    fresh.push_back(&object);
  }
  append_record(buffer_, parcel.key, parcel.name, parcel.record, port::WallTime{});
  {
    SAMARA_TRY(NamingGuard naming, NamingGuard::take(folder_));
    auto safe = [&](const Hash& id) {
      return writer_->journal->object(id).has_value() ||
             std::any_of(fresh.begin(), fresh.end(),
                         [&](const NamedBytes* object) { return object->id == id; });
    };
    SAMARA_CHECK(naming.name(parcel.names, safe));
    SAMARA_TRY(bool written, write(buffer_));
    if (!written) return false;
  }
  for (ByteView rest = buffer_; !rest.empty();) {
    auto entry = parse_entry(rest);
    SAMARA_ASSERT(entry.has_value());
    writer_->journal->add(*entry, writer_->size_bytes);
    writer_->size_bytes += entry->size_bytes;
    rest = rest.subspan(entry->size_bytes);
  }
  // What is stored is stored, whatever becomes of the index.
  if (writer_->size_bytes >= k_journal_bytes_full) static_cast<void>(seal());
  return true;
}

Result<bool> Journals::remove_record(const CallKey& key, std::string_view name) {
  std::lock_guard guard(mutex_);
  SAMARA_CHECK(refresh());
  SAMARA_TRY(auto piece, find_record(key, name));
  if (!piece) return false;
  if (!writer_) SAMARA_CHECK(start());
  buffer_.clear();
  append_removal(buffer_, key, name);
  SAMARA_TRY(bool written, write(buffer_));
  if (!written) return Error(Code::disk_full, "cannot write that it is removed");
  auto entry = parse_entry(buffer_);
  writer_->journal->add(*entry, writer_->size_bytes);
  writer_->size_bytes += entry->size_bytes;
  removed_.emplace(key.call, std::string(name));
  return true;
}

}  // namespace samara::store
