#pragma once
// JobSpec: tasks that belong together: some wait for others, take their results as arguments, and
// run or not by how those ended. Threads: value types. Specified by: docs/formats/fleet.md, "Jobs".

#include <span>

#include "fleet/spec.hpp"

namespace samara::fleet {

using JobId = Uuid;
using MemberIndex = uint32_t;

inline constexpr size_t k_job_members_max = 16'384;
inline constexpr size_t k_member_waits_max = 4'096;

/// By how those that it waits for ended.
enum class RunIf : uint8_t {
  all_succeeded,  // else it is skipped
  any_failed,     // for cleaning up and telling; skipped if all succeeded
  always,
};
inline constexpr RunIf k_last_run_if = RunIf::always;

/// The result of a member goes where an argument is.
struct ResultArgument {
  uint32_t argument = 0;
  MemberIndex from = 0;  // one of those that it waits for
  bool operator==(const ResultArgument&) const = default;
};

struct JobMember {
  /// Its id, submitter and the arguments that are results are filled in by the manager.
  TaskSpec task;
  std::vector<MemberIndex> waits_for;  // earlier members
  std::vector<ResultArgument> results;
  RunIf run_if = RunIf::all_succeeded;
  bool operator==(const JobMember&) const = default;
};

struct JobSpec {
  JobId id;
  std::string submitter;
  std::vector<JobMember> members;
  /// When a member fails, what has not begun is skipped and what runs is stopped, but for members
  /// with another `run_if`.
  bool stop_on_failure = false;
  bool operator==(const JobSpec&) const = default;
};

/// A job as the journal has it.
struct DurableJob {
  JobSpec spec;
  bool cancel_asked = false;
};

struct JobEnd {
  OutcomeKind outcome = OutcomeKind::value;  // value: no member failed; cancelled; error
  uint32_t succeeded = 0;
  uint32_t failed = 0;
  uint32_t skipped = 0;
  bool operator==(const JobEnd&) const = default;
};

/// The task of a member: the first 16 bytes of the SHA-256 of job and index, so that a manager that
/// died between two submissions gives it the same name again.
TaskId member_task(const JobId& job, MemberIndex member);

/// Each after the one before.
void make_sequential(std::vector<JobMember>& members);

/// Errors: invalid_argument (waits for a later or unknown member, takes a result it does not wait
/// for), exhausted.
Result<void> check_job(const JobSpec& job);

/// What of a job is in its record.
Bytes encode_job_members(std::span<const JobMember> members);
/// Errors: corrupt, exhausted.
Result<std::vector<JobMember>> decode_job_members(ByteView bytes);

}  // namespace samara::fleet
