#include "call/record_types.hpp"

#include "call/outcome.hpp"
#include "value/beast2.hpp"
#include "value/type_value.hpp"
#include "value/varint.hpp"

namespace samara {

namespace {

const Type* locations_type(TypeTable& types) {
  return types.array(types.structure(
      {{"filename", types.string()}, {"line", types.integer()}, {"column", types.integer()}}));
}

const Type* outcome_type(TypeTable& types) {
  const Type* message = types.string();
  std::vector<NamedType> cases;
  for (unsigned i = 0; i < k_outcome_count; i++) {
    auto kind = static_cast<OutcomeKind>(i);
    const Type* payload = message;
    if (kind == OutcomeKind::value) payload = types.blob();
    if (kind == OutcomeKind::error) {
      payload = types.structure({{"message", message}, {"locations", locations_type(types)}});
    }
    if (kind == OutcomeKind::limit) {
      payload = types.structure({{"which", types.string()}, {"message", message}});
    }
    cases.push_back({outcome_name(kind), payload});
  }
  return types.variant(cases);
}

const Type* execution_type(TypeTable& types, const Type* outcome, const Type* entries) {
  const Type* integer = types.integer();
  const Type* hashes = types.array(types.blob());
  const Type* owner =
      types.structure({{"pid", integer}, {"started", integer}, {"boot", types.string()}});
  const Type* usage = types.structure({{"wall_ns", integer},
                                       {"cpu_ns", integer},
                                       {"steps", integer},
                                       {"peak_memory_bytes", integer}});
  const Type* log = types.structure(
      {{"entries", entries}, {"object", types.option(types.blob())}, {"bytes_dropped", integer}});
  return types.structure({{"samara", types.string()},
                          {"id", types.string()},
                          {"attempt", integer},
                          {"call", types.blob()},
                          {"function", types.blob()},
                          {"arguments", hashes},
                          {"bindings", types.dict(types.string(), types.blob())},
                          {"semantics", integer},
                          {"owner", owner},
                          {"runtime", types.string()},
                          {"place", types.string()},
                          {"started", types.datetime()},
                          {"finished", types.option(types.datetime())},
                          {"usage", usage},
                          {"log", log},
                          {"outcome", types.option(outcome)},
                          {"decisions", types.array(types.string())}});
}

// Magic, type and the first field, which names the record and its version.
Bytes head_of(const Type* type, std::string_view version) {
  Bytes out(k_beast2_magic, k_beast2_magic + sizeof k_beast2_magic);
  auto appended = append_type(out, type, Dialect::b);
  SAMARA_ASSERT(appended.has_value());
  uint8_t length[k_varint_bytes_max];
  out.insert(out.end(), length, put_varint(length, version.size()));
  out.insert(out.end(), version.begin(), version.end());
  return out;
}

}  // namespace

RecordTypes::RecordTypes(TypeTable& table) : types(table) {
  const Type* text = types.string();
  const Type* blob = types.blob();
  const Type* type_value = type_type(types, Dialect::b);
  function = types.structure(
      {{"samara", text},
       {"kind", text},
       {"code", blob},
       {"inputs", types.array(type_value)},
       {"output", type_value},
       {"outputs", types.array(types.structure({{"name", text}, {"kind", text}}))},
       {"effects", types.array(types.structure({{"name", text}, {"effect", text}}))}});
  companion = types.structure(
      {{"samara", text}, {"function", blob}, {"debug", blob}, {"source", text}, {"doc", text}});
  call = types.structure({{"samara", text},
                          {"function", blob},
                          {"arguments", types.array(blob)},
                          {"bindings", types.dict(text, blob)},
                          {"semantics", types.integer()}});
  outcome = outcome_type(types);
  const Type* entries = types.array(types.structure({{"stream", text}, {"text", text}}));
  log = types.structure({{"samara", text}, {"entries", entries}});
  execution = execution_type(types, outcome, entries);
  function_head = head_of(function, "function/1");
  companion_head = head_of(companion, "companion/1");
  call_head = head_of(call, "call/1");
  log_head = head_of(log, "log/1");
  execution_head = head_of(execution, "execution/1");
}

}  // namespace samara
