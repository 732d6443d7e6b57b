#pragma once
// The records of the manager's journal. All durable state is what they say, in their order: the
// manager changes its state by applying records and in no other way, so a replay of the journal
// gives the same state again. Encoded like messages. Texts and bytes are borrowed.
// Threads: value types. Specified by: docs/formats/fleet.md, "Journal".

#include <variant>

#include "fleet/spec.hpp"

namespace samara::fleet {

/// Of all members of a job, encoded.
inline constexpr size_t k_job_bytes_max = size_t{16} << 20;

/// How an attempt is over.
enum class AttemptEnd : uint8_t {
  live,      // it is not
  returned,  // it has not run, and will not: refused, handed back
  failed,    // it has run, and gave no value
  lost,      // nobody knows
  answered,  // it gave a value
  unneeded,  // another one was faster
};
inline constexpr AttemptEnd k_last_end = AttemptEnd::unneeded;

namespace record {

/// One life of the manager begins.
struct Epoch {
  static constexpr uint8_t k_kind = 1;
  uint32_t number = 0;
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.number);
  }
};

struct Submitted {
  static constexpr uint8_t k_kind = 2;
  TaskId id{};
  std::string_view submitter{};
  Hash function{};
  wire::ObjectRef module{};
  std::string_view runtime{};
  std::string_view target{};
  wire::Names<wire::k_functions_max> functions{};
  wire::Names<wire::k_labels_max> labels{};
  std::string_view node{};
  wire::Arguments arguments{};
  Effect effect = Effect::unknown;
  uint8_t priority = 128;
  wire::RunLimits limits{};
  ByteView manifest{};
  ByteView signature{};
  uint32_t attempts_max = 0;
  uint32_t queue_ms = 0;
  uint32_t start_ms = 0;
  uint32_t lease_ms = 0;
  uint32_t backoff_ms = 0;
  uint8_t quorum_k = 0;
  uint8_t quorum_n = 0;
  uint32_t next_number = 1;  // of its attempts, where a journal was written anew
  std::optional<Uuid> job{};
  uint32_t member = 0;
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.id);
    v.may_text(2, m.submitter, wire::k_name_bytes_max);
    v.need(3, m.function);
    v.need(4, m.module);
    v.may_text(5, m.runtime, wire::k_name_bytes_max);
    v.may_text(6, m.target, wire::k_name_bytes_max);
    v.may_names(7, m.functions, wire::k_function_name_bytes_max);
    v.may_names(8, m.labels, wire::k_label_bytes_max);
    v.may_text(9, m.node, wire::k_node_bytes_max);
    v.may(10, m.arguments);
    v.need_enum(11, m.effect, Effect::unknown);
    v.need(12, m.priority);
    v.may(13, m.limits);
    v.may_bytes(14, m.manifest, wire::k_manifest_bytes_max);
    v.may_bytes(15, m.signature, wire::k_signature_bytes_max);
    v.may(16, m.attempts_max);
    v.may(17, m.queue_ms);
    v.may(18, m.start_ms);
    v.may(19, m.lease_ms);
    v.may(20, m.backoff_ms);
    v.may(21, m.quorum_k);
    v.may(22, m.quorum_n);
    v.may(23, m.next_number);
    v.may(24, m.job);
    v.may(25, m.member);
  }
};

struct Placed {
  static constexpr uint8_t k_kind = 3;
  wire::AttemptId attempt{};
  std::string_view node{};
  uint64_t boot = 0;
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.attempt);
    v.need_name(2, m.node, wire::k_node_bytes_max);
    v.need(3, m.boot);
  }
};

struct Ended {
  static constexpr uint8_t k_kind = 4;
  wire::AttemptId attempt{};
  AttemptEnd end = AttemptEnd::lost;
  OutcomeKind outcome = OutcomeKind::lost;
  Hash digest{};
  ByteView value{};    // of a vote, until the quorum is complete
  bool unfit = false;  // this node is not to be asked again for this task
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.attempt);
    v.need_enum(2, m.end, k_last_end);
    v.need_enum(3, m.outcome, OutcomeKind::limit);
    v.may(4, m.digest);
    v.may_bytes(5, m.value, wire::k_inline_bytes_max);
    v.may(6, m.unfit);
  }
};

struct Finished {
  static constexpr uint8_t k_kind = 5;
  TaskId id{};
  OutcomeKind outcome = OutcomeKind::lost;
  ByteView value{};
  Hash digest{};
  std::string_view message{};
  std::string_view which{};
  std::string_view node{};
  uint32_t attempt = 0;
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.id);
    v.need_enum(2, m.outcome, OutcomeKind::limit);
    v.may_bytes(3, m.value, wire::k_inline_bytes_max);
    v.may(4, m.digest);
    v.may_text(5, m.message, wire::k_message_bytes_max);
    v.may_text(6, m.which, wire::k_name_bytes_max);
    v.may_text(7, m.node, wire::k_node_bytes_max);
    v.may(8, m.attempt);
  }
};

struct CancelAsked {
  static constexpr uint8_t k_kind = 6;
  TaskId id{};
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.id);
  }
};

struct Forgotten {
  static constexpr uint8_t k_kind = 7;
  TaskId id{};
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.id);
  }
};

/// What is thought of a node.
struct Standing {
  static constexpr uint8_t k_kind = 8;
  std::string_view node{};
  uint32_t agreed = 0;
  uint32_t disagreed = 0;
  bool quarantined = false;
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need_name(1, m.node, wire::k_node_bytes_max);
    v.may(2, m.agreed);
    v.may(3, m.disagreed);
    v.may(4, m.quarantined);
  }
};

struct JobSubmitted {
  static constexpr uint8_t k_kind = 9;
  Uuid id{};
  std::string_view submitter{};
  ByteView members{};  // encode_job_members
  bool stop_on_failure = false;
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.id);
    v.may_text(2, m.submitter, wire::k_name_bytes_max);
    v.need_bytes(3, m.members, k_job_bytes_max);
    v.may(4, m.stop_on_failure);
  }
};

struct JobCancelAsked {
  static constexpr uint8_t k_kind = 10;
  Uuid id{};
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.id);
  }
};

/// The job is over; its tasks may be forgotten.
struct JobFinished {
  static constexpr uint8_t k_kind = 11;
  Uuid id{};
  OutcomeKind outcome = OutcomeKind::lost;
  uint32_t succeeded = 0;
  uint32_t failed = 0;
  uint32_t skipped = 0;
  template <typename Self, typename V>
  static void fields(Self& m, V& v) {
    v.need(1, m.id);
    v.need_enum(2, m.outcome, OutcomeKind::limit);
    v.may(3, m.succeeded);
    v.may(4, m.failed);
    v.may(5, m.skipped);
  }
};

}  // namespace record

using Record =
    std::variant<record::Epoch, record::Submitted, record::Placed, record::Ended, record::Finished,
                 record::CancelAsked, record::Forgotten, record::Standing, record::JobSubmitted,
                 record::JobCancelAsked, record::JobFinished>;

Bytes encode_record(const Record& record);
/// Errors: corrupt, unsupported (a kind that is not known).
Result<Record> decode_record(ByteView bytes);

}  // namespace samara::fleet
