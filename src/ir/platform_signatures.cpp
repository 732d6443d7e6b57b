#include "ir/platform_signatures.hpp"

#include <utility>

namespace samara::ir {

Result<void> PlatformList::add(std::string_view name, PlatformSignature signature) {
  if (!functions_.try_emplace(std::string(name), std::move(signature)).second) {
    return Error(Code::exists,
                 "Duplicate platform function definition for '" + std::string(name) + "'");
  }
  return {};
}

Result<PlatformSignature> PlatformList::find(TypeTable&, std::string_view name,
                                             std::span<const Type* const> type_parameters) const {
  auto at = functions_.find(name);
  if (at == functions_.end()) return Error(Code::not_found, "");
  if (!type_parameters.empty()) return Error(Code::type_mismatch, "takes no type parameters");
  return at->second;
}

}  // namespace samara::ir
