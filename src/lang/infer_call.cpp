#include <algorithm>

#include "lang/complete_probe.hpp"
#include "lang/infer.hpp"

namespace samara::lang {

namespace {

bool is_lambda(const Expr* e) {
  while (e->form == ExprForm::parenthesized) e = e->kids[0];
  return e->form == ExprForm::lambda;
}

bool is_member_call(const Expr& e) {
  return e.form == ExprForm::call && e.kids[0]->form == ExprForm::field;
}

}  // namespace

// Calls, fields and indices after each other: a chain that leans to the left is walked from its
// beginning.
Draft* Inferrer::postfix(const Expr& e, const Want& want, bool awaited) {
  std::vector<const Expr*> spine;
  const Expr* at = &e;
  while (true) {
    if (is_member_call(*at)) {
      spine.push_back(at);
      at = at->kids[0]->kids[0];
    } else if (at->form == ExprForm::call &&
               (at->kids[0]->form == ExprForm::call || at->kids[0]->form == ExprForm::index)) {
      spine.push_back(at);
      at = at->kids[0];
    } else if (at->form == ExprForm::field || at->form == ExprForm::index) {
      spine.push_back(at);
      at = at->kids[0];
    } else {
      break;
    }
  }
  auto want_at = [&](size_t i) { return i == 0 ? want : Want{}; };
  auto awaited_at = [&](size_t i) { return i == 0 && awaited; };
  size_t left = spine.size();
  Draft* current = nullptr;
  if (at->form == ExprForm::call) {
    bool outermost = left == 0;
    current = call(*at, outermost ? want : Want{}, outermost && awaited);
  } else if (left > 0 && at->form == ExprForm::name && is_type_prefix(*at) &&
             is_member_call(*spine[left - 1])) {
    left--;
    current = static_call(*spine[left], at->name.text, want_at(left));
    if (awaited_at(left)) async_ok(*spine[left], false, true, spine[left]->kids[0]->name.text);
  } else {
    current = infer(*at);
  }
  while (left > 0) {
    left--;
    current = step(*spine[left], current, want_at(left), awaited_at(left));
  }
  return current;
}

Draft* Inferrer::step(const Expr& e, Draft* receiver, const Want& want, bool awaited) {
  if (is_member_call(e)) return member_call(e, receiver, want, awaited);
  switch (e.form) {
    case ExprForm::field:
      return field(e, receiver);
    case ExprForm::index:
      return index(e, receiver);
    default:
      return call_value(e, receiver, want, awaited);
  }
}

bool Inferrer::async_ok(const Expr& e, bool is_async, bool awaited, std::string_view name) {
  if (is_async == awaited) {
    if (!is_async || scope_->is_async) return true;
    return false;  // reported at 'await'
  }
  if (is_async) {
    Diagnostic& d = report("missing-await", e.span,
                           (name.empty() ? std::string("this function") : in_quotes(name)) +
                               " is async: its call needs `await`",
                           "not awaited");
    d.help = scope_->is_async ? "write `await` before the call"
             : scope_->depth == 0
                 ? "write `await` before the call, and `async fn " + std::string(item_->name) + "`"
                 : "write `await` before the call, and `async` before the lambda";
    if (scope_->is_async && e.span.end - e.span.begin < 200) {
      d.fix =
          "await " + std::string(module_->source.substr(e.span.begin, e.span.end - e.span.begin));
    }
    return false;
  }
  report("await-not-async", e.span,
         (name.empty() ? std::string("this function") : in_quotes(name)) + " is not async",
         "nothing to wait for")
      .help = "remove `await`";
  return false;
}

void Inferrer::argument_count(const Expr& e, std::string_view name, size_t wanted, size_t found,
                              const Item* item, std::string signature) {
  Diagnostic& d =
      report("argument-count", e.span,
             (name.empty() ? std::string("this function") : in_quotes(name)) + " takes " +
                 counted(wanted, "argument") + ", found " + std::to_string(found),
             found < wanted ? std::to_string(wanted - found) + " missing"
                            : std::to_string(found - wanted) + " too many");
  if (item != nullptr && item->module == module_)
    d.related.push_back({item->span, "declared here"});
  if (!signature.empty()) d.help = "it is " + std::move(signature);
}

bool Inferrer::arguments(const Expr& e, std::span<Expr* const> written, std::span<Ty* const> inputs,
                         std::string_view function, const Item* item, std::vector<Draft*>& out) {
  (void)e;
  size_t first = out.size();
  out.resize(first + written.size(), nullptr);
  bool good = true;
  // Lambdas come last: what the others say gives the types of their parameters.
  for (bool lambdas : {false, true}) {
    for (size_t i = 0; i < written.size(); i++) {
      if (is_lambda(written[i]) != lambdas) continue;
      Want want{inputs[i],
                {.reason = Because::Reason::parameter,
                 .name = function,
                 .index = static_cast<uint32_t>(i)}};
      if (item != nullptr && i < item->declaration->parameters.size() &&
          item->kind != ItemKind::object) {
        want.because.span = item->declaration->parameters[i].name.span;
        want.because.module = item->module;
      }
      Draft* draft = infer(*written[i], want);
      if (draft->op == ir::Op::variable && draft->choice == Choice::none &&
          draft->variable != nullptr && !draft->variable->is_mutable) {
        draft = forward(*written[i], draft, inputs[i]);
      }
      good = fit(draft, want) && good;
      out[first + i] = draft;
    }
  }
  return good;
}

Draft* Inferrer::finish_call(const Expr& e, Draft* callee, std::vector<Draft*> kids, bool is_async,
                             Ty* output) {
  kids.insert(kids.begin(), callee);
  Draft* draft = make(is_async ? ir::Op::call_async : ir::Op::call, e, output);
  if (e.op_span.end <= e.op_span.begin) draft->offset = e.kids[0]->span.begin;
  draft->kids = session_.arena.copy(kids);
  return draft;
}

Draft* Inferrer::call_value(const Expr& e, Draft* callee, const Want& want, bool awaited) {
  Types& types = session_.types;
  (void)want;
  std::span<Expr* const> written = e.kids.subspan(1);
  std::string_view name = callee->variable != nullptr ? callee->variable->name : std::string_view{};
  auto kind = types.kind(callee->type);
  if (kind == Kind::function || kind == Kind::async_function) {
    bool is_async = kind == Kind::async_function;
    bool good = async_ok(e, is_async, awaited, name);
    uint32_t count = types.arity(callee->type) - 1;
    Ty* output = types.part(callee->type, count);
    if (written.size() != count) {
      argument_count(e, name, count, written.size(), nullptr, text(callee->type));
      for (const Expr* each : written) infer(*each);
      Draft* draft = failed(e);
      draft->type = output;
      return draft;
    }
    std::vector<Ty*> inputs;
    for (uint32_t i = 0; i < count; i++) inputs.push_back(types.part(callee->type, i));
    std::vector<Draft*> kids;
    arguments(e, written, inputs, name, nullptr, kids);
    Draft* draft = finish_call(e, callee, std::move(kids), is_async, output);
    if (!good) item_->broken = true;
    return draft;
  }
  std::vector<Draft*> kids;
  std::vector<Ty*> inputs;
  for (const Expr* each : written) {
    kids.push_back(infer(*each));
    inputs.push_back(kids.back()->type);
  }
  if (types.is_error(callee->type)) return failed(e);
  Ty* output = types.fresh(session_.table.never());
  if (!kind && types.find(callee->type)->form == TyForm::plain &&
      types.unify(callee->type, types.function(awaited, inputs, output))) {
    return finish_call(e, callee, std::move(kids), awaited, output);
  }
  Diagnostic& d = report("not-a-function", callee->span,
                         (name.empty() ? std::string("this") : in_quotes(name)) + " is " +
                             text(callee->type) + " and cannot be called",
                         "not a function");
  if (callee->variable != nullptr) {
    d.related.push_back({callee->variable->span, "defined here"});
  }
  return failed(e);
}

Draft* Inferrer::call_item(const Expr& e, Item& item, const Want& want, bool awaited) {
  Types& types = session_.types;
  const Expr& callee = *e.kids[0];
  std::span<Expr* const> written = e.kids.subspan(1);
  signature(item);
  if (item.kind == ItemKind::platform) {
    note(callee.name, "platform function", item.type, item.declaration->doc, item.span,
         item.module);
    return platform_item(e, item, want, awaited);
  }
  note(callee.name, "function", item.type, item.declaration->doc, item.span, item.module);
  if (!callee.type_arguments.empty()) {
    report("type-arguments", callee.span, in_quotes(item.name) + " takes no type arguments",
           "not generic");
  }
  if (item.broken && item.kind == ItemKind::object) {
    for (const Expr* each : written) infer(*each);
    return failed(e);
  }
  bool good = async_ok(e, item.is_async, awaited, item.name);
  if (written.size() != item.inputs.size()) {
    argument_count(e, item.name, item.inputs.size(), written.size(), &item, text(item.type));
    for (const Expr* each : written) infer(*each);
    Draft* draft = failed(e);
    draft->type = item.output;
    return draft;
  }
  std::vector<Draft*> kids;
  arguments(e, written, item.inputs, item.name, &item, kids);
  Draft* function = mention_item(callee, item);
  if (!good) item_->broken = true;
  if (types.is_error(function->type)) return failed(e);
  return finish_call(e, function, std::move(kids), item.is_async, item.output);
}

Draft* Inferrer::wrap(const Expr& e, const Want& want) {
  Types& types = session_.types;
  const Expr& callee = *e.kids[0];
  bool wraps = callee.name.text == "wrap";
  if (e.kids.size() != 2 || callee.type_arguments.size() > 1) {
    argument_count(e, callee.name.text, 1, e.kids.size() - 1, nullptr,
                   std::string(callee.name.text) + "<T>(T) -> T");
    return failed(e);
  }
  Want inner;
  if (!callee.type_arguments.empty()) {
    inner.type = resolver_.resolve_type(*module_, *callee.type_arguments[0]);
    inner.because = {.reason = Because::Reason::ascription, .span = callee.type_arguments[0]->span};
  }
  Draft* value = inner.type != nullptr ? check(*e.kids[1], inner) : infer(*e.kids[1], want);
  Draft* draft = make(wraps ? ir::Op::wrap_recursive : ir::Op::unwrap_recursive, e,
                      inner.type != nullptr ? inner.type : value->type);
  if (types.is_error(value->type)) return failed(e);
  draft->kids = session_.arena.copy(std::vector<Draft*>{value});
  return draft;
}

Draft* Inferrer::call(const Expr& e, const Want& want, bool awaited) {
  const Expr& callee = *e.kids[0];
  if (callee.form != ExprForm::name) return call_value(e, infer(callee), want, awaited);
  std::string_view name = callee.name.text;
  if (scopes_.find(name) != nullptr)
    return call_value(e, Inferrer::name(callee, {}), want, awaited);
  auto at = module_->names.find(name);
  if (at != module_->names.end() && at->second->kind != ItemKind::type) {
    if (session_.probe != nullptr) session_.probe->at_name(*this, callee);
    return call_item(e, *at->second, want, awaited);
  }
  if (session_.probe != nullptr) session_.probe->at_name(*this, callee);
  if (at == module_->names.end()) {
    const Method* function = find_method("", name);
    if (function != nullptr) {
      if (awaited) async_ok(e, false, true, name);
      if (session_.want_occurrences) {
        session_.note(*module_, {callee.name.span,
                                 name,
                                 "function",
                                 nullptr,
                                 signature_text(*function),
                                 {},
                                 nullptr,
                                 {}});
      }
      return builtin(e, *function, nullptr, e.kids.subspan(1), callee.type_arguments, want);
    }
    if (name == "wrap" || name == "unwrap") return wrap(e, want);
    bool found = false;
    Draft* offered = platform_offered(e, want, awaited, found);
    if (found) return offered;
    unknown_name(callee, true);
  } else {
    report("type-as-value", callee.span, in_quotes(name) + " is a type and cannot be called",
           "a type")
        .help = "a struct is written `(field = value, …)`, a case `.name value`";
  }
  for (const Expr* each : e.kids.subspan(1)) infer(*each);
  return failed(e);
}

}  // namespace samara::lang
