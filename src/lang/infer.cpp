#include "lang/infer.hpp"

#include <algorithm>

#include "lang/complete_probe.hpp"

namespace samara::lang {

namespace {
/// Expressions inside expressions; chains of operators and calls are walked, not entered.
constexpr uint32_t k_infer_depth_max = 1000;
}  // namespace

Diagnostic& Inferrer::report(std::string_view code, Span at, std::string title, std::string label) {
  item_->broken = true;
  return module_->reporter.error(code, at, std::move(title), std::move(label));
}

Draft* Inferrer::make(ir::Op op, const Expr& at, Ty* type) {
  Draft* made = session_.arena.draft();
  made->op = op;
  made->span = at.span;
  made->offset = at.op_span.end > at.op_span.begin ? at.op_span.begin : at.span.begin;
  made->type = type;
  drafts_.push_back(made);
  return made;
}

Draft* Inferrer::failed(const Expr& at) {
  item_->broken = true;
  return make(ir::Op::value, at, session_.types.error());
}

Draft* Inferrer::failed(Draft* draft) {
  item_->broken = true;
  draft->type = session_.types.error();
  return draft;
}

Draft* Inferrer::null_at(const Expr& at) { return make(ir::Op::value, at, session_.types.null()); }

void Inferrer::note(const Name& name, const char* kind, Ty* type, std::string_view doc,
                    Span definition, Module* module) {
  if (!session_.want_occurrences) return;
  session_.note(*module_, {name.span, name.text, kind, type, {}, doc, module, definition});
}

Draft* Inferrer::infer(const Expr& e, const Want& want) {
  if (depth_ >= k_infer_depth_max) {
    if (!too_deep_) {
      report("too-deep", e.span,
             "expressions nest too deep (limit " + std::to_string(k_infer_depth_max) + ")");
    }
    too_deep_ = true;
    return failed(e);
  }
  depth_++;
  Draft* out = dispatch(e, want);
  depth_--;
  return out;
}

Draft* Inferrer::dispatch(const Expr& e, const Want& want) {
  switch (e.form) {
    case ExprForm::null:
      return null_at(e);
    case ExprForm::boolean:
      return literal(e, Kind::boolean);
    case ExprForm::integer:
      return integer(e, want);
    case ExprForm::float_:
      return literal(e, Kind::float_);
    case ExprForm::string:
      return literal(e, Kind::string);
    case ExprForm::datetime:
      return literal(e, Kind::datetime);
    case ExprForm::blob:
      return literal(e, Kind::blob);
    case ExprForm::interpolation:
      return interpolation(e);
    case ExprForm::name:
      return name(e, want);
    case ExprForm::array:
      return elements(e, want, ir::Op::new_array, Kind::array);
    case ExprForm::set:
      return elements(e, want, ir::Op::new_set, Kind::set);
    case ExprForm::vector:
      return elements(e, want, ir::Op::new_vector, Kind::vector);
    case ExprForm::matrix:
      return elements(e, want, ir::Op::new_matrix, Kind::matrix);
    case ExprForm::dict:
      return dict(e, want);
    case ExprForm::structure:
      return structure(e, want);
    case ExprForm::variant:
      return variant(e, want);
    case ExprForm::ref:
      return elements(e, want, ir::Op::new_ref, Kind::ref);
    case ExprForm::field:
    case ExprForm::index:
    case ExprForm::call:
      return postfix(e, want, false);
    case ExprForm::unary:
      return unary(e, want);
    case ExprForm::binary:
      return binary_chain(e, want);
    case ExprForm::cast:
      return cast(e);
    case ExprForm::ascription:
      return ascription(e);
    case ExprForm::parenthesized:
      return infer(*e.kids[0], want);
    case ExprForm::lambda:
      return lambda(e, want);
    case ExprForm::block:
      return block(e, want);
    case ExprForm::if_:
      return if_(e, want);
    case ExprForm::match:
      return match(e, want);
    case ExprForm::for_:
      return for_(e);
    case ExprForm::while_:
      return while_(e);
    case ExprForm::try_:
      return try_(e, want);
    case ExprForm::return_:
      return return_(e);
    case ExprForm::throw_:
      return throw_(e);
    case ExprForm::break_:
    case ExprForm::continue_:
      return jump(e);
    case ExprForm::let:
      return let(e);
    case ExprForm::assign:
      return assign(e);
    case ExprForm::error:
      return failed(e);
  }
  return failed(e);
}

// --- names ---------------------------------------------------------------------------------------

Variable* Inferrer::variable(const Name& name, Ty* type, VariableKind kind) {
  Variable* made = session_.arena.variable();
  made->name = name.text;
  made->span = name.span;
  made->type = type;
  made->kind = kind;
  made->depth = scope_->depth;
  variables_.push_back(made);
  return made;
}

namespace {
const char* kind_word(VariableKind kind) {
  switch (kind) {
    case VariableKind::parameter:
      return "parameter";
    case VariableKind::variable:
      return "variable";
    case VariableKind::constant:
    case VariableKind::loop:
    case VariableKind::payload:
    case VariableKind::handler:
      return "constant";
  }
  return "";
}
}  // namespace

void Inferrer::define(Variable* variable) {
  if (variable->name.empty()) return;
  Scopes::Binding* other = scopes_.find(variable->name);
  uint32_t base = block_base_ == nullptr ? 0 : block_base_->depth;
  if (other != nullptr && other->depth > base && other->variable->depth == variable->depth) {
    Diagnostic& d =
        report("duplicate-name", variable->span,
               in_quotes(variable->name) + " is defined twice in this block", "second definition");
    d.related.push_back({other->variable->span, "first defined here"});
    d.help = other->variable->is_mutable ? "to assign to it, leave out `var`"
                                         : "give one of them another name";
  }
  scopes_.define(variable);
  note({variable->name, variable->span}, kind_word(variable->kind), variable->type, {},
       variable->span, module_);
}

void Inferrer::note_capture(Variable* variable) {
  for (FunctionScope* at = scope_; at != nullptr && at->depth > variable->depth; at = at->outer) {
    uint64_t key = uint64_t{at->number} << 32 | variable->number;
    if (!captured_.insert(key).second) return;
    at->captures.push_back(variable);
    variable->captured = true;
  }
}

void Inferrer::note_function(Item& item) {
  for (FunctionScope* at = scope_; at != nullptr; at = at->outer) {
    auto known = std::find(at->functions.begin(), at->functions.end(), &item);
    if (known != at->functions.end()) break;
    at->functions.push_back(&item);
  }
  if (scope_->depth == 0) return;
  auto& uses = item_->lambda_uses;
  if (std::find(uses.begin(), uses.end(), &item) == uses.end()) uses.push_back(&item);
}

Draft* Inferrer::mention(const Expr& e, Variable* variable) {
  Draft* draft = make(ir::Op::variable, e, variable->type);
  draft->variable = variable;
  note_capture(variable);
  return draft;
}

Draft* Inferrer::mention_item(const Expr& e, Item& item) {
  signature(item);
  if (item.broken && item.kind == ItemKind::object) return failed(e);
  Draft* draft = make(ir::Op::variable, e, item.type);
  draft->choice = item.kind == ItemKind::object ? Choice::object : Choice::function;
  draft->item = &item;
  if (item.kind == ItemKind::function) note_function(item);
  return draft;
}

Draft* Inferrer::name(const Expr& e, const Want& want) {
  if (session_.probe != nullptr) session_.probe->at_name(*this, e);
  if (Scopes::Binding* binding = scopes_.find(e.name.text)) {
    Variable* variable = binding->variable;
    note(e.name, kind_word(variable->kind), variable->type, {}, variable->span, module_);
    if (!e.type_arguments.empty()) {
      report("type-arguments", e.span,
             "the variable " + in_quotes(e.name.text) + " takes no type arguments", "not generic");
    }
    return mention(e, variable);
  }
  auto at = module_->names.find(e.name.text);
  if (at != module_->names.end()) {
    Item& item = *at->second;
    if (item.kind == ItemKind::type) {
      report("type-as-value", e.span, in_quotes(e.name.text) + " is a type, not a value", "a type")
          .help = "a struct is written `(field = value, …)`, a case `.name value`";
      return failed(e);
    }
    if (item.kind == ItemKind::platform) {
      report("platform-as-value", e.span,
             "the platform function " + in_quotes(e.name.text) + " can only be called",
             "not a value")
          .help = "write a lambda that calls it: `x -> " + std::string(e.name.text) + "(x)`";
      return failed(e);
    }
    Draft* draft = mention_item(e, item);
    note(e.name, "function", item.type, item.declaration->doc, item.span, item.module);
    if (!item.broken && want.type != nullptr) return forward(e, draft, want.type);
    return draft;
  }
  unknown_name(e, false);
  return failed(e);
}

void Inferrer::unknown_name(const Expr& e, bool called) {
  std::string_view wanted = e.name.text;
  NearName near(wanted);
  for (Scopes::Binding* at = scopes_.place(); at != nullptr; at = at->below) {
    near.consider(at->variable->name);
  }
  for (const auto& [name, item] : module_->names) near.consider(name);
  if (called) {
    for (const Method& method : all_methods()) {
      if (method.owner.empty()) near.consider(method.name);
    }
    near.consider("wrap");
    near.consider("unwrap");
  }
  std::string_view habit = called ? habitual_function(wanted) : std::string_view{};
  bool type = is_builtin_type_name(wanted) || !habitual_type(wanted).empty();
  Diagnostic& d = called ? report("unknown-function", e.name.span,
                                  "there is no function " + in_quotes(wanted), "not known here")
                         : report("unknown-name", e.name.span,
                                  in_quotes(wanted) + " is not defined", "not known here");
  d.help = near.question();
  d.fix = near.best();
  if (!habit.empty()) {
    d.help = "in East it is called " + in_quotes(habit);
    d.fix = habit;
  }
  if (called && wanted == "len")
    d.help = "the size of a collection is `x.size()`, of a text `x.length()`";
  if (!called && find_method("", wanted) != nullptr) {
    d.help = "it is a built-in function and can only be called: `" + std::string(wanted) + "(x)`";
  } else if (!called && (wanted == "None" || wanted == "nil" || wanted == "undefined")) {
    d.help = "no value is `null`, or `.none` for an option";
    d.fix = ".none";
  } else if (wanted == "True" || wanted == "False") {
    d.help = "write `" + std::string(wanted == "True" ? "true" : "false") + "`";
    d.fix = wanted == "True" ? "true" : "false";
  } else if (!called && (wanted == "self" || wanted == "this")) {
    d.help = "there are no objects: pass the value as a parameter";
  } else if (type && d.fix.empty()) {
    d.help = called ? "types are no functions; text is read by `parse<T>(text)`, a float by "
                      "`x.to_float()`"
                    : "it is a type, not a value";
  }
}

namespace {

// Whether a body awaits, outside of the lambdas in it.
bool awaits(const Expr& e) {
  if (e.form == ExprForm::lambda) return false;
  if (e.form == ExprForm::unary && e.op == Operator::await) return true;
  return std::any_of(e.kids.begin(), e.kids.end(),
                     [](const Expr* kid) { return kid != nullptr && awaits(*kid); });
}

}  // namespace

// --- entry ---------------------------------------------------------------------------------------

void Inferrer::signature(Item& item) {
  if (item.signature_done) return;
  item.signature_done = true;
  const Declaration& declaration = *item.declaration;
  bool generic = !declaration.type_parameters.empty();
  if (item.kind == ItemKind::platform && generic) return;
  if (item.typed_in) {
    for (const auto& [name, type] : session_.options.parameters) {
      item.inputs.push_back(session_.types.known(type));
    }
    item.is_async = declaration.is_async || awaits(*declaration.body);
  }
  for (const Parameter& parameter : declaration.parameters) {
    item.inputs.push_back(parameter.type == nullptr
                              ? session_.types.error()
                              : resolver_.resolve_type(*item.module, *parameter.type));
    if (parameter.type == nullptr) item.broken = true;
  }
  if (declaration.type != nullptr) {
    item.output = resolver_.resolve_type(*item.module, *declaration.type);
  } else if (item.typed_in) {
    item.output = session_.types.fresh(session_.table.never());
  } else {
    item.output = session_.types.null();
  }
  item.type = session_.types.function(item.is_async, item.inputs, item.output);
  for (Ty* part : item.inputs) item.broken = item.broken || session_.types.is_error(part);
  item.broken = item.broken || session_.types.is_error(item.output);
  if (item.kind == ItemKind::platform) {
    Inferrer::compare_offered(item, item.span, {}, item.inputs, item.output);
  }
}

void Inferrer::function(Item& item) {
  if (item.progress != Progress::untouched) return;
  item.progress = Progress::running;
  module_ = item.module;
  item_ = &item;
  scope_ = nullptr;
  loop_ = nullptr;
  scopes_.clear();
  block_base_ = nullptr;
  drafts_.clear();
  variables_.clear();
  pending_.clear();
  generic_platform_.clear();
  captured_.clear();
  depth_ = 0;
  too_deep_ = false;

  signature(item);
  const Declaration& declaration = *item.declaration;
  FunctionScope* scope = enter_function(item.is_async, item.output);
  scope->result_written = declaration.type != nullptr;
  if (declaration.type != nullptr) scope->result_span = declaration.type->span;
  item.scope = scope;
  for (size_t i = 0; i < item.inputs.size(); i++) {
    Name name;
    if (item.typed_in) {
      name.text = session_.options.parameters[i].first;
    } else {
      name = declaration.parameters[i].name;
    }
    Variable* made = variable(name, item.inputs[i], VariableKind::parameter);
    scope->parameters.push_back(made);
    define(made);
  }
  if (session_.want_occurrences && declaration.name.present()) {
    note(declaration.name, "function", item.type, declaration.doc, item.span, &*item.module);
  }
  if (declaration.body != nullptr) {
    Want want{item.output,
              {.reason = Because::Reason::result,
               .span = scope->result_span,
               .name = declaration.name.text}};
    if (item.typed_in) want.because = {};
    Draft* body = scoped(*declaration.body, item.typed_in ? Want{} : want);
    fit(body, want);
    item.body = body;
  } else {
    item.broken = true;
  }
  run_pending(0);
  finish();
  // A signature with a type that is not there was reported with that type.
  if (session_.types.close(item.type) == nullptr) item.broken = true;
  item.progress = Progress::done;
}

}  // namespace samara::lang
