#include "lang/compile_check.hpp"

namespace samara::lang {

namespace {

class Declared : public ir::PlatformSignatures {
 public:
  Declared(Session& session, TypeResolver& resolver) : session_(session), resolver_(resolver) {}

  Result<ir::PlatformSignature> find(TypeTable& types, std::string_view name,
                                     std::span<const Type* const> parameters) const override {
    Item* found = nullptr;
    for (Item& item : session_.items) {
      if (item.kind != ItemKind::platform || registered_name(item) != name || item.broken) continue;
      if (item.declaration->type_parameters.size() != parameters.size()) continue;
      // Declared in several ways: which one a call means was settled when its types were found.
      if (found != nullptr) return Error(Code::not_found, name);
      found = &item;
    }
    if (found != nullptr) return signature(*found, parameters);
    if (session_.options.platform != nullptr) {
      return session_.options.platform->find(types, name, parameters);
    }
    return Error(Code::not_found, name);
  }

 private:
  ir::PlatformSignature signature(Item& item, std::span<const Type* const> parameters) const {
    TypeArguments bound;
    for (size_t i = 0; i < parameters.size(); i++) {
      bound.emplace_back(item.declaration->type_parameters[i].text,
                         session_.types.known(parameters[i]));
    }
    auto resolve = [&](const TypeNode* node) {
      if (node == nullptr) return session_.table.null();
      return session_.types.close(resolver_.resolve_open(*item.module, *node, bound));
    };
    ir::PlatformSignature out;
    for (const Parameter& each : item.declaration->parameters) {
      out.inputs.push_back(resolve(each.type));
    }
    out.output = resolve(item.declaration->type);
    out.is_async = item.is_async;
    return out;
  }

  Session& session_;
  TypeResolver& resolver_;
};

}  // namespace

std::string first_violation(Session& session, TypeResolver& resolver, const ir::Program& program,
                            ir::SignatureCache& signatures) {
  Declared declared(session, resolver);
  ir::CheckOptions options;
  options.signatures = &signatures;
  for (const ir::Diagnostic& each : ir::diagnose(program, declared, options)) {
    // Imported objects may use what is not offered here.
    bool unknown = each.message.starts_with("Platform function '") &&
                   each.message.find("' not found") != std::string::npos;
    if (!unknown) return each.message;
  }
  return {};
}

}  // namespace samara::lang
