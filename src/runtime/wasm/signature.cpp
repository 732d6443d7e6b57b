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

// What compilers and authors export for those who make an instance, not for callers.
bool only_prepares(std::string_view name) {
  return name == "_initialize" || name == "__wasm_call_ctors" || name == "__post_instantiate" ||
         name == k_allocator_name;
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

struct Binding {
  const Module& module;
  const Export& item;
  std::span<const Type* const> inputs;
  const Type* output;

  const FunctionType& type() const { return module.type_of(item.index); }
  std::string wanted() const {
    FunctionRecord record;
    record.inputs.assign(inputs.begin(), inputs.end());
    record.output = output;
    return signature_text(record);
  }
  Error misfit(const std::string& what) const {
    return Error(Code::check_failed,
                 "export '" + item.name + "' is " + function_type_text(type()) + ", " + what);
  }
};

Result<void> bind_scalars(const Binding& binding, Signature& signature) {
  const FunctionType& type = binding.type();
  std::optional<Passing> result = result_passing(binding.output, type.results);
  bool fits = result.has_value() && type.parameters.size() == binding.inputs.size();
  for (size_t i = 0; fits && i < binding.inputs.size(); i++) {
    std::optional<Passing> passing = passing_of(binding.inputs[i], type.parameters[i]);
    fits = passing.has_value();
    if (fits) signature.parameters.push_back(*passing);
  }
  if (!fits) return binding.misfit("which does not fit " + binding.wanted());
  signature.result = *result;
  return {};
}

Result<void> check_encodable(const Binding& binding) {
  bool passes = binding.output->is_data();
  for (const Type* input : binding.inputs) passes = passes && input->is_data();
  if (passes) return {};
  return Error(Code::unsupported, "functions cannot pass to or from a module, as in " +
                                      binding.wanted() + " of export '" + binding.item.name + "'");
}

Result<void> need_memory(const Binding& binding, std::string_view form) {
  const Export* memory = binding.module.find_export(k_memory_name);
  if (memory != nullptr && memory->kind == ExternalKind::memory) return {};
  return Error(Code::check_failed, "a module of the form '" + std::string(form) +
                                       "' exports its memory as 'memory', this one does not");
}

Result<void> bind_bytes(const Binding& binding) {
  using enum ValueType;
  if (binding.type() != FunctionType{{i32, i32}, {i64}}) {
    return binding.misfit("a function of the form 'bytes' is (i32, i32) -> i64");
  }
  SAMARA_CHECK(need_memory(binding, "bytes"));
  const Export* allocator = binding.module.find_export(k_allocator_name);
  if (allocator == nullptr || allocator->kind != ExternalKind::function ||
      binding.module.type_of(allocator->index) != FunctionType{{i32}, {i32}}) {
    return Error(Code::check_failed,
                 "a module of the form 'bytes' exports 'samara_alloc' of (i32) -> i32, this one "
                 "does not");
  }
  return check_encodable(binding);
}

Result<void> bind_procedure(const Binding& binding, std::string_view form) {
  if (binding.type() != FunctionType{}) {
    return binding.misfit("a function of the form '" + std::string(form) + "' is () -> ()");
  }
  return {};
}

bool is_text(const Type* type) {
  return type->kind() == Kind::string || type->kind() == Kind::blob;
}

Result<void> check_command(const Binding& binding) {
  std::span<const Type* const> rest = binding.inputs;
  if (!rest.empty() && rest[0]->kind() == Kind::array &&
      rest[0]->child(0)->kind() == Kind::string) {
    rest = rest.subspan(1);
  }
  if (!rest.empty() && is_text(rest[0])) rest = rest.subspan(1);
  bool gives = is_text(binding.output) || binding.output->kind() == Kind::null;
  if (rest.empty() && gives) return {};
  return Error(Code::check_failed,
               "a command takes its words as Array<String> and standard input "
               "as Blob or String, both or one or none, and gives standard "
               "output as Blob or String, or Null: not " +
                   binding.wanted());
}

}  // namespace

Result<const Export*> main_export(ByteView bytes, const Module& module) {
  auto named = custom_text(bytes, module, k_export_section_name);
  if (named) return exported_function(module, *named);
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
  SAMARA_TRY(std::optional<Form> form, declared_form(bytes, module));
  Binding binding{module, *item, inputs, output};
  Signature signature;
  signature.name = item->name;
  signature.form = form.value_or(Form::scalars);
  switch (signature.form) {
    case Form::scalars:
      SAMARA_CHECK(bind_scalars(binding, signature));
      break;
    case Form::bytes:
      SAMARA_CHECK(bind_bytes(binding));
      break;
    case Form::task:
      SAMARA_CHECK(bind_procedure(binding, "task"));
      SAMARA_CHECK(check_encodable(binding));
      break;
    case Form::command:
      SAMARA_CHECK(bind_procedure(binding, "command"));
      SAMARA_CHECK(check_command(binding));
      break;
  }
  return signature;
}

PlainTypes command_types(TypeTable& types) {
  return {{types.array(types.string()), types.blob()}, types.blob()};
}

Result<PlainTypes> scalar_types(const Module& module, const Export& item, TypeTable& types) {
  const FunctionType& type = module.type_of(item.index);
  PlainTypes out;
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
