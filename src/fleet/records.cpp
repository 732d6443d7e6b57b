#include "fleet/records.hpp"

#include "wire/fields.hpp"

namespace samara::fleet {

namespace {

size_t room_for(const Record& record) {
  constexpr size_t k_rest = 512;
  if (const auto* submitted = std::get_if<record::Submitted>(&record)) {
    size_t bytes = k_rest + submitted->manifest.size() + submitted->signature.size();
    for (const auto& argument : submitted->arguments) bytes += argument.value.size() + 64;
    for (const auto& name : submitted->functions) bytes += name.size() + 8;
    for (const auto& name : submitted->labels) bytes += name.size() + 8;
    return bytes;
  }
  if (const auto* ended = std::get_if<record::Ended>(&record)) return k_rest + ended->value.size();
  if (const auto* finished = std::get_if<record::Finished>(&record)) {
    return k_rest + finished->value.size() + finished->message.size();
  }
  if (const auto* job = std::get_if<record::JobSubmitted>(&record)) {
    return k_rest + job->members.size();
  }
  return k_rest;
}

template <typename T>
bool read(uint64_t kind, wire::CborReader& reader, std::optional<Record>& out) {
  if (kind != T::k_kind) return false;
  T one;
  wire::FieldDecoder::message(reader, one);
  out = one;
  return true;
}

template <typename... T>
void read_any(uint64_t kind, wire::CborReader& reader, std::optional<Record>& out,
              std::variant<T...>*) {
  static_cast<void>((read<T>(kind, reader, out) || ...));
}

}  // namespace

Bytes encode_record(const Record& record) {
  Bytes out(room_for(record));
  wire::CborWriter writer(out);
  writer.array(2);
  std::visit(
      [&](const auto& one) {
        writer.uint(std::remove_cvref_t<decltype(one)>::k_kind);
        wire::FieldEncoder::message(writer, one);
      },
      record);
  SAMARA_ASSERT(writer.ok());
  out.resize(writer.size());
  return out;
}

Result<Record> decode_record(ByteView bytes) {
  wire::CborReader reader(bytes);
  const auto corrupt = [&] {
    return Error(Code::corrupt, k_domain_offset, static_cast<uint32_t>(reader.offset()),
                 "a record of the fleet's journal is damaged");
  };
  if (reader.array() != 2) return corrupt();
  const uint64_t kind = reader.uint();
  if (!reader.ok()) return corrupt();
  std::optional<Record> out;
  read_any(kind, reader, out, static_cast<Record*>(nullptr));
  if (!out) return Error(Code::unsupported, "a record of a kind that is not known");
  if (!reader.ok() || !reader.at_end()) return corrupt();
  return std::move(*out);
}

}  // namespace samara::fleet
