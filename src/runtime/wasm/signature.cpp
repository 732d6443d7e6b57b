#include "runtime/wasm/signature.hpp"

#include <optional>

#include "call/type_name.hpp"
#include "runtime/wasm/writer.hpp"

namespace samara::runtime::wasm {

namespace {

std::optional<Passing> passing_of(const Type* type, ValueType wasm) {
  switch (type->kind()) {
    case Kind::integer:
      if (wasm == ValueType::i64) return Passing::integer64;
      if (wasm == ValueType::i32) return Passing::integer32;
      return {};
    case Kind::float_:
      if (wasm == ValueType::f64) return Passing::float64;
      if (wasm == ValueType::f32) return Passing::float32;
      return {};
    case Kind::boolean:
      if (wasm == ValueType::i32) return Passing::boolean;
      return {};
    default:
      return {};
  }
}

std::optional<Passing> result_passing(const Type* type, const std::vector<ValueType>& results) {
  if (results.empty()) {
    if (type->kind() == Kind::null) return Passing::nothing;
    return {};
  }
  if (results.size() > 1) return {};
  return passing_of(type, results[0]);
}

uint32_t cells_of(Passing passing) {
  switch (passing) {
    case Passing::integer64:
    case Passing::float64:
      return 2;
    case Passing::integer32:
    case Passing::float32:
    case Passing::boolean:
      return 1;
    case Passing::nothing:
      return 0;
  }
  return 0;
}

// What compilers export for those who make an instance, not for callers.
bool only_prepares(std::string_view name) {
  return name == "_initialize" || name == "__wasm_call_ctors" || name == "__post_instantiate";
}

Result<const Export*> exported_function(const Module& module, std::string_view name) {
  const Export* item = module.find_export(name);
  if (item != nullptr && item->kind == ExternalKind::function) return item;
  return Error(Code::check_failed, "the module exports no function '" + std::string(name) +
                                       "', which it names as its own");
}

const Type* type_of(ValueType type, TypeTable& types) {
  switch (type) {
    case ValueType::i32:
    case ValueType::i64:
      return types.integer();
    case ValueType::f32:
    case ValueType::f64:
      return types.float_();
    case ValueType::funcref:
    case ValueType::externref:
      break;
  }
  return nullptr;
}

}  // namespace

uint32_t Signature::argument_cells() const {
  uint32_t cells = 0;
  for (Passing passing : parameters) cells += cells_of(passing);
  return cells;
}

Result<const Export*> main_export(ByteView bytes, const Module& module) {
  for (auto section = module.custom.rbegin(); section != module.custom.rend(); ++section) {
    if (section->name != k_export_section_name) continue;
    return exported_function(module,
                             as_text(bytes.subspan(section->data, section->end - section->data)));
  }
  const Export* found = nullptr;
  std::string names;
  size_t count = 0;
  for (const Export& item : module.exports) {
    if (item.kind != ExternalKind::function || only_prepares(item.name)) continue;
    found = &item;
    if (++count <= 8) names += (count > 1 ? ", '" : "'") + item.name + "'";
  }
  if (count == 1) return found;
  if (count == 0) return Error(Code::check_failed, "the module exports no function");
  return Error(Code::check_failed, "the module exports " + std::to_string(count) + " functions, " +
                                       names + (count > 8 ? ", …" : "") + ": name one of them");
}

Bytes with_main_export(ByteView bytes, std::string_view name) {
  Bytes out(bytes.begin(), bytes.end());
  Bytes content;
  append_name(content, k_export_section_name);
  append_bytes(content, as_bytes(name));
  append_section(out, 0, content);
  return out;
}

Result<Signature> bind_export(ByteView bytes, const Module& module,
                              std::span<const Type* const> inputs, const Type* output) {
  SAMARA_TRY(const Export* item, main_export(bytes, module));
  const FunctionType& type = module.type_of(item->index);
  Signature signature;
  signature.name = item->name;
  std::optional<Passing> result = result_passing(output, type.results);
  bool fits = result.has_value() && type.parameters.size() == inputs.size();
  for (size_t i = 0; fits && i < inputs.size(); i++) {
    std::optional<Passing> passing = passing_of(inputs[i], type.parameters[i]);
    fits = passing.has_value();
    if (fits) signature.parameters.push_back(*passing);
  }
  if (fits) {
    signature.result = *result;
    return signature;
  }
  FunctionRecord record;
  record.inputs.assign(inputs.begin(), inputs.end());
  record.output = output;
  return Error(Code::check_failed, "export '" + item->name + "' is " + function_type_text(type) +
                                       ", which does not fit " + signature_text(record));
}

Result<ScalarTypes> scalar_types(const Module& module, const Export& item, TypeTable& types) {
  const FunctionType& type = module.type_of(item.index);
  ScalarTypes out;
  bool scalars = type.results.size() <= 1;
  for (ValueType parameter : type.parameters) {
    out.inputs.push_back(type_of(parameter, types));
    scalars = scalars && out.inputs.back() != nullptr;
  }
  out.output = type.results.empty() ? types.null() : type_of(type.results[0], types);
  if (scalars && out.output != nullptr) return out;
  return Error(Code::unsupported, "export '" + item.name + "' is " + function_type_text(type) +
                                      ": only numbers pass, and one result at most");
}

}  // namespace samara::runtime::wasm
