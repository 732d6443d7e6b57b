#pragma once
// fsck: proves that a repository is whole, or finds and explains what is wrong with it, while
// others work. Repairing moves damage to quarantine/, it never deletes. Threads: one. Specified by:
// docs/formats/repository.md, "Checking".

#include <functional>
#include <string>
#include <vector>

#include "store/executions.hpp"
#include "store/folder.hpp"
#include "store/gc.hpp"

namespace samara::store {

enum class FindingKind : uint8_t {
  damaged_object,
  unreadable_file,
  missing_reference,
  damaged_ref,
  dangling_ref,
  bad_ref_name,
  damaged_record,
  damaged_journal,
  missing_folder,
  misplaced_file,
  stray_file,
  wrong_permissions,
  leftover_temp,
  dead_session,
  unfinished_gc,
};

/// The kind's name, as in "damaged-object".
std::string_view finding_name(FindingKind kind);
/// Whether something was lost or may mislead; the others are tidiness.
bool finding_is_damage(FindingKind kind);

struct Finding {
  FindingKind kind{};
  std::string path;         // below the repository
  std::string explanation;  // what is wrong
  std::string remedy;       // what to do
  bool repaired = false;
};

struct FsckOptions {
  bool repair = false;
  ObjectReferences references;  // none: what objects refer to is not checked
  /// Whether a record can be read. None: not checked.
  std::function<Result<void>(const CallKey& key, std::string_view name, ByteView bytes)>
      check_record;
  /// Told after each fan-out directory: how many of 256 are done.
  std::function<void(unsigned done)> progress;
};

struct FsckReport {
  std::vector<Finding> findings;
  uint64_t objects = 0;
  uint64_t bytes = 0;
  uint64_t refs = 0;
  uint64_t records = 0;
  /// No damage that is left.
  bool clean() const;
};

Result<FsckReport> check_repository(Folder& folder, const FsckOptions& options);

}  // namespace samara::store
