#include "runtime/wasm/callees.hpp"

#include <algorithm>
#include <map>

#include "runtime/wasm/form.hpp"
#include "runtime/wasm/host_function.hpp"
#include "value/text_type.hpp"

namespace samara::runtime::wasm {

namespace {

HeapOptions heap_options(uint64_t bytes_max) {
  HeapOptions out;
  if (bytes_max <= SIZE_MAX) out.limit_bytes = static_cast<size_t>(bytes_max);
  return out;
}

Result<Callee> declared(const std::string& name, std::string_view text, TypeTable& types) {
  const std::string section =
      "the module's section '" + std::string(k_callee_section_prefix) + name + "'";
  TypeParseResult parsed = type_from_text(types, text);
  if (!parsed) {
    return Error(Code::check_failed, section + " is no type: " + parsed.error->message);
  }
  if (!parsed.type->is_function()) {
    return Error(Code::check_failed, section + " is no type of functions");
  }
  if (find_host_function(name) != nullptr) {
    return Error(Code::check_failed, section + " has the name of a host function");
  }
  Callee out;
  out.name = name;
  bool passes = parsed.type->output()->is_data();
  for (uint32_t i = 0; i < parsed.type->input_count(); i++) {
    out.inputs.push_back(parsed.type->child(i));
    passes = passes && out.inputs.back()->is_data();
  }
  out.output = parsed.type->output();
  if (passes) return out;
  return Error(Code::unsupported, section + ": functions cannot pass to or from a module");
}

}  // namespace

Result<std::vector<Callee>> declared_callees(ByteView bytes, const Module& module,
                                             TypeTable& types) {
  std::map<std::string, Callee> found;
  for (const CustomSection& section : module.custom) {
    if (!section.name.starts_with(k_callee_section_prefix)) continue;
    std::string name = section.name.substr(k_callee_section_prefix.size());
    std::string_view text = as_text(bytes.subspan(section.data, section.end - section.data));
    SAMARA_TRY(Callee callee, declared(name, text, types));
    found[name] = std::move(callee);
  }
  std::vector<Callee> out;
  out.reserve(found.size());
  for (auto& [name, callee] : found) out.push_back(std::move(callee));
  return out;
}

Result<std::vector<Bytes>> callee_arguments(const Callee& callee, ByteView bytes,
                                            uint64_t values_bytes_max) {
  Heap heap(heap_options(values_bytes_max));
  std::vector<Bytes> out;
  out.reserve(callee.inputs.size());
  for (const Type* type : callee.inputs) {
    SAMARA_TRY(DecodedPrefix value, decode_beast2_prefix(bytes, type, heap));
    SAMARA_TRY(Bytes encoded, encode_beast2(type, value.value));
    out.push_back(std::move(encoded));
    bytes = bytes.subspan(value.bytes_used);
  }
  if (bytes.empty()) return out;
  return Error(Code::corrupt, std::to_string(bytes.size()) + " bytes follow the last argument");
}

Result<Bytes> callee_result(const Callee& callee, ByteView value, TypeTable& types,
                            uint64_t values_bytes_max) {
  Heap heap(heap_options(values_bytes_max));
  SAMARA_TRY(Slot decoded, decode_beast2(value, callee.output, types, heap));
  return encode_beast2_value(callee.output, decoded);
}

}  // namespace samara::runtime::wasm
