#include "platform/standard.hpp"

#include "core/sha256.hpp"
#include "platform/functions.hpp"

namespace samara::platform {

// Raised when the behaviour of any standard function changes: it is part of the identity of calls.
constexpr std::string_view k_implementation = "samara standard platform 1: ";

void Registrar::add(std::string_view name, std::vector<const Type*> inputs, const Type* output,
                    eval::PlatformCall call) {
  eval::PlatformFunction function;
  function.name = name;
  function.inputs = std::move(inputs);
  function.output = output;
  function.effect = effect;
  function.is_async = is_async;
  function.capability = capability;
  function.implementation = sha256(as_bytes(std::string(k_implementation) + std::string(name)));
  function.call = std::move(call);
  auto added = registry_.add(std::move(function));
  if (!added && result_) result_ = std::move(added);
}

Result<void> add_standard_platform(TypeTable& types, eval::PlatformRegistry& registry,
                                   const StandardParts& parts) {
  Registrar registrar(types, registry);
  add_console(registrar);
  add_path(registrar, parts);
  add_files(registrar, parts);
  add_crypto(registrar, parts);
  add_time(registrar, parts);
  add_random(registrar, parts);
  add_fetch(registrar, parts);
  return registrar.finish();
}

}  // namespace samara::platform
