#include "call/message_types.hpp"

#include "call/outcome.hpp"
#include "call/wire.hpp"
#include "value/beast2.hpp"

namespace samara {

namespace {

Bytes head_of_message(const Type* type, std::string_view version) {
  Bytes out(k_beast2_magic, k_beast2_magic + sizeof k_beast2_magic);
  auto appended = append_type(out, type, Dialect::b);
  SAMARA_ASSERT(appended.has_value());
  WireWriter(out).text(version);
  return out;
}

}  // namespace

MessageTypes::MessageTypes(RecordTypes& records) {
  TypeTable& types = records.types;
  const Type* text = types.string();
  const Type* blob = types.blob();
  const Type* integer = types.integer();
  const Type* texts = types.array(text);
  const Type* blobs = types.array(blob);
  const Type* more = types.dict(text, blob);
  request = types.structure(
      {{"samara", text},
       {"id", text},
       {"queue", text},
       {"caller", text},
       {"run", types.variant({{"function", blob}, {"platform", text}})},
       {"call", types.option(blob)},
       {"arguments", types.array(types.variant({{"inline", blob}, {"object", blob}}))},
       {"bindings", types.dict(text, blob)},
       {"semantics", integer},
       {"priority", integer},
       {"repeatable", types.boolean()},
       {"attempts_max", integer},
       {"deadline", integer},
       {"limits", types.structure({{"steps", integer},
                                   {"memory_bytes", integer},
                                   {"depth", integer},
                                   {"output_bytes", integer},
                                   {"log_bytes", integer}})},
       {"capabilities", texts},
       {"ancestors", blobs},
       {"more", more}});
  const Type* usage = types.structure({{"wall_ns", integer},
                                       {"cpu_ns", integer},
                                       {"steps", integer},
                                       {"peak_memory_bytes", integer}});
  const Type* entries = types.array(types.structure({{"stream", text}, {"text", text}}));
  const Type* log = types.structure(
      {{"entries", entries}, {"object", types.option(blob)}, {"bytes_dropped", integer}});
  reply = types.structure({{"samara", text},
                           {"id", text},
                           {"worker", text},
                           {"attempt", integer},
                           {"outcome", records.outcome},
                           {"inline", types.option(blob)},
                           {"usage", usage},
                           {"log", log},
                           {"more", more}});
  request_head = head_of_message(request, "request/1");
  reply_head = head_of_message(reply, "reply/1");
  for (unsigned i = 0; i < k_outcome_count; i++) {
    const int32_t tag = records.outcome->index_of(outcome_name(static_cast<OutcomeKind>(i)));
    SAMARA_ASSERT(tag >= 0);
    kind_of_tag[tag] = static_cast<uint8_t>(i);
    tag_of_kind[i] = static_cast<uint8_t>(tag);
  }
}

}  // namespace samara
