#include "eval/platform.hpp"

namespace samara::eval {

std::string_view effect_name(Effect effect) {
  switch (effect) {
    case Effect::pure:
      return "pure";
    case Effect::idempotent:
      return "idempotent";
    case Effect::effectful:
      return "effectful";
  }
  return "?";
}

static Error duplicate(std::string_view name) {
  return Error(Code::exists,
               "Duplicate platform function definition for '" + std::string(name) + "'");
}

Result<void> PlatformRegistry::add(PlatformFunction function) {
  if (functions_.contains(function.name)) return duplicate(function.name);
  std::string name = function.name;
  functions_.emplace(std::move(name), std::make_unique<PlatformFunction>(std::move(function)));
  return {};
}

Result<void> PlatformRegistry::add_generic(PlatformFunction description, PlatformFactory factory) {
  if (generics_.contains(description.name)) return duplicate(description.name);
  std::string name = description.name;
  generics_.emplace(std::move(name), Generic{std::move(description), std::move(factory), {}});
  return {};
}

const PlatformFunction* PlatformRegistry::find(TypeTable& types, std::string_view name,
                                               std::span<const Type* const> type_parameters) const {
  if (type_parameters.empty()) {
    auto at = functions_.find(name);
    if (at != functions_.end()) return at->second.get();
  }
  auto generic = generics_.find(name);
  if (generic == generics_.end()) {
    return base_ == nullptr ? nullptr : base_->find(types, name, type_parameters);
  }
  std::vector<const Type*> key(type_parameters.begin(), type_parameters.end());
  auto& made = generic->second.made;
  auto at = made.find(key);
  if (at == made.end())
    at = made.emplace(key, generic->second.factory(types, type_parameters)).first;
  return at->second.get();
}

const PlatformFunction* PlatformRegistry::describe(std::string_view name) const {
  auto at = functions_.find(name);
  if (at != functions_.end()) return at->second.get();
  auto generic = generics_.find(name);
  if (generic != generics_.end()) return &generic->second.description;
  return base_ == nullptr ? nullptr : base_->describe(name);
}

std::vector<const PlatformFunction*> PlatformRegistry::list() const {
  std::vector<const PlatformFunction*> out;
  if (base_ != nullptr) out = base_->list();
  for (auto& [name, function] : functions_) out.push_back(function.get());
  for (auto& [name, generic] : generics_) out.push_back(&generic.description);
  return out;
}

}  // namespace samara::eval
