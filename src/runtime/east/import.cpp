#include "runtime/east/import.hpp"

#include "core/sha256.hpp"
#include "eval/platform_signatures.hpp"
#include "ir/canonical.hpp"
#include "ir/check.hpp"
#include "ir/debug_info.hpp"
#include "ir/decode.hpp"
#include "ir/effects.hpp"
#include "runtime/east/callees.hpp"
#include "runtime/east/effects.hpp"

namespace samara::runtime::east {

namespace {

// Locations may be gone or belong to another build of the function: then messages lack them, and
// nothing else changes.
void attach_companion(ir::Program& program, const RecordTypes& types, const Hash& function,
                      ByteView bytes) {
  if (bytes.empty()) return;
  auto companion = decode_companion(bytes, types);
  if (!companion || companion->function != function) return;
  auto debug = ir::decode_debug_info(companion->debug);
  if (!debug) return;
  static_cast<void>(ir::attach(program, *debug));
}

}  // namespace

Result<ImportedFunction> import_program(const RecordTypes& types,
                                        const eval::PlatformRegistry& platform, ByteView bytes,
                                        std::string_view source) {
  SAMARA_TRY(std::unique_ptr<ir::Program> program, ir::from_bytes(types.types, bytes));
  return import_program(types, platform, *program, source, {});
}

Result<ImportedFunction> import_program(const RecordTypes& types,
                                        const eval::PlatformRegistry& platform,
                                        const ir::Program& program, std::string_view source,
                                        std::string_view doc) {
  ir::Effects effects = ir::effects_of(program);
  Executable executable(platform);
  SAMARA_CHECK(add_callees(executable, program, platform));
  SAMARA_CHECK(ir::check(program, eval::RegistrySignatures(executable.registry)));
  SAMARA_TRY(ir::CanonicalCode code, ir::canonical_code(program));

  ImportedFunction out;
  const Type* type = program.root()->type;
  out.record.code = code.hash;
  for (uint32_t i = 0; i < type->input_count(); i++) out.record.inputs.push_back(type->child(i));
  out.record.output = type->output();
  out.record.effects = reached_effects(effects, platform);
  SAMARA_TRY(out.object, encode_function(out.record, types));
  out.id = sha256(out.object);
  out.code = std::move(code.bytes);
  FunctionCompanion companion;
  companion.function = out.id;
  companion.source = source;
  companion.doc = doc;
  SAMARA_TRY(companion.debug, ir::encode_debug_info(code.debug));
  SAMARA_TRY(out.companion, encode_companion(companion, types));
  return out;
}

Result<std::unique_ptr<ir::Program>> read_program(const RecordTypes& types, const Hash& function,
                                                  ByteView code, ByteView companion) {
  ir::ProgramReader reader(types.types);
  SAMARA_TRY(std::unique_ptr<ir::Program> program, reader.read(code));
  attach_companion(*program, types, function, companion);
  return program;
}

}  // namespace samara::runtime::east
