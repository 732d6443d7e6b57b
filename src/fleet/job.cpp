#include "fleet/job.hpp"

#include <algorithm>

#include "core/sha256.hpp"
#include "fleet/ledger.hpp"
#include "wire/cbor.hpp"

namespace samara::fleet {

TaskId member_task(const JobId& job, MemberIndex member) {
  uint8_t bytes[20];
  std::copy(job.bytes.begin(), job.bytes.end(), bytes);
  for (unsigned i = 0; i < 4; i++) bytes[16 + i] = static_cast<uint8_t>(member >> (24 - 8 * i));
  const Hash hash = sha256(bytes);
  TaskId out;
  std::copy_n(hash.bytes.begin(), out.bytes.size(), out.bytes.begin());
  return out;
}

void make_sequential(std::vector<JobMember>& members) {
  for (size_t i = 1; i < members.size(); i++) {
    members[i].waits_for = {static_cast<MemberIndex>(i - 1)};
  }
}

Result<void> check_job(const JobSpec& job) {
  if (job.members.empty()) return Error(Code::invalid_argument, "a job without members");
  if (job.members.size() > k_job_members_max) {
    return Error(Code::exhausted, "a job with too many members");
  }
  for (size_t i = 0; i < job.members.size(); i++) {
    const JobMember& member = job.members[i];
    if (member.waits_for.size() > k_member_waits_max) {
      return Error(Code::exhausted, "a member waits for too many others");
    }
    for (size_t k = 0; k < member.waits_for.size(); k++) {
      // Only earlier ones, each once: so there is no circle.
      if (member.waits_for[k] >= i || (k > 0 && member.waits_for[k] <= member.waits_for[k - 1])) {
        return Error(Code::invalid_argument, "members wait for earlier ones, in order");
      }
    }
    for (const ResultArgument& result : member.results) {
      if (result.argument >= member.task.arguments.size() ||
          !std::binary_search(member.waits_for.begin(), member.waits_for.end(), result.from)) {
        return Error(Code::invalid_argument, "a result that the member does not wait for");
      }
    }
  }
  return {};
}

Bytes encode_job_members(std::span<const JobMember> members) {
  std::vector<Bytes> tasks;
  tasks.reserve(members.size());
  size_t room = 16;
  for (const JobMember& member : members) {
    tasks.push_back(encode_record(submitted_record(member.task)));
    room += tasks.back().size() + 32 + 10 * member.waits_for.size() + 20 * member.results.size();
  }
  Bytes out(room);
  wire::CborWriter writer(out);
  writer.array(members.size());
  for (size_t i = 0; i < members.size(); i++) {
    const JobMember& member = members[i];
    writer.array(4);
    writer.bytes(tasks[i]);
    writer.array(member.waits_for.size());
    for (const MemberIndex one : member.waits_for) writer.uint(one);
    writer.array(member.results.size() * 2);
    for (const ResultArgument& one : member.results) {
      writer.uint(one.argument);
      writer.uint(one.from);
    }
    writer.uint(static_cast<uint64_t>(member.run_if));
  }
  SAMARA_ASSERT(writer.ok());
  out.resize(writer.size());
  return out;
}

Result<std::vector<JobMember>> decode_job_members(ByteView bytes) {
  wire::CborReader reader(bytes);
  const auto corrupt = [&] {
    return Error(Code::corrupt, k_domain_offset, static_cast<uint32_t>(reader.offset()),
                 "the members of a job are damaged");
  };
  const size_t count = reader.array();
  if (!reader.ok()) return corrupt();
  if (count > k_job_members_max) return Error(Code::exhausted, "a job with too many members");
  std::vector<JobMember> out(count);
  for (JobMember& member : out) {
    if (reader.array() != 4) return corrupt();
    const ByteView task = reader.bytes();
    if (!reader.ok()) return corrupt();
    SAMARA_TRY(const Record record, decode_record(task));
    const auto* submitted = std::get_if<record::Submitted>(&record);
    if (submitted == nullptr) return corrupt();
    member.task = spec_of(*submitted);
    const size_t waits = reader.array();
    if (waits > k_member_waits_max) return corrupt();
    member.waits_for.reserve(waits);
    for (size_t i = 0; i < waits; i++) {
      member.waits_for.push_back(static_cast<MemberIndex>(reader.uint()));
    }
    const size_t results = reader.array();
    if (results > 2 * wire::k_arguments_max || results % 2 != 0) return corrupt();
    member.results.reserve(results / 2);
    for (size_t i = 0; i < results / 2; i++) {
      const auto argument = static_cast<uint32_t>(reader.uint());
      member.results.push_back(
          {.argument = argument, .from = static_cast<MemberIndex>(reader.uint())});
    }
    const uint64_t run_if = reader.uint();
    if (!reader.ok() || run_if > static_cast<uint64_t>(k_last_run_if)) return corrupt();
    member.run_if = static_cast<RunIf>(run_if);
  }
  if (!reader.ok() || !reader.at_end()) return corrupt();
  return out;
}

}  // namespace samara::fleet
