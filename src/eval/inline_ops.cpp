#include "eval/inline_ops.hpp"

#include <algorithm>

namespace samara::eval {

namespace {
struct Row {
  std::string_view name;
  InlineOp op;
};

constexpr InlineOp unary(Opcode op) { return {.form = InlineForm::unary, .op = op}; }
constexpr InlineOp binary(Opcode op, bool commutes = false) {
  return {.form = InlineForm::binary, .op = op, .commutes = commutes};
}

constexpr Row k_rows[] = {
    {"ArrayGet", binary(Opcode::array_get)},
    {"ArrayPushLast", {.form = InlineForm::array_push, .op = Opcode::array_push}},
    {"ArraySize", unary(Opcode::array_size)},
    {"ArrayUpdate", {.form = InlineForm::array_set, .op = Opcode::array_set}},
    {"BooleanNot", unary(Opcode::not_)},
    {"FloatAdd", binary(Opcode::float_add)},
    {"FloatDivide", binary(Opcode::float_div)},
    {"FloatMultiply", binary(Opcode::float_mul)},
    {"FloatNegate", unary(Opcode::float_neg)},
    {"FloatSubtract", binary(Opcode::float_sub)},
    {"IntegerAdd", binary(Opcode::int_add, true)},
    {"IntegerDivide", binary(Opcode::int_div)},
    {"IntegerMultiply", binary(Opcode::int_mul, true)},
    {"IntegerNegate", unary(Opcode::int_neg)},
    {"IntegerRemainder", binary(Opcode::int_rem)},
    {"IntegerSubtract", binary(Opcode::int_sub)},
    {"IntegerToFloat", unary(Opcode::int_to_float)},
    {"RefGet", unary(Opcode::ref_get)},
    {"RefUpdate", {.form = InlineForm::ref_set, .op = Opcode::ref_set}},
};

struct Relation {
  std::string_view name;
  int8_t number;
};
constexpr Relation k_relations[] = {{"Less", 1},         {"LessEqual", 2}, {"Greater", 3},
                                    {"GreaterEqual", 4}, {"Equal", 5},     {"NotEqual", 6}};
}  // namespace

InlineOp inline_op(std::string_view name, const Type* type) {
  for (const Relation& relation : k_relations) {
    if (relation.name != name || type == nullptr) continue;
    InlineOp op{.form = InlineForm::compare, .relation = relation.number};
    bool integer = type->is(Kind::integer) || type->is(Kind::datetime);
    bool equality = relation.number >= 5;
    if (type->is(Kind::float_)) {
      op.on_float = true;
    } else if (type->is(Kind::string) && equality) {
      op.form = InlineForm::binary;
      op.op = relation.number == 5 ? Opcode::string_eq : Opcode::string_ne;
      return op;
    } else if (!integer && !(type->is(Kind::boolean) && equality)) {
      return {};
    }
    switch (relation.number) {
      case 1:
        op.op = op.on_float ? Opcode::float_lt : Opcode::int_lt;
        break;
      case 2:
        op.op = op.on_float ? Opcode::float_le : Opcode::int_le;
        break;
      case 3:
        op.op = op.on_float ? Opcode::float_lt : Opcode::int_lt;
        op.swap = true;
        break;
      case 4:
        op.op = op.on_float ? Opcode::float_le : Opcode::int_le;
        op.swap = true;
        break;
      case 5:
        op.op = op.on_float ? Opcode::float_eq : Opcode::int_eq;
        break;
      default:
        op.op = op.on_float ? Opcode::float_ne : Opcode::int_ne;
        break;
    }
    return op;
  }
  auto at = std::lower_bound(std::begin(k_rows), std::end(k_rows), name,
                             [](const Row& row, std::string_view n) { return row.name < n; });
  if (at == std::end(k_rows) || at->name != name) return {};
  return at->op;
}

}  // namespace samara::eval
