#pragma once
// Module: what a WebAssembly module says about itself, as the scan has read it. Function, table,
// memory and global numbers count the imported ones first, as in the module.
// Threads: a value type. Specified by: the WebAssembly specification, "Binary Format".

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace samara::runtime::wasm {

/// The values are the bytes of the format.
enum class ValueType : uint8_t {
  i32 = 0x7F,
  i64 = 0x7E,
  f32 = 0x7D,
  f64 = 0x7C,
  funcref = 0x70,
  externref = 0x6F,
};
/// "i32" and so on.
std::string_view value_type_name(ValueType type);

struct FunctionType {
  std::vector<ValueType> parameters;
  std::vector<ValueType> results;
  bool operator==(const FunctionType&) const = default;
};
/// "(i32, f64) -> i64"; several results: "-> (i32, i32)"; none: "-> ()".
std::string function_type_text(const FunctionType& type);

/// The values are the bytes of the format.
enum class ExternalKind : uint8_t { function = 0, table = 1, memory = 2, global = 3 };
/// "function" and so on.
std::string_view external_kind_name(ExternalKind kind);

/// Of a table in entries, of a memory in pages.
struct SizeRange {
  uint32_t initial = 0;
  std::optional<uint32_t> maximum;
  bool operator==(const SizeRange&) const = default;
};

struct TableType {
  ValueType element = ValueType::funcref;
  SizeRange size;
  bool operator==(const TableType&) const = default;
};

struct GlobalType {
  ValueType type = ValueType::i32;
  bool writable = false;
  bool operator==(const GlobalType&) const = default;
};

struct Import {
  std::string module;
  std::string name;
  ExternalKind kind = ExternalKind::function;
  uint32_t index = 0;   // of that kind
  uint32_t offset = 0;  // of its bytes in the module
};

struct Export {
  std::string name;
  ExternalKind kind = ExternalKind::function;
  uint32_t index = 0;
  uint32_t offset = 0;       // of its bytes in the module
  uint32_t name_offset = 0;  // of the first byte of its name
};

/// A section with its place: `offset` is that of its identifying byte, `content` of what follows
/// its size.
struct SectionPlace {
  uint32_t offset = 0;
  uint32_t content = 0;
  uint32_t end = 0;
};

struct CustomSection {
  std::string name;
  uint32_t data = 0;  // where what follows the name begins
  uint32_t end = 0;
};

struct Module {
  std::vector<FunctionType> types;
  std::vector<Import> imports;
  std::vector<uint32_t> functions;  // type of each
  std::vector<TableType> tables;
  std::vector<SizeRange> memories;
  std::vector<GlobalType> globals;
  std::vector<Export> exports;
  std::optional<uint32_t> start;
  SectionPlace start_section;   // all zero: there is none
  SectionPlace export_section;  // all zero: there is none
  uint32_t export_place = 0;    // where an export section would have to be put
  std::vector<CustomSection> custom;
  uint32_t functions_imported = 0;
  uint32_t functions_defined = 0;
  uint32_t element_segments = 0;
  uint32_t data_segments = 0;
  uint32_t code_bytes = 0;      // of all bodies
  uint32_t body_bytes_max = 0;  // of the largest

  /// Null: there is no export of that name.
  const Export* find_export(std::string_view name) const;
  /// Requires: `function` is a number of a function.
  const FunctionType& type_of(uint32_t function) const { return types[functions[function]]; }
};

}  // namespace samara::runtime::wasm
