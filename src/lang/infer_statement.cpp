#include "lang/infer.hpp"

namespace samara::lang {

Draft* Inferrer::let(const Expr& e) {
  Types& types = session_.types;
  Draft* value = nullptr;
  Ty* type = nullptr;
  if (e.type != nullptr) {
    type = resolver_.resolve_type(*module_, *e.type);
    Want want{type,
              {.reason = Because::Reason::annotation, .span = e.type->span, .name = e.name.text}};
    // What is never looked at may be anything.
    value = types.is_never(type) ? infer(*e.kids[0]) : check(*e.kids[0], want);
    if (!types.is_error(type)) value = exact(value, type);
  } else {
    value = infer(*e.kids[0]);
    type = value->type;
  }
  Variable* made =
      variable(e.name, type, e.is_mutable ? VariableKind::variable : VariableKind::constant);
  made->is_mutable = e.is_mutable;
  define(made);
  Draft* draft = make(ir::Op::let, e, types.null());
  draft->variable = made;
  draft->kids = session_.arena.copy(std::vector<Draft*>{value});
  return draft;
}

Draft* Inferrer::assign(const Expr& e) {
  const Expr* place = e.kids[0];
  while (place->form == ExprForm::parenthesized) place = place->kids[0];
  if (place->form == ExprForm::name) return assign_name(e);
  if (place->form == ExprForm::index) return assign_index(e);
  if (place->form == ExprForm::error) {
    infer(*e.kids[1]);
    return failed(e);
  }
  bool field = place->form == ExprForm::field;
  Diagnostic& d = report(field ? "assign-field" : "assign-place", place->span,
                         field ? "the fields of a struct cannot be changed"
                               : "this is no place that can be assigned to",
                         "cannot be assigned");
  d.help = field ? "make a new struct, or hold the value in a Ref: `r.update(x)`"
                 : "assign to a variable, or to an element `x[i]`";
  infer(*place);
  infer(*e.kids[1]);
  Draft* draft = failed(e);
  draft->type = session_.types.null();
  return draft;
}

Draft* Inferrer::assign_name(const Expr& e) {
  Types& types = session_.types;
  const Expr* place = e.kids[0];
  while (place->form == ExprForm::parenthesized) place = place->kids[0];
  Draft* bad = nullptr;
  Scopes::Binding* binding = scopes_.find(place->name.text);
  if (binding == nullptr) {
    auto at = module_->names.find(place->name.text);
    if (at != module_->names.end()) {
      report("assign-constant", place->span,
             "cannot assign to " + in_quotes(place->name.text) + ", which is no variable",
             "not a variable");
    } else {
      unknown_name(*place, false);
    }
    infer(*e.kids[1]);
    bad = failed(e);
    bad->type = types.null();
    return bad;
  }
  Variable* variable = binding->variable;
  note(place->name, variable->is_mutable ? "variable" : "constant", variable->type, {},
       variable->span, module_);
  if (!variable->is_mutable) {
    bool let = variable->kind == VariableKind::constant;
    Diagnostic& d = report("assign-constant", place->span,
                           "cannot assign to " + in_quotes(variable->name) + ", which is constant",
                           "cannot be assigned");
    d.related.push_back({variable->span, let ? "defined by `let`"
                                         : variable->kind == VariableKind::parameter
                                             ? "a parameter is constant"
                                         : variable->kind == VariableKind::loop
                                             ? "the variable of a loop is constant"
                                             : "constant"});
    d.help = let ? "write `var " + std::string(variable->name) + "` where it is defined"
                 : "copy it into a variable: `var copy = " + std::string(variable->name) + "`";
    bad = failed(e);
  }
  Want want{variable->type,
            {.reason = Because::Reason::variable, .span = variable->span, .name = variable->name}};
  Draft* value = nullptr;
  if (e.op == Operator::assign || e.op == Operator::none) {
    value = check(*e.kids[1], want);
  } else {
    Draft* old = mention(*place, variable);
    Draft* right = infer(*e.kids[1], {variable->type, {}});
    value = arithmetic_node(e, e.op, old, right);
    fit(value, want);
  }
  if (bad != nullptr) {
    bad->type = types.null();
    return bad;
  }
  note_capture(variable);
  Draft* draft = make(ir::Op::assign, e, types.null());
  draft->variable = variable;
  draft->kids = session_.arena.copy(std::vector<Draft*>{value});
  return draft;
}

Draft* Inferrer::assign_index(const Expr& e) {
  Types& types = session_.types;
  const Expr* place = e.kids[0];
  while (place->form == ExprForm::parenthesized) place = place->kids[0];
  Draft* collection = infer(*place->kids[0]);
  if (!types.kind(collection->type) && !types.is_error(collection->type)) run_pending(0);
  auto kind = types.kind(collection->type);
  bool known = kind == Kind::array || kind == Kind::dict || kind == Kind::vector;
  if (!known) {
    if (!types.is_error(collection->type)) {
      Diagnostic& d =
          kind ? report("no-index", place->span,
                        text(collection->type) + " has no elements to assign", "cannot be assigned")
               : report("cannot-infer", place->kids[0]->span,
                        "the type of what is changed is not known here", "unknown type");
      d.help = kind == Kind::ref      ? "write `r.update(x)`"
               : kind == Kind::set    ? "write `s.insert(x)`"
               : kind == Kind::matrix ? "write `m.set(row, column, x)`"
               : kind                 ? ""
                                      : "write the type where the variable is defined";
    }
    infer(*place->kids[1]);
    infer(*e.kids[1]);
    Draft* draft = failed(e);
    draft->type = types.null();
    return draft;
  }
  Ty* key_type = kind == Kind::dict ? types.part(collection->type, 0) : types.integer();
  Ty* element = types.part(collection->type, kind == Kind::dict ? 1 : 0);
  Draft* key = check(
      *place->kids[1],
      {key_type, {.reason = kind == Kind::dict ? Because::Reason::key : Because::Reason::index}});
  Want want{element, {.reason = Because::Reason::element}};
  Draft* value = nullptr;
  if (e.op == Operator::assign || e.op == Operator::none) {
    value = check(*e.kids[1], want);
  } else {
    Draft* old = index_node(*place, collection, key);
    Draft* right = infer(*e.kids[1], {element, {}});
    value = arithmetic_node(e, e.op, old, right);
    fit(value, want);
  }
  ir::BuiltinId id = kind == Kind::dict    ? ir::BuiltinId::DictUpdate
                     : kind == Kind::array ? ir::BuiltinId::ArrayUpdate
                                           : ir::BuiltinId::VectorSet;
  std::vector<Ty*> parameters{element};
  if (kind == Kind::dict) parameters = {key_type, element};
  return plain_builtin(e, id, parameters, {collection, key, value}, types.null());
}

}  // namespace samara::lang
