#include <algorithm>

#include "lang/infer.hpp"

namespace samara::lang {

using ir::BuiltinId;

// All types of the function are closed now: what waits for them is decided, and what nothing said
// is reported once.
void Inferrer::finish() {
  Types& types = session_.types;
  size_t before = module_->reporter.count();
  for (const Pending& each : pending_) {
    Ty* type = types.find(each.receiver->type);
    item_->broken = true;
    if (type->form != TyForm::plain) continue;
    const Expr& e = *each.expr;
    const Expr& member = e.form == ExprForm::call ? *e.kids[0] : e;
    std::string what = member.form == ExprForm::index
                           ? "an element of it"
                           : (e.form == ExprForm::call ? "the method " : "the field ") +
                                 in_quotes(member.name.text);
    Diagnostic& d =
        report("cannot-infer", each.receiver->span,
               "the type of this must be known before " + what + " can be used", "unknown type");
    const Variable* variable = each.receiver->variable;
    if (variable != nullptr) {
      d.related.push_back({variable->span, in_quotes(variable->name) + " is defined here"});
      d.help = variable->kind == VariableKind::parameter
                   ? "write its type: `(" + std::string(variable->name) + ": T) -> …`"
                   : "write its type: `let " + std::string(variable->name) + ": T = …`";
    } else {
      d.help = "say it: `(e: T)`";
    }
    types.forget(type);
  }
  bool pending = !pending_.empty();
  pending_.clear();
  for (Variable* variable : variables_) finish_variable(*variable);
  for (Draft* draft : drafts_) finish_draft(*draft);
  for (const auto& [draft, item] : generic_platform_) {
    std::vector<const Type*> parameters;
    for (Ty* each : draft->type_parameters) {
      if (const Type* type = types.closed(each)) parameters.push_back(type);
    }
    if (parameters.size() != draft->type_parameters.size()) continue;
    std::vector<Ty*> inputs;
    bool never = false;
    for (Draft* kid : draft->kids) {
      inputs.push_back(kid->type);
      never = never || types.is_never(kid->type);
    }
    if (never) continue;
    compare_offered(*item, draft->span, parameters, inputs, draft->type);
    if (item->broken) item_->broken = true;
  }
  if (pending || module_->reporter.count() != before) item_->broken = true;
}

const Type* Inferrer::close(Ty* type, Span at, std::string_view what, std::string_view help) {
  Types& types = session_.types;
  const Type* closed = types.close(type);
  if (closed != nullptr) return closed;
  if (types.why() == Unclosed::erroneous) {
    item_->broken = true;
    return nullptr;
  }
  Ty* culprit = types.culprit();
  bool unknown = types.why() == Unclosed::unknown;
  bool key = types.reason().find("key type") != std::string::npos;
  // After other mistakes an unknown type tells nothing new.
  if (unknown && item_->broken) {
    types.forget(culprit);
    return nullptr;
  }
  std::string known = text(type);
  Diagnostic& d =
      unknown ? report("cannot-infer", at,
                       "cannot tell the type of " + std::string(what) + "; write it",
                       known == "_" ? "nothing says what it is" : "only this is known: " + known)
      : key   ? report("mutable-key", at, "keys must be immutable, found " + text(culprit),
                       "this key could change")
              : report("bad-type", at, "this type is not possible: " + types.reason(), known);
  d.help = unknown ? std::string(help)
           : key   ? "a key holds no Array, Set, Dict, Ref, Vector, Matrix or function"
                   : std::string();
  types.forget(culprit);
  return nullptr;
}

void Inferrer::finish_variable(Variable& variable) {
  bool named = !variable.name.empty();
  std::string what = named ? in_quotes(variable.name) : std::string("a value");
  std::string help;
  if (named) {
    help = variable.kind == VariableKind::constant || variable.kind == VariableKind::variable
               ? std::string(variable.is_mutable ? "`var " : "`let ") + std::string(variable.name) +
                     ": T = …`"
               : "`" + std::string(variable.name) + ": T`";
    help = "for example " + help;
  }
  Span at = named ? variable.span : item_->span;
  if (!named) {
    // What nobody named is somewhere in the drafts, which tell the place.
    variable.closed = session_.types.closed(variable.type);
    return;
  }
  variable.closed = close(variable.type, at, what, help);
}

void Inferrer::finish_draft(Draft& draft) {
  draft.closed = close(draft.type, draft.span, "this", "say it: `(e: T)`");
  for (Ty* each : draft.type_parameters) {
    close(each, draft.span, "a type argument", "write the type arguments: `f<T>(…)`");
  }
  for (Variable* each : draft.variables) {
    if (each->closed == nullptr) {
      each->closed = close(each->type, draft.span, "a value", "");
    }
  }
  if (draft.function != nullptr) {
    for (Variable* each : draft.function->parameters) {
      if (each->closed == nullptr) {
        each->closed = close(each->type, draft.span, "a parameter", "");
      }
    }
  }
  if (draft.closed == nullptr) return;
  switch (draft.choice) {
    case Choice::number:
      return finish_number(draft);
    case Choice::arithmetic:
      return finish_arithmetic(draft);
    default:
      break;
  }
  if (draft.op == ir::Op::match) return finish_match(draft);
  if (draft.op == ir::Op::as) return finish_cast(draft);
  if (draft.op == ir::Op::builtin && draft.choice == Choice::none) return finish_builtin(draft);
}

void Inferrer::finish_number(Draft& draft) {
  if (draft.closed->is(Kind::integer)) return;
  if (!draft.closed->is(Kind::float_)) {
    report("type-mismatch", draft.span, "expected " + type_text(draft.closed) + ", found Integer",
           "a number");
    return;
  }
  draft.literal = Kind::float_;
  draft.number = static_cast<double>(draft.integer);
  constexpr int64_t k_exact = int64_t{1} << 53;
  if (draft.integer > k_exact || draft.integer < -k_exact) {
    auto magnitude =
        static_cast<uint64_t>(draft.integer < 0 ? -(draft.integer + 1) : draft.integer);
    bool exact =
        magnitude < (uint64_t{1} << 62) && static_cast<int64_t>(draft.number) == draft.integer;
    if (!exact) {
      report("inexact-literal", draft.span, "this number is not exactly a Float",
             "would be rounded")
          .help = "write it with a point";
    }
  }
}

void Inferrer::finish_arithmetic(Draft& draft) {
  bool integer = draft.closed->is(Kind::integer);
  bool number = integer || draft.closed->is(Kind::float_);
  auto either = [&](BuiltinId a, BuiltinId b) { draft.builtin = integer ? a : b; };
  if (draft.closed->is(Kind::string) && draft.arithmetic == Operator::add) {
    draft.builtin = BuiltinId::StringConcat;
    return;
  }
  if (!number) {
    if (draft.closed->is(Kind::never)) {
      report("never-completes", draft.span, "neither side ever completes", "never happens");
      return;
    }
    Draft* right = draft.kids.size() > 1 ? draft.kids[1] : nullptr;
    Expr at;
    at.span = draft.span;
    operand_problem(at, draft.arithmetic, draft.kids[0], right);
    return;
  }
  switch (draft.arithmetic) {
    case Operator::add:
      return either(BuiltinId::IntegerAdd, BuiltinId::FloatAdd);
    case Operator::subtract:
      return either(BuiltinId::IntegerSubtract, BuiltinId::FloatSubtract);
    case Operator::multiply:
      return either(BuiltinId::IntegerMultiply, BuiltinId::FloatMultiply);
    case Operator::divide:
      return either(BuiltinId::IntegerDivide, BuiltinId::FloatDivide);
    case Operator::remainder:
      return either(BuiltinId::IntegerRemainder, BuiltinId::FloatRemainder);
    case Operator::power:
      return either(BuiltinId::IntegerPow, BuiltinId::FloatPow);
    default:
      return either(BuiltinId::IntegerNegate, BuiltinId::FloatNegate);
  }
}

void Inferrer::finish_match(Draft& draft) {
  const Type* operand = draft.kids[0]->closed;
  if (operand == nullptr || !operand->is(Kind::variant)) return;
  std::vector<uint32_t> missing;
  for (uint32_t i = 0; i < operand->arity(); i++) {
    if (std::find(draft.names.begin(), draft.names.end(), operand->name(i)) == draft.names.end()) {
      missing.push_back(i);
    }
  }
  bool rest = draft.choice == Choice::rest;
  Span at{draft.offset, std::min(draft.span.end, draft.offset + 5)};
  if (rest && missing.empty()) {
    report("unreachable-arm", draft.kids.back()->span, "the arm `_` is never reached",
           "all cases have arms before")
        .help = "remove it";
    return;
  }
  if (rest || missing.empty()) return;
  std::string list;
  std::string arms;
  for (size_t i = 0; i < missing.size() && i < 10; i++) {
    std::string name(operand->name(missing[i]));
    list += (i == 0 ? "" : ", ") + in_quotes("." + name);
    bool payload = !operand->child(missing[i])->is(Kind::null);
    arms += (i == 0 ? "`." : ", `.") + name_text(name, true) + (payload ? " x" : "") + " -> …`";
  }
  if (missing.size() > 10) list += " and " + std::to_string(missing.size() - 10) + " more";
  Diagnostic& d = report(
      "missing-case", at,
      "`match` lacks " + std::string(missing.size() == 1 ? "the case " : "the cases ") + list,
      "not all cases have arms");
  d.related.push_back({draft.kids[0]->span, "this is " + text(draft.kids[0]->type)});
  d.help = missing.size() <= 4 ? "add " + arms : "add arms, or `_ -> …` for all others";
}

void Inferrer::finish_cast(Draft& draft) {
  if (draft.kids.empty()) return;
  const Type* from = draft.kids[0]->closed;
  const Type* to = draft.closed;
  if (from == nullptr) return;
  if (from == to) {
    report("needless-cast", draft.span, "the value is already " + text(draft.type),
           "`as` changes nothing")
        .help = "remove `as`";
    return;
  }
  if (is_subtype(from, to)) return;
  Diagnostic& d = report("bad-cast", draft.span,
                         "cannot widen " + text(draft.kids[0]->type) + " to " + text(draft.type),
                         "not a wider type");
  if (from->is(Kind::integer) && to->is(Kind::float_)) d.help = "write `x.to_float()`";
  if (from->is(Kind::float_) && to->is(Kind::integer)) d.help = "write `x.to_integer()`";
  if (to->is(Kind::string)) d.help = "write `print(x)`";
  if (from->is(Kind::string) && (to->is(Kind::integer) || to->is(Kind::float_))) {
    d.help = "write `parse<" + type_text(to) + ">(x)`";
  }
  if (d.help.empty()) d.help = "`as` widens variants and functions, it converts nothing";
}

namespace {

bool meets_function(const Type* type, std::vector<const Type*>& seen) {
  if (type->is_function()) return true;
  if (!type->is(Kind::struct_) && !type->is(Kind::variant)) return false;
  if (std::find(seen.begin(), seen.end(), type) != seen.end()) return false;
  seen.push_back(type);
  for (uint32_t i = 0; i < type->arity(); i++) {
    if (meets_function(type->child(i), seen)) return true;
  }
  return false;
}

}  // namespace

void Inferrer::finish_builtin(Draft& draft) {
  if (draft.type_parameters.empty()) return;
  const Type* first = session_.types.closed(draft.type_parameters[0]);
  if (first == nullptr) return;
  std::vector<const Type*> seen;
  if (draft.builtin == BuiltinId::Is && meets_function(first, seen)) {
    report("compare-functions", draft.span, "functions cannot be compared with `is`",
           "holds functions");
    return;
  }
  if (draft.builtin == BuiltinId::BlobDecodeCsv || draft.builtin == BuiltinId::ArrayEncodeCsv) {
    const Type* config = session_.types.closed(draft.type_parameters[1]);
    if (!first->is(Kind::struct_) || (config != nullptr && !config->is(Kind::struct_))) {
      report("csv-struct", draft.span,
             "rows and options of CSV are structs, found " + text(draft.type_parameters[0]),
             "not a struct");
    }
    return;
  }
}

}  // namespace samara::lang
