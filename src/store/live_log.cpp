#include "store/live_log.hpp"

#include <algorithm>

#include "store/folder.hpp"

namespace samara::store {

using port::LockMode;
using port::LockWait;
using port::OpenFile;
using port::OpenMode;

namespace {

constexpr size_t k_head_bytes = 5;  // stream, then the size as 32 bits, little-endian
constexpr std::string_view k_log_ending = ".log";
constexpr std::string_view k_name_ending = ".run";
// A sweeper may take a file between its making and its lock; it does not do that twice in a row.
constexpr int k_rounds_max = 100;
constexpr size_t k_read_bytes = 256U << 10;
constexpr uint64_t k_name_bytes_max = 4096;

std::string log_name(std::string_view attempt) {
  return std::string(attempt) + std::string(k_log_ending);
}

// Made when missing, open for appending, and locked as one that somebody uses.
Result<OpenFile> open_held(port::Files& files, port::Handle folder, const std::string& name,
                           LockMode mode) {
  for (int round = 0; round < k_rounds_max; round++) {
    {
      SAMARA_TRY(OpenFile made, OpenFile::open(files, folder, name, OpenMode::create_shared));
    }
    auto file = OpenFile::open(files, folder, name, OpenMode::append);
    if (!file && file.error().code == Code::not_found) continue;
    if (!file) return file;
    SAMARA_CHECK(files.lock(file->handle(), mode, LockWait::yes));
    SAMARA_TRY(bool named, still_named(files, file->handle(), folder, name));
    if (named) return file;
  }
  return Error(Code::conflict, "live log '" + name + "' is removed again and again");
}

}  // namespace

Result<void> LiveLogWriter::append(LiveStream stream, std::string_view text) {
  Bytes frame;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, k_live_frame_bytes_max);
    text.remove_prefix(piece.size());
    frame.clear();
    frame.push_back(static_cast<uint8_t>(stream));
    for (unsigned shift = 0; shift < 32; shift += 8) {
      frame.push_back(static_cast<uint8_t>(piece.size() >> shift));
    }
    frame.insert(frame.end(), piece.begin(), piece.end());
    SAMARA_CHECK(files_->write(file_.handle(), frame));
  }
  return {};
}

void LiveLogWriter::remove() {
  static_cast<void>(files_->remove(folder_.handle(), name_));
  file_.reset();
}

Result<std::vector<LivePiece>> LiveLogReader::next() {
  std::vector<LivePiece> out;
  Bytes chunk(k_read_bytes);
  for (;;) {
    SAMARA_TRY(size_t got, files_->read_at(file_.handle(), offset_, chunk));
    size_t at = 0;
    while (got - at >= k_head_bytes) {
      uint32_t size = 0;
      for (unsigned i = 0; i < 4; i++) size |= uint32_t{chunk[at + 1 + i]} << (8 * i);
      const uint8_t stream = chunk[at];
      const bool known = stream == static_cast<uint8_t>(LiveStream::out) ||
                         stream == static_cast<uint8_t>(LiveStream::err);
      if (!known || size > k_live_frame_bytes_max) {
        return Error(Code::corrupt, "the live log is damaged");
      }
      if (got - at - k_head_bytes < size) break;
      const ByteView text = ByteView(chunk).subspan(at + k_head_bytes, size);
      out.push_back({static_cast<LiveStream>(stream), std::string(as_text(text))});
      at += k_head_bytes + size;
    }
    offset_ += at;
    if (at == 0 || got < chunk.size()) return out;
  }
}

LiveNameHold::~LiveNameHold() { static_cast<void>(files_.remove(folder_.handle(), name_)); }

std::string LiveLogs::path(std::string_view attempt) const {
  return tmp_ + "/" + std::string(k_live_folder) + "/" + log_name(attempt);
}

Result<OpenFile> LiveLogs::folder() {
  return OpenFile::open(files_, port::k_no_directory, tmp_ + "/" + std::string(k_live_folder),
                        OpenMode::directory);
}

Result<LiveLogWriter> LiveLogs::writer(std::string_view attempt) {
  const std::string path = tmp_ + "/" + std::string(k_live_folder);
  auto live = folder();
  if (!live && live.error().code == Code::not_found) {
    SAMARA_CHECK(ensure_directory(files_, port::k_no_directory, path));
    live = folder();
  }
  if (!live) return std::move(live).error();
  const std::string name = log_name(attempt);
  SAMARA_TRY(OpenFile file, open_held(files_, live->handle(), name, LockMode::shared));
  return LiveLogWriter(files_, std::move(*live), std::move(file), name);
}

Result<std::optional<LiveLogReader>> LiveLogs::reader(std::string_view attempt) {
  auto file = OpenFile::open(files_, port::k_no_directory, path(attempt), OpenMode::read);
  if (!file && file.error().code == Code::not_found) return std::optional<LiveLogReader>();
  if (!file) return std::move(file).error();
  return std::optional<LiveLogReader>(LiveLogReader(files_, std::move(*file)));
}

Result<std::unique_ptr<LiveNameHold>> LiveLogs::hold_name(std::string_view unique,
                                                          const LiveName& name) {
  const std::string path = tmp_ + "/" + std::string(k_live_folder);
  SAMARA_CHECK(ensure_directory(files_, port::k_no_directory, path));
  SAMARA_TRY(OpenFile live, folder());
  std::string own = std::string(unique) + std::string(k_name_ending);
  SAMARA_TRY(OpenFile file, open_held(files_, live.handle(), own, LockMode::exclusive));
  const std::string text = name.text + "\n" + name.name + "\n";
  SAMARA_CHECK(files_.write(file.handle(), as_bytes(text)));
  return std::unique_ptr<LiveNameHold>(
      new LiveNameHold(files_, std::move(live), std::move(file), std::move(own)));
}

// Whether nobody holds it in a way that excludes `mode`; then our lock is in `held`.
Result<bool> LiveLogs::abandoned(port::Handle folder, std::string_view name, LockMode mode,
                                 OpenFile& held) {
  auto file = OpenFile::open(files_, folder, name, OpenMode::read);
  if (!file && file.error().code == Code::not_found) return false;
  if (!file) return std::move(file).error();
  SAMARA_TRY(bool mine, files_.lock(file->handle(), mode, LockWait::no));
  if (mine) held = std::move(*file);
  return mine;
}

Result<std::vector<LiveName>> LiveLogs::names() {
  std::vector<LiveName> out;
  auto live = folder();
  if (!live && live.error().code == Code::not_found) return out;
  if (!live) return std::move(live).error();
  SAMARA_TRY(auto entries, files_.list(live->handle()));
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  for (const port::DirectoryEntry& entry : entries) {
    if (!entry.name.ends_with(k_name_ending)) continue;
    OpenFile held;
    // Those who look do not take each other for the holder, whose lock is exclusive.
    auto dead = abandoned(live->handle(), entry.name, LockMode::shared, held);
    if (!dead || *dead) continue;
    auto bytes = read_whole(files_, live->handle(), entry.name, k_name_bytes_max);
    if (!bytes) continue;  // it has ended meanwhile
    const std::string_view text = as_text(*bytes);
    const size_t first = text.find('\n');
    const size_t second = first == std::string_view::npos ? first : text.find('\n', first + 1);
    if (second == std::string_view::npos) continue;
    out.push_back({std::string(text.substr(first + 1, second - first - 1)),
                   std::string(text.substr(0, first))});
  }
  return out;
}

Result<uint64_t> LiveLogs::sweep() {
  uint64_t removed = 0;
  auto live = folder();
  if (!live && live.error().code == Code::not_found) return removed;
  if (!live) return std::move(live).error();
  SAMARA_TRY(auto entries, files_.list(live->handle()));
  for (const port::DirectoryEntry& entry : entries) {
    if (!entry.name.ends_with(k_log_ending) && !entry.name.ends_with(k_name_ending)) continue;
    OpenFile held;
    SAMARA_TRY(bool dead, abandoned(live->handle(), entry.name, LockMode::exclusive, held));
    if (dead && files_.remove(live->handle(), entry.name)) removed++;
  }
  return removed;
}

}  // namespace samara::store
