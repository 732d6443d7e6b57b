#include "store/journal.hpp"

#include <algorithm>

#include "store/folder.hpp"

namespace samara::store {

using port::Handle;
using port::OpenFile;
using port::OpenMode;

namespace {
constexpr uint64_t k_piece_bytes = 1U << 20;
}

Result<std::shared_ptr<Journal>> Journal::open(port::Files& files, Handle directory,
                                               std::string_view name) {
  auto out = std::make_shared<Journal>();
  out->files_ = &files;
  out->name_ = name;
  SAMARA_TRY(out->file_, OpenFile::open(files, directory, name, OpenMode::read));
  auto index = OpenFile::open(files, directory, out->name_ + ".index", OpenMode::read);
  if (!index && index.error().code != Code::not_found) return std::move(index).error();
  if (index) {
    SAMARA_TRY(port::FileInfo info, files.info(index->handle()));
    SAMARA_TRY(out->mapping_, port::Mapping::map(files, index->handle(), info.size_bytes));
    auto view = JournalIndexView::open(out->mapping_.bytes());
    out->indexed_ = view.has_value();
    if (view) out->view_ = *view;
  }
  if (!out->indexed_) SAMARA_CHECK(out->catch_up());
  return out;
}

Result<void> Journal::catch_up() {
  if (indexed_) return {};
  SAMARA_TRY(port::FileInfo info, files_->info(file_.handle()));
  // What is cut at the end may be on its way, or was left by a process that died.
  if (info.size_bytes == size_seen_) return {};
  size_seen_ = info.size_bytes;
  const uint64_t end = std::min(info.size_bytes, k_journal_bytes_max);
  Bytes bytes;
  uint64_t wanted = k_piece_bytes;
  while (read_to_ < end) {
    bytes.resize(static_cast<size_t>(std::min(wanted, end - read_to_)));
    SAMARA_TRY(size_t count, files_->read_at(file_.handle(), read_to_, bytes));
    ByteView rest = ByteView(bytes).first(count);
    const uint64_t before = read_to_;
    while (auto entry = parse_entry(rest)) {
      add(*entry, read_to_);
      rest = rest.subspan(entry->size_bytes);
    }
    if (read_to_ != before) continue;
    const auto size = entry_bytes(rest);
    if (!size || *size <= rest.size() || read_to_ + *size > end) break;
    wanted = *size;
  }
  return {};
}

void Journal::add(const JournalEntry& entry, uint64_t offset) {
  const JournalPlace place{offset, entry.size_bytes};
  switch (entry.kind) {
    case JournalKind::object:
      objects_.try_emplace(entry.id, place);
      break;
    case JournalKind::record:
      records_.emplace(entry.key.call, Row{entry.key.function, place});
      break;
    case JournalKind::removal:
      removals_.push_back({entry.key, place});
      break;
  }
  read_to_ = std::max(read_to_, offset + entry.size_bytes);
}

std::optional<JournalPlace> Journal::object(const Hash& id) const {
  if (indexed_) return view_.object(id);
  auto at = objects_.find(id);
  if (at == objects_.end()) return std::nullopt;
  return at->second;
}

void Journal::records(const CallKey& key, std::vector<JournalPlace>& out) const {
  if (indexed_) return view_.records(key, out);
  auto [at, end] = records_.equal_range(key.call);
  for (; at != end; ++at) {
    if (at->second.function == key.function) out.push_back(at->second.place);
  }
}

Result<std::optional<JournalPiece>> Journal::read(const JournalPlace& place) const {
  if (place.size_bytes > k_journal_bytes_max) return std::optional<JournalPiece>();
  JournalPiece out;
  out.bytes.resize(place.size_bytes);
  SAMARA_TRY(size_t count, files_->read_at(file_.handle(), place.offset, out.bytes));
  auto entry = parse_entry(ByteView(out.bytes).first(count));
  if (!entry || !entry->whole()) return std::optional<JournalPiece>();
  out.entry = *entry;
  return out;
}

void Journal::each_object(const std::function<void(const JournalObject&)>& visit) const {
  for (size_t i = 0; i < view_.objects(); i++) visit(view_.object_at(i));
  for (const auto& [id, place] : objects_) visit({id, place});
}

void Journal::each_record(const std::function<void(const JournalRecord&)>& visit) const {
  for (size_t i = 0; i < view_.records(); i++) visit(view_.record_at(i));
  for (const auto& [call, row] : records_) visit({{row.function, call}, row.place});
}

std::vector<JournalRecord> Journal::new_removals() {
  std::vector<JournalRecord> out;
  const size_t count = indexed_ ? view_.removals() : removals_.size();
  out.reserve(count - removals_told_);
  for (; removals_told_ < count; removals_told_++) {
    out.push_back(indexed_ ? view_.removal_at(removals_told_) : removals_[removals_told_]);
  }
  return out;
}

JournalIndex Journal::index() const {
  SAMARA_ASSERT(!indexed_);
  JournalIndex out;
  out.journal_bytes = read_to_;
  out.objects.reserve(objects_.size());
  out.records.reserve(records_.size());
  for (const auto& [id, place] : objects_) out.objects.push_back({id, place});
  for (const auto& [call, row] : records_) {
    out.records.push_back({{row.function, call}, row.place});
  }
  out.removals = removals_;
  return out;
}

Result<JournalScan> scan_journal(port::Files& files, Handle directory, std::string_view name,
                                 const JournalVisitor& visit) {
  SAMARA_TRY(Bytes bytes, read_whole(files, directory, name, k_journal_bytes_max));
  if (!is_journal_head(bytes)) return Error(Code::corrupt, "it does not begin as a journal");
  JournalScan out;
  out.size_bytes = bytes.size();
  out.valid_bytes = k_journal_head_bytes;
  ByteView rest = ByteView(bytes).subspan(k_journal_head_bytes);
  while (auto entry = parse_entry(rest)) {
    visit(*entry, out.valid_bytes);
    out.valid_bytes += entry->size_bytes;
    rest = rest.subspan(entry->size_bytes);
  }
  return out;
}

}  // namespace samara::store
