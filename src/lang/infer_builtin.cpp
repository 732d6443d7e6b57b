#include "lang/infer.hpp"

namespace samara::lang {

using ir::BuiltinId;

Draft* Inferrer::plain_builtin(const Expr& at, BuiltinId id, std::vector<Ty*> type_parameters,
                               std::vector<Draft*> kids, Ty* result) {
  Draft* draft = make(ir::Op::builtin, at, result);
  draft->builtin = id;
  draft->type_parameters = session_.arena.copy(type_parameters);
  draft->kids = session_.arena.copy(kids);
  return draft;
}

// Type arguments as written: all of them, or those that the receiver does not tell.
bool Inferrer::builtin_parameters(const Expr& e, const Method& method, bool has_receiver,
                                  std::span<TypeNode* const> written, std::vector<Ty*>& out) {
  Types& types = session_.types;
  const BuiltinPattern& pattern = pattern_of(method.builtin);
  size_t count = pattern.type_parameters.size();
  for (size_t i = 0; i < count; i++) out.push_back(types.fresh());
  if (written.empty()) return true;
  std::vector<size_t> places;
  for (size_t i = 0; i < count; i++) {
    bool told = written.size() < count && has_receiver && !pattern.arguments.empty() &&
                mentions(pattern.arguments[0], static_cast<uint32_t>(i));
    if (!told) places.push_back(i);
  }
  if (written.size() > places.size()) {
    std::string names;
    for (std::string_view each : pattern.type_parameters) {
      names += (names.empty() ? "" : ", ") + std::string(each);
    }
    report("type-argument-count", e.span,
           in_quotes(method.name) + " takes " + counted(count, "type argument") + ", found " +
               std::to_string(written.size()),
           "too many type arguments")
        .help = names.empty() ? "leave them out" : "they are " + names;
    return false;
  }
  for (size_t i = 0; i < written.size(); i++) {
    out[places[i]] = resolver_.resolve_type(*module_, *written[i]);
  }
  return true;
}

Draft* Inferrer::left_out(const Expr& e, const Defaults& defaults, Ty* type) {
  switch (defaults.value) {
    case LeftOut::identity:
      return identity(e, type);
    case LeftOut::step_one: {
      Draft* one = make(ir::Op::value, e, session_.types.integer());
      one->literal = Kind::integer;
      one->integer = 1;
      return one;
    }
    case LeftOut::no_flags:
    case LeftOut::nothing:
      break;
  }
  Draft* none = make(ir::Op::value, e, session_.types.string());
  none->literal = Kind::string;
  return none;
}

Draft* Inferrer::builtin(const Expr& e, const Method& called, Draft* receiver,
                         std::span<Expr* const> written, std::span<TypeNode* const> type_arguments,
                         const Want& want) {
  Types& types = session_.types;
  const Method* method = &called;
  size_t given = written.size() + (receiver != nullptr ? 1 : 0);
  size_t total = pattern_of(method->builtin).arguments.size();
  const Defaults* defaults = given + 1 == total ? defaults_of(method->builtin) : nullptr;
  if (defaults != nullptr && defaults->used != defaults->written) {
    method = &method_of(defaults->used);
    total = pattern_of(method->builtin).arguments.size();
    defaults = nullptr;
  }
  const BuiltinPattern& pattern = pattern_of(method->builtin);
  if (given + (defaults != nullptr ? 1 : 0) != total) {
    size_t hidden = receiver != nullptr ? 1 : 0;
    argument_count(e, called.name, pattern_of(called.builtin).arguments.size() - hidden,
                   written.size(), nullptr, signature_text(called));
    for (const Expr* each : written) {
      if (each->form != ExprForm::lambda) infer(*each);
    }
    return failed(e);
  }
  std::vector<Ty*> parameters;
  if (!builtin_parameters(e, *method, receiver != nullptr, type_arguments, parameters)) {
    return failed(e);
  }
  std::vector<Draft*> kids;
  if (receiver != nullptr) {
    Ty* wanted = apply(types, pattern.arguments[0], parameters);
    if (wanted != nullptr) fit(receiver, {wanted, {}});
    kids.push_back(receiver);
  }
  Ty* result = apply(types, pattern.result, parameters);
  // What is expected helps to type literals and lambdas among the arguments.
  if (result != nullptr && want.type != nullptr && types.heads_agree(result, want.type)) {
    types.unify(result, want.type);
  }
  size_t missing = defaults != nullptr ? defaults->argument : SIZE_MAX;
  if (pattern.mentions_patch) {
    for (const Expr* each : written) {
      Ty* wanted = apply(types, pattern.arguments[kids.size()], parameters);
      Because because{.reason = Because::Reason::parameter,
                      .name = called.name,
                      .index = static_cast<uint32_t>(kids.size())};
      kids.push_back(wanted != nullptr ? check(*each, {wanted, because}) : infer(*each));
    }
    result = apply(types, pattern.result, parameters);
    for (size_t i = 0; i < kids.size(); i++) {
      Ty* wanted = apply(types, pattern.arguments[i], parameters);
      if (wanted == nullptr || result == nullptr) {
        report("cannot-infer", e.span, "the type that the patch is for is not known",
               "unknown type")
            .help = "write it: `" + called.name + "<T>(…)`";
        return failed(e);
      }
      fit(kids[i], {wanted, {}});
    }
  } else {
    std::vector<Ty*> inputs;
    for (size_t i = kids.size(); i < total; i++) {
      if (i != missing) inputs.push_back(apply(types, pattern.arguments[i], parameters));
    }
    arguments(e, written, inputs, called.name, nullptr, kids);
  }
  if (missing != SIZE_MAX) {
    Ty* wanted = apply(types, pattern.arguments[missing], parameters);
    kids.insert(kids.begin() + static_cast<ptrdiff_t>(missing), left_out(e, *defaults, wanted));
  }
  return plain_builtin(e, method->builtin, parameters, std::move(kids), result);
}

}  // namespace samara::lang
