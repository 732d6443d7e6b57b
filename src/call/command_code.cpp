#include "call/command_code.hpp"

#include "call/record_build.hpp"
#include "value/beast2.hpp"
#include "value/varint.hpp"

namespace samara {

namespace {

constexpr std::string_view k_version_word = "command/1";

const Type* command_type(TypeTable& types) {
  return types.structure(
      {{"samara", types.string()}, {"line", types.string()}, {"network", types.boolean()}});
}

Bytes head_of(const Type* type) {
  Bytes out(k_beast2_magic, k_beast2_magic + sizeof k_beast2_magic);
  auto appended = append_type(out, type, Dialect::b);
  SAMARA_ASSERT(appended.has_value());
  uint8_t length[k_varint_bytes_max];
  out.insert(out.end(), length, put_varint(length, k_version_word.size()));
  out.insert(out.end(), k_version_word.begin(), k_version_word.end());
  return out;
}

Result<void> check(const CommandCode& code) {
  if (code.line.size() > k_command_line_bytes_max) {
    return Error(Code::exhausted, "the line of the command is longer than 64 KiB");
  }
  if (code.line.find('\0') != std::string::npos) {
    return Error(Code::invalid_argument, "the line of the command has a zero byte");
  }
  return {};
}

}  // namespace

Result<Bytes> encode_command(const CommandCode& code, TypeTable& types) {
  SAMARA_CHECK(check(code));
  RecordBuilder build;
  Slot value =
      build.structure({build.text(k_version_word), build.text(code.line), Slot::of(code.network)});
  return build.encode(command_type(types), value);
}

Result<CommandCode> decode_command(ByteView bytes, TypeTable& types) {
  const Type* type = command_type(types);
  Heap heap;
  SAMARA_TRY(Slot value, decode_record(bytes, type, head_of(type), "command", types, heap));
  CommandCode out;
  out.line = text_of(field_of(value, 1));
  out.network = field_of(value, 2).boolean();
  SAMARA_CHECK(check(out));
  return out;
}

}  // namespace samara
