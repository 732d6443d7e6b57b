#include <cmath>

#include "lang/printer.hpp"

namespace samara::lang {

const Expr& bare(const Expr& expr) {
  const Expr* at = &expr;
  while (at->form == ExprForm::parenthesized) at = at->kids[0];
  return *at;
}

Binding binding_of(Operator op) {
  switch (op) {
    case Operator::or_:
      return Binding::or_;
    case Operator::and_:
      return Binding::and_;
    case Operator::equal:
    case Operator::not_equal:
    case Operator::less:
    case Operator::less_equal:
    case Operator::greater:
    case Operator::greater_equal:
    case Operator::is:
      return Binding::compare;
    case Operator::add:
    case Operator::subtract:
      return Binding::add;
    case Operator::multiply:
    case Operator::divide:
    case Operator::remainder:
      return Binding::multiply;
    case Operator::power:
      return Binding::power;
    case Operator::none:
    case Operator::minus:
    case Operator::not_:
    case Operator::await:
    case Operator::assign:
      break;
  }
  return Binding::unary;
}

Binding binding_of(const Expr& expr) {
  switch (expr.form) {
    case ExprForm::let:
    case ExprForm::assign:
      return Binding::statement;
    case ExprForm::lambda:
    case ExprForm::block:
    case ExprForm::if_:
    case ExprForm::match:
    case ExprForm::for_:
    case ExprForm::while_:
    case ExprForm::try_:
    case ExprForm::return_:
    case ExprForm::throw_:
    case ExprForm::break_:
    case ExprForm::continue_:
      return Binding::open;
    case ExprForm::integer:
      return expr.integer < 0 ? Binding::unary : Binding::primary;
    case ExprForm::float_:
      return std::signbit(expr.number) ? Binding::unary : Binding::primary;
    case ExprForm::binary:
      return binding_of(expr.op);
    case ExprForm::cast:
      return Binding::cast;
    case ExprForm::ref:
    case ExprForm::unary:
      return Binding::unary;
    case ExprForm::variant:
      // A dot after `.none` would begin its payload.
      return expr.kids.empty() ? Binding::power : Binding::unary;
    case ExprForm::field:
    case ExprForm::index:
    case ExprForm::call:
      return Binding::postfix;
    default:
      return Binding::primary;
  }
}

bool is_callee_in_parentheses(const Expr& callee) {
  return callee.form == ExprForm::parenthesized && bare(callee).form == ExprForm::field;
}

}  // namespace samara::lang
