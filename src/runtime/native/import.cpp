#include "runtime/native/import.hpp"

#include "core/sha256.hpp"
#include "image/container.hpp"
#include "image/writer.hpp"
#include "runtime/native/admission.hpp"
#include "runtime/native/effects.hpp"
#include "value/beast2.hpp"
#include "value/text_type.hpp"

namespace samara::runtime::native {

namespace {

Result<void> check_type(const Type* type) {
  if (type->is_data()) return {};
  return Error(Code::invalid_argument,
               "a native function takes and gives data; functions cannot be passed to it");
}

Result<void> take_types(FunctionRecord& record, const Type* type) {
  if (type == nullptr || !type->is_function()) {
    return Error(Code::invalid_argument,
                 type == nullptr ? "the image does not say the type of its function: give it"
                                 : "the type of a native image must be one of functions");
  }
  for (uint32_t i = 0; i < type->input_count(); i++) {
    SAMARA_CHECK(check_type(type->child(i)));
    record.inputs.push_back(type->child(i));
  }
  record.output = type->output();
  return check_type(record.output);
}

// The caller's word, else the manifest's.
Result<const Type*> type_of(const image::Manifest& manifest, const Type* given, TypeTable& types) {
  if (given != nullptr || manifest.type_text.empty()) return given;
  TypeParseResult parsed = type_from_text(types, as_text(manifest.type_text));
  if (!parsed) {
    return Error(Code::corrupt,
                 "the type that the image says it has is none: " + parsed.error->reason);
  }
  return parsed.type;
}

Result<void> check_hashes(const image::Manifest& manifest, const FunctionRecord& record) {
  if (manifest.input_type && *manifest.input_type != type_hash(record.inputs)) {
    return Error(Code::type_mismatch, "the image was built for arguments of other types");
  }
  if (manifest.output_type && *manifest.output_type != type_hash({&record.output, 1})) {
    return Error(Code::type_mismatch, "the image was built for a result of another type");
  }
  return {};
}

}  // namespace

Hash type_hash(std::span<const Type* const> types) {
  Bytes bytes;
  for (const Type* type : types) {
    const auto appended = append_type(bytes, type, Dialect::b);
    SAMARA_ASSERT(appended);  // every type is one of dialect B
  }
  return sha256(bytes);
}

Result<ImportedFunction> import_image(const RecordTypes& types, ByteView bytes,
                                      const ImportOptions& options) {
  image::Container container;
  if (auto refusal = image::read_container(bytes, container)) return image::refusal_error(refusal);
  if (auto refusal = image::check_image_hash(container)) return image::refusal_error(refusal);
  if (options.trust != nullptr) SAMARA_CHECK(admit(container, *options.trust));
  ImportedFunction out;
  FunctionRecord& record = out.record;
  record.kind = k_kind_native;
  SAMARA_TRY(const Type* type, type_of(container.manifest, options.type, types.types));
  SAMARA_CHECK(take_types(record, type));
  SAMARA_CHECK(check_hashes(container.manifest, record));
  record.effects = effects_of(container.manifest);
  SAMARA_TRY(out.code, image::without_debug(bytes));
  const ByteView signatures = container.part(container.signature_part);
  if (!signatures.empty()) {
    out.signatures.assign(signatures.begin(), signatures.end());
    SAMARA_TRY(out.code, image::with_signatures(out.code, {}));
  }
  record.code = sha256(out.code);
  SAMARA_TRY(out.object, encode_function(record, types));
  out.id = sha256(out.object);
  FunctionCompanion companion;
  companion.function = out.id;
  const ByteView debug = container.part(container.debug_part);
  companion.debug.assign(debug.begin(), debug.end());
  companion.source = options.source;
  SAMARA_TRY(out.companion, encode_companion(companion, types));
  return out;
}

}  // namespace samara::runtime::native
