#include "runtime/east/import.hpp"

#include "core/sha256.hpp"
#include "eval/platform_signatures.hpp"
#include "ir/canonical.hpp"
#include "ir/check.hpp"
#include "ir/decode.hpp"
#include "ir/effects.hpp"
#include "runtime/east/effects.hpp"

namespace samara::runtime::east {

namespace {

Result<void> check_offered(const ir::Effects& effects, const eval::PlatformRegistry& platform) {
  for (const ir::PlatformUse& use : effects.platform) {
    if (use.optional || platform.describe(use.name) != nullptr) continue;
    return Error(Code::not_found, "unknown platform function '" + use.name +
                                      "': no runtime of this program offers it");
  }
  return {};
}

}  // namespace

Result<ImportedFunction> import_program(const RecordTypes& types,
                                        const eval::PlatformRegistry& platform, ByteView bytes,
                                        std::string_view source) {
  SAMARA_TRY(std::unique_ptr<ir::Program> program, ir::from_bytes(types.types, bytes));
  ir::Effects effects = ir::effects_of(*program);
  SAMARA_CHECK(check_offered(effects, platform));
  SAMARA_CHECK(ir::check(*program, eval::RegistrySignatures(platform)));
  SAMARA_TRY(ir::CanonicalCode code, ir::canonical_code(*program));

  ImportedFunction out;
  const Type* type = program->root()->type;
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
  SAMARA_TRY(companion.debug, ir::encode_debug_info(code.debug));
  SAMARA_TRY(out.companion, encode_companion(companion, types));
  return out;
}

}  // namespace samara::runtime::east
