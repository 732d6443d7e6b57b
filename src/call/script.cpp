#include "call/script.hpp"

#include "call/record_build.hpp"
#include "core/sha256.hpp"
#include "value/beast2.hpp"
#include "value/utf8.hpp"
#include "value/varint.hpp"

namespace samara {

namespace {

// Enough that two never meet in one repository, and short enough for the name of a folder.
constexpr size_t k_queue_digits = 32;

Bytes head_of_code(const Type* type, std::string_view version) {
  Bytes out(k_beast2_magic, k_beast2_magic + sizeof k_beast2_magic);
  auto appended = append_type(out, type, Dialect::b);
  SAMARA_ASSERT(appended.has_value());
  uint8_t length[k_varint_bytes_max];
  out.insert(out.end(), length, put_varint(length, version.size()));
  out.insert(out.end(), version.begin(), version.end());
  return out;
}

Result<void> check_text(std::string_view text, std::string_view what) {
  if (utf8_valid(text)) return {};
  return Error(Code::invalid_argument, std::string(what) + " is not UTF-8");
}

}  // namespace

ScriptTypes::ScriptTypes(TypeTable& table) : types(table) {
  const Type* text = types.string();
  script = types.structure({{"samara", text},
                            {"entry", text},
                            {"source", text},
                            {"lock_kind", text},
                            {"environment", text}});
  offer = types.structure({{"samara", text}, {"name", text}, {"implementation", types.blob()}});
  script_head = head_of_code(script, "script/1");
  offer_head = head_of_code(offer, "offer/1");
}

Result<Bytes> encode_script(const Script& script, const ScriptTypes& types) {
  SAMARA_CHECK(check_text(script.entry, "the entry of the script"));
  SAMARA_CHECK(check_text(script.source, "the source of the script"));
  SAMARA_CHECK(check_text(script.lock_kind, "the kind of the lock file"));
  SAMARA_CHECK(check_text(script.environment, "the lock file"));
  RecordBuilder build;
  Slot value =
      build.structure({build.text("script/1"), build.text(script.entry), build.text(script.source),
                       build.text(script.lock_kind), build.text(script.environment)});
  return build.encode(types.script, value);
}

Result<Script> decode_script(ByteView bytes, const ScriptTypes& types) {
  Heap heap;
  SAMARA_TRY(Slot value,
             decode_record(bytes, types.script, types.script_head, "script", types.types, heap));
  Script out;
  out.entry = text_of(field_of(value, 1));
  out.source = text_of(field_of(value, 2));
  out.lock_kind = text_of(field_of(value, 3));
  out.environment = text_of(field_of(value, 4));
  return out;
}

Result<Bytes> encode_offer(const OfferCode& offer, const ScriptTypes& types) {
  SAMARA_CHECK(check_text(offer.name, "the name of the platform function"));
  RecordBuilder build;
  Slot value = build.structure(
      {build.text("offer/1"), build.text(offer.name), build.hash(offer.implementation)});
  return build.encode(types.offer, value);
}

Result<OfferCode> decode_offer(ByteView bytes, const ScriptTypes& types) {
  Heap heap;
  SAMARA_TRY(Slot value,
             decode_record(bytes, types.offer, types.offer_head, "offer", types.types, heap));
  OfferCode out;
  out.name = text_of(field_of(value, 1));
  SAMARA_TRY(out.implementation, hash_of(field_of(value, 2), "the implementation of the offer"));
  return out;
}

Hash environment_id(const Script& script) {
  if (script.lock_kind.empty()) return {};
  return sha256(as_bytes(script.lock_kind + "\n" + script.environment));
}

std::string queue_of_offer(const Hash& function) {
  return "o-" + function.hex().substr(0, k_queue_digits);
}

std::string queue_of_script(std::string_view kind, const Hash& environment) {
  std::string out(kind);
  if (environment != Hash{}) out += "+" + environment.hex().substr(0, k_queue_digits);
  return out;
}

}  // namespace samara
