#include "runtime/wasm/host_function.hpp"

#include <algorithm>

namespace samara::runtime::wasm {

namespace {

std::vector<HostFunction> all_functions() {
  std::vector<HostFunction> out;
  for (std::span<const HostFunction> part : {samara_functions(), wasi_functions()}) {
    out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

Error import_error(Code code, const Import& item, std::string_view rule) {
  return Error(code, k_domain_offset, item.offset,
               "byte " + std::to_string(item.offset) + ": " +
                   std::string(external_kind_name(item.kind)) + " '" + item.module + "." +
                   item.name + "' is imported" + std::string(rule));
}

// What only makes sense where arguments and result pass by host functions.
bool for_tasks_alone(const HostFunction& function) {
  std::string_view name = function.name;
  return function.module == k_samara_module_name &&
         (name == "input" || name == "input_size" || name == "publish_result");
}

Result<void> check_import(const Module& module, const Import& item, Form form) {
  const HostFunction* function =
      item.kind == ExternalKind::function ? find_host_function(item.module, item.name) : nullptr;
  if (function == nullptr) {
    return import_error(Code::not_found, item,
                        ", which is not offered: build the module without it");
  }
  FunctionType offered = type_of(*function);
  const FunctionType& wanted = module.type_of(item.index);
  if (wanted != offered) {
    return import_error(Code::check_failed, item,
                        " as " + function_type_text(wanted) + ", but it is " +
                            function_type_text(offered) + ": declare it so");
  }
  if (form != Form::task && for_tasks_alone(*function)) {
    return import_error(Code::check_failed, item,
                        ", which is for tasks: this function is of the form '" +
                            std::string(form_word(form)) + "', so build it without");
  }
  return {};
}

}  // namespace

std::optional<std::span<uint8_t>> HostCall::memory(uint32_t at, uint32_t length) {
  if (at <= memory_.size() && length <= memory_.size() - at) return memory_.subspan(at, length);
  trap("out of bounds memory access");
  return {};
}

bool HostCall::put_u32(uint32_t at, uint32_t value) {
  auto place = memory(at, 4);
  if (!place) return false;
  for (unsigned i = 0; i < 4; i++) (*place)[i] = static_cast<uint8_t>(value >> (8 * i));
  return true;
}

bool HostCall::put_u64(uint32_t at, uint64_t value) {
  auto place = memory(at, 8);
  if (!place) return false;
  for (unsigned i = 0; i < 8; i++) (*place)[i] = static_cast<uint8_t>(value >> (8 * i));
  return true;
}

std::span<const HostFunction> host_functions() {
  static const std::vector<HostFunction> all = all_functions();
  return all;
}

const HostFunction* find_host_function(std::string_view module, std::string_view name) {
  for (const HostFunction& function : host_functions()) {
    if (function.name == name && function.module == module) return &function;
  }
  return nullptr;
}

const HostFunction* find_host_function(std::string_view full_name) {
  size_t dot = full_name.find('.');
  if (dot == std::string_view::npos) return nullptr;
  return find_host_function(full_name.substr(0, dot), full_name.substr(dot + 1));
}

std::string full_name(const HostFunction& function) {
  return std::string(function.module) + "." + function.name;
}

FunctionType type_of(const HostFunction& function) {
  FunctionType out;
  std::vector<ValueType>* list = &out.parameters;
  for (char letter : std::string_view(function.signature)) {
    if (letter == 'i') list->push_back(ValueType::i32);
    if (letter == 'I') list->push_back(ValueType::i64);
    if (letter == 'F') list->push_back(ValueType::f64);
    if (letter == ')') list = &out.results;
  }
  return out;
}

Result<void> check_imports(const Module& module, Form form) {
  for (const Import& item : module.imports) SAMARA_CHECK(check_import(module, item, form));
  return {};
}

std::vector<ReachedEffect> reached_effects(const Module& module, std::span<const Callee> callees) {
  std::vector<ReachedEffect> out;
  for (const Callee& callee : callees) out.push_back({callee.name, Effect::unknown});
  for (const Import& item : module.imports) {
    const HostFunction* function = find_host_function(item.module, item.name);
    if (function != nullptr) out.push_back({full_name(*function), function->effect});
  }
  std::sort(out.begin(), out.end(),
            [](const ReachedEffect& a, const ReachedEffect& b) { return a.name < b.name; });
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace samara::runtime::wasm
