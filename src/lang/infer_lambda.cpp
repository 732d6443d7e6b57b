#include "lang/infer.hpp"

namespace samara::lang {

FunctionScope* Inferrer::enter_function(bool is_async, Ty* result) {
  FunctionScope* made = session_.arena.function();
  made->outer = scope_;
  made->depth = scope_ == nullptr ? 0 : scope_->depth + 1;
  made->is_async = is_async;
  made->result = result;
  scope_ = made;
  return made;
}

Draft* Inferrer::lambda(const Expr& e, const Want& want) {
  Types& types = session_.types;
  Kind kind = e.is_async ? Kind::async_function : Kind::function;
  bool wanted = want.type != nullptr && types.is(want.type, kind);
  uint32_t passed = wanted ? types.arity(want.type) - 1 : 0;
  if (wanted && e.parameters.size() > passed) {
    Diagnostic& d = report("too-many-parameters", e.span,
                           "this function takes " + counted(e.parameters.size(), "parameter") +
                               ", but is called with " + std::to_string(passed),
                           "takes " + std::to_string(e.parameters.size()));
    d.help = "what is expected here is " + text(want.type);
    explain(d, want);
    for (const Parameter& parameter : e.parameters) {
      if (parameter.type != nullptr) resolver_.resolve(*module_, *parameter.type);
    }
    return failed(e);
  }
  std::vector<Ty*> inputs;
  for (uint32_t i = 0; wanted && i < passed; i++) inputs.push_back(types.part(want.type, i));
  Ty* output = nullptr;
  if (e.type != nullptr) {
    output = resolver_.resolve_type(*module_, *e.type);
  } else if (e.full_form) {
    output = types.null();
  } else if (wanted) {
    output = types.part(want.type, passed);
  } else {
    output = types.fresh(session_.table.never());
  }
  Loop* loop = loop_;
  loop_ = nullptr;
  FunctionScope* scope = enter_function(e.is_async, output);
  scope->result_written = e.type != nullptr || e.full_form;
  if (e.type != nullptr) scope->result_span = e.type->span;
  Scopes::Binding* place = scopes_.place();
  Scopes::Binding* base = block_base_;
  block_base_ = place;
  for (size_t i = 0; i < e.parameters.size(); i++) {
    const Parameter& parameter = e.parameters[i];
    Ty* type = nullptr;
    if (parameter.type != nullptr) {
      type = resolver_.resolve_type(*module_, *parameter.type);
      if (wanted && !types.unify(type, inputs[i])) {
        Diagnostic& d = report("type-mismatch", parameter.type->span,
                               "the parameter " + in_quotes(parameter.name.text) + " gets " +
                                   text(inputs[i]) + ", but is declared as " + text(type),
                               "declared as " + text(type));
        explain(d, want);
        inputs[i] = types.error();
      } else if (wanted) {
        inputs[i] = type;
      }
    }
    if (i >= inputs.size()) {
      inputs.push_back(type != nullptr ? type : types.fresh());
    }
    Variable* made =
        variable(parameter.name, type != nullptr ? type : inputs[i], VariableKind::parameter);
    scope->parameters.push_back(made);
    define(made);
  }
  // What the caller passes and nobody looks at.
  for (size_t i = e.parameters.size(); i < inputs.size(); i++) {
    scope->parameters.push_back(variable({}, inputs[i], VariableKind::parameter));
  }
  size_t mark = pending_.size();
  Want inner{output, {}};
  if (scope->result_written) {
    inner.because = {.reason = Because::Reason::result, .span = scope->result_span};
  } else if (wanted) {
    inner.because = want.because;
    if (want.because.reason == Because::Reason::parameter) {
      inner.because = {.reason = Because::Reason::callback, .name = want.because.name};
    }
  }
  bool open = !wanted && !scope->result_written;
  const Expr& written = *e.kids[0];
  Draft* body = scoped(written, open && types.find(output)->form == TyForm::plain ? Want{} : inner);
  if (open && scope->result_span.end > scope->result_span.begin) {
    inner.because = {.reason = Because::Reason::earlier_return, .span = scope->result_span};
  }
  fit(body, inner);
  if (pending_.size() > mark) run_pending(mark);
  scopes_.leave(place);
  block_base_ = base;
  scope_ = scope->outer;
  loop_ = loop;
  Draft* draft = make(e.is_async ? ir::Op::async_function : ir::Op::function, e,
                      types.function(e.is_async, inputs, output));
  draft->function = scope;
  draft->kids = session_.arena.copy(std::vector<Draft*>{body});
  return draft;
}

// A function by name where one with more parameters is expected: a lambda that leaves out the rest.
Draft* Inferrer::forward(const Expr& e, Draft* function, Ty* wanted) {
  Types& types = session_.types;
  if (!types.is(wanted, Kind::function) || !types.is(function->type, Kind::function)) {
    return function;
  }
  uint32_t takes = types.arity(function->type) - 1;
  uint32_t passed = types.arity(wanted) - 1;
  if (takes >= passed || (function->choice == Choice::none && function->op != ir::Op::variable)) {
    return function;
  }
  std::vector<Ty*> inputs;
  for (uint32_t i = 0; i < passed; i++) {
    inputs.push_back(i < takes ? types.part(function->type, i) : types.part(wanted, i));
  }
  Ty* output = types.part(function->type, takes);
  FunctionScope* scope = enter_function(false, output);
  std::vector<Draft*> kids;
  // The function is mentioned again inside, so that it is captured there.
  kids.push_back(function->item != nullptr ? mention_item(e, *function->item)
                                           : mention(e, function->variable));
  for (uint32_t i = 0; i < passed; i++) {
    Variable* made = variable({}, inputs[i], VariableKind::parameter);
    scope->parameters.push_back(made);
    if (i < takes) kids.push_back(mention(e, made));
  }
  Draft* call = make(ir::Op::call, e, output);
  call->kids = session_.arena.copy(kids);
  scope_ = scope->outer;
  Draft* draft = make(ir::Op::function, e, types.function(false, inputs, output));
  draft->function = scope;
  draft->kids = session_.arena.copy(std::vector<Draft*>{call});
  return draft;
}

Draft* Inferrer::identity(const Expr& at, Ty* type) {
  Types& types = session_.types;
  std::vector<Ty*> inputs;
  for (uint32_t i = 0; i + 1 < types.arity(type); i++) inputs.push_back(types.part(type, i));
  Ty* output = types.part(type, types.arity(type) - 1);
  FunctionScope* scope = enter_function(false, output);
  for (Ty* input : inputs) {
    scope->parameters.push_back(variable({}, input, VariableKind::parameter));
  }
  Draft* body = mention(at, scope->parameters[0]);
  fit(body, {output, {}});
  scope_ = scope->outer;
  Draft* draft = make(ir::Op::function, at, type);
  draft->function = scope;
  draft->kids = session_.arena.copy(std::vector<Draft*>{body});
  return draft;
}

}  // namespace samara::lang
