#include "call/execution_record.hpp"

#include "call/record_build.hpp"
#include "call/record_fields.hpp"
#include "value/sorted.hpp"

namespace samara {

namespace {

enum Field : uint32_t {
  k_version,
  k_id,
  k_attempt,
  k_call,
  k_function,
  k_arguments,
  k_bindings,
  k_semantics_field,
  k_owner,
  k_runtime,
  k_place,
  k_started,
  k_finished,
  k_usage,
  k_log,
  k_outcome,
  k_decisions,
};

Slot number(uint64_t value) { return Slot::of(static_cast<int64_t>(value)); }
uint64_t unsigned_of(Slot slot) { return static_cast<uint64_t>(slot.integer()); }

Result<OutcomeKind> kind_by_name(std::string_view name) {
  for (unsigned i = 0; i < k_outcome_count; i++) {
    if (outcome_name(static_cast<OutcomeKind>(i)) == name) return static_cast<OutcomeKind>(i);
  }
  return Error(Code::corrupt, "a record has an unknown outcome");
}

Slot build_log(RecordBuilder& build, const RecordedLog& log) {
  Slot object = log.object.has_value() ? build.some(build.hash(*log.object)) : build.none();
  return build.structure(
      {build_log_entries(build, log.entries), object, number(log.bytes_dropped)});
}

Result<RecordedLog> read_log(Slot value) {
  RecordedLog out;
  SAMARA_TRY(out.entries, read_log_entries(field_of(value, 0)));
  Slot object = field_of(value, 1);
  if (case_of(object) == 1) {
    SAMARA_TRY(Hash hash, hash_of(payload_of(object), "the log of a record"));
    out.object = hash;
  }
  out.bytes_dropped = unsigned_of(field_of(value, 2));
  return out;
}

Result<void> read_spec(Slot value, CallSpec& out) {
  SAMARA_TRY(out.function, hash_of(field_of(value, k_function), "the function of a record"));
  for (Slot argument : as<ArrayObject>(field_of(value, k_arguments))->slots()) {
    SAMARA_TRY(Hash hash, hash_of(argument, "an argument of a record"));
    out.arguments.push_back(hash);
  }
  for (SortedCursor at(as<SortedObject>(field_of(value, k_bindings))); at.valid(); at.next()) {
    SAMARA_TRY(Hash hash, hash_of(at.value(), "a binding of a record"));
    out.bindings.emplace(std::string(text_of(at.key())), hash);
  }
  out.semantics = field_of(value, k_semantics_field).integer();
  return {};
}

}  // namespace

Slot build_outcome(RecordBuilder& build, const Type* type, const Outcome& outcome) {
  Slot payload;
  switch (outcome.kind) {
    case OutcomeKind::value:
      payload = build.hash(outcome.value);
      break;
    case OutcomeKind::error: {
      ArrayObject* locations = build.array();
      for (const SourceLocation& at : outcome.locations) {
        build.push(locations, build.structure({build.text(at.filename), Slot::of(at.line),
                                               Slot::of(at.column)}));
      }
      payload = build.structure({build.text(outcome.message), Slot::of(locations)});
      break;
    }
    case OutcomeKind::limit:
      payload = build.structure({build.text(outcome.which), build.text(outcome.message)});
      break;
    case OutcomeKind::trap:
    case OutcomeKind::crash:
    case OutcomeKind::timeout:
    case OutcomeKind::memory:
    case OutcomeKind::cancelled:
    case OutcomeKind::lost:
      payload = build.text(outcome.message);
      break;
  }
  return build.tagged(type, outcome_name(outcome.kind), payload);
}

Result<Outcome> read_outcome(const Type* type, Slot value) {
  SAMARA_TRY(OutcomeKind kind, kind_by_name(type->name(case_of(value))));
  Slot payload = payload_of(value);
  switch (kind) {
    case OutcomeKind::value: {
      SAMARA_TRY(Hash hash, hash_of(payload, "the value of a record"));
      return Outcome::of_value(hash);
    }
    case OutcomeKind::error: {
      std::vector<SourceLocation> locations;
      for (Slot at : as<ArrayObject>(field_of(payload, 1))->slots()) {
        locations.push_back({std::string(text_of(field_of(at, 0))), field_of(at, 1).integer(),
                             field_of(at, 2).integer()});
      }
      return Outcome::of_error(std::string(text_of(field_of(payload, 0))), std::move(locations));
    }
    case OutcomeKind::limit:
      return Outcome::of_limit(std::string(text_of(field_of(payload, 0))),
                               std::string(text_of(field_of(payload, 1))));
    case OutcomeKind::trap:
    case OutcomeKind::crash:
    case OutcomeKind::timeout:
    case OutcomeKind::memory:
    case OutcomeKind::cancelled:
    case OutcomeKind::lost:
      break;
  }
  return Outcome::of(kind, std::string(text_of(payload)));
}

Result<Bytes> encode_execution(const ExecutionRecord& record, const RecordTypes& types,
                               Beast2Plan* plan) {
  RecordBuilder build;
  ArrayObject* arguments = build.array();
  for (const Hash& argument : record.spec.arguments) build.push(arguments, build.hash(argument));
  SortedObject* bindings = new_dict(build.heap());
  for (const auto& [name, implementation] : record.spec.bindings) {
    sorted_append(build.heap(), bindings, build.text(name), build.hash(implementation));
  }
  ArrayObject* decisions = build.array();
  for (const std::string& decision : record.decisions) build.push(decisions, build.text(decision));
  const Type* outcome_type = types.outcome;
  Slot outcome = record.outcome.has_value()
                     ? build.some(build_outcome(build, outcome_type, *record.outcome))
                     : build.none();
  Slot finished =
      record.finished_ms.has_value() ? build.some(Slot::of(*record.finished_ms)) : build.none();
  const Usage& usage = record.usage;
  Slot value = build.structure(
      {build.text("execution/1"), build.text(record.id.text()), Slot::of(record.attempt),
       build.hash(record.call), build.hash(record.spec.function), Slot::of(arguments),
       Slot::of(bindings), Slot::of(record.spec.semantics),
       build.structure({Slot::of(record.owner.pid), Slot::of(record.owner.started),
                        build.text(record.owner.boot)}),
       build.text(record.runtime), build.text(record.place), Slot::of(record.started_ms), finished,
       build.structure({number(usage.wall_ns), number(usage.cpu_ns), number(usage.steps),
                        number(usage.peak_memory_bytes)}),
       build_log(build, record.log), outcome, Slot::of(decisions)});
  return build.encode(types.execution, value, plan);
}

Result<ExecutionRecord> decode_execution(ByteView bytes, const RecordTypes& types) {
  Heap heap;
  SAMARA_TRY(Slot value, decode_record(bytes, types.execution, types.execution_head, "execution",
                                       types.types, heap));
  ExecutionRecord out;
  SAMARA_TRY(out.id, Uuid::parse(text_of(field_of(value, k_id))));
  out.attempt = field_of(value, k_attempt).integer();
  SAMARA_TRY(out.call, hash_of(field_of(value, k_call), "the call of a record"));
  SAMARA_CHECK(read_spec(value, out.spec));
  Slot owner = field_of(value, k_owner);
  out.owner = {field_of(owner, 0).integer(), field_of(owner, 1).integer(),
               std::string(text_of(field_of(owner, 2)))};
  out.runtime = text_of(field_of(value, k_runtime));
  out.place = text_of(field_of(value, k_place));
  out.started_ms = field_of(value, k_started).integer();
  Slot finished = field_of(value, k_finished);
  if (case_of(finished) == 1) out.finished_ms = payload_of(finished).integer();
  Slot usage = field_of(value, k_usage);
  out.usage = {unsigned_of(field_of(usage, 0)), unsigned_of(field_of(usage, 1)),
               unsigned_of(field_of(usage, 2)), unsigned_of(field_of(usage, 3))};
  SAMARA_TRY(out.log, read_log(field_of(value, k_log)));
  Slot outcome = field_of(value, k_outcome);
  if (case_of(outcome) == 1) {
    SAMARA_TRY(Outcome read, read_outcome(types.outcome, payload_of(outcome)));
    out.outcome = std::move(read);
  }
  for (Slot decision : as<ArrayObject>(field_of(value, k_decisions))->slots()) {
    out.decisions.emplace_back(text_of(decision));
  }
  return out;
}

std::vector<Hash> names_of(const ExecutionRecord& record) {
  std::vector<Hash> out = record.spec.arguments;
  out.push_back(record.spec.function);
  if (record.outcome.has_value() && record.outcome->is_value())
    out.push_back(record.outcome->value);
  if (record.log.object.has_value()) out.push_back(*record.log.object);
  return out;
}

}  // namespace samara
