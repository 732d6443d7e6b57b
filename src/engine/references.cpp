#include "engine/references.hpp"

#include <algorithm>

#include "call/execution_record.hpp"
#include "call/function.hpp"
#include "call/run_record.hpp"

namespace samara::engine {

namespace {

// Where a run object is looked for, its first bytes are the same in every type table.
bool begins_like_a_run(const RecordTypes& types, ByteView object) {
  static const Bytes head = RunTypes(types).head;
  return object.size() > head.size() && std::equal(head.begin(), head.end(), object.begin());
}

}  // namespace

Result<std::vector<Hash>> object_references(const RecordTypes& types, ByteView object) {
  std::vector<Hash> out;
  if (begins_like_a_run(types, object)) {
    SAMARA_TRY(RunRecord run, decode_run(object, RunTypes(types)));
    return names_of(run);
  }
  if (!is_function_object(object, types)) return out;
  SAMARA_TRY(FunctionRecord record, decode_function(object, types));
  out.push_back(record.code);
  return out;
}

Result<std::vector<Hash>> record_references(const RecordTypes& types, ByteView record) {
  SAMARA_TRY(ExecutionRecord execution, decode_execution(record, types));
  return names_of(execution);
}

store::GcOptions gc_options(const RecordTypes& types) {
  store::GcOptions out;
  out.references = [&types](const Hash&, ByteView bytes) {
    return object_references(types, bytes);
  };
  out.record_references = [&types](const store::CallKey&, std::string_view, ByteView bytes) {
    return record_references(types, bytes);
  };
  return out;
}

store::FsckOptions fsck_options(const RecordTypes& types) {
  store::FsckOptions out;
  out.references = [&types](const Hash&, ByteView bytes) {
    return object_references(types, bytes);
  };
  out.check_record = [&types](const store::CallKey& key, std::string_view name,
                              ByteView bytes) -> Result<void> {
    SAMARA_TRY(ExecutionRecord record, decode_execution(bytes, types));
    if (record.id.text() != name) {
      return Error(Code::corrupt, "the record is of attempt " + record.id.text());
    }
    if (record.call != key.call || record.spec.function != key.function) {
      return Error(Code::corrupt, "the record is of another call");
    }
    if (CallIdMaker(types)(record.spec) != record.call) {
      return Error(Code::corrupt, "the record's call id does not follow from its parts");
    }
    return {};
  };
  return out;
}

}  // namespace samara::engine
