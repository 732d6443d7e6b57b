#include "call/function.hpp"

#include "call/record_build.hpp"
#include "call/type_name.hpp"
#include "value/type_value.hpp"

namespace samara {

namespace {

enum FunctionField : uint32_t {
  k_version,
  k_kind,
  k_code,
  k_inputs,
  k_output,
  k_outputs,
  k_effects
};

Result<void> check(const FunctionRecord& record) {
  if (record.output == nullptr) return Error(Code::invalid_argument, "a function needs an output");
  for (size_t i = 1; i < record.effects.size(); i++) {
    if (record.effects[i - 1].name >= record.effects[i].name) {
      return Error(Code::invalid_argument, "effects of a function are not sorted by name");
    }
  }
  return {};
}

}  // namespace

Effect FunctionRecord::effect() const {
  Effect out = Effect::pure;
  for (const ReachedEffect& reached : effects) out = worse(out, reached.effect);
  return out;
}

Result<Bytes> encode_function(const FunctionRecord& record, const RecordTypes& types) {
  SAMARA_CHECK(check(record));
  RecordBuilder build;
  // Each type is written out in full: the rule that every producer can keep.
  TypeValueCache fresh(false);
  ArrayObject* inputs = build.array();
  for (const Type* input : record.inputs) {
    build.push(inputs, type_to_value(build.heap(), input, Dialect::b, fresh));
  }
  Slot output = type_to_value(build.heap(), record.output, Dialect::b, fresh);
  ArrayObject* outputs = build.array();
  for (const NamedOutput& named : record.outputs) {
    build.push(outputs, build.structure({build.text(named.name), build.text(named.kind)}));
  }
  ArrayObject* effects = build.array();
  for (const ReachedEffect& reached : record.effects) {
    build.push(effects, build.structure(
                            {build.text(reached.name), build.text(effect_word(reached.effect))}));
  }
  Slot value =
      build.structure({build.text("function/1"), build.text(record.kind), build.hash(record.code),
                       Slot::of(inputs), output, Slot::of(outputs), Slot::of(effects)});
  return build.encode(types.function, value);
}

Result<FunctionRecord> decode_function(ByteView bytes, const RecordTypes& types) {
  Heap heap;
  SAMARA_TRY(Slot value, decode_record(bytes, types.function, types.function_head, "function",
                                       types.types, heap));
  FunctionRecord out;
  out.kind = text_of(field_of(value, k_kind));
  SAMARA_TRY(out.code, hash_of(field_of(value, k_code), "the code of the function"));
  TypeReader reader(types.types, Dialect::b);
  for (Slot input : as<ArrayObject>(field_of(value, k_inputs))->slots()) {
    SAMARA_TRY(const Type* type, reader.read(input));
    out.inputs.push_back(type);
  }
  SAMARA_TRY(out.output, reader.read(field_of(value, k_output)));
  out.outputs.clear();
  for (Slot named : as<ArrayObject>(field_of(value, k_outputs))->slots()) {
    out.outputs.push_back(
        {std::string(text_of(field_of(named, 0))), std::string(text_of(field_of(named, 1)))});
  }
  for (Slot reached : as<ArrayObject>(field_of(value, k_effects))->slots()) {
    auto effect = effect_of_word(text_of(field_of(reached, 1)));
    if (!effect.has_value()) {
      return Error(Code::unsupported, "a function has the unknown effect '" +
                                          std::string(text_of(field_of(reached, 1))) + "'");
    }
    out.effects.push_back({std::string(text_of(field_of(reached, 0))), *effect});
  }
  auto checked = check(out);
  if (!checked) return Error(Code::corrupt, checked.error().message());
  // Types could be shared by back-references, which would be a second id of the same function.
  SAMARA_TRY(Bytes canonical, encode_function(out, types));
  if (canonical.size() != bytes.size() ||
      std::memcmp(canonical.data(), bytes.data(), bytes.size()) != 0) {
    return Error(Code::corrupt, "the function is not in canonical form");
  }
  return out;
}

bool is_function_object(ByteView bytes, const RecordTypes& types) {
  const Bytes& head = types.function_head;
  return bytes.size() > head.size() && std::memcmp(bytes.data(), head.data(), head.size()) == 0;
}

Result<Bytes> encode_companion(const FunctionCompanion& companion, const RecordTypes& types) {
  RecordBuilder build;
  Slot value = build.structure({build.text("companion/1"), build.hash(companion.function),
                                build.blob(companion.debug), build.text(companion.source),
                                build.text(companion.doc)});
  return build.encode(types.companion, value);
}

Result<FunctionCompanion> decode_companion(ByteView bytes, const RecordTypes& types) {
  Heap heap;
  SAMARA_TRY(Slot value, decode_record(bytes, types.companion, types.companion_head, "companion",
                                       types.types, heap));
  FunctionCompanion out;
  SAMARA_TRY(out.function, hash_of(field_of(value, 1), "the function of the companion"));
  ByteView debug = bytes_of(field_of(value, 2));
  out.debug.assign(debug.begin(), debug.end());
  out.source = text_of(field_of(value, 3));
  out.doc = text_of(field_of(value, 4));
  return out;
}

std::string signature_text(const FunctionRecord& record) {
  std::string out = "(";
  for (size_t i = 0; i < record.inputs.size(); i++) {
    if (i > 0) out += ", ";
    out += type_name(record.inputs[i]);
  }
  return out + ") -> " + type_name(record.output);
}

}  // namespace samara
