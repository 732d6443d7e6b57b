#include "store/fsck.hpp"

#include <algorithm>
#include <set>
#include <unordered_set>

#include "store/directory_cache.hpp"
#include "store/directory_executions.hpp"
#include "store/directory_objects.hpp"
#include "store/directory_refs.hpp"
#include "store/live_log.hpp"
#include "store/names.hpp"
#include "store/naming.hpp"
#include "store/quarantine.hpp"

namespace samara::store {

using port::FileKind;
using port::Handle;
using port::OpenFile;
using port::OpenMode;

namespace {

struct KindRow {
  FindingKind kind;
  std::string_view name;
  bool damage;
};

constexpr KindRow k_kinds[] = {
    {FindingKind::damaged_object, "damaged-object", true},
    {FindingKind::unreadable_file, "unreadable-file", true},
    {FindingKind::missing_reference, "missing-reference", true},
    {FindingKind::damaged_ref, "damaged-ref", true},
    {FindingKind::dangling_ref, "dangling-ref", true},
    {FindingKind::bad_ref_name, "bad-ref-name", true},
    {FindingKind::damaged_record, "damaged-record", true},
    {FindingKind::damaged_journal, "damaged-journal", true},
    {FindingKind::missing_folder, "missing-folder", true},
    {FindingKind::misplaced_file, "misplaced-file", true},
    {FindingKind::stray_file, "stray-file", true},
    {FindingKind::wrong_permissions, "wrong-permissions", false},
    {FindingKind::leftover_temp, "leftover-temp", false},
    {FindingKind::dead_session, "dead-session", false},
    {FindingKind::unfinished_gc, "unfinished-gc", false},
};

const KindRow& row_of(FindingKind kind) {
  const KindRow& row = k_kinds[static_cast<size_t>(kind)];
  SAMARA_ASSERT(row.kind == kind);
  return row;
}

std::string object_path(const Hash& hash) {
  const std::string hex = hash.hex();
  return "objects/" + hex.substr(0, 2) + "/" + hex.substr(2);
}

class Checker {
 public:
  Checker(Folder& folder, const FsckOptions& options) : folder_(folder), options_(options) {}

  Result<FsckReport> run() {
    OpenFile lock;
    if (options_.repair) {
      SAMARA_TRY(lock, folder_.lock_upkeep());
    }
    SAMARA_CHECK(check_root());
    SAMARA_CHECK(check_objects());
    SAMARA_CHECK(check_journals());
    SAMARA_CHECK(check_refs(folder_.refs(), "", 0));
    SAMARA_CHECK(check_references());
    SAMARA_CHECK(check_executions());
    SAMARA_CHECK(check_temp(folder_.tmp(), "tmp/"));
    SAMARA_CHECK(check_workers());
    SAMARA_CHECK(check_gc(lock.valid()));
    return std::move(report_);
  }

 private:
  Finding& add(FindingKind kind, std::string path, std::string explanation, std::string remedy) {
    report_.findings.push_back(
        Finding{kind, std::move(path), std::move(explanation), std::move(remedy), false});
    return report_.findings.back();
  }

  void repaired(Finding& finding, const Result<void>& done) {
    finding.repaired = static_cast<bool>(done);
    if (!done) finding.explanation += "; repair failed: " + std::string(done.error().message());
  }

  // Reports a file that repair may move away.
  void add_movable(FindingKind kind, const std::string& path, std::string explanation,
                   std::string remedy) {
    Finding& finding = add(kind, path, std::move(explanation), std::move(remedy));
    if (options_.repair) repaired(finding, quarantine(folder_, path));
  }

  void add_stray(const std::string& path) {
    add_movable(FindingKind::stray_file, path, "nothing in a repository has this name here",
                "move it out of the repository, or 'samara fsck --repair' moves it to quarantine/");
  }

  Result<void> check_root() {
    SAMARA_TRY(auto entries, folder_.files().list(folder_.root()));
    for (const port::DirectoryEntry& entry : entries) {
      if (entry.name == k_format_name || entry.name == k_quarantine) continue;
      // Checked when used.
      if (entry.name == k_journals) continue;
      if (entry.name == k_cache || entry.name == k_keys || entry.name == k_policy) continue;
      if (std::find(std::begin(k_folders), std::end(k_folders), entry.name) !=
          std::end(k_folders)) {
        continue;
      }
      add_stray(entry.name);
    }
    for (std::string_view name : k_folders) {
      auto info = folder_.files().info_at(folder_.root(), name);
      if (info && info->kind == FileKind::directory) continue;
      Finding& finding = add(FindingKind::missing_folder, std::string(name),
                             "a folder of the repository is missing",
                             "restore it, or 'samara fsck --repair' makes an empty one");
      if (options_.repair)
        repaired(finding, ensure_directory(folder_.files(), folder_.root(), name));
    }
    return {};
  }

  Result<void> check_objects() {
    SAMARA_TRY(auto entries, folder_.files().list(folder_.objects()));
    bool present[256] = {};
    for (const port::DirectoryEntry& entry : entries) {
      if (entry.kind != FileKind::directory || !is_lower_hex(entry.name, 2)) {
        add_stray("objects/" + entry.name);
        continue;
      }
      SAMARA_TRY(Bytes byte, from_hex(entry.name));
      present[byte[0]] = true;
    }
    for (unsigned first = 0; first < 256; first++) {
      const uint8_t byte = static_cast<uint8_t>(first);
      if (present[byte]) {
        SAMARA_CHECK(check_fan_out(byte));
      } else {
        Finding& finding =
            add(FindingKind::missing_folder, "objects/" + std::string(FanOutName(byte).view()),
                "all objects whose hash begins so are lost",
                "restore it; 'samara fsck --repair' or the next put makes an empty one");
        auto made = options_.repair ? folder_.fan_out(byte) : Result<Handle>(Handle{});
        finding.repaired = options_.repair && made;
      }
      if (options_.progress) options_.progress(first + 1);
    }
    return {};
  }

  Result<void> check_fan_out(uint8_t first) {
    SAMARA_TRY(FanOutListing listing, list_fan_out(folder_, first));
    SAMARA_TRY(Handle directory, folder_.fan_out(first));
    const std::string head = "objects/" + std::string(FanOutName(first).view()) + "/";
    for (const port::DirectoryEntry& entry : listing.others) {
      SAMARA_CHECK(check_other(directory, head, entry));
    }
    for (const Hash& hash : listing.hashes) SAMARA_CHECK(check_object(directory, hash));
    return {};
  }

  Result<void> check_other(Handle directory, const std::string& head,
                           const port::DirectoryEntry& entry) {
    if (!temp_session(entry.name).empty()) return check_temp_file(directory, head, entry.name);
    std::string lower = entry.name;
    for (char& c : lower) {
      if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    }
    if (is_lower_hex(lower, 62) || is_lower_hex(lower, 64)) {
      add_movable(FindingKind::misplaced_file, head + entry.name,
                  "it looks like an object, but the name has not the form of one here",
                  "put its bytes again ('samara put'), then remove it");
    } else {
      add_stray(head + entry.name);
    }
    return {};
  }

  Result<void> check_object(Handle directory, const Hash& hash) {
    const ObjectName name(hash);
    auto file = OpenFile::open(folder_.files(), directory, name.view(), OpenMode::read);
    if (!file && file.error().code == Code::not_found) return {};  // collected meanwhile
    if (!file) {
      add(FindingKind::unreadable_file, object_path(hash),
          "the object cannot be opened: " + std::string(file.error().message()),
          "give yourself the right to read it, for example with chmod u+r");
      return {};
    }
    SAMARA_TRY(port::FileInfo info, folder_.files().info(file->handle()));
    auto digest = digest_file(folder_.files(), file->handle(), info.size_bytes);
    if (!digest) {
      // Not proof of damage: nothing is moved because of it, neither the object nor a ref to it.
      add(FindingKind::unreadable_file, object_path(hash),
          "the object cannot be read: " + std::string(digest.error().message()),
          "look at the disk; if the error stays, store the object again");
      return {};
    }
    if (*digest == hash) {
      report_.objects++;
      report_.bytes += info.size_bytes;
      if ((info.permissions & 0222U) != 0) {
        add(FindingKind::wrong_permissions, object_path(hash),
            "objects never change, but this file may be written to", "chmod a-w its file");
      }
      return {};
    }
    // A writer may have replaced it since it was opened.
    SAMARA_TRY(bool named, still_named(folder_.files(), file->handle(), directory, name.view()));
    if (!named) return {};
    bad_.insert(hash);
    const std::string what = info.size_bytes == 0
                                 ? std::string("the file is empty")
                                 : "its bytes have the hash '" + digest->hex() + "'";
    Finding& finding =
        add(FindingKind::damaged_object, object_path(hash), what + "; the object counts as missing",
            "store the object again, which replaces it; or 'samara fsck --repair' moves it away");
    if (options_.repair) repaired(finding, quarantine_object(folder_, hash));
    return {};
  }

  Result<void> check_journals() {
    SAMARA_TRY(auto directory, open_journals(folder_));
    if (!directory) return {};
    SAMARA_TRY(auto entries, folder_.files().list(directory->handle()));
    std::set<std::string> names;
    for (port::DirectoryEntry& entry : entries) names.insert(std::move(entry.name));
    for (const std::string& name : names) {
      const std::string path = std::string(k_journals) + "/" + name;
      if (name == k_journal_changes) continue;
      if (is_journal_index_name(name)) {
        if (names.contains(name.substr(0, name.find('.')))) continue;
        add(FindingKind::leftover_temp, path, "its journal is gone", "'samara gc' removes it");
      } else if (is_journal_name(name)) {
        SAMARA_CHECK(check_journal(directory->handle(), name, names.contains(name + ".index")));
      } else {
        add_stray(path);
      }
    }
    return {};
  }

  // What a journal lost is a cached result: the call runs again.
  Result<void> check_journal(Handle directory, const std::string& name, bool has_index) {
    const std::string path = std::string(k_journals) + "/" + name;
    uint64_t damaged = 0;
    std::string first;
    auto bad = [&](uint64_t offset, const std::string& what) {
      if (damaged++ == 0) first = what + " at byte " + std::to_string(offset);
    };
    auto scanned = scan_journal(
        folder_.files(), directory, name, [&](const JournalEntry& entry, uint64_t offset) {
          if (!entry.whole()) {
            bad(offset, "an entry does not have the hash that it should have");
          } else if (entry.kind == JournalKind::object) {
            report_.objects++;
            report_.bytes += entry.body.size();
          } else if (entry.kind == JournalKind::record) {
            report_.records++;
            if (!options_.check_record) return;
            auto valid = options_.check_record(entry.key, entry.name, entry.body);
            if (!valid) bad(offset, "a record is damaged: " + std::string(valid.error().message()));
          }
        });
    if (!scanned && scanned.error().code == Code::not_found) return {};  // collected meanwhile
    if (!scanned && scanned.error().code == Code::corrupt) {
      add_movable(FindingKind::damaged_journal, path, std::string(scanned.error().message()),
                  "remove it: its calls will run again");
      return {};
    }
    if (!scanned) {
      add(FindingKind::unreadable_file, path,
          "the journal cannot be read: " + std::string(scanned.error().message()),
          "give yourself the right to read it, or remove it: its calls will run again");
      return {};
    }
    if (damaged > 0) {
      add_movable(FindingKind::damaged_journal, path,
                  first + (damaged == 1 ? "" : ", and " + std::to_string(damaged - 1) + " more"),
                  "remove it: its calls will run again");
      return {};
    }
    if (scanned->valid_bytes < scanned->size_bytes && has_index) {
      add_movable(FindingKind::damaged_journal, path,
                  "nothing can be read behind byte " + std::to_string(scanned->valid_bytes),
                  "remove it: its calls will run again");
    }
    return {};
  }

  Result<void> check_refs(Handle directory, const std::string& head, unsigned depth) {
    SAMARA_TRY(auto entries, folder_.files().list(directory));
    for (const port::DirectoryEntry& entry : entries) {
      const std::string name = head + entry.name;
      if (entry.kind == FileKind::directory && depth < k_ref_name_bytes_max / 2) {
        auto below = OpenFile::open(folder_.files(), directory, entry.name, OpenMode::directory);
        if (!below && below.error().code == Code::not_found) continue;
        if (!below) return std::move(below).error().with_context("cannot open refs/" + name);
        SAMARA_CHECK(check_refs(below->handle(), name + "/", depth + 1));
      } else if (entry.kind == FileKind::file) {
        SAMARA_CHECK(check_ref(name));
      } else {
        add_stray("refs/" + name);
      }
    }
    return {};
  }

  Result<void> check_ref(const std::string& name) {
    const std::string path = "refs/" + name;
    auto valid = check_ref_name(name);
    if (!valid) {
      add_movable(FindingKind::bad_ref_name, path, std::string(valid.error().message()),
                  "rename its file");
      return {};
    }
    auto bytes = read_whole(folder_.files(), folder_.refs(), name, 4096);
    if (!bytes && bytes.error().code == Code::not_found) return {};  // removed meanwhile
    if (!bytes && bytes.error().code != Code::exhausted) {
      add(FindingKind::unreadable_file, path,
          "the ref cannot be read: " + std::string(bytes.error().message()),
          "give yourself the right to read it, for example with chmod u+r");
      return {};
    }
    auto target = parse_ref(bytes ? ByteView(*bytes) : ByteView());
    if (!target) {
      add_movable(FindingKind::damaged_ref, path,
                  "a ref's file holds 64 hex digits and a line feed, this one does not",
                  "set the ref again ('samara ref set')");
      return {};
    }
    report_.refs++;
    roots_.push_back({name, *target});
    SAMARA_TRY(bool whole, object_whole(*target));
    if (!whole) {
      add_movable(FindingKind::dangling_ref, path,
                  "it names object '" + target->hex() + "', which is missing or damaged",
                  "store the object again, or set the ref to another one");
    }
    return {};
  }

  Result<bool> object_whole(const Hash& hash) {
    if (bad_.contains(hash)) {
      SAMARA_TRY(auto entry, folder_.journals().object_bytes(hash));
      return entry.has_value();
    }
    SAMARA_TRY(Handle directory, folder_.fan_out(hash.bytes[0]));
    auto info = folder_.files().info_at(directory, ObjectName(hash).view());
    if (!info && info.error().code == Code::not_found) {
      SAMARA_TRY(auto entry, folder_.journals().object_bytes(hash));
      return entry.has_value();
    }
    if (!info) return std::move(info).error();
    return info->kind == FileKind::file;
  }

  // From the refs down: every object that a whole object refers to is there and whole.
  Result<void> check_references() {
    if (!options_.references) return {};
    DirectoryObjects objects(folder_);
    std::unordered_set<Hash, HashOfHash> seen;
    for (const Root& root : roots_) {
      std::vector<Hash> open{root.target};
      while (!open.empty()) {
        const Hash hash = open.back();
        open.pop_back();
        if (!seen.insert(hash).second) continue;
        auto object = objects.view(hash);
        if (!object) continue;  // reported where it is referred to
        auto next = options_.references(hash, object->bytes());
        if (!next) continue;
        for (const Hash& child : *next) {
          SAMARA_TRY(bool whole, object_whole(child));
          if (!whole) {
            add(FindingKind::missing_reference, object_path(hash),
                "ref '" + root.name + "' leads to it, and it refers to object '" + child.hex() +
                    "', which is missing or damaged",
                "store that object again");
          }
          open.push_back(child);
        }
      }
    }
    return {};
  }

  Result<void> check_executions() {
    SAMARA_TRY(auto functions, folder_.files().list(folder_.executions()));
    for (const port::DirectoryEntry& function : functions) {
      const std::string path = "executions/" + function.name;
      if (function.kind != FileKind::directory || !is_lower_hex(function.name, 64)) {
        add_stray(path);
        continue;
      }
      auto directory =
          OpenFile::open(folder_.files(), folder_.executions(), function.name, OpenMode::directory);
      if (!directory) continue;  // removed meanwhile
      SAMARA_TRY(auto calls, folder_.files().list(directory->handle()));
      for (const port::DirectoryEntry& call : calls) {
        if (call.kind != FileKind::directory || !is_lower_hex(call.name, 64)) {
          add_stray(path + "/" + call.name);
          continue;
        }
        SAMARA_TRY(Hash function_hash, Hash::parse(function.name));
        SAMARA_TRY(Hash call_hash, Hash::parse(call.name));
        SAMARA_CHECK(check_call({function_hash, call_hash}));
      }
    }
    return {};
  }

  Result<void> check_call(const CallKey& key) {
    const std::string head = "executions/" + call_path(key) + "/";
    auto directory =
        OpenFile::open(folder_.files(), folder_.executions(), call_path(key), OpenMode::directory);
    if (!directory) return {};  // removed meanwhile
    SAMARA_TRY(auto entries, folder_.files().list(directory->handle()));
    for (const port::DirectoryEntry& entry : entries) {
      if (entry.kind != FileKind::file || !check_component(entry.name)) {
        add_stray(head + entry.name);
        continue;
      }
      auto bytes = read_whole(folder_.files(), directory->handle(), entry.name, k_record_bytes_max);
      if (!bytes && bytes.error().code == Code::not_found) continue;
      if (!bytes) {
        add(FindingKind::unreadable_file, head + entry.name,
            "the record cannot be read: " + std::string(bytes.error().message()),
            "give yourself the right to read it, or remove it: the call will run again");
        continue;
      }
      report_.records++;
      if (!options_.check_record) continue;
      auto valid = options_.check_record(key, entry.name, *bytes);
      if (valid) continue;
      add_movable(FindingKind::damaged_record, head + entry.name,
                  "the record is damaged: " + std::string(valid.error().message()),
                  "remove it: the call will run again");
    }
    return {};
  }

  Result<void> check_temp(Handle directory, const std::string& head) {
    SAMARA_TRY(auto entries, folder_.files().list(directory));
    for (const port::DirectoryEntry& entry : entries) {
      // Live logs are as long as their runs; a collector sweeps the rest.
      if (entry.name == k_live_folder && entry.kind == port::FileKind::directory) continue;
      if (temp_session(entry.name).empty()) {
        add_stray(head + entry.name);
      } else {
        SAMARA_CHECK(check_temp_file(directory, head, entry.name));
      }
    }
    return {};
  }

  Result<void> check_temp_file(Handle directory, const std::string& head, const std::string& name) {
    OpenFile held;
    SAMARA_TRY(bool dead, session_dead(folder_.files(), folder_.workers(),
                                       std::string(temp_session(name)), held));
    if (!dead) return {};
    Finding& finding = add(FindingKind::leftover_temp, head + name,
                           "a process died while it wrote this", "'samara gc' removes it");
    if (options_.repair) repaired(finding, folder_.files().remove(directory, name));
    return {};
  }

  Result<void> check_workers() {
    SAMARA_TRY(auto entries, folder_.files().list(folder_.workers()));
    for (const port::DirectoryEntry& entry : entries) {
      if (entry.kind != FileKind::file || !is_lower_hex(entry.name, k_session_digits)) {
        add_stray("workers/" + entry.name);
        continue;
      }
      OpenFile held;
      SAMARA_TRY(bool dead, session_dead(folder_.files(), folder_.workers(), entry.name, held));
      if (!dead) continue;
      Finding& finding =
          add(FindingKind::dead_session, "workers/" + entry.name,
              "a process died without leaving the repository", "'samara gc' removes it");
      if (options_.repair) {
        repaired(finding, folder_.files().remove(folder_.workers(), entry.name));
      }
    }
    return {};
  }

  Result<void> check_gc(bool upkeep_locked) {
    auto condemned = folder_.files().info_at(folder_.gc(), k_condemned);
    if (!condemned) return {};
    OpenFile mine;
    if (!upkeep_locked) {
      auto lock = folder_.lock(k_lock_gc, port::LockMode::shared, port::LockWait::no);
      if (!lock) return {};  // it runs
      mine = std::move(*lock);
    }
    add(FindingKind::unfinished_gc, "gc/condemned", "a garbage collection was interrupted",
        "run 'samara gc' again");
    return {};
  }

  struct Root {
    std::string name;
    Hash target;
  };

  Folder& folder_;
  const FsckOptions& options_;
  FsckReport report_;
  std::vector<Root> roots_;
  std::unordered_set<Hash, HashOfHash> bad_;
};

}  // namespace

std::string_view finding_name(FindingKind kind) { return row_of(kind).name; }

bool finding_is_damage(FindingKind kind) { return row_of(kind).damage; }

bool FsckReport::clean() const {
  return std::none_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return !finding.repaired && finding_is_damage(finding.kind);
  });
}

Result<FsckReport> check_repository(Folder& folder, const FsckOptions& options) {
  return Checker(folder, options).run();
}

}  // namespace samara::store
