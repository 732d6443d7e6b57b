#include "store/record_keeper.hpp"

#include <algorithm>

#include "store/directory_executions.hpp"
#include "store/names.hpp"
#include "store/naming.hpp"

namespace samara::store {

using port::Handle;
using port::LockWait;
using port::OpenFile;
using port::OpenMode;

namespace {
// Calls removed while naming waits: some milliseconds.
constexpr size_t k_batch = 64;
}  // namespace

Result<RecordKeeper::CallFiles> RecordKeeper::scan_call(const CallKey& key, Handle directory) {
  CallFiles call;
  call.key = key;
  // The directory's own time covers a call that has only just been locked.
  SAMARA_TRY(port::FileInfo folder_info, folder_.files().info(directory));
  call.newest = folder_info.modified;
  SAMARA_TRY(auto entries, folder_.files().list(directory));
  bool first = true;
  for (port::DirectoryEntry& entry : entries) {
    if (entry.kind != port::FileKind::file) continue;  // for fsck to explain
    auto info = folder_.files().info_at(directory, entry.name);
    if (!info) continue;  // replaced or removed meanwhile
    if (first || info->modified > call.newest) call.newest = info->modified;
    first = false;
    call.size_bytes += info->size_bytes;
    call.names.push_back(std::move(entry.name));
  }
  return call;
}

void RecordKeeper::add_in_journal(const CallKey& key, std::string_view name, uint64_t size_bytes,
                                  port::WallTime time) {
  CallFiles& call = in_journals_[key.call];
  if (call.journals.empty() || time > call.newest) call.newest = time;
  call.key = key;
  call.size_bytes += size_bytes;
  call.journals.emplace_back(name);
}

Result<std::vector<RecordKeeper::CallFiles>> RecordKeeper::scan() {
  std::vector<CallFiles> out;
  SAMARA_TRY(auto functions, list_hash_directories(folder_.files(), folder_.executions()));
  for (const Hash& function : functions) {
    auto directory =
        OpenFile::open(folder_.files(), folder_.executions(), function.hex(), OpenMode::directory);
    if (!directory) continue;
    SAMARA_TRY(auto calls, list_hash_directories(folder_.files(), directory->handle()));
    for (const Hash& call : calls) {
      auto opened =
          OpenFile::open(folder_.files(), directory->handle(), call.hex(), OpenMode::directory);
      if (!opened && opened.error().code == Code::not_found) continue;
      if (!opened) return std::move(opened).error();
      SAMARA_TRY(CallFiles files, scan_call({function, call}, opened->handle()));
      auto more = in_journals_.find(call);
      if (more != in_journals_.end()) {
        files.newest = std::max(files.newest, more->second.newest);
        files.size_bytes += more->second.size_bytes;
        files.journals = std::move(more->second.journals);
        in_journals_.erase(more);
      }
      out.push_back(std::move(files));
    }
  }
  out.reserve(out.size() + in_journals_.size());
  for (auto& [call, files] : in_journals_) out.push_back(std::move(files));
  in_journals_.clear();
  return out;
}

Result<std::vector<Hash>> RecordKeeper::references(const CallFiles& call) {
  std::vector<Hash> out;
  if (!options_.record_references) return out;
  for (const std::string& name : call.names) {
    auto bytes = read_whole(folder_.files(), folder_.executions(), call_path(call.key) + "/" + name,
                            k_record_bytes_max);
    if (!bytes && bytes.error().code == Code::not_found) continue;
    if (!bytes) {
      return std::move(bytes).error().with_context("cannot read records of call " +
                                                   in_quotes(call.key.call));
    }
    auto found = options_.record_references(call.key, name, *bytes);
    if (found) out.insert(out.end(), found->begin(), found->end());
  }
  for (const std::string& name : call.journals) {
    SAMARA_TRY(auto bytes, folder_.journals().record(call.key, name));
    if (!bytes) continue;
    auto found = options_.record_references(call.key, name, *bytes);
    if (found) out.insert(out.end(), found->begin(), found->end());
  }
  return out;
}

Result<void> RecordKeeper::mark(const CallFiles& call, Marker& marker) {
  kept_++;
  SAMARA_TRY(std::vector<Hash> hashes, references(call));
  for (const Hash& hash : hashes) SAMARA_CHECK(marker.mark(hash));
  return {};
}

Result<void> RecordKeeper::choose(Marker& marker) {
  SAMARA_TRY(std::vector<CallFiles> calls, scan());
  std::sort(calls.begin(), calls.end(),
            [](const CallFiles& a, const CallFiles& b) { return a.newest > b.newest; });
  uint64_t used = 0;
  bool full = false;
  for (CallFiles& call : calls) {
    const bool young = call.newest >= young_since();
    const bool expired = options_.keep_records && now_ - call.newest > *options_.keep_records;
    if (options_.records_bytes_max && !full) {
      SAMARA_TRY(std::vector<Hash> hashes, references(call));
      SAMARA_TRY(uint64_t more, marker.unmarked_bytes(hashes));
      // Once the newest fill the room, no older one may slip in because it is small.
      full = !young && used + more + call.size_bytes > *options_.records_bytes_max;
      if (!full) used += more + call.size_bytes;
    }
    if (young || (!expired && !full)) {
      SAMARA_CHECK(mark(call, marker));
    } else {
      doomed_.push_back(std::move(call));
    }
  }
  return {};
}

// Both locks are taken by those who write a record or run the call, so what is seen here stays so.
Result<bool> RecordKeeper::remove_call(const CallFiles& call) {
  auto turn = folder_.call_locks().lock(call.key, LockWait::no);
  if (!turn && turn.error().code == Code::locked) return false;
  if (!turn) return std::move(turn).error();
  SAMARA_TRY(bool gone, remove_files(call));
  if (!gone) return false;
  for (const std::string& name : call.journals) journals_.drop_record(call.key, name);
  return true;
}

Result<bool> RecordKeeper::remove_files(const CallFiles& call) {
  const std::string path = call_path(call.key);
  {
    auto directory =
        OpenFile::open(folder_.files(), folder_.executions(), path, OpenMode::directory);
    if (!directory && directory.error().code == Code::not_found) return true;
    if (!directory) return std::move(directory).error();
    SAMARA_TRY(CallFiles now, scan_call(call.key, directory->handle()));
    if (now.newest > call.newest) return false;
    for (const std::string& name : now.names) {
      SAMARA_CHECK(folder_.files().remove(directory->handle(), name));
    }
    auto removed = folder_.files().remove_directory(folder_.executions(), path);
    // Something that is no record is in it; the records are gone all the same.
    if (!removed && removed.error().code != Code::exists) return std::move(removed).error();
  }
  // Works only for the last call of a function.
  static_cast<void>(
      folder_.files().remove_directory(folder_.executions(), call.key.function.hex()));
  return true;
}

Result<void> RecordKeeper::remove(Marker& marker) {
  std::vector<const CallFiles*> stay;
  for (size_t i = 0; i < doomed_.size();) {
    SAMARA_TRY(DecisionGuard guard, DecisionGuard::take(folder_));
    for (size_t end = std::min(doomed_.size(), i + k_batch); i < end; i++) {
      SAMARA_TRY(bool gone, remove_call(doomed_[i]));
      if (gone) removed_++;
      if (!gone) stay.push_back(&doomed_[i]);
    }
  }
  for (const CallFiles* call : stay) SAMARA_CHECK(mark(*call, marker));
  return {};
}

}  // namespace samara::store
