#pragma once
// ExecutionRecord: one attempt at a call: who ran what, when, with what, and how it ended. An East
// value, one file for each attempt. Threads: a value type.
// Specified by: docs/formats/execution-record.md.

#include <optional>

#include "call/call_id.hpp"
#include "call/log.hpp"
#include "call/outcome.hpp"
#include "call/uuid7.hpp"

namespace samara {

class Beast2Plan;  // value/beast2_plan.hpp

/// A process, so that nobody takes another one with the same number for it.
struct ProcessIdentity {
  int64_t pid = 0;
  int64_t started = 0;  // the kernel's start time of the process, in its own unit
  std::string boot;     // identifies the boot of the machine
  bool operator==(const ProcessIdentity&) const = default;
};

/// Logs up to this size ride inside the record; longer ones are objects.
inline constexpr uint64_t k_inline_log_bytes_max = 4096;

struct RecordedLog {
  std::vector<LogEntry> entries;  // inline
  std::optional<Hash> object;     // instead of entries
  uint64_t bytes_dropped = 0;     // cut by the limit
  bool operator==(const RecordedLog&) const = default;
};

struct ExecutionRecord {
  Uuid id;
  int64_t attempt = 1;  // of the call, counted from 1 in this repository
  Hash call;
  CallSpec spec;
  ProcessIdentity owner;
  std::string runtime;     // "east"
  std::string place;       // "in process"
  int64_t started_ms = 0;  // wall clock, since 1970
  std::optional<int64_t> finished_ms;
  Usage usage;
  RecordedLog log;
  std::optional<Outcome> outcome;      // none: running
  std::vector<std::string> decisions;  // why it ran, and where, as decided at the time

  bool running() const { return !outcome.has_value(); }
  bool operator==(const ExecutionRecord&) const = default;
};

/// Requires: `call` is the id of `spec`.
/// `plan`: kept between calls with the same `types`, it saves time.
Result<Bytes> encode_execution(const ExecutionRecord& record, const RecordTypes& types,
                               Beast2Plan* plan = nullptr);
/// Errors: corrupt, unsupported (a newer version), exhausted.
Result<ExecutionRecord> decode_execution(ByteView bytes, const RecordTypes& types);

/// The objects a record names: function, arguments, result and log. Garbage collection keeps them
/// as long as the record.
std::vector<Hash> names_of(const ExecutionRecord& record);

}  // namespace samara
