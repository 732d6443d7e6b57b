#include "runtime/wasm/instructions.hpp"

#include "runtime/wasm/module.hpp"

namespace samara::runtime::wasm {

namespace {

void unsupported(Reader& reader, uint32_t at, std::string_view what) {
  reader.fail(Code::unsupported, at,
              "an instruction of " + std::string(what) +
                  ", which the engine does not have: compile the module without it");
}

void unknown(Reader& reader, uint32_t at, unsigned opcode) {
  uint8_t digits = static_cast<uint8_t>(opcode);
  reader.fail(Code::corrupt, at, "there is no instruction 0x" + to_hex(ByteView(&digits, 1)));
}

// Alignment and offset of a load or store.
void skip_memory_argument(Reader& reader) {
  uint32_t at = reader.at();
  uint32_t alignment = reader.u32();
  if (alignment >= 64 && alignment < 128) unsupported(reader, at, "several memories");
  reader.u32();
}

void skip_zero(Reader& reader) {
  uint32_t at = reader.at();
  if (reader.byte() != 0) unsupported(reader, at, "several memories");
}

void skip_prefixed(Reader& reader, uint32_t at) {
  uint32_t opcode = reader.u32();
  if (opcode <= 7) return;  // conversions that saturate
  switch (opcode) {
    case 8:  // memory.init
      reader.u32();
      skip_zero(reader);
      return;
    case 10:  // memory.copy
      skip_zero(reader);
      skip_zero(reader);
      return;
    case 11:  // memory.fill
      skip_zero(reader);
      return;
    case 12:  // table.init
    case 14:  // table.copy
      reader.u32();
      reader.u32();
      return;
    case 9:   // data.drop
    case 13:  // elem.drop
    case 15:  // table.grow
    case 16:  // table.size
    case 17:  // table.fill
      reader.u32();
      return;
    case 19:
    case 20:
    case 21:
    case 22:
      return unsupported(reader, at, "wide arithmetic");
    default:
      return unknown(reader, at, 0xFC);
  }
}

void skip_block_type(Reader& reader) {
  uint32_t at = reader.at();
  uint8_t first = reader.byte();
  if (!reader.ok() || first == 0x40 || (first >= 0x7C && first <= 0x7F) || first == 0x70 ||
      first == 0x6F) {
    return;
  }
  // Negative in one byte: a value type, so one of a proposal.
  if (first >= 0x40 && first < 0x80) {
    if (const char* what = foreign_type(first)) return unsupported(reader, at, what);
    return reader.fail(Code::corrupt, at, "there is no such type of a block");
  }
  // Else the number of a type, whose first byte is read already.
  for (unsigned i = 1; (first & 0x80) != 0 && i < 5; i++) first = reader.byte();
  if ((first & 0x80) != 0) reader.fail(Code::corrupt, at, "a number is longer than 33 bits");
}

void skip_branch_table(Reader& reader) {
  uint32_t targets = reader.count("targets of a branch", UINT32_MAX);
  for (uint32_t i = 0; i < targets && reader.ok(); i++) reader.u32();
  reader.u32();
}

// All but those that open and close blocks.
void skip_immediates(Reader& reader, uint32_t at, uint8_t opcode) {
  if (opcode >= 0x45 && opcode <= 0xC4) return;                               // arithmetic
  if (opcode >= 0x28 && opcode <= 0x3E) return skip_memory_argument(reader);  // loads and stores
  if (opcode >= 0x20 && opcode <= 0x26) {  // variables, entries of tables
    reader.u32();
    return;
  }
  switch (opcode) {
    case 0x00:  // unreachable
    case 0x01:  // nop
    case 0x05:  // else
    case 0x0F:  // return
    case 0x1A:  // drop
    case 0x1B:  // select
    case 0xD1:  // ref.is_null
      return;
    case 0x0C:  // br
    case 0x0D:  // br_if
    case 0x10:  // call
    case 0x12:  // return_call
    case 0xD2:  // ref.func
      reader.u32();
      return;
    case 0x11:  // call_indirect
    case 0x13:  // return_call_indirect
      reader.u32();
      reader.u32();
      return;
    case 0x0E:
      return skip_branch_table(reader);
    case 0x1C:  // select with types
      reader.skip(reader.count("types of a selection", 1));
      return;
    case 0x3F:  // memory.size
    case 0x40:  // memory.grow
      return skip_zero(reader);
    case 0x41:
      return reader.skip_signed(32);
    case 0x42:
      return reader.skip_signed(64);
    case 0x43:
      return reader.skip(4);
    case 0x44:
      return reader.skip(8);
    case 0xD0:  // ref.null
      reader.byte();
      return;
    case 0xFC:
      return skip_prefixed(reader, at);
    case 0x06:
    case 0x07:
    case 0x08:
    case 0x09:
    case 0x0A:
    case 0x18:
    case 0x19:
    case 0x1F:
      return unsupported(reader, at, "exception handling");
    case 0x14:
    case 0x15:
    case 0xD3:
    case 0xD4:
    case 0xD5:
    case 0xD6:
      return unsupported(reader, at, "typed function references");
    case 0xFB:
      return unsupported(reader, at, "garbage collection");
    case 0xFD:
      return unsupported(reader, at, "SIMD");
    case 0xFE:
      return unsupported(reader, at, "threads");
    default:
      return unknown(reader, at, opcode);
  }
}

}  // namespace

const char* foreign_type(uint8_t byte) {
  if (byte == 0x7B) return "SIMD";
  if (byte == 0x69 || byte == 0x74) return "exception handling";
  if (byte >= 0x63 && byte <= 0x78) return "garbage collection";
  return nullptr;
}

void skip_instructions(Reader& reader, uint32_t nesting_max) {
  uint32_t depth = 1;
  while (reader.ok() && depth > 0) {
    uint32_t at = reader.at();
    uint8_t opcode = reader.byte();
    if (opcode == 0x0B && reader.ok()) {
      depth--;
    } else if (opcode >= 0x02 && opcode <= 0x04) {
      skip_block_type(reader);
      if (++depth > nesting_max) {
        reader.fail(
            Code::exhausted, at,
            "blocks nest deeper than " + std::to_string(nesting_max) + ": split the function");
      }
    } else {
      skip_immediates(reader, at, opcode);
    }
  }
  if (reader.ok() && !reader.done()) {
    reader.fail(Code::corrupt, reader.at(), "a function goes on behind its end");
  }
}

}  // namespace samara::runtime::wasm
