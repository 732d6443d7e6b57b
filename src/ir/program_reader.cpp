#include <algorithm>

#include "ir/decode.hpp"
#include "value/beast2.hpp"
#include "value/json.hpp"

namespace samara::ir {

namespace {

// Nodes a file may stand for: a node takes at least five bytes, so honest sharing of argument lists
// passes, and a small file cannot grow into a program that fills the memory.
size_t nodes_allowed(size_t bytes) { return std::min(k_ir_nodes_max, 1024 + bytes); }

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// The first `"location":` of a program in JSON opens a struct in dialect A and an array in B.
// Inside JSON text the quoted word followed by a colon can only be that member's name.
Result<Dialect> json_dialect(std::string_view text) {
  constexpr std::string_view key = "\"location\"";
  for (size_t at = text.find(key); at != text.npos; at = text.find(key, at + 1)) {
    size_t next = at + key.size();
    auto skip = [&] {
      while (next < text.size() && is_space(text[next])) next++;
    };
    skip();
    if (next >= text.size() || text[next] != ':') continue;
    next++;
    skip();
    if (next < text.size() && text[next] == '[') return Dialect::b;
    if (next < text.size() && text[next] == '{') return Dialect::a;
    break;
  }
  return Error(Code::corrupt, "not a program: JSON without the location of a node");
}

}  // namespace

Result<Dialect> ProgramReader::dialect_of(ByteView bytes) {
  if (looks_like_beast2(bytes)) {
    // The type of IR is a variant: its tag is the first byte of the header.
    if (bytes.size() > 8 && bytes[8] == 0x10) return Dialect::a;
    if (bytes.size() > 8 && bytes[8] == 0x11) return Dialect::b;
    return Error(Code::type_mismatch, k_domain_offset, 8, "not a program: the value is not IR");
  }
  std::string_view text = as_text(bytes);
  size_t start = 0;
  while (start < text.size() && is_space(text[start])) start++;
  if (start < text.size() && text[start] == '{') return json_dialect(text);
  return Error(Code::corrupt, "not a program: neither beast2 nor JSON");
}

Result<std::unique_ptr<Program>> ProgramReader::read(ByteView bytes) {
  SAMARA_TRY(Dialect dialect, dialect_of(bytes));
  if (looks_like_beast2(bytes)) return read_beast2(bytes, dialect);
  return read_json(as_text(bytes), dialect);
}

Result<std::unique_ptr<Program>> ProgramReader::read_beast2(ByteView bytes, Dialect dialect) {
  Heap heap;
  Beast2Options options;
  options.dialect = dialect;
  options.other_dialect = false;
  options.plan = &schemas_.plan();
  SAMARA_TRY(Slot value, decode_beast2(bytes, schemas_.type(dialect), types(), heap, options));
  return from_value(types(), value, dialect, nodes_allowed(bytes.size()));
}

Result<std::unique_ptr<Program>> ProgramReader::read_json(std::string_view text, Dialect dialect) {
  Heap heap;
  JsonResult parsed = parse_json(schemas_.type(dialect), text, heap);
  if (!parsed) {
    // The message for East programs would end with the text of the whole IR type.
    const TextError& why = *parsed.error;
    std::string text_of_error = why.reason;
    if (!why.path.empty()) text_of_error += " at " + why.path;
    text_of_error +=
        " (line " + std::to_string(why.line) + ", col " + std::to_string(why.column) + ")";
    return Error(why.code, k_domain_offset, static_cast<uint32_t>(why.offset), text_of_error);
  }
  return from_value(types(), parsed.value, dialect, nodes_allowed(text.size()));
}

Result<std::unique_ptr<Program>> from_bytes(TypeTable& types, ByteView bytes) {
  return ProgramReader(types).read(bytes);
}

}  // namespace samara::ir
