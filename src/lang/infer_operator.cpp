#include "lang/infer.hpp"

namespace samara::lang {

using ir::BuiltinId;

namespace {

BuiltinId comparison_of(Operator op) {
  switch (op) {
    case Operator::equal:
      return BuiltinId::Equal;
    case Operator::not_equal:
      return BuiltinId::NotEqual;
    case Operator::less:
      return BuiltinId::Less;
    case Operator::less_equal:
      return BuiltinId::LessEqual;
    case Operator::greater:
      return BuiltinId::Greater;
    case Operator::greater_equal:
      return BuiltinId::GreaterEqual;
    default:
      return BuiltinId::Is;
  }
}

bool fits_arithmetic(Operator op, std::optional<Kind> kind) {
  return !kind || *kind == Kind::integer || *kind == Kind::float_ ||
         (*kind == Kind::string && op == Operator::add);
}

}  // namespace

// A long chain leans to the left; it is walked from its beginning.
Draft* Inferrer::binary_chain(const Expr& e, const Want& want) {
  std::vector<const Expr*> spine;
  const Expr* at = &e;
  while (at->form == ExprForm::binary) {
    spine.push_back(at);
    at = at->kids[0];
  }
  bool logical = spine.back()->op == Operator::and_ || spine.back()->op == Operator::or_;
  bool compares =
      !logical && spine.back()->op >= Operator::equal && spine.back()->op <= Operator::is;
  Want first;
  if (!compares && !logical && spine.back() == spine.front()) first = want;
  if (logical) first = {session_.types.boolean(), {.reason = Because::Reason::condition}};
  Draft* left = logical ? check_exact(*at, first) : infer(*at, {first.type, {}});
  for (size_t i = spine.size(); i-- > 0;) left = binary(*spine[i], left, i == 0 ? want : Want{});
  return left;
}

Draft* Inferrer::binary(const Expr& e, Draft* left, const Want& want) {
  switch (e.op) {
    case Operator::and_:
    case Operator::or_:
      return logic(e, left);
    case Operator::equal:
    case Operator::not_equal:
    case Operator::less:
    case Operator::less_equal:
    case Operator::greater:
    case Operator::greater_equal:
    case Operator::is:
      return comparison(e, left);
    default:
      return arithmetic(e, left, want);
  }
}

Draft* Inferrer::logic(const Expr& e, Draft* left) {
  Types& types = session_.types;
  Want want{types.boolean(), {.reason = Because::Reason::condition}};
  fit(left, want);
  left = exact(left, want.type);
  Draft* right = check_exact(*e.kids[1], want);
  Draft* constant = make(ir::Op::value, e, types.boolean());
  constant->literal = Kind::boolean;
  constant->integer = e.op == Operator::or_ ? 1 : 0;
  Draft* draft = make(ir::Op::if_else, e, types.boolean());
  draft->kids = e.op == Operator::or_
                    ? session_.arena.copy(std::vector<Draft*>{left, constant, right})
                    : session_.arena.copy(std::vector<Draft*>{left, right, constant});
  return draft;
}

Draft* Inferrer::comparison(const Expr& e, Draft* left) {
  Types& types = session_.types;
  Ty* type = types.is_never(left->type) ? types.fresh(session_.table.never()) : left->type;
  Draft* right = infer(*e.kids[1], {type, {}});
  bool same = types.is_never(right->type) || types.unify(type, right->type);
  if (!same) {
    Diagnostic& d =
        report("comparison-types", e.op_span,
               "cannot compare " + text(left->type) + " with " + text(right->type), "two types");
    d.related.push_back({left->span, "this is " + text(left->type)});
    d.related.push_back({right->span, "this is " + text(right->type)});
    d.help = mismatch_help(right, left->type);
    if (types.is(left->type, Kind::integer) && types.is(right->type, Kind::float_)) {
      d.help = "nothing converts by itself: write `" + shown(left) + ".to_float()`";
    } else if (types.is(left->type, Kind::float_) && types.is(right->type, Kind::integer)) {
      d.help = "nothing converts by itself: write `" + shown(right) + ".to_float()`";
    } else if (types.is(right->type, Kind::null) && types.is(left->type, Kind::variant)) {
      d.help = "an option is looked at with `match`, or compared with `.none`";
    } else if (types.is(left->type, Kind::string)) {
      d.help.clear();
    }
  }
  return plain_builtin(e, comparison_of(e.op), {type}, {left, right}, types.boolean());
}

void Inferrer::operand_problem(const Expr& at, Operator op, Draft* left, Draft* right) {
  Types& types = session_.types;
  std::string sign = in_quotes(operator_text(op));
  std::string a = text(left->type);
  std::string b = right == nullptr ? std::string() : text(right->type);
  Span span = at.op_span.end > at.op_span.begin ? at.op_span : at.span;
  Diagnostic& d = report("bad-operand", span,
                         right == nullptr ? "cannot use " + sign + " on " + a
                         : a == b         ? "cannot use " + sign + " on two values of type " + a
                                          : "cannot use " + sign + " on " + a + " and " + b,
                         "not possible");
  if (right != nullptr && a != b) {
    d.related.push_back({left->span, "this is " + a});
    d.related.push_back({right->span, "this is " + b});
  }
  if (left->op == ir::Op::variant && left->choice == Choice::none && right != nullptr) {
    d.help = "the value of a case is one operand: write `." + name_text(left->name, true) + " (…)`";
    return;
  }
  Draft* other = right == nullptr ? left : right;
  auto is = [&](Draft* draft, Kind kind) { return types.is(draft->type, kind); };
  if ((is(left, Kind::integer) && is(other, Kind::float_)) ||
      (is(left, Kind::float_) && is(other, Kind::integer))) {
    const Draft* integer = is(left, Kind::integer) ? left : other;
    d.help = "nothing converts by itself: write `" + shown(integer) + ".to_float()`";
  } else if (op == Operator::add && (is(left, Kind::string) || is(other, Kind::string))) {
    d.help =
        "make text of the other one: `print(" + shown(is(left, Kind::string) ? other : left) + ")`";
  } else if (op == Operator::add && is(left, Kind::array)) {
    d.help = "arrays are joined by `" + shown(left) + ".concat(" + shown(other) + ")`";
  } else if (op == Operator::add && is(left, Kind::set)) {
    d.help = "sets are joined by `a.union(b)`";
  } else if (is(left, Kind::datetime)) {
    d.help = op == Operator::subtract ? "write `a.duration_milliseconds(b)`"
                                      : "write `t.add_milliseconds(n)`";
  } else if (is(left, Kind::boolean)) {
    d.help = "conditions are joined by `&&` and `||`";
  } else if ((is(left, Kind::variant) && types.index_of(left->type, "some") >= 0) ||
             (is(other, Kind::variant) && types.index_of(other->type, "some") >= 0)) {
    d.help = "a value that may be missing is looked at with `match`";
  }
}

Draft* Inferrer::arithmetic_node(const Expr& at, Operator op, Draft* left, Draft* right) {
  Types& types = session_.types;
  Ty* type = types.is_never(left->type) && right != nullptr ? right->type : left->type;
  bool erroneous = types.is_error(left->type) || (right != nullptr && types.is_error(right->type));
  bool good = fits_arithmetic(op, types.kind(left->type)) || types.is_never(left->type);
  if (right != nullptr) {
    good = good && (fits_arithmetic(op, types.kind(right->type)) || types.is_never(right->type));
    good = good && (types.is_never(left->type) || types.is_never(right->type) ||
                    types.unify(left->type, right->type));
  }
  if (!good && !erroneous) operand_problem(at, op, left, right);
  if (!good || erroneous) return failed(at);
  Draft* draft = make(ir::Op::builtin, at, type);
  draft->choice = Choice::arithmetic;
  draft->arithmetic = op;
  std::vector<Draft*> kids{left};
  if (right != nullptr) kids.push_back(right);
  draft->kids = session_.arena.copy(kids);
  return draft;
}

Draft* Inferrer::arithmetic(const Expr& e, Draft* left, const Want& want) {
  Types& types = session_.types;
  Want hint;
  auto kind = types.kind(left->type);
  if (kind == Kind::integer || kind == Kind::float_) {
    hint.type = left->type;
  } else if (!kind && want.type != nullptr) {
    hint.type = want.type;
  }
  Draft* right = infer(*e.kids[1], hint);
  return arithmetic_node(e, e.op, left, right);
}

Draft* Inferrer::unary(const Expr& e, const Want& want) {
  if (e.op == Operator::await) return await(e, want);
  if (e.op == Operator::not_) {
    Want inner{session_.types.boolean(), {.reason = Because::Reason::condition}};
    Draft* operand = check_exact(*e.kids[0], inner);
    return plain_builtin(e, BuiltinId::BooleanNot, {}, {operand}, session_.types.boolean());
  }
  Draft* operand = infer(*e.kids[0], {want.type, {}});
  return arithmetic_node(e, Operator::minus, operand, nullptr);
}

Draft* Inferrer::await(const Expr& e, const Want& want) {
  const Expr* operand = e.kids[0];
  while (operand->form == ExprForm::parenthesized) operand = operand->kids[0];
  if (operand->form == ExprForm::error) return failed(e);
  if (operand->form != ExprForm::call) {
    report("await-no-call", e.span, "`await` needs the call of an async function",
           "waits for nothing")
        .help = "write `await f(x)`";
    infer(*operand);
    return failed(e);
  }
  if (!scope_->is_async) {
    bool declared = scope_->depth == 0;
    Diagnostic& d =
        report("await-outside-async", e.op_span.end > e.op_span.begin ? e.op_span : e.span,
               "`await` stands in a function that is not async", "not allowed here");
    d.help = declared ? "write `async fn " + std::string(item_->name) + "`"
                      : "write `async` before the parameters of the lambda";
    if (declared) d.related.push_back({item_->span, "this function is not async"});
    postfix(*operand, want, true);
    return failed(e);
  }
  return postfix(*operand, want, true);
}

Draft* Inferrer::cast(const Expr& e) {
  Draft* value = infer(*e.kids[0]);
  Ty* type = e.type == nullptr ? session_.types.error() : resolver_.resolve_type(*module_, *e.type);
  if (session_.types.is_error(type)) return failed(e);
  Draft* draft = make(ir::Op::as, e, type);
  if (session_.types.is_never(value->type)) {
    report("cast-never", e.span, "the value never comes to be, so it cannot be converted",
           "never completes");
    return failed(e);
  }
  draft->kids = session_.arena.copy(std::vector<Draft*>{value});
  return draft;
}

Draft* Inferrer::ascription(const Expr& e) {
  if (e.type == nullptr) return failed(e);
  const Type* type = resolver_.resolve(*module_, *e.type);
  if (type == nullptr) {
    infer(*e.kids[0]);
    return failed(e);
  }
  Want want{session_.types.known(type),
            {.reason = Because::Reason::ascription, .span = e.type->span}};
  // A time as a number, for years that a literal does not reach.
  if (type->is(Kind::datetime) && e.kids[0]->form == ExprForm::integer) {
    return literal(*e.kids[0], Kind::datetime);
  }
  // Instants of years without a literal are said in milliseconds.
  if (type->is(Kind::datetime) && e.kids[0]->form == ExprForm::integer) {
    return literal(*e.kids[0], Kind::datetime);
  }
  Draft* inner = infer(*e.kids[0], want);
  if (type->is(Kind::never) != session_.types.is_never(inner->type) &&
      !session_.types.is_error(inner->type)) {
    if (session_.types.is_never(inner->type)) return exact(inner, want.type);
    mismatch(inner, want);
    return failed(e);
  }
  if (!fit(inner, want)) return failed(e);
  // The written type is exactly the node's, also where a recursive type can be written in two ways.
  if (!session_.types.is_error(inner->type)) inner->type = want.type;
  return inner;
}

}  // namespace samara::lang
