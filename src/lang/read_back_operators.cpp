#include "lang/read_back_operators.hpp"

namespace samara::lang {

Operator arithmetic_operator(ir::BuiltinId id) {
  using ir::BuiltinId;
  switch (id) {
    case BuiltinId::IntegerAdd:
    case BuiltinId::FloatAdd:
    case BuiltinId::StringConcat:
      return Operator::add;
    case BuiltinId::IntegerSubtract:
    case BuiltinId::FloatSubtract:
      return Operator::subtract;
    case BuiltinId::IntegerMultiply:
    case BuiltinId::FloatMultiply:
      return Operator::multiply;
    case BuiltinId::IntegerDivide:
    case BuiltinId::FloatDivide:
      return Operator::divide;
    case BuiltinId::IntegerRemainder:
    case BuiltinId::FloatRemainder:
      return Operator::remainder;
    case BuiltinId::IntegerPow:
    case BuiltinId::FloatPow:
      return Operator::power;
    default:
      return Operator::none;
  }
}

Operator comparison_operator(ir::BuiltinId id) {
  using ir::BuiltinId;
  switch (id) {
    case BuiltinId::Is:
      return Operator::is;
    case BuiltinId::Equal:
      return Operator::equal;
    case BuiltinId::NotEqual:
      return Operator::not_equal;
    case BuiltinId::Less:
      return Operator::less;
    case BuiltinId::LessEqual:
      return Operator::less_equal;
    case BuiltinId::Greater:
      return Operator::greater;
    case BuiltinId::GreaterEqual:
      return Operator::greater_equal;
    default:
      return Operator::none;
  }
}

}  // namespace samara::lang
