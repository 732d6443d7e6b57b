#include "runtime/wasm/module.hpp"

#include "core/assert.hpp"

namespace samara::runtime::wasm {

std::string_view value_type_name(ValueType type) {
  switch (type) {
    case ValueType::i32:
      return "i32";
    case ValueType::i64:
      return "i64";
    case ValueType::f32:
      return "f32";
    case ValueType::f64:
      return "f64";
    case ValueType::funcref:
      return "funcref";
    case ValueType::externref:
      return "externref";
  }
  SAMARA_ASSERT(!"a type that the scan lets through");
  return "";
}

std::string_view external_kind_name(ExternalKind kind) {
  switch (kind) {
    case ExternalKind::function:
      return "function";
    case ExternalKind::table:
      return "table";
    case ExternalKind::memory:
      return "memory";
    case ExternalKind::global:
      return "global";
  }
  SAMARA_ASSERT(!"a kind that the scan lets through");
  return "";
}

namespace {

void append_list(std::string& out, const std::vector<ValueType>& types) {
  out += "(";
  for (size_t i = 0; i < types.size(); i++) {
    if (i > 0) out += ", ";
    out += value_type_name(types[i]);
  }
  out += ")";
}

}  // namespace

std::string function_type_text(const FunctionType& type) {
  std::string out;
  append_list(out, type.parameters);
  out += " -> ";
  if (type.results.size() == 1) {
    out += value_type_name(type.results[0]);
  } else {
    append_list(out, type.results);
  }
  return out;
}

const Export* Module::find_export(std::string_view name) const {
  for (const Export& item : exports) {
    if (item.name == name) return &item;
  }
  return nullptr;
}

}  // namespace samara::runtime::wasm
