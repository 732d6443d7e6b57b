#include "runtime/wasm/wasm_runtime.hpp"

#include <algorithm>

#include "core/sha256.hpp"
#include "runtime/argument_error.hpp"
#include "runtime/wasm/callees.hpp"
#include "runtime/wasm/host_function.hpp"
#include "runtime/wasm/run.hpp"
#include "runtime/wasm/staging.hpp"

namespace samara::runtime::wasm {

WasmRuntime::WasmRuntime(const WasmRuntimeParts& parts)
    : parts_(parts), cache_(parts.modules_max), watchdog_(parts.clock) {
  if (parts.compiler != nullptr && parts.compiler->available()) queue_.emplace(*parts.compiler);
  if (parts.workers != nullptr) pool_.emplace(*parts.workers, parts.clock);
}

Result<void> WasmRuntime::compile(const FunctionSource& source) {
  SAMARA_TRY(ModuleCache::Entry ready, loaded(source));
  if (parts_.compiler == nullptr || !ready->code->claim()) return {};
  return make_code(*parts_.compiler, *ready->code, nullptr);
}

void WasmRuntime::wait_for_code() {
  if (queue_.has_value()) queue_->wait();
}

std::string_view WasmRuntime::kind() const { return k_kind_wasm; }

Placement WasmRuntime::placement() const {
  if (!pool_) return {.reason = "run in this process: it is WebAssembly, and that was asked for"};
  return {.place = "worker",
          .reason =
              "run in a worker process behind system call filter and namespaces: it is "
              "WebAssembly"};
}

Result<std::vector<port::SandboxWall>> WasmRuntime::walls() {
  if (!pool_) return std::vector<port::SandboxWall>();
  return pool_->walls();
}

bool WasmRuntime::offers(const HostFunction& function) const {
  return parts_.random != nullptr || std::string_view(function.capability) != "random";
}

std::vector<Offer> WasmRuntime::offers(const FunctionRecord& record) const {
  std::vector<Offer> out;
  for (const ReachedEffect& reached : record.effects) {
    Offer offer;
    offer.name = reached.name;
    const HostFunction* function = find_host_function(reached.name);
    if (function != nullptr && offers(*function)) {
      offer.offered = true;
      offer.effect = function->effect;
      offer.capability = function->capability;
      // Changes when the behaviour does.
      offer.implementation = sha256(as_bytes("samara wasm host 1: " + reached.name));
    }
    out.push_back(std::move(offer));
  }
  return out;
}

Result<ModuleCache::Entry> WasmRuntime::loaded(const FunctionSource& source) {
  if (ModuleCache::Entry known = cache_.find(source.record->code)) return known;
  auto ready = std::make_shared<ReadyModule>();
  SAMARA_TRY(ready->module, scan(source.code, parts_.scan));
  SAMARA_TRY(std::optional<Form> form, declared_form(source.code, ready->module));
  SAMARA_CHECK(check_imports(ready->module, form.value_or(Form::scalars)));
  SAMARA_TRY(ready->callees, declared_callees(source.code, ready->module, parts_.types.types));
  Staged staged = stage(source.code, ready->module, form == Form::command);
  ready->initialisers = std::move(staged.initialisers);
  std::shared_ptr<const LoadedModule> interpreted;
  if (!pool_) {
    SAMARA_TRY(interpreted, LoadedModule::load(staged.bytes));
  }
  ready->code = std::make_shared<CodeForms>(std::move(interpreted), std::move(staged.bytes));
  if (parts_.compiler == nullptr || !parts_.compiler->available()) {
    ready->code->give_up("this build has no compiler to machine code");
  } else {
    take_code(*parts_.compiler, *ready->code);
  }
  loaded_count_.fetch_add(1);
  cache_.put(source.record->code, ready);
  return ModuleCache::Entry(std::move(ready));
}

// What the function object says decides what a caller must grant, so it must say all.
Result<void> WasmRuntime::check_effects(const FunctionRecord& record,
                                        const ReadyModule& ready) const {
  std::vector<ReachedEffect> reached = reached_effects(ready.module, ready.callees);
  auto same_name = [](const ReachedEffect& a, const ReachedEffect& b) { return a.name == b.name; };
  if (!std::equal(reached.begin(), reached.end(), record.effects.begin(), record.effects.end(),
                  same_name)) {
    return Error(Code::check_failed,
                 "the function object does not list the imports of its module: add it anew");
  }
  for (const ReachedEffect& effect : reached) {
    const HostFunction* function = find_host_function(effect.name);
    if (function == nullptr || offers(*function)) continue;  // null: a function that it calls
    return Error(Code::not_found, "'" + effect.name + "' is not offered here");
  }
  return {};
}

Result<Bindings::Entry> WasmRuntime::bound(const FunctionSource& source,
                                           const ReadyModule& module) {
  const FunctionRecord& record = *source.record;
  if (Bindings::Entry known = module.bindings.find(record.inputs, record.output)) return known;
  static constinit std::atomic<uint64_t> next{1};  // alone; orders nothing
  auto made = std::make_shared<Binding>();
  made->number = next.fetch_add(1, std::memory_order_relaxed);
  SAMARA_TRY(made->signature,
             bind_export(source.code, module.module, record.inputs, record.output));
  made->inputs = record.inputs;
  made->output = record.output;
  // Here the engine sees the module for the first time, and refuses what is not valid.
  if (pool_) SAMARA_CHECK(pool_->load(module, *made));
  module.bindings.put(made);
  return Bindings::Entry(std::move(made));
}

Result<std::shared_ptr<const Prepared>> WasmRuntime::prepare(const FunctionSource& source) {
  if (!pool_) SAMARA_CHECK(watchdog_.start());
  auto prepared = std::make_shared<PreparedModule>();
  SAMARA_TRY(prepared->ready, loaded(source));
  SAMARA_CHECK(check_effects(*source.record, *prepared->ready));
  SAMARA_TRY(prepared->binding, bound(source, *prepared->ready));
  return std::shared_ptr<const Prepared>(std::move(prepared));
}

std::span<const Callee> WasmRuntime::callees(const Prepared& prepared) const {
  return static_cast<const PreparedModule&>(prepared).ready->callees;
}

Result<RunResult> WasmRuntime::run(const Prepared& prepared, const RunRequest& request) {
  const auto& ready = static_cast<const PreparedModule&>(prepared);
  const size_t inputs = ready.binding->inputs.size();
  if (request.arguments.size() != inputs) {
    return argument_count_error(request.name, inputs, request.arguments.size());
  }
  auto run = [&] {
    return pool_ ? pool_->run(*ready.ready, *ready.binding, request)
                 : run_module(parts_, watchdog_, ready, request);
  };
  SAMARA_TRY(RunResult result, run());
  CodeForms& code = *ready.ready->code;
  if (queue_.has_value() && code.spent(std::chrono::nanoseconds(result.usage.cpu_ns))) {
    queue_->add(ready.ready->code);
  }
  return result;
}

}  // namespace samara::runtime::wasm
