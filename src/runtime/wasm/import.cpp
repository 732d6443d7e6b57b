#include "runtime/wasm/import.hpp"

#include "core/sha256.hpp"
#include "runtime/wasm/callees.hpp"
#include "runtime/wasm/host_function.hpp"
#include "runtime/wasm/signature.hpp"

namespace samara::runtime::wasm {

namespace {

// What the caller says, else what the module says; null: neither does.
Result<const Type*> known_type(ByteView bytes, const Module& module, const Export& item,
                               const ImportOptions& options, TypeTable& types) {
  const Type* type = options.type;
  if (type == nullptr) {
    SAMARA_TRY(type, declared_type(bytes, module, item, types));
  }
  if (type != nullptr && !type->is_function()) {
    return Error(Code::invalid_argument, "the type of a function must be one of functions");
  }
  return type;
}

// `clear`: that an export of numbers alone is meant so.
Result<PlainTypes> types_of(const Module& module, const Export& item, Form form, bool clear,
                            const Type* type, TypeTable& types) {
  if (type != nullptr) {
    PlainTypes out;
    for (uint32_t i = 0; i < type->input_count(); i++) out.inputs.push_back(type->child(i));
    out.output = type->output();
    return out;
  }
  if (form == Form::scalars && clear) return scalar_types(module, item, types);
  if (form == Form::command) return command_types(types);
  return Error(Code::check_failed, "export '" + item.name +
                                       "' does not say the type of its function: give it, or put "
                                       "it into the module's section 'samara.type'");
}

}  // namespace

Result<ImportedFunction> import_module(const RecordTypes& types, ByteView bytes,
                                       const ImportOptions& options) {
  ImportedFunction out;
  out.code = options.export_name.empty() ? Bytes(bytes.begin(), bytes.end())
                                         : with_main_export(bytes, options.export_name);
  // First as it came: offsets in messages are then those of the file.
  SAMARA_CHECK(scan(bytes, options.scan));
  SAMARA_TRY(Module module, scan(out.code, options.scan));
  SAMARA_TRY(const Export* item, main_export(out.code, module));
  SAMARA_TRY(const Type* type, known_type(out.code, module, *item, options, types.types));
  SAMARA_TRY(std::optional<Form> declared, declared_form(out.code, module));
  Form form = declared.value_or(natural_form(module, *item, type != nullptr));
  SAMARA_CHECK(check_imports(module, form));
  bool clear = declared.has_value() || natural_form(module, *item, true) == Form::scalars;
  SAMARA_TRY(PlainTypes plain, types_of(module, *item, form, clear, type, types.types));
  FunctionRecord& record = out.record;
  record.kind = k_kind_wasm;
  record.inputs = std::move(plain.inputs);
  record.output = plain.output;
  SAMARA_TRY(std::vector<Callee> callees, declared_callees(out.code, module, types.types));
  record.effects = reached_effects(module, callees);
  if (form != declared.value_or(Form::scalars)) {
    out.code = with_form(out.code, form);
    SAMARA_TRY(module, scan(out.code, options.scan));
  }
  record.code = sha256(out.code);
  SAMARA_CHECK(bind_export(out.code, module, record.inputs, record.output));
  SAMARA_TRY(out.object, encode_function(record, types));
  out.id = sha256(out.object);
  FunctionCompanion companion;
  companion.function = out.id;
  companion.source = options.source;
  SAMARA_TRY(out.companion, encode_companion(companion, types));
  return out;
}

}  // namespace samara::runtime::wasm
