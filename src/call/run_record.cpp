#include "call/run_record.hpp"

#include "call/record_build.hpp"
#include "call/record_fields.hpp"
#include "value/beast2.hpp"
#include "value/varint.hpp"

namespace samara {

namespace {

constexpr std::string_view k_version_word = "run/1";

enum Field : uint32_t {
  k_version,
  k_name,
  k_directory,
  k_options,
  k_function,
  k_inputs,
  k_call,
  k_attempt,
  k_started,
  k_named,
  k_outcome,
  k_log,
};

Slot build_part(RecordBuilder& build, const Type* type, const RunPart& part) {
  const Type* origin = type->child(1);
  const std::string_view word = k_origin_words[static_cast<size_t>(part.from.kind)];
  return build.structure(
      {build.hash(part.object), build.tagged(origin, word, build.text(part.from.text))});
}

Result<RunPart> read_part(const Type* type, Slot value) {
  RunPart out;
  SAMARA_TRY(out.object, hash_of(field_of(value, 0), "a part of a run"));
  Slot from = field_of(value, 1);
  const std::string_view word = type->child(1)->name(case_of(from));
  for (size_t i = 0; i < std::size(k_origin_words); i++) {
    if (k_origin_words[i] == word) out.from.kind = static_cast<OriginKind>(i);
  }
  out.from.text = text_of(payload_of(from));
  return out;
}

}  // namespace

RunTypes::RunTypes(const RecordTypes& given) : records(given) {
  TypeTable& types = given.types;
  const Type* text = types.string();
  std::vector<NamedType> origins;
  for (std::string_view word : k_origin_words) origins.push_back({word, text});
  const Type* part = types.structure({{"object", types.blob()}, {"from", types.variant(origins)}});
  run = types.structure({{"samara", text},
                         {"name", text},
                         {"directory", text},
                         {"options", types.array(text)},
                         {"function", part},
                         {"inputs", types.array(part)},
                         {"call", types.blob()},
                         {"attempt", text},
                         {"started", types.datetime()},
                         {"named", types.datetime()},
                         {"outcome", given.outcome},
                         {"log", types.option(types.blob())}});
  head.assign(k_beast2_magic, k_beast2_magic + sizeof k_beast2_magic);
  auto appended = append_type(head, run, Dialect::b);
  SAMARA_ASSERT(appended.has_value());
  uint8_t length[k_varint_bytes_max];
  head.insert(head.end(), length, put_varint(length, k_version_word.size()));
  head.insert(head.end(), k_version_word.begin(), k_version_word.end());
}

Result<Bytes> encode_run(const RunRecord& record, const RunTypes& types) {
  RecordBuilder build;
  const Type* part = types.run->child(k_function);
  ArrayObject* options = build.array();
  for (const std::string& option : record.options) build.push(options, build.text(option));
  ArrayObject* inputs = build.array();
  for (const RunPart& input : record.inputs) build.push(inputs, build_part(build, part, input));
  Slot log = record.log.has_value() ? build.some(build.hash(*record.log)) : build.none();
  Slot value = build.structure({build.text(k_version_word), build.text(record.name),
                                build.text(record.directory), Slot::of(options),
                                build_part(build, part, record.function), Slot::of(inputs),
                                build.hash(record.call), build.text(record.attempt),
                                Slot::of(record.started_ms), Slot::of(record.named_ms),
                                build_outcome(build, types.records.outcome, record.outcome), log});
  return build.encode(types.run, value);
}

Result<RunRecord> decode_run(ByteView bytes, const RunTypes& types) {
  Heap heap;
  SAMARA_TRY(Slot value,
             decode_record(bytes, types.run, types.head, "run", types.records.types, heap));
  const Type* part = types.run->child(k_function);
  RunRecord out;
  out.name = text_of(field_of(value, k_name));
  out.directory = text_of(field_of(value, k_directory));
  for (Slot option : as<ArrayObject>(field_of(value, k_options))->slots()) {
    out.options.emplace_back(text_of(option));
  }
  SAMARA_TRY(out.function, read_part(part, field_of(value, k_function)));
  for (Slot input : as<ArrayObject>(field_of(value, k_inputs))->slots()) {
    SAMARA_TRY(RunPart read, read_part(part, input));
    out.inputs.push_back(std::move(read));
  }
  SAMARA_TRY(out.call, hash_of(field_of(value, k_call), "the call of a run"));
  out.attempt = text_of(field_of(value, k_attempt));
  out.started_ms = field_of(value, k_started).integer();
  out.named_ms = field_of(value, k_named).integer();
  SAMARA_TRY(out.outcome, read_outcome(types.records.outcome, field_of(value, k_outcome)));
  Slot log = field_of(value, k_log);
  if (case_of(log) == 1) {
    SAMARA_TRY(Hash hash, hash_of(payload_of(log), "the log of a run"));
    out.log = hash;
  }
  return out;
}

std::vector<Hash> names_of(const RunRecord& record) {
  std::vector<Hash> out{record.function.object};
  for (const RunPart& input : record.inputs) out.push_back(input.object);
  if (record.outcome.is_value()) out.push_back(record.outcome.value);
  if (record.log.has_value()) out.push_back(*record.log);
  return out;
}

}  // namespace samara
