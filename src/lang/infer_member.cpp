#include <algorithm>

#include "lang/complete_probe.hpp"
#include "lang/infer.hpp"

namespace samara::lang {

bool Inferrer::is_type_prefix(const Expr& e) {
  if (scopes_.find(e.name.text) != nullptr) return false;
  auto at = module_->names.find(e.name.text);
  if (at != module_->names.end() && at->second->kind != ItemKind::type) return false;
  return std::any_of(all_methods().begin(), all_methods().end(),
                     [&](const Method& method) { return method.owner == e.name.text; });
}

// The type whose methods a value has; a number without point takes those of Float only when Integer
// has none of that name. Empty: none.
std::string_view Inferrer::owner_of(Ty* type, std::string_view method) {
  Types& types = session_.types;
  type = types.find(type);
  if (type->form == TyForm::number) {
    bool only_float =
        find_method("Integer", method) == nullptr && find_method("Float", method) != nullptr;
    types.unify(type, only_float ? types.float_() : types.integer());
  }
  auto kind = types.kind(type);
  return kind ? kind_name(*kind) : std::string_view{};
}

Draft* Inferrer::wait_for(const Expr& e, Draft* receiver, const Want& want, bool awaited) {
  Draft* out = make(ir::Op::value, e, session_.types.fresh());
  pending_.push_back({&e, receiver, out, want, awaited, scopes_.place(), scope_, loop_});
  return out;
}

void Inferrer::run_pending(size_t from) {
  if (pending_.size() <= from) return;
  Types& types = session_.types;
  Scopes::Binding* place = scopes_.place();
  Scopes::Binding* base = block_base_;
  FunctionScope* scope = scope_;
  Loop* loop = loop_;
  bool progress = true;
  while (progress && pending_.size() > from) {
    progress = false;
    std::vector<Pending> work(pending_.begin() + static_cast<ptrdiff_t>(from), pending_.end());
    pending_.resize(from);
    for (const Pending& each : work) {
      if (types.find(each.receiver->type)->form == TyForm::plain) {
        pending_.push_back(each);
        continue;
      }
      progress = true;
      scopes_.go_to(each.place);
      block_base_ = each.place;
      scope_ = each.scope;
      loop_ = each.loop;
      Draft* done = step(*each.expr, each.receiver, each.want, each.awaited);
      Ty* promised = each.out->type;
      *each.out = *done;
      if (!types.unify(promised, done->type)) mismatch(each.out, {promised, each.want.because});
      // The copy stands for it.
      if (done->op != ir::Op::value || done->choice != Choice::none) {
        done->op = ir::Op::value;
        done->choice = Choice::none;
        done->type = types.null();
      }
    }
  }
  scopes_.go_to(place);
  block_base_ = base;
  scope_ = scope;
  loop_ = loop;
}

Draft* Inferrer::member_call(const Expr& e, Draft* receiver, const Want& want, bool awaited) {
  Types& types = session_.types;
  const Expr& member = *e.kids[0];
  std::string_view name = member.name.text;
  std::span<Expr* const> written = e.kids.subspan(1);
  if (session_.probe != nullptr) session_.probe->at_member(*this, member, receiver->type);
  if (types.is_error(receiver->type)) {
    for (const Expr* each : written) {
      if (each->form != ExprForm::lambda) infer(*each);
    }
    return failed(e);
  }
  std::string_view owner = owner_of(receiver->type, name);
  if (owner.empty()) return wait_for(e, receiver, want, awaited);
  if (types.is(receiver->type, Kind::struct_) && types.index_of(receiver->type, name) >= 0) {
    return call_value(e, field(member, receiver), want, awaited);
  }
  const Method* method = find_method(owner, name);
  if (method == nullptr || !method->takes_receiver) {
    unknown_method(member, owner, receiver->type);
    for (const Expr* each : written) {
      if (each->form != ExprForm::lambda) infer(*each);
    }
    return failed(e);
  }
  if (awaited) async_ok(e, false, true, name);
  if (session_.want_occurrences) {
    session_.note(
        *module_,
        {member.name.span, name, "method", nullptr, signature_text(*method), {}, nullptr, {}});
  }
  return builtin(e, *method, receiver, written, member.type_arguments, want);
}

void Inferrer::unknown_method(const Expr& member, std::string_view owner, Ty* type) {
  std::string_view name = member.name.text;
  std::string shown = type == nullptr ? std::string(owner) : text(type);
  std::string_view habit = habitual_method(owner, name);
  NearName near(name);
  bool is_struct = type != nullptr && session_.types.is(type, Kind::struct_);
  for (const Method& method : all_methods()) {
    if (method.owner == owner && (type == nullptr || method.takes_receiver))
      near.consider(method.name);
  }
  for (uint32_t i = 0; is_struct && i < session_.types.arity(type); i++) {
    near.consider(session_.types.name(type, i));
  }
  Diagnostic& d = report("unknown-method", member.name.span,
                         "there is no method " + in_quotes(name) + " on " + shown,
                         is_struct ? "neither a method nor a field" : "not a method of it");
  const Method* static_method = find_method(owner, name);
  if (static_method != nullptr && type != nullptr) {
    d.help = "it is called `" + std::string(owner) + "." + std::string(name) + "(…)`";
  } else if (!habit.empty()) {
    d.help = habit;
  } else if (!near.best().empty()) {
    d.help = near.question();
    d.fix = near.best();
  } else if (session_.types.is(type == nullptr ? session_.types.error() : type, Kind::variant)) {
    d.help = "a variant is looked at with `match`";
  } else {
    auto at = module_->names.find(name);
    bool function = find_method("", name) != nullptr ||
                    (at != module_->names.end() && at->second->kind != ItemKind::type);
    if (function) d.help = "it is a function: `" + std::string(name) + "(x)`";
  }
}

Draft* Inferrer::static_call(const Expr& e, std::string_view owner, const Want& want) {
  const Expr& member = *e.kids[0];
  const Method* method = find_method(owner, member.name.text);
  if (method == nullptr) {
    unknown_method(member, owner, nullptr);
    for (const Expr* each : e.kids.subspan(1)) {
      if (each->form != ExprForm::lambda) infer(*each);
    }
    return failed(e);
  }
  if (session_.want_occurrences) {
    session_.note(*module_, {member.name.span,
                             member.name.text,
                             "method",
                             nullptr,
                             signature_text(*method),
                             {},
                             nullptr,
                             {}});
  }
  return builtin(e, *method, nullptr, e.kids.subspan(1), member.type_arguments, want);
}

Draft* Inferrer::field(const Expr& e, Draft* receiver) {
  Types& types = session_.types;
  std::string_view name = e.name.text;
  if (session_.probe != nullptr) session_.probe->at_member(*this, e, receiver->type);
  if (types.is_error(receiver->type)) return failed(e);
  auto kind = types.kind(receiver->type);
  if (!kind && types.find(receiver->type)->form == TyForm::plain) {
    return wait_for(e, receiver, {}, false);
  }
  int32_t at = kind == Kind::struct_ ? types.index_of(receiver->type, name) : -1;
  if (at < 0) {
    std::string_view owner = owner_of(receiver->type, name);
    NearName near(name);
    for (uint32_t i = 0; kind == Kind::struct_ && i < types.arity(receiver->type); i++) {
      near.consider(types.name(receiver->type, i));
    }
    const Method* method = find_method(owner, name);
    std::string_view habit = habitual_method(owner, name);
    Diagnostic& d = report(
        method != nullptr ? "method-not-called" : "unknown-field", e.name.span,
        method != nullptr ? in_quotes(name) + " is a method of " + text(receiver->type)
                          : "there is no field " + in_quotes(name) + " in " + text(receiver->type),
        method != nullptr ? "not called" : "not a field");
    if (method != nullptr) {
      d.help = "call it: `." + std::string(name) + "(…)`";
    } else if (!near.best().empty()) {
      d.help = near.question();
      d.fix = near.best();
    } else if (!habit.empty()) {
      d.help = habit;
    } else if (kind == Kind::variant) {
      d.help = "a variant is looked at with `match`";
    } else if (kind == Kind::dict) {
      d.help = "the value of a key is `d[key]`";
    } else if (kind == Kind::ref) {
      d.help = "what a Ref holds is `r.get()`";
    } else if (kind == Kind::array) {
      d.help = "take one element first: `x[0]." + std::string(name) + "`";
    }
    return failed(e);
  }
  Draft* draft = make(ir::Op::get_field, e, types.part(receiver->type, static_cast<uint32_t>(at)));
  draft->name = name;
  draft->kids = session_.arena.copy(std::vector<Draft*>{receiver});
  note(e.name, "field", draft->type);
  return draft;
}

Draft* Inferrer::index_node(const Expr& e, Draft* receiver, Draft* key) {
  Types& types = session_.types;
  auto kind = types.kind(receiver->type);
  Ty* element = types.part(receiver->type, kind == Kind::dict ? 1 : 0);
  ir::BuiltinId id = kind == Kind::dict    ? ir::BuiltinId::DictGet
                     : kind == Kind::array ? ir::BuiltinId::ArrayGet
                                           : ir::BuiltinId::VectorGet;
  std::vector<Ty*> parameters{element};
  if (kind == Kind::dict) parameters = {types.part(receiver->type, 0), element};
  return plain_builtin(e, id, parameters, {receiver, key}, element);
}

Draft* Inferrer::index(const Expr& e, Draft* receiver) {
  Types& types = session_.types;
  if (types.is_error(receiver->type)) {
    infer(*e.kids[1]);
    return failed(e);
  }
  auto kind = types.kind(receiver->type);
  if (!kind && types.find(receiver->type)->form == TyForm::plain) {
    return wait_for(e, receiver, {}, false);
  }
  bool known = kind == Kind::array || kind == Kind::dict || kind == Kind::vector;
  if (!known) {
    Diagnostic& d = report("no-index", e.span, text(receiver->type) + " has no elements to index",
                           "cannot be indexed");
    if (kind == Kind::string) d.help = "write `s.substring(i, i + 1)`";
    if (kind == Kind::set) d.help = "whether it holds a value is `s.has(x)`";
    if (kind == Kind::struct_) d.help = "a field is `x.name`";
    if (kind == Kind::matrix) d.help = "write `m.get(row, column)`";
    if (kind == Kind::variant) d.help = "a variant is looked at with `match`";
    if (kind == Kind::blob) d.help = "write `b.get_uint8(i)`";
    infer(*e.kids[1]);
    return failed(e);
  }
  Ty* key_type = kind == Kind::dict ? types.part(receiver->type, 0) : types.integer();
  Because because{.reason = kind == Kind::dict ? Because::Reason::key : Because::Reason::index};
  return index_node(e, receiver, check(*e.kids[1], {key_type, because}));
}

}  // namespace samara::lang
