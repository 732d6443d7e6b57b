#pragma once
// Builtins that are single instructions. Used by the compiler only.

#include <string_view>

#include "eval/code.hpp"

namespace samara::eval {

enum class InlineForm : uint8_t {
  none,
  unary,       // r[a] = op r[b]
  binary,      // r[a] = r[b] op r[c]
  compare,     // binary with a fused jump; swapped operands where marked
  array_push,  // statement forms: no result
  array_set,
  ref_set,
};

struct InlineOp {
  InlineForm form = InlineForm::none;
  Opcode op{};
  bool swap = false;      // operands exchanged (a > b is b < a)
  bool negate = false;    // followed by not_
  bool commutes = false;  // immediate may come first
  int8_t relation = 0;    // compare on integers or floats: 1 <, 2 <=, 3 >, 4 >=, 5 ==, 6 !=
  bool on_float = false;
};

/// What a builtin compiles to, given its first type parameter (may be null).
InlineOp inline_op(std::string_view name, const Type* type_parameter);

}  // namespace samara::eval
