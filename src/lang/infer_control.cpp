#include <algorithm>

#include "lang/complete_probe.hpp"
#include "lang/infer.hpp"

namespace samara::lang {

// --- blocks --------------------------------------------------------------------------------------

Draft* Inferrer::block(const Expr& e, const Want& want) {
  return statements(e, want, e.braces == Braces::body);
}

Draft* Inferrer::scoped(const Expr& e, const Want& want) {
  if (e.form == ExprForm::block) return block(e, want);
  Scopes::Binding* place = scopes_.place();
  Scopes::Binding* base = block_base_;
  block_base_ = place;
  Draft* out = infer(e, want);
  scopes_.leave(place);
  block_base_ = base;
  return out;
}

Draft* Inferrer::statement(const Expr& e, const Want& want) {
  size_t mark = pending_.size();
  Draft* out = infer(e, want);
  if (pending_.size() > mark) run_pending(mark);
  return out;
}

Draft* Inferrer::statements(const Expr& e, const Want& want, bool is_body) {
  Scopes::Binding* place = scopes_.place();
  Scopes::Binding* base = block_base_;
  block_base_ = place;
  std::vector<Draft*> kids;
  kids.reserve(e.kids.size());
  for (size_t i = 0; i < e.kids.size(); i++) {
    bool last = i + 1 == e.kids.size();
    kids.push_back(statement(*e.kids[i], last ? want : Want{}));
  }
  scopes_.leave(place);
  block_base_ = base;
  if (is_body && kids.size() == 1) return kids[0];
  if (is_body && kids.empty()) {
    Draft* nothing = null_at(e);
    return nothing;
  }
  Ty* type = kids.empty() ? session_.types.null() : kids.back()->type;
  Draft* draft = make(ir::Op::block, e, type);
  draft->body_block = is_body;
  if (!e.kids.empty()) draft->offset = e.kids[0]->span.begin;
  draft->kids = session_.arena.copy(kids);
  // A message about the block points to what gives its value.
  if (!kids.empty()) draft->span = kids.back()->span;
  return draft;
}

// --- branches ------------------------------------------------------------------------------------

Draft* Inferrer::branch(const Expr& e, Join& join) {
  Want want = join.want;
  if (want.type == nullptr && join.type != nullptr) {
    want = {join.type, {.reason = Because::Reason::first_branch, .span = join.span}};
  }
  Draft* draft = scoped(e, want);
  fit(draft, want);
  if (session_.types.is_never(draft->type) || join.type != nullptr) return draft;
  join.type = draft->type;
  join.span = draft->span;
  return draft;
}

Ty* Inferrer::joined(const Join& join) {
  if (join.type == nullptr) return session_.types.never();
  return join.want.type != nullptr ? join.want.type : join.type;
}

Draft* Inferrer::condition(const Expr& e) {
  return check_exact(e, {session_.types.boolean(), {.reason = Because::Reason::condition}});
}

Draft* Inferrer::if_(const Expr& e, const Want& want) {
  Types& types = session_.types;
  bool has_else = e.kids.size() % 2 == 1;
  std::vector<Draft*> kids;
  if (has_else) {
    Join join{want, nullptr, {}};
    for (size_t i = 0; i + 1 < e.kids.size(); i += 2) {
      kids.push_back(condition(*e.kids[i]));
      kids.push_back(branch(*e.kids[i + 1], join));
    }
    kids.push_back(branch(*e.kids.back(), join));
    Draft* draft = make(ir::Op::if_else, e, joined(join));
    draft->kids = session_.arena.copy(kids);
    return draft;
  }
  auto wanted = want.type == nullptr ? std::nullopt : types.kind(want.type);
  if (wanted && *wanted != Kind::null) {
    Span span = e.op_span.end > e.op_span.begin ? e.op_span : e.span;
    Diagnostic& d =
        report("if-without-else", span,
               "an `if` whose value is used needs an `else`, expected " + text(want.type),
               "gives null when the condition does not hold");
    explain(d, want);
    for (const Expr* kid : e.kids) infer(*kid);
    return failed(e);
  }
  for (size_t i = 0; i + 1 < e.kids.size(); i += 2) {
    kids.push_back(condition(*e.kids[i]));
    Draft* body = scoped(*e.kids[i + 1], {});
    Draft* ended = make(ir::Op::block, *e.kids[i + 1], types.null());
    ended->choice = Choice::null_after;
    ended->kids = session_.arena.copy(std::vector<Draft*>{body});
    kids.push_back(ended);
  }
  kids.push_back(null_at(e));
  Draft* draft = make(ir::Op::if_else, e, types.null());
  draft->kids = session_.arena.copy(kids);
  return draft;
}

// --- match ---------------------------------------------------------------------------------------

// Gives the type of the payload; false: the arm is wrong.
bool Inferrer::match_arm(const Expr& e, size_t i, Draft* operand, Ty*& payload) {
  Types& types = session_.types;
  const Arm& arm = e.arms[i];
  std::string_view name = arm.case_name.text;
  if (session_.probe != nullptr) session_.probe->at_case(*this, arm.case_name.span, operand->type);
  payload = types.error();
  if (types.is_error(operand->type)) return false;
  for (size_t k = 0; k < i; k++) {
    if (e.arms[k].is_default) {
      Diagnostic& d =
          report("unreachable-arm", arm.span, "this arm is never reached", "comes after `_`");
      d.related.push_back({e.arms[k].span, "this takes all cases that are left"});
      return false;
    }
    if (e.arms[k].case_name.text != name || arm.is_default) continue;
    Diagnostic& d = report("duplicate-arm", arm.span,
                           "the case " + in_quotes(name) + " has two arms", "second arm");
    d.related.push_back({e.arms[k].span, "first arm"});
    return false;
  }
  if (arm.is_default) return true;
  Ty* operand_type = types.find(operand->type);
  if (types.is_row(operand_type)) {
    payload =
        types.row_case(operand_type, name,
                       arm.payload.present() ? types.fresh() : types.fresh(session_.table.null()));
    return true;
  }
  int32_t at = types.index_of(operand_type, name);
  if (at >= 0) {
    payload = types.part(operand_type, static_cast<uint32_t>(at));
    return true;
  }
  NearName near(name);
  for (uint32_t k = 0; k < types.arity(operand_type); k++)
    near.consider(types.name(operand_type, k));
  Diagnostic& d =
      report("unknown-case", arm.case_name.span,
             "there is no case " + in_quotes(name) + " in " + text(operand_type), "not a case");
  d.help = near.best().empty() ? "its cases are " + case_list(operand_type) : near.question();
  d.fix = near.best();
  return false;
}

Draft* Inferrer::match(const Expr& e, const Want& want) {
  Types& types = session_.types;
  Draft* operand = infer(*e.kids[0]);
  auto kind = types.kind(operand->type);
  if (!kind && !types.is_error(operand->type)) {
    run_pending(0);
    kind = types.kind(operand->type);
  }
  bool good = true;
  if (!kind && types.find(operand->type)->form == TyForm::plain) {
    types.unify(operand->type, types.row());
  } else if (kind != Kind::variant && !types.is_error(operand->type)) {
    Diagnostic& d = report("match-no-variant", operand->span,
                           "`match` looks at variants, found " + text(operand->type),
                           "this is " + text(operand->type));
    d.help = "for other values use `if … else if … else`";
    good = false;
    operand = failed(operand);
  }
  Join join{want, nullptr, {}};
  std::vector<Draft*> kids{operand};
  std::vector<Variable*> variables;
  std::vector<std::string_view> names;
  Draft* rest = nullptr;
  uint32_t rest_at = 0;
  for (size_t i = 0; i < e.arms.size(); i++) {
    const Arm& arm = e.arms[i];
    Ty* payload = nullptr;
    bool arm_good = match_arm(e, i, operand, payload);
    good = good && (arm_good || types.is_error(operand->type));
    Scopes::Binding* place = scopes_.place();
    Scopes::Binding* base = block_base_;
    block_base_ = place;
    Variable* bound = nullptr;
    if (!arm.is_default) {
      note(arm.case_name, "case", payload);
      bound = variable(arm.payload, payload, VariableKind::payload);
      define(bound);
    }
    Draft* body = branch(*e.kids[i + 1], join);
    scopes_.leave(place);
    block_base_ = base;
    if (arm.is_default) {
      rest = body;
      rest_at = static_cast<uint32_t>(names.size());
      continue;
    }
    kids.push_back(body);
    variables.push_back(bound);
    names.push_back(arm.case_name.text);
  }
  if (rest != nullptr) kids.push_back(rest);
  Draft* draft =
      make(ir::Op::match, e, e.arms.empty() && want.type != nullptr ? types.never() : joined(join));
  if (!good) draft->type = types.error();
  if (rest != nullptr) {
    draft->choice = Choice::rest;
    draft->arm = rest_at;
  }
  draft->kids = session_.arena.copy(kids);
  draft->variables = session_.arena.copy(variables);
  draft->names = session_.arena.copy(names);
  return draft;
}

// --- loops ---------------------------------------------------------------------------------------

Loop* Inferrer::enter_loop(const Expr& e) {
  Loop* loop = session_.arena.loop();
  loop->label = e.label.text;
  loop->label_span = e.label.span;
  loop->offset = e.label.present() ? e.label.span.begin : e.span.begin;
  for (Loop* at = loop_; at != nullptr && e.label.present(); at = at->outer) {
    if (at->label != e.label.text) continue;
    Diagnostic& d =
        report("duplicate-label", e.label.span,
               "the label " + in_quotes(e.label.text) + " is that of a loop around", "second use");
    d.related.push_back({at->label_span, "first used here"});
  }
  if (e.label.present()) note(e.label, "label", nullptr, {}, e.label.span, module_);
  loop->outer = loop_;
  loop_ = loop;
  return loop;
}

Draft* Inferrer::for_(const Expr& e) {
  Types& types = session_.types;
  Draft* collection = infer(*e.kids[0]);
  if (!types.kind(collection->type) && !types.is_error(collection->type)) run_pending(0);
  auto kind = types.kind(collection->type);
  bool two = e.second.present();
  Ty* first = types.error();
  Ty* second = nullptr;
  ir::Op op = ir::Op::for_array;
  bool good = true;
  if (types.is_error(collection->type)) {
    good = false;
    if (two) second = types.error();
  } else if (kind == Kind::array) {
    first = two ? types.integer() : types.part(collection->type, 0);
    second = two ? types.part(collection->type, 0) : types.integer();
  } else if (kind == Kind::set && !two) {
    op = ir::Op::for_set;
    first = types.part(collection->type, 0);
  } else if (kind == Kind::dict) {
    op = ir::Op::for_dict;
    first = types.part(collection->type, 0);
    second = types.part(collection->type, 1);
  } else {
    good = false;
    if (two) second = types.error();
    bool set = kind == Kind::set;
    Diagnostic& d =
        !kind ? report("cannot-infer", collection->span,
                       "the type of what the loop goes over is not known here", "unknown type")
        : set
            ? report("for-set", e.second.span, "a loop over a set has one variable", "one too many")
            : report("for-collection", collection->span,
                     "`for` goes over Array, Set or Dict, found " + text(collection->type),
                     "this is " + text(collection->type));
    if (!kind) d.help = "write the type where the variable is defined";
    if (kind == Kind::integer) d.help = "count with `Array.range(0, n)`";
    if (kind == Kind::vector) d.help = "write `x.to_array()`";
    if (kind == Kind::string) d.help = "a text is taken apart by `x.split(\"\")`";
  }
  Scopes::Binding* place = scopes_.place();
  Scopes::Binding* base = block_base_;
  block_base_ = place;
  Loop* loop = enter_loop(e);
  Variable* a = variable(e.name, first, VariableKind::loop);
  define(a);
  // The variables are listed as IR has them: key, then value.
  std::vector<Variable*> variables{a};
  if (second != nullptr) {
    Variable* b = variable(e.second, second, VariableKind::loop);
    define(b);
    variables = op == ir::Op::for_array && !two ? std::vector<Variable*>{b, a}
                                                : std::vector<Variable*>{a, b};
  }
  Draft* body = scoped(*e.kids[1], {});
  loop_ = loop->outer;
  scopes_.leave(place);
  block_base_ = base;
  Draft* draft = make(op, e, types.null());
  if (!good) failed(draft)->type = types.null();
  draft->loop = loop;
  draft->variables = session_.arena.copy(variables);
  draft->kids = session_.arena.copy(std::vector<Draft*>{collection, body});
  return draft;
}

Draft* Inferrer::while_(const Expr& e) {
  Draft* predicate = condition(*e.kids[0]);
  Loop* loop = enter_loop(e);
  Draft* body = scoped(*e.kids[1], {});
  loop_ = loop->outer;
  Draft* draft = make(ir::Op::while_, e, session_.types.null());
  draft->loop = loop;
  draft->kids = session_.arena.copy(std::vector<Draft*>{predicate, body});
  return draft;
}

Draft* Inferrer::jump(const Expr& e) {
  bool is_break = e.form == ExprForm::break_;
  std::string word = is_break ? "`break`" : "`continue`";
  Loop* loop = loop_;
  while (loop != nullptr && e.label.present() && loop->label != e.label.text) loop = loop->outer;
  if (loop == nullptr) {
    if (loop_ != nullptr) {
      NearName near(e.label.text);
      for (Loop* at = loop_; at != nullptr; at = at->outer) near.consider(at->label);
      Diagnostic& d =
          report("unknown-label", e.label.span,
                 "no loop around has the label " + in_quotes(e.label.text), "not a label");
      d.help = near.best().empty()
                   ? "a label stands before its loop: `" + std::string(e.label.text) + ": for …`"
                   : near.question();
      d.fix = near.best();
    } else {
      Diagnostic& d =
          report("jump-outside-loop", e.span, word + " stands outside of a loop", "no loop around");
      if (scope_->depth > 0) d.help = "a lambda cannot leave a loop around it";
      if (scope_->depth == 0 && is_break) d.help = "`return` leaves the function";
    }
    Draft* draft = failed(e);
    draft->type = session_.types.never();
    return draft;
  }
  if (e.label.present()) note(e.label, "label", nullptr, {}, loop->label_span, module_);
  Draft* draft = make(is_break ? ir::Op::break_ : ir::Op::continue_, e, session_.types.never());
  draft->loop = loop;
  return draft;
}

// --- leaving -------------------------------------------------------------------------------------

Draft* Inferrer::try_(const Expr& e, const Want& want) {
  Types& types = session_.types;
  Join join{want, nullptr, {}};
  Draft* body = branch(*e.kids[0], join);
  Variable* message = nullptr;
  Variable* stack = nullptr;
  Draft* handler = nullptr;
  const Expr* written = e.kids.size() > 1 ? e.kids[1] : nullptr;
  const Expr* last = e.kids.size() > 2 ? e.kids[2] : nullptr;
  Ty* stack_type = types.known(session_.table.array(ir::location_type(session_.table)));
  Scopes::Binding* place = scopes_.place();
  Scopes::Binding* base = block_base_;
  block_base_ = place;
  message = variable(e.name, types.string(), VariableKind::handler);
  stack = variable(e.second, stack_type, VariableKind::handler);
  if (written != nullptr) {
    define(message);
    define(stack);
    handler = branch(*written, join);
  } else {
    message->name = {};
    Draft* again = make(ir::Op::variable, e, types.string());
    again->variable = message;
    handler = make(ir::Op::error, e, types.never());
    handler->kids = session_.arena.copy(std::vector<Draft*>{again});
  }
  scopes_.leave(place);
  block_base_ = base;
  Draft* finally = last != nullptr ? scoped(*last, {}) : null_at(e);
  Draft* draft = make(ir::Op::try_catch, e, joined(join));
  draft->variables = session_.arena.copy(std::vector<Variable*>{message, stack});
  draft->kids = session_.arena.copy(std::vector<Draft*>{body, handler, finally});
  return draft;
}

Draft* Inferrer::return_(const Expr& e) {
  Types& types = session_.types;
  Want want{scope_->result,
            {.reason = Because::Reason::result,
             .span = scope_->result_span,
             .name = scope_->depth == 0 ? item_->name : std::string_view{}}};
  if (scope_->depth > 0 && !scope_->result_written) {
    want.because = {.reason = scope_->result_span.end > scope_->result_span.begin
                                  ? Because::Reason::earlier_return
                                  : Because::Reason::none,
                    .span = scope_->result_span};
  }
  Draft* value = e.kids.empty() ? null_at(e) : infer(*e.kids[0], want);
  fit(value, want);
  if (scope_->depth > 0 && !scope_->result_written && scope_->result_span.end == 0) {
    scope_->result_span = e.span;
  }
  Draft* draft = make(ir::Op::return_, e, types.never());
  draft->kids = session_.arena.copy(std::vector<Draft*>{value});
  return draft;
}

Draft* Inferrer::throw_(const Expr& e) {
  Want want{session_.types.string(), {.reason = Because::Reason::message}};
  Draft* message = check_exact(*e.kids[0], want);
  Draft* draft = make(ir::Op::error, e, session_.types.never());
  draft->kids = session_.arena.copy(std::vector<Draft*>{message});
  return draft;
}

}  // namespace samara::lang
