#pragma once
// What the checker asks of a registry of platform functions. Threads: as the registry.

#include "eval/platform.hpp"
#include "ir/platform_signatures.hpp"

namespace samara::eval {

class RegistrySignatures : public ir::PlatformSignatures {
 public:
  explicit RegistrySignatures(const PlatformRegistry& registry) : registry_(registry) {}
  Result<ir::PlatformSignature> find(TypeTable& types, std::string_view name,
                                     std::span<const Type* const> type_parameters) const override {
    const PlatformFunction* function = registry_.find(types, name, type_parameters);
    if (function == nullptr) {
      return Error(Code::not_found, "Platform function '" + std::string(name) + "' not found");
    }
    return ir::PlatformSignature{function->inputs, function->output, function->is_async};
  }

 private:
  const PlatformRegistry& registry_;
};

}  // namespace samara::eval
