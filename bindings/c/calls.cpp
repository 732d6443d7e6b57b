// Platform functions, functions and calls of the C interface.

#include "bindings/c/handle.hpp"
#include "bindings/c/worker.hpp"
#include "core/sha256.hpp"
#include "eval/vm.hpp"
#include "value/beast2.hpp"

namespace samara::capi {
namespace {

// What a registered function needs when it is called.
struct Foreign {
  samara_platform_call call;
  void* user;
  std::string name;
  std::vector<const Type*> inputs;
  const Type* output;
};

struct OwnedBytes {
  samara_bytes raw{};
  OwnedBytes() = default;
  OwnedBytes(const OwnedBytes&) = delete;
  OwnedBytes& operator=(const OwnedBytes&) = delete;
  ~OwnedBytes() { samara_bytes_free(&raw); }
  ByteView view() const { return {raw.data, raw.size}; }
};

bool call_foreign(const Foreign& foreign, eval::Vm& vm, std::span<const Slot> args, Slot& out) {
  Beast2Options options;
  options.functions = &vm.function_hooks();
  std::vector<Bytes> encoded;
  std::vector<samara_view> views;
  encoded.reserve(args.size());
  for (size_t i = 0; i < args.size(); i++) {
    auto bytes = encode_beast2(foreign.inputs[i], args[i], options);
    if (!bytes) return vm.fail(bytes.error(), "Cannot pass an argument: ");
    encoded.push_back(std::move(*bytes));
    views.push_back({encoded.back().data(), encoded.back().size()});
  }
  OwnedBytes result;
  OwnedBytes error;
  int32_t status = foreign.call(foreign.user, views.data(), views.size(), &result.raw, &error.raw);
  if (status != 0) {
    std::string_view message = as_text(error.view());
    if (message.empty()) message = "the platform function failed";
    return vm.fail_platform(foreign.name, message);
  }
  // What a foreign function gives is checked: everything after relies on the type.
  auto value = decode_beast2(result.view(), foreign.output, vm.types(), vm.heap(), options);
  if (!value) {
    return vm.fail(eval::FailureKind::aborted, "platform function '" + foreign.name +
                                                   "' gave no value of its output type: " +
                                                   std::string(value.error().message()));
  }
  out = *value;
  return true;
}

Result<eval::Effect> effect_of(int32_t effect) {
  switch (effect) {
    case SAMARA_PURE:
      return eval::Effect::pure;
    case SAMARA_IDEMPOTENT:
      return eval::Effect::idempotent;
    case SAMARA_EFFECTFUL:
      return eval::Effect::effectful;
    default:
      return Error(Code::invalid_argument, "unknown effect " + std::to_string(effect));
  }
}

Result<void> check_open_for_change(const samara_repository& repository) {
  if (!repository.has_engine()) return {};
  return Error(Code::conflict,
               "platform functions and capabilities must be given before functions "
               "are added or called");
}

Result<void> register_function(samara_repository& repository,
                               const samara_platform_function& given) {
  SAMARA_CHECK(check_open_for_change(repository));
  if (given.struct_size < sizeof(samara_platform_function) || given.name == nullptr ||
      given.output == nullptr || given.call == nullptr || given.version == nullptr ||
      (given.input_count > 0 && given.inputs == nullptr)) {
    return Error(Code::invalid_argument, "a platform function needs name, types, version and call");
  }
  Foreign foreign{given.call, given.user, given.name, {}, nullptr};
  for (size_t i = 0; i < given.input_count; i++) {
    SAMARA_TRY(const Type* type, parse_type(repository.types, given.inputs[i]));
    foreign.inputs.push_back(type);
  }
  SAMARA_TRY(foreign.output, parse_type(repository.types, given.output));
  eval::PlatformFunction function;
  function.name = given.name;
  function.inputs = foreign.inputs;
  function.output = foreign.output;
  SAMARA_TRY(function.effect, effect_of(given.effect));
  std::string identity = "libsamara: " + std::string(given.name) + " " + given.version;
  function.implementation = sha256(as_bytes(identity));
  function.call = [foreign = std::move(foreign)](eval::Vm& vm, std::span<const Slot> args,
                                                 Slot& out) {
    return call_foreign(foreign, vm, args, out);
  };
  return repository.platform.add(std::move(function));
}

// Callers compiled against version 1 end their options here.
constexpr size_t k_options_size_v1 = offsetof(samara_call_options, value_bytes_max);
constexpr size_t k_options_size_v2 = offsetof(samara_call_options, parent);
constexpr size_t k_options_size_v3 = sizeof(samara_call_options);

engine::CallOptions options_of(const samara_call_options* given) {
  engine::CallOptions out;
  if (given == nullptr) return out;
  out.no_memo = given->no_memo != 0;
  if (given->sync != 0) out.durability = store::Durability::synced;
  if (given->wall_ms_max != 0) {
    constexpr uint64_t k_most = 1000ULL * 60 * 60 * 24 * 365 * 100;
    uint64_t ms = given->wall_ms_max < k_most ? given->wall_ms_max : k_most;
    out.limits.wall_max = std::chrono::milliseconds(ms);
  }
  if (given->memory_bytes_max != 0) out.limits.memory_bytes_max = given->memory_bytes_max;
  if (given->steps_max != 0) out.limits.steps_max = given->steps_max;
  if (given->name != nullptr) out.name = given->name;
  return out;
}

std::string lines_of(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

// Whether the caller would rather look at the result where it is.
Result<bool> left_in_place(engine::Engine& engine, const engine::CallResult& result,
                           uint64_t bytes_max) {
  if (bytes_max == 0) return false;
  if (result.bytes != nullptr) return result.bytes->size() > bytes_max;
  SAMARA_TRY(uint64_t size, engine.repository().objects().size_bytes(result.outcome.value));
  return size > bytes_max;
}

Result<void> fill(engine::Engine& engine, const engine::CallResult& result,
                  uint64_t value_bytes_max, samara_result* out) {
  out->outcome = static_cast<int32_t>(result.outcome.kind);
  out->from_memo = result.from_memo ? 1 : 0;
  set_hash(&out->call, result.key.call);
  out->wall_ns = result.usage.wall_ns;
  out->steps = result.usage.steps;
  out->peak_memory_bytes = result.usage.peak_memory_bytes;
  SAMARA_CHECK(give(as_bytes(lines_of(result.decisions)), &out->reason));
  if (!result.outcome.is_value())
    return give(as_bytes(outcome_text(result.outcome)), &out->message);
  set_hash(&out->value_id, result.outcome.value);
  SAMARA_TRY(bool left, left_in_place(engine, result, value_bytes_max));
  if (left) return {};
  SAMARA_TRY(auto bytes, engine.result_bytes(result));
  return give(*bytes, &out->value);
}

Result<void> call(samara_repository& repository, const samara_hash* function,
                  const samara_argument* arguments, size_t count,
                  const samara_call_options* options, samara_result* out) {
  if (function == nullptr || out == nullptr || (count > 0 && arguments == nullptr)) {
    return Error(Code::invalid_argument, "no function, arguments or place for the result is given");
  }
  if (options != nullptr && options->struct_size < k_options_size_v1) {
    return Error(Code::invalid_argument, "the options have no size");
  }
  *out = {};
  std::vector<engine::CallArgument> given;
  for (size_t i = 0; i < count; i++) {
    given.push_back(arguments[i].id != nullptr
                        ? engine::CallArgument::stored(hash_of(arguments[i].id))
                        : engine::CallArgument::encoded(bytes_of_view(arguments[i].value)));
  }
  engine::CallOptions chosen = options_of(options);
  repository.cancel.store(false);
  chosen.cancel = &repository.cancel;
  if (options != nullptr && options->struct_size >= k_options_size_v3 &&
      options->place != nullptr) {
    chosen.place = options->place;
  }
  const bool of_request =
      options != nullptr && options->struct_size >= k_options_size_v3 && options->parent != nullptr;
  repository.last = {};
  Result<engine::CallResult> called = Error(Code::cancelled, "");
  if (of_request) {
    ParentScope parent(*options->parent, repository.cancel);
    SAMARA_CHECK(parent.apply(chosen));
    called = repository.engine().call(hash_of(function), given, chosen);
    if (called) {
      const std::string short_id = hash_of(function).short_hex();
      parent.note(chosen.name.empty() ? std::string_view(short_id) : chosen.name, *called);
    }
  } else {
    called = repository.engine().call(hash_of(function), given, chosen);
  }
  if (!called) return std::move(called).error();
  engine::CallResult result = std::move(*called);
  repository.last = result.outcome;
  const bool says = options != nullptr && options->struct_size >= k_options_size_v2;
  auto filled = fill(repository.engine(), result, says ? options->value_bytes_max : 0, out);
  if (!filled) samara_result_free(out);
  return filled;
}

}  // namespace
}  // namespace samara::capi

using namespace samara;
using namespace samara::capi;

extern "C" {

int32_t samara_register(samara_repository* repository, const samara_platform_function* function) {
  return guarded(repository, [&]() -> Result<void> {
    if (function == nullptr) return Error(Code::invalid_argument, "no function is given");
    return register_function(*repository, *function);
  });
}

int32_t samara_grant(samara_repository* repository, const char* capability) {
  return guarded(repository, [&]() -> Result<void> {
    if (capability == nullptr) return Error(Code::invalid_argument, "no capability is given");
    SAMARA_CHECK(check_open_for_change(*repository));
    repository->capabilities.emplace_back(capability);
    return {};
  });
}

int32_t samara_add_function(samara_repository* repository, samara_view program, const char* name,
                            samara_hash* out) {
  return guarded(repository, [&]() -> Result<void> {
    if (out == nullptr) return Error(Code::invalid_argument, "no place is given for the id");
    engine::AddOptions options;
    if (name != nullptr) options.name = name;
    ByteView bytes = bytes_of_view(program);
    engine::AddedFunction added;
    if (runtime::HostRuntimes::kind_of(bytes)) {
      SAMARA_TRY(auto imported, repository->runtimes().import(bytes, {}));
      SAMARA_TRY(added, repository->engine().add_function(std::move(imported), options));
    } else {
      SAMARA_TRY(added, repository->engine().add_function(bytes, options));
    }
    set_hash(out, added.id);
    return {};
  });
}

int32_t samara_call(samara_repository* repository, const samara_hash* function,
                    const samara_argument* arguments, size_t count,
                    const samara_call_options* options, samara_result* out) {
  return guarded(repository,
                 [&] { return call(*repository, function, arguments, count, options, out); });
}

void samara_result_free(samara_result* result) {
  if (result == nullptr) return;
  samara_bytes_free(&result->value);
  samara_bytes_free(&result->message);
  samara_bytes_free(&result->reason);
}

void samara_cancel(samara_repository* repository) {
  if (repository != nullptr) repository->cancel.store(true);
}

int32_t samara_why(samara_repository* repository, const samara_hash* call, samara_bytes* out) {
  return guarded(repository, [&]() -> Result<void> {
    if (call == nullptr) return Error(Code::invalid_argument, "no call is given");
    SAMARA_TRY(store::CallKey key, engine::resolve_call(*repository->store, hash_of(call).hex()));
    SAMARA_TRY(auto lines, repository->engine().why(key));
    return give(as_bytes(lines_of(lines)), out);
  });
}

}  // extern "C"
