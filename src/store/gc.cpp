#include "store/gc.hpp"

#include <algorithm>
#include <map>

#include "store/directory_cache.hpp"
#include "store/directory_objects.hpp"
#include "store/journal_keeper.hpp"
#include "store/live_log.hpp"
#include "store/marker.hpp"
#include "store/names.hpp"
#include "store/naming.hpp"
#include "store/record_keeper.hpp"

namespace samara::store {

using port::Handle;
using port::LockMode;
using port::LockWait;
using port::OpenFile;
using port::OpenMode;

namespace {

class Collector {
 public:
  Collector(Folder& folder, DirectoryRefs& refs, const GcOptions& options)
      : folder_(folder), refs_(refs), options_(options), marker_(folder, options.references) {}

  Result<GcReport> run() {
    SAMARA_TRY(OpenFile lock, folder_.lock_upkeep());
    // Nobody else can finish the journal of this process.
    SAMARA_CHECK(folder_.journals().finish());
    SAMARA_CHECK(begin());
    JournalKeeper journals(folder_, cutoff_);
    RecordKeeper records(folder_, options_, now_, journals);
    SAMARA_CHECK(marker_.enumerate());
    SAMARA_CHECK(look_into(journals, records));
    SAMARA_CHECK(mark_roots());
    SAMARA_CHECK(records.choose(marker_));
    if (!options_.dry_run) SAMARA_CHECK(records.remove(marker_));
    SAMARA_TRY(std::vector<Hash> condemned, decide());
    SAMARA_CHECK(options_.dry_run ? count(condemned) : sweep(condemned, journals));
    if (!options_.dry_run) SAMARA_CHECK(journals.rewrite());
    SAMARA_CHECK(sweep_sessions());
    if (!options_.dry_run) {
      SAMARA_TRY(report_.cache_entries_removed, sweep_cache(folder_, options_.keep_cache));
    }
    SAMARA_CHECK(finish());
    report_.calls_kept = records.kept();
    report_.calls_removed = options_.dry_run ? records.to_remove() : records.removed();
    return report_;
  }

 private:
  // From here on all naming and pinning is logged, so what is marked later can only be too much.
  Result<void> begin() {
    SAMARA_TRY(DecisionGuard guard, DecisionGuard::take(folder_));
    SAMARA_CHECK(guard.set_collecting(true));
    SAMARA_CHECK(write_whole(folder_, folder_.gc(), k_named_log, {}, false));
    // The file system's own clock stamped it, so that ages need no other one.
    SAMARA_TRY(port::FileInfo log, folder_.files().info_at(folder_.gc(), k_named_log));
    now_ = log.modified;
    cutoff_ = now_ - options_.grace;
    return read_pins();
  }

  Result<void> read_pins() {
    SAMARA_TRY(auto entries, folder_.files().list(folder_.workers()));
    for (const port::DirectoryEntry& entry : entries) {
      OpenFile held;
      SAMARA_TRY(bool dead, session_dead(folder_.files(), folder_.workers(), entry.name, held));
      if (dead) continue;
      auto bytes =
          read_whole(folder_.files(), folder_.workers(), entry.name, k_session_file_bytes_max);
      if (!bytes && bytes.error().code == Code::not_found) continue;
      if (!bytes) return std::move(bytes).error().with_context("cannot read workers/" + entry.name);
      for (const Hash& pin : parse_pins(as_text(*bytes))) pinned_.push_back(pin);
    }
    return {};
  }

  Result<void> look_into(JournalKeeper& journals, RecordKeeper& records) {
    return journals.scan([&](const JournalKeeper::Item& item) -> Result<void> {
      const JournalEntry& entry = item.entry;
      if (entry.kind == JournalKind::object) {
        marker_.add_in_journal(entry.id, entry.body.size());
        if (item.young) young_.push_back(entry.id);
      }
      if (entry.kind == JournalKind::record) {
        records.add_in_journal(entry.key, entry.name, entry.size_bytes,
                               item.young ? now_ : item.time);
      }
      return {};
    });
  }

  Result<void> mark_roots() {
    SAMARA_TRY(std::vector<std::string> names, refs_.list(""));
    for (const std::string& name : names) {
      auto target = refs_.get(name);
      if (!target && target.error().code == Code::not_found) continue;  // removed meanwhile
      if (!target) return std::move(target).error().with_context("cannot collect garbage");
      SAMARA_CHECK(marker_.mark(*target));
    }
    for (const Hash& pin : pinned_) SAMARA_CHECK(marker_.mark(pin));
    for (const auto& [hash, object] : marker_.objects()) {
      if (object.modified >= cutoff_) young_.push_back(hash);
    }
    for (const Hash& hash : young_) SAMARA_CHECK(marker_.mark(hash));
    return {};
  }

  Result<void> mark_named() {
    SAMARA_TRY(OpenFile log,
               OpenFile::open(folder_.files(), folder_.gc(), k_named_log, OpenMode::read));
    SAMARA_TRY(port::FileInfo info, folder_.files().info(log.handle()));
    Bytes bytes(static_cast<size_t>(info.size_bytes - std::min(log_read_, info.size_bytes)));
    SAMARA_TRY(size_t count, folder_.files().read_at(log.handle(), log_read_, bytes));
    std::string_view text = as_text(ByteView(bytes).first(count));
    // A line that is still being written is read the next time.
    text = text.substr(0, text.rfind('\n') == std::string_view::npos ? 0 : text.rfind('\n') + 1);
    log_read_ += text.size();
    while (!text.empty()) {
      const size_t end = text.find('\n');
      std::string_view line = text.substr(0, end);
      text = text.substr(end + 1);
      if (!is_lower_hex(line, 64)) continue;
      SAMARA_TRY(Hash hash, Hash::parse(line));
      SAMARA_CHECK(marker_.mark(hash));
    }
    return {};
  }

  // After this the fate of every object is fixed, but for those which are stored again.
  Result<std::vector<Hash>> decide() {
    // Most of what was named meanwhile is marked before naming has to wait.
    SAMARA_CHECK(mark_named());
    SAMARA_TRY(DecisionGuard guard, DecisionGuard::take(folder_));
    SAMARA_CHECK(mark_named());
    std::vector<Hash> condemned;
    for (const auto& [hash, object] : marker_.objects()) {
      if (object.marked) {
        report_.objects_kept++;
        report_.bytes_kept += object.size_bytes;
      } else {
        condemned.push_back(hash);
      }
    }
    std::sort(condemned.begin(), condemned.end());
    if (!options_.dry_run) SAMARA_CHECK(Condemned::write(folder_, cutoff_, condemned));
    return condemned;
  }

  Result<void> count(const std::vector<Hash>& condemned) {
    for (const Hash& hash : condemned) {
      report_.objects_removed++;
      report_.bytes_removed += marker_.objects()[hash].size_bytes;
    }
    return {};
  }

  Result<void> sweep(const std::vector<Hash>& condemned, JournalKeeper& journals) {
    for (const Hash& hash : condemned) {
      SAMARA_TRY(bool removed, remove_object(hash));
      const Marker::Object& object = marker_.objects()[hash];
      if (object.journal) journals.drop_object(hash);
      if (removed || object.journal) {
        report_.objects_removed++;
        report_.bytes_removed += object.size_bytes;
      } else {
        report_.objects_spared++;
      }
    }
    return {};
  }

  // The lock on the object's file orders this against a writer that finds the object present: it
  // touches the file under the same lock, and looks whether the name was still there.
  Result<bool> remove_object(const Hash& hash) {
    SAMARA_TRY(Handle directory, folder_.fan_out(hash.bytes[0]));
    const ObjectName name(hash);
    auto file = OpenFile::open(folder_.files(), directory, name.view(), OpenMode::read);
    if (!file && file.error().code == Code::not_found) return false;
    if (!file)
      return std::move(file).error().with_context("cannot remove object " + in_quotes(hash));
    SAMARA_TRY(bool mine, folder_.files().lock(file->handle(), LockMode::exclusive, LockWait::no));
    if (!mine) return false;
    SAMARA_TRY(port::FileInfo info, folder_.files().info(file->handle()));
    if (info.links == 0 || info.modified >= cutoff_) return false;
    auto removed = folder_.files().remove(directory, name.view());
    if (!removed) {
      return std::move(removed).error().with_context("cannot remove object " + in_quotes(hash));
    }
    return true;
  }

  Result<bool> session_gone(const std::string& session) {
    auto known = sessions_gone_.find(session);
    if (known != sessions_gone_.end()) return known->second;
    OpenFile held;
    SAMARA_TRY(bool gone, session_dead(folder_.files(), folder_.workers(), session, held));
    sessions_gone_[session] = gone;
    return gone;
  }

  Result<void> sweep_temp(Handle directory, std::string_view name) {
    const std::string session(temp_session(name));
    if (session.empty()) return {};
    SAMARA_TRY(bool gone, session_gone(session));
    if (!gone) return {};
    report_.temp_files_removed++;
    if (options_.dry_run) return {};
    auto removed = folder_.files().remove(directory, name);
    if (!removed && removed.error().code != Code::not_found) return removed;
    return {};
  }

  // Temporary files before the session files that tell whose they are.
  Result<void> sweep_sessions() {
    for (const Marker::Stray& stray : marker_.strays()) {
      SAMARA_TRY(Handle directory, folder_.fan_out(stray.fan_out));
      SAMARA_CHECK(sweep_temp(directory, stray.name));
    }
    SAMARA_TRY(auto entries, folder_.files().list(folder_.tmp()));
    for (const port::DirectoryEntry& entry : entries) {
      SAMARA_CHECK(sweep_temp(folder_.tmp(), entry.name));
    }
    if (!options_.dry_run) {
      SAMARA_TRY(uint64_t live, LiveLogs(folder_.files(), folder_.path()).sweep());
      report_.temp_files_removed += live;
    }
    SAMARA_TRY(auto sessions, folder_.files().list(folder_.workers()));
    for (const port::DirectoryEntry& entry : sessions) {
      if (!is_lower_hex(entry.name, k_session_digits)) continue;
      OpenFile held;
      SAMARA_TRY(bool dead, session_dead(folder_.files(), folder_.workers(), entry.name, held));
      if (!dead || !held.valid()) continue;
      report_.sessions_removed++;
      if (options_.dry_run) continue;
      auto removed = folder_.files().remove(folder_.workers(), entry.name);
      if (!removed && removed.error().code != Code::not_found) return removed;
    }
    return {};
  }

  Result<void> finish() {
    SAMARA_TRY(DecisionGuard guard, DecisionGuard::take(folder_));
    for (std::string_view name : {k_condemned, k_named_log}) {
      // A trial run leaves the decision of a collector that died in force.
      if (options_.dry_run && name == k_condemned) continue;
      auto removed = folder_.files().remove(folder_.gc(), name);
      if (!removed && removed.error().code != Code::not_found) return removed;
    }
    auto decision = folder_.files().info_at(folder_.gc(), k_condemned);
    if (!decision && decision.error().code == Code::not_found) return guard.set_collecting(false);
    return {};
  }

  Folder& folder_;
  DirectoryRefs& refs_;
  const GcOptions& options_;
  Marker marker_;
  GcReport report_;
  port::WallTime now_{};
  port::WallTime cutoff_{};
  std::vector<Hash> pinned_;
  std::vector<Hash> young_;
  uint64_t log_read_ = 0;
  std::map<std::string, bool> sessions_gone_;
};

}  // namespace

Result<GcReport> collect_garbage(Folder& folder, DirectoryRefs& refs, const GcOptions& options) {
  return Collector(folder, refs, options).run();
}

}  // namespace samara::store
