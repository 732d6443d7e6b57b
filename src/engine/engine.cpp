#include "engine/engine.hpp"

#include <algorithm>

#include "engine/call_job.hpp"
#include "engine/explain.hpp"
#include "engine/signatures.hpp"
#include "runtime/east/import.hpp"
#include "store/names.hpp"

namespace samara::engine {

struct Engine::Impl : Shared {
  using Shared::Shared;

  std::optional<CallResult> recall(const KnownFunction& function,
                                   std::span<const CallArgument> arguments);

  /// Stores what an import made and sets its refs.
  Result<AddedFunction> keep(runtime::ImportedFunction imported, const AddOptions& add);
};

namespace {

std::string name_for_messages(const Hash& function, std::string_view name) {
  return name.empty() ? function.short_hex() : std::string(name);
}

}  // namespace

Engine::Engine(const EngineParts& parts, EngineOptions options)
    : impl_(std::make_unique<Impl>(parts, std::move(options))) {}
Engine::~Engine() = default;

store::Repository& Engine::repository() { return impl_->repository(); }
TypeTable& Engine::types() { return impl_->parts.types; }
const RecordTypes& Engine::record_types() const { return impl_->types; }
Values& Engine::values() { return impl_->values; }

// --- functions
// ---------------------------------------------------------------------------------------

Result<AddedFunction> Engine::add_function(ByteView bytes, const AddOptions& options) {
  Result<runtime::ImportedFunction> imported = Error(Code::cancelled, "");
  SAMARA_CHECK(impl_->stack.run([&] {
    imported =
        runtime::east::import_program(impl_->types, impl_->parts.platform, bytes, options.source);
  }));
  if (!imported) return std::move(imported).error();
  return impl_->keep(std::move(*imported), options);
}

Result<AddedFunction> Engine::add_function(const ir::Program& program, const AddOptions& options) {
  Result<runtime::ImportedFunction> imported = Error(Code::cancelled, "");
  SAMARA_CHECK(impl_->stack.run([&] {
    imported = runtime::east::import_program(impl_->types, impl_->parts.platform, program,
                                             options.source, options.doc);
  }));
  if (!imported) return std::move(imported).error();
  return impl_->keep(std::move(*imported), options);
}

Result<AddedFunction> Engine::add_function(runtime::ImportedFunction imported,
                                           const AddOptions& options) {
  return impl_->keep(std::move(imported), options);
}

Result<AddedFunction> Engine::Impl::keep(runtime::ImportedFunction imported,
                                         const AddOptions& add) {
  store::Objects& objects = parts.repository.objects();
  store::Refs& refs = parts.repository.refs();
  // What is named is there before its name.
  SAMARA_CHECK(objects.put(imported.code, add.durability));
  SAMARA_CHECK(objects.put(imported.object, add.durability));
  SAMARA_TRY(Hash companion, objects.put(imported.companion, add.durability));
  // A ref that is right already is left alone: setting one is a sync.
  auto point = [&](const std::string& ref, const Hash& target) -> Result<std::optional<Hash>> {
    std::optional<Hash> before;
    if (auto at = refs.get(ref)) before = *at;
    if (before == target) return std::optional<Hash>();
    SAMARA_CHECK(refs.set(ref, target, store::RefCondition::any()));
    return before;
  };
  SAMARA_CHECK(point(debug_ref(imported.id), companion));
  if (!imported.signatures.empty()) {
    SAMARA_CHECK(add_signatures(parts.repository, imported.id, imported.signatures,
                                store::Durability::synced));
  }
  AddedFunction out;
  out.id = imported.id;
  out.record = std::move(imported.record);
  if (!add.name.empty()) {
    SAMARA_TRY(out.replaced, point(std::string(k_function_refs) + std::string(add.name), out.id));
  }
  functions.forget_prepared(out.id);
  return out;
}

Result<std::unique_ptr<ir::Program>> Engine::program(const Hash& function) {
  SAMARA_TRY(auto known, impl_->functions.get(function));
  if (known->record.kind != k_kind_east) {
    return Error(Code::unsupported, "function " + store::in_quotes(function) + " is of kind '" +
                                        known->record.kind + "' and has no East program");
  }
  SAMARA_TRY(auto code, repository().objects().view(known->record.code));
  SAMARA_TRY(Bytes companion, impl_->functions.companion_bytes(function));
  Result<std::unique_ptr<ir::Program>> program = Error(Code::cancelled, "");
  SAMARA_CHECK(impl_->stack.run([&] {
    program = runtime::east::read_program(impl_->types, function, code.bytes(), companion);
  }));
  return program;
}

Result<FunctionRecord> Engine::function(const Hash& id) {
  SAMARA_TRY(auto known, impl_->functions.get(id));
  return FunctionRecord(known->record);
}

Result<std::optional<FunctionCompanion>> Engine::companion(const Hash& function) {
  return impl_->functions.companion(function);
}

Result<std::vector<NamedFunction>> Engine::functions() {
  SAMARA_TRY(auto names, repository().refs().list(k_function_refs));
  std::vector<NamedFunction> out;
  for (const std::string& name : names) {
    auto id = repository().refs().get(name);
    if (!id && id.error().code == Code::not_found) continue;  // removed since
    if (!id) return std::move(id).error();
    out.push_back({name.substr(k_function_refs.size()), *id});
  }
  return out;
}

Result<void> Engine::remove_function(std::string_view name) {
  std::string ref = std::string(k_function_refs) + std::string(name);
  SAMARA_TRY(Hash id, repository().refs().get(ref));
  SAMARA_CHECK(repository().refs().remove(ref, store::RefCondition::equals(id)));
  SAMARA_TRY(auto left, functions());
  bool named = std::any_of(left.begin(), left.end(),
                           [&](const NamedFunction& other) { return other.id == id; });
  if (named) return {};
  for (const std::string& beside : {debug_ref(id), signatures_ref(id)}) {
    auto removed = repository().refs().remove(beside, store::RefCondition::any());
    if (!removed && removed.error().code != Code::not_found) return removed;
  }
  return {};
}

Result<Failures> Engine::failures(const Hash& function) {
  return impl_->quarantine.failures(function);
}

Result<void> Engine::release(const Hash& function) { return impl_->quarantine.release(function); }

std::vector<runtime::Offer> Engine::offers(const FunctionRecord& record) {
  for (runtime::Runtime* runtime : impl_->runtimes) {
    if (runtime->kind() == record.kind) return runtime->offers(record);
  }
  return {};
}

// --- calls
// -------------------------------------------------------------------------------------------

// The short way: everything in memory, nothing decoded.
std::optional<CallResult> Engine::Impl::recall(const KnownFunction& function,
                                               std::span<const CallArgument> arguments) {
  auto ids = quick_ids(arguments);
  if (!ids.has_value()) return std::nullopt;
  CallSpec spec{function.id, std::move(*ids), function.bindings, k_semantics};
  Hash call = call_id(spec);
  auto answer = memo.find(call);
  if (answer == nullptr) return std::nullopt;
  // One that was collected meanwhile is computed again.
  auto there = repository().objects().contains(answer->value);
  if (!there || !*there) {
    memo.forget(call);
    return std::nullopt;
  }
  CallResult out;
  out.key = {function.id, call};
  out.outcome = Outcome::of_value(answer->value);
  out.from_memo = true;
  out.attempt = answer->attempt;
  out.usage = answer->usage;
  out.decisions.push_back(reason_to_answer(answer->attempt, answer->value));
  out.bytes = answer->bytes;
  return out;
}

Result<CallResult> Engine::call(const Hash& function, std::span<const CallArgument> arguments,
                                const CallOptions& options) {
  NameSnapshot names(repository(), impl_->parts.offered);
  SAMARA_TRY(auto known, impl_->functions.get(function, names));
  bool memo = known->pure && !options.no_memo;
  if (memo && arguments.size() == known->record.inputs.size() && known->missing_grant.empty()) {
    auto answer = impl_->recall(*known, arguments);
    if (answer.has_value()) return std::move(*answer);
  }
  CallRequest request{*known, arguments, options, name_for_messages(function, options.name),
                      memo,   names};
  SAMARA_CHECK(check_call(*known, arguments.size(), request.name));
  // What runs elsewhere and has values of little depth needs no stack to speak of.
  if (!known->runtime->wants_values() && known->flat) return CallJob(*impl_, request).run();
  Result<CallResult> result = Error(Code::cancelled, "");
  SAMARA_CHECK(impl_->stack.run([&] { result = CallJob(*impl_, request).run(); }));
  return result;
}

Result<runtime::RunResult> Engine::run_for_caller(const Hash& function,
                                                  std::span<const CallArgument> arguments,
                                                  const std::optional<Hash>& call,
                                                  const CallOptions& options) {
  NameSnapshot names(repository(), impl_->parts.offered);
  SAMARA_TRY(auto known, impl_->functions.get(function, names));
  CallRequest request{*known, arguments, options, name_for_messages(function, options.name),
                      false,  names};
  SAMARA_CHECK(check_call(*known, arguments.size(), request.name));
  Result<runtime::RunResult> result = Error(Code::cancelled, "");
  SAMARA_CHECK(impl_->stack.run([&] { result = CallJob(*impl_, request).run_for_caller(call); }));
  return result;
}

Result<store::CallKey> Engine::key_of(const Hash& function, std::span<const CallArgument> arguments,
                                      const CallOptions& options) {
  NameSnapshot names(repository(), impl_->parts.offered);
  SAMARA_TRY(auto known, impl_->functions.get(function, names));
  CallRequest request{*known, arguments, options, name_for_messages(function, options.name),
                      false,  names};
  SAMARA_CHECK(check_call(*known, arguments.size(), request.name));
  Result<Hash> call = Error(Code::cancelled, "");
  SAMARA_CHECK(impl_->stack.run([&] { call = CallJob(*impl_, request).id(); }));
  if (!call) return std::move(call).error();
  return store::CallKey{function, *call};
}

Result<std::shared_ptr<const Bytes>> Engine::result_bytes(const CallResult& result) {
  if (!result.outcome.is_value()) {
    return Error(Code::not_found, "the call gave no value: " + short_outcome(result.outcome));
  }
  if (result.bytes != nullptr) return std::shared_ptr<const Bytes>(result.bytes);
  SAMARA_TRY(Bytes bytes, repository().objects().get(result.outcome.value));
  return std::shared_ptr<const Bytes>(std::make_shared<const Bytes>(std::move(bytes)));
}

// --- records
// -----------------------------------------------------------------------------------------

Result<std::vector<Attempt>> Engine::attempts(const store::CallKey& key) {
  return impl_->records.attempts(key);
}

Result<std::vector<CallSummary>> Engine::calls(const ListOptions& options) {
  store::Executions& executions = repository().executions();
  std::vector<Hash> functions;
  if (options.function.has_value()) {
    functions.push_back(*options.function);
  } else {
    SAMARA_TRY(functions, executions.list_functions());
  }
  std::vector<CallSummary> out;
  for (const Hash& function : functions) {
    SAMARA_TRY(auto calls, executions.list_calls(function));
    for (const Hash& call : calls) {
      CallSummary summary;
      summary.key = {function, call};
      SAMARA_TRY(auto latest,
                 impl_->records.latest(summary.key, [](const Attempt&) { return true; }));
      if (!latest.has_value()) continue;
      SAMARA_TRY(summary.attempts, impl_->records.count(summary.key));
      summary.latest = std::move(*latest);
      out.push_back(std::move(summary));
    }
  }
  std::sort(out.begin(), out.end(), [](const CallSummary& a, const CallSummary& b) {
    return a.latest.record.id > b.latest.record.id;
  });
  if (out.size() > options.calls_max) out.resize(options.calls_max);
  return out;
}

Result<std::vector<LogEntry>> Engine::log(const ExecutionRecord& record) {
  if (!record.log.object.has_value()) return std::vector<LogEntry>(record.log.entries);
  SAMARA_TRY(store::ObjectBytes object, repository().objects().view(*record.log.object));
  return decode_log(object.bytes(), impl_->types);
}

Result<std::vector<std::string>> Engine::why(const store::CallKey& key) {
  return explain_call(*impl_, key);
}

}  // namespace samara::engine
