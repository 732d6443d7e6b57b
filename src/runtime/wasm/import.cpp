#include "runtime/wasm/import.hpp"

#include "core/sha256.hpp"
#include "runtime/wasm/signature.hpp"

namespace samara::runtime::wasm {

namespace {

Result<void> take_types(FunctionRecord& record, const Module& module, const Export& item,
                        const Type* type, TypeTable& types) {
  if (type == nullptr) {
    SAMARA_TRY(ScalarTypes scalars, scalar_types(module, item, types));
    record.inputs = std::move(scalars.inputs);
    record.output = scalars.output;
    return {};
  }
  if (!type->is_function()) {
    return Error(Code::invalid_argument, "the type of a function must be one of functions");
  }
  for (uint32_t i = 0; i < type->input_count(); i++) record.inputs.push_back(type->child(i));
  record.output = type->output();
  return {};
}

}  // namespace

Result<void> check_imports(const Module& module) {
  if (module.imports.empty()) return {};
  const Import& item = module.imports[0];
  return Error(Code::not_found, k_domain_offset, item.offset,
               "byte " + std::to_string(item.offset) + ": " +
                   std::string(external_kind_name(item.kind)) + " '" + item.module + "." +
                   item.name + "' is imported, which is not offered: build the module without it");
}

Result<ImportedFunction> import_module(const RecordTypes& types, ByteView bytes,
                                       const ImportOptions& options) {
  ImportedFunction out;
  out.code = options.export_name.empty() ? Bytes(bytes.begin(), bytes.end())
                                         : with_main_export(bytes, options.export_name);
  // First as it came: offsets in messages are then those of the file.
  SAMARA_CHECK(scan(bytes, options.scan));
  SAMARA_TRY(Module module, scan(out.code, options.scan));
  SAMARA_CHECK(check_imports(module));
  SAMARA_TRY(const Export* item, main_export(out.code, module));
  FunctionRecord& record = out.record;
  record.kind = k_kind_wasm;
  record.code = sha256(out.code);
  SAMARA_CHECK(take_types(record, module, *item, options.type, types.types));
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
