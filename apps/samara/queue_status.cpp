#include "apps/samara/queue_status.hpp"

#include <algorithm>

#include "queue/message_name.hpp"

namespace samara::cli {
namespace {

using port::FileKind;
using port::OpenFile;
using port::OpenMode;

// What peers say of themselves is short.
constexpr size_t k_words_bytes_max = size_t{1} << 20;

Result<std::vector<port::DirectoryEntry>> list(port::Files& files, const std::string& path) {
  auto folder = OpenFile::open(files, port::k_no_directory, path, OpenMode::directory);
  if (!folder && folder.error().code == Code::not_found) {
    return std::vector<port::DirectoryEntry>();
  }
  if (!folder) return std::move(folder).error();
  SAMARA_TRY(auto entries, files.list(folder->handle()));
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

Result<QueueLength> length_of(port::Files& files, const std::string& path,
                              const std::string& name) {
  QueueLength out;
  out.name = name;
  SAMARA_TRY(auto entries, list(files, path + "/" + name));
  for (const port::DirectoryEntry& entry : entries) {
    auto message = queue::MessageName::parse(entry.name);
    if (!message) continue;
    out.waiting++;
    const int64_t made_ms = message->id.unix_ms();
    out.oldest_ms = std::min(out.oldest_ms.value_or(made_ms), made_ms);
  }
  return out;
}

// Opens for reading only, so that nobody is told of a death that is none.
Result<std::optional<QueueWorker>> look_at(port::Files& files, const std::string& path,
                                           const std::string& name) {
  auto file =
      OpenFile::open(files, port::k_no_directory, path + "/peers/alive/" + name, OpenMode::read);
  if (!file && file.error().code == Code::not_found) return std::optional<QueueWorker>();
  if (!file) return std::move(file).error();
  QueueWorker out;
  out.id = name.substr(1);
  SAMARA_TRY(bool free, files.lock(file->handle(), port::LockMode::shared, port::LockWait::no));
  out.alive = !free;
  SAMARA_TRY(port::FileInfo info, files.info(file->handle()));
  Bytes bytes(std::min<uint64_t>(info.size_bytes, k_words_bytes_max));
  SAMARA_TRY(size_t size, files.read_at(file->handle(), 0, bytes));
  for (std::string_view text = as_text(ByteView(bytes).first(size)); !text.empty();) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with('{')) {
      out.facts.emplace_back(line);
    } else if (out.word.empty()) {
      out.word = line;
    }
  }
  SAMARA_TRY(auto claims, list(files, path + "/peers/claims/" + out.id));
  for (const port::DirectoryEntry& entry : claims) {
    if (queue::MessageName::parse(entry.name)) out.in_hand++;
  }
  return std::optional<QueueWorker>(std::move(out));
}

}  // namespace

Result<QueueStatus> queue_status(port::Files& files, const std::string& path) {
  QueueStatus out;
  SAMARA_TRY(auto queues, list(files, path));
  for (const port::DirectoryEntry& entry : queues) {
    if (entry.kind != FileKind::directory || entry.name == "peers") continue;
    SAMARA_TRY(QueueLength length, length_of(files, path, entry.name));
    out.queues.push_back(std::move(length));
  }
  SAMARA_TRY(auto peers, list(files, path + "/peers/alive"));
  for (const port::DirectoryEntry& entry : peers) {
    if (!entry.name.starts_with('w')) continue;
    SAMARA_TRY(auto worker, look_at(files, path, entry.name));
    if (worker) out.workers.push_back(std::move(*worker));
  }
  return out;
}

}  // namespace samara::cli
