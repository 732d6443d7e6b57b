#pragma once
// RunRecord: a named run: what was called, with what, where that came from, and how it ended. One
// object under one ref, so that readers never see parts of two runs. An East value.
// Threads: value types. Specified by: docs/formats/run.md.

#include <string>
#include <string_view>
#include <vector>

#include "call/execution_record.hpp"

namespace samara {

/// The ref runs/<name> names the run object.
inline constexpr std::string_view k_run_refs = "runs/";

enum class OriginKind : uint8_t {
  file,    // text: an absolute path; of a function in a source file also ":NAME"
  object,  // given by its hash, or by bytes that came from nowhere one can look again
  output,  // text: of another run, as "forecast.outputs.table"
  ref,     // text: a ref; of a function: its name
  value,   // written out where the run was asked for
};
inline constexpr std::string_view k_origin_words[] = {"file", "object", "output", "ref", "value"};

/// Where something came from, so that one can see whether it is another today.
struct Origin {
  OriginKind kind = OriginKind::object;
  std::string text;
  bool operator==(const Origin&) const = default;
};

struct RunPart {
  Hash object;
  Origin from;
  bool operator==(const RunPart&) const = default;
};

struct RunRecord {
  std::string name;
  std::string directory;             // in which it was asked for
  std::vector<std::string> options;  // as given: "--timeout=30s", so that it can be run again
  RunPart function;
  std::vector<RunPart> inputs;
  Hash call;
  std::string attempt;     // whose outcome this is
  int64_t started_ms = 0;  // that attempt
  int64_t named_ms = 0;    // when the name came to stand for it; later where it came from memory
  Outcome outcome;
  std::optional<Hash> log;  // a log object; none: nothing was printed
  bool operator==(const RunRecord&) const = default;
};

/// The type of run objects. Made once for a type table and kept.
struct RunTypes {
  explicit RunTypes(const RecordTypes& records);

  const RecordTypes& records;
  const Type* run = nullptr;
  Bytes head;  // how the bytes begin, up to and with the version
};

/// The run object.
Result<Bytes> encode_run(const RunRecord& record, const RunTypes& types);
/// Errors: corrupt (no run), unsupported (a newer version), exhausted.
Result<RunRecord> decode_run(ByteView bytes, const RunTypes& types);
/// The objects a run keeps: function, inputs, result and log.
std::vector<Hash> names_of(const RunRecord& record);

}  // namespace samara
