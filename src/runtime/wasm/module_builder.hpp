#pragma once
// ModuleBuilder: puts small modules together for tests, instruction by instruction. What it makes
// is as right or wrong as its user wants. Threads: one.

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/wasm/module.hpp"
#include "runtime/wasm/writer.hpp"

namespace samara::runtime::wasm {

/// The instructions that tests use. Numbers follow as operands of the functions below.
namespace op {
inline constexpr uint8_t unreachable = 0x00;
inline constexpr uint8_t block = 0x02;
inline constexpr uint8_t loop = 0x03;
inline constexpr uint8_t if_ = 0x04;
inline constexpr uint8_t else_ = 0x05;
inline constexpr uint8_t end = 0x0B;
inline constexpr uint8_t br = 0x0C;
inline constexpr uint8_t br_if = 0x0D;
inline constexpr uint8_t call = 0x10;
inline constexpr uint8_t drop = 0x1A;
inline constexpr uint8_t local_get = 0x20;
inline constexpr uint8_t local_set = 0x21;
inline constexpr uint8_t global_get = 0x23;
inline constexpr uint8_t global_set = 0x24;
inline constexpr uint8_t i32_load = 0x28;
inline constexpr uint8_t i32_store = 0x36;
inline constexpr uint8_t memory_size = 0x3F;
inline constexpr uint8_t memory_grow = 0x40;
inline constexpr uint8_t i32_const = 0x41;
inline constexpr uint8_t i64_const = 0x42;
inline constexpr uint8_t i32_eqz = 0x45;
inline constexpr uint8_t i64_lt_s = 0x53;
inline constexpr uint8_t i32_add = 0x6A;
inline constexpr uint8_t i32_div_s = 0x6D;
inline constexpr uint8_t i64_add = 0x7C;
inline constexpr uint8_t i64_sub = 0x7D;
inline constexpr uint8_t i64_or = 0x84;
inline constexpr uint8_t i64_shl = 0x86;
inline constexpr uint8_t f64_add = 0xA0;
inline constexpr uint8_t i64_extend_i32_u = 0xAD;
inline constexpr uint8_t none = 0x40;  // the type of a block without a result
}  // namespace op

class ModuleBuilder {
 public:
  /// The number of the type.
  uint32_t type(std::vector<ValueType> parameters, std::vector<ValueType> results) {
    Bytes out{0x60};
    append_types(out, parameters);
    append_types(out, results);
    types_.push_back(std::move(out));
    return static_cast<uint32_t>(types_.size() - 1);
  }
  void import_function(std::string_view module, std::string_view name, uint32_t type) {
    Bytes out;
    append_name(out, module);
    append_name(out, name);
    out.push_back(0);
    append_u32(out, type);
    imports_.push_back(std::move(out));
  }
  /// The number of the function, which counts imported ones: import before. `code` is without the
  /// last end.
  uint32_t function(uint32_t type, Bytes code,
                    std::vector<std::pair<uint32_t, ValueType>> locals = {}) {
    Bytes index;
    append_u32(index, type);
    functions_.push_back(std::move(index));
    Bytes body;
    append_u32(body, static_cast<uint32_t>(locals.size()));
    for (const auto& [count, local] : locals) {
      append_u32(body, count);
      body.push_back(static_cast<uint8_t>(local));
    }
    append_bytes(body, code);
    body.push_back(op::end);
    Bytes out;
    append_u32(out, static_cast<uint32_t>(body.size()));
    append_bytes(out, body);
    bodies_.push_back(std::move(out));
    return static_cast<uint32_t>(imports_.size() + functions_.size() - 1);
  }
  void table(uint32_t initial, std::optional<uint32_t> maximum = {}) {
    Bytes out{0x70};
    append_range(out, initial, maximum);
    tables_.push_back(std::move(out));
  }
  void memory(uint32_t initial, std::optional<uint32_t> maximum = {}) {
    Bytes out;
    append_range(out, initial, maximum);
    memories_.push_back(std::move(out));
  }
  /// A variable i64.
  void global(int64_t value) {
    Bytes out{0x7E, 1, op::i64_const};
    append_signed(out, value);
    out.push_back(op::end);
    globals_.push_back(std::move(out));
  }
  void export_item(std::string_view name, ExternalKind kind, uint32_t index) {
    Bytes out;
    append_name(out, name);
    out.push_back(static_cast<uint8_t>(kind));
    append_u32(out, index);
    exports_.push_back(std::move(out));
  }
  void export_function(std::string_view name, uint32_t function) {
    export_item(name, ExternalKind::function, function);
  }
  void start(uint32_t function) { start_ = function; }
  /// What the memory begins with at `at`.
  void data(int32_t at, ByteView bytes) {
    Bytes out{0, op::i32_const};
    append_signed(out, at);
    out.push_back(op::end);
    append_u32(out, static_cast<uint32_t>(bytes.size()));
    append_bytes(out, bytes);
    data_.push_back(std::move(out));
  }
  void custom(std::string_view name, ByteView data) {
    Bytes content;
    append_name(content, name);
    append_bytes(content, data);
    append_section(custom_, 0, content);
  }

  Bytes bytes() const {
    Bytes out{0x00, 0x61, 0x73, 0x6D, 1, 0, 0, 0};
    append_list(out, 1, types_);
    append_list(out, 2, imports_);
    append_list(out, 3, functions_);
    append_list(out, 4, tables_);
    append_list(out, 5, memories_);
    append_list(out, 6, globals_);
    append_list(out, 7, exports_);
    if (start_) {
      Bytes content;
      append_u32(content, *start_);
      append_section(out, 8, content);
    }
    append_list(out, 10, bodies_);
    append_list(out, 11, data_);
    append_bytes(out, custom_);
    return out;
  }

 private:
  static void append_types(Bytes& out, const std::vector<ValueType>& types) {
    append_u32(out, static_cast<uint32_t>(types.size()));
    for (ValueType type : types) out.push_back(static_cast<uint8_t>(type));
  }
  static void append_range(Bytes& out, uint32_t initial, std::optional<uint32_t> maximum) {
    out.push_back(maximum ? 1 : 0);
    append_u32(out, initial);
    if (maximum) append_u32(out, *maximum);
  }
  static void append_list(Bytes& out, uint8_t section, const std::vector<Bytes>& items) {
    if (items.empty()) return;
    Bytes content;
    append_u32(content, static_cast<uint32_t>(items.size()));
    for (const Bytes& item : items) append_bytes(content, item);
    append_section(out, section, content);
  }

  std::vector<Bytes> types_;
  std::vector<Bytes> imports_;
  std::vector<Bytes> functions_;
  std::vector<Bytes> tables_;
  std::vector<Bytes> memories_;
  std::vector<Bytes> globals_;
  std::vector<Bytes> exports_;
  std::vector<Bytes> bodies_;
  std::vector<Bytes> data_;
  std::optional<uint32_t> start_;
  Bytes custom_;
};

/// Code in pieces.
inline Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes out;
  for (const Bytes& part : parts) append_bytes(out, part);
  return out;
}
inline Bytes i32_of(int32_t value) {
  Bytes out{op::i32_const};
  append_signed(out, value);
  return out;
}
inline Bytes i64_of(int64_t value) {
  Bytes out{op::i64_const};
  append_signed(out, value);
  return out;
}
inline Bytes call_of(uint32_t function) {
  Bytes out{op::call};
  append_u32(out, function);
  return out;
}

/// The bytes of instructions whose operands are single bytes.
inline Bytes code(std::initializer_list<int> bytes) {
  Bytes out;
  for (int byte : bytes) out.push_back(static_cast<uint8_t>(byte));
  return out;
}

}  // namespace samara::runtime::wasm
