#include "runtime/east/east_runtime.hpp"

#include "core/sha256.hpp"
#include "eval/compile.hpp"
#include "eval/platform_signatures.hpp"
#include "ir/check.hpp"
#include "runtime/east/effects.hpp"
#include "runtime/east/import.hpp"
#include "runtime/east/run.hpp"

namespace samara::runtime::east {

namespace {

struct PreparedProgram final : Prepared {
  ProgramCache::Entry program;
};

Result<void> check_signature(const FunctionRecord& record, const Type* type) {
  bool fits = type->is_function() && type->input_count() == record.inputs.size() &&
              type->output() == record.output;
  for (uint32_t i = 0; fits && i < type->input_count(); i++)
    fits = type->child(i) == record.inputs[i];
  if (fits) return {};
  return Error(Code::corrupt, "the code of the function does not have the function's signature");
}

// The locations are compiled in, so a program with other ones is another entry.
Hash cache_key(const FunctionSource& source) {
  Sha256 hasher;
  hasher.update(source.record->code.view());
  hasher.update(source.function.view());
  hasher.update(source.companion);
  return hasher.finish();
}

}  // namespace

EastRuntime::EastRuntime(const EastRuntimeParts& parts)
    : parts_(parts), cache_(parts.compiled_max) {}

std::vector<Offer> EastRuntime::offers(const FunctionRecord& record) const {
  std::vector<Offer> out;
  for (const ReachedEffect& reached : record.effects) {
    Offer offer;
    offer.name = reached.name;
    const eval::PlatformFunction* function = parts_.platform.describe(reached.name);
    if (function != nullptr) {
      offer.offered = true;
      offer.effect = effect_of(function->effect);
      offer.capability = function->capability;
      offer.implementation = function->implementation;
    }
    out.push_back(std::move(offer));
  }
  return out;
}

Result<ProgramCache::Entry> EastRuntime::compiled(const FunctionSource& source) {
  Hash key = cache_key(source);
  if (ProgramCache::Entry known = cache_.find(key)) return known;
  SAMARA_TRY(std::unique_ptr<ir::Program> program,
             read_program(parts_.types, source.function, source.code, source.companion));
  auto made = std::make_shared<Executable>(parts_.platform);
  SAMARA_CHECK(add_callees(*made, *program, parts_.platform));
  SAMARA_CHECK(ir::check(*program, eval::RegistrySignatures(made->registry)));
  SAMARA_CHECK(check_signature(*source.record, program->root()->type));
  std::shared_ptr<const ir::Program> shared = std::move(program);
  SAMARA_TRY(made->program, eval::compile(shared, made->registry));
  compiled_count_.fetch_add(1);
  cache_.put(key, made);
  return made;
}

Result<std::shared_ptr<const Prepared>> EastRuntime::prepare(const FunctionSource& source) {
  Result<ProgramCache::Entry> program = Error(Code::cancelled, "");
  SAMARA_CHECK(parts_.stack.run([&] { program = compiled(source); }));
  if (!program) return std::move(program).error();
  auto prepared = std::make_shared<PreparedProgram>();
  prepared->program = std::move(*program);
  return std::shared_ptr<const Prepared>(std::move(prepared));
}

std::span<const Callee> EastRuntime::callees(const Prepared& prepared) const {
  return static_cast<const PreparedProgram&>(prepared).program->callees;
}

Result<RunResult> EastRuntime::run(const Prepared& prepared, const RunRequest& request) {
  const auto& program = static_cast<const PreparedProgram&>(prepared).program;
  Result<RunResult> result = Error(Code::cancelled, "");
  SAMARA_CHECK(parts_.stack.run([&] { result = run_program(parts_, program, request); }));
  return result;
}

}  // namespace samara::runtime::east
