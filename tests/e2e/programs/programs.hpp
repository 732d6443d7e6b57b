#pragma once
// Programs that misbehave, for the tests of the command line; see examples/east/programs.hpp for
// how they become files.

#include "ir/builder.hpp"

namespace samara::e2e {

/// spin: () -> Null, never ends.
inline std::unique_ptr<ir::Program> spin(TypeTable& types) {
  ir::Builder b(types);
  b.at("spin.east", 1, 1);
  return b.program(
      {}, [&](auto) { return b.while_(b.boolean(true), [&](ir::Label) { return b.null(); }); });
}

/// deep: (Integer) -> Integer, calls itself as often as told.
inline std::unique_ptr<ir::Program> deep(TypeTable& types) {
  using ir::BuiltinId;
  const Type* integer = types.integer();
  const Type* function = types.function({integer}, integer);
  ir::Builder b(types);
  b.at("deep.east", 1, 1);
  return b.program({integer}, [&](auto p) {
    return b.block([&](ir::Statements& s) {
      ir::Var self = s.let(b.array(function, {}));
      ir::Expr body = b.lambda({integer}, [&](auto q) {
        ir::Expr done = b.builtin(BuiltinId::LessEqual, {integer}, {b(q[0]), b.integer(0)});
        ir::Expr callee = b.builtin(BuiltinId::ArrayGet, {function}, {b(self), b.integer(0)});
        ir::Expr less = b.builtin(BuiltinId::IntegerSubtract, {}, {b(q[0]), b.integer(1)});
        return b.if_(done, b.integer(0), b.add(b.integer(1), b.call(callee, {less})));
      });
      s(b.builtin(BuiltinId::ArrayPushLast, {function}, {b(self), body}));
      ir::Expr callee = b.builtin(BuiltinId::ArrayGet, {function}, {b(self), b.integer(0)});
      return b.call(callee, {b(p[0])});
    });
  });
}

/// grow: (Integer) -> String, of as many bytes.
inline std::unique_ptr<ir::Program> grow(TypeTable& types) {
  ir::Builder b(types);
  b.at("grow.east", 1, 1);
  return b.program({types.integer()}, [&](auto p) {
    return b.builtin(ir::BuiltinId::StringRepeat, {}, {b.string("x"), b(p[0])});
  });
}

/// unknown_platform: () -> Null, calls what nobody offers.
inline std::unique_ptr<ir::Program> unknown_platform(TypeTable& types) {
  ir::Builder b(types);
  b.at("unknown_platform.east", 1, 1);
  return b.program({}, [&](auto) { return b.platform("frobnicate_all", {}, types.null()); });
}

/// now: () -> Integer, milliseconds since 1970: another answer each time.
inline std::unique_ptr<ir::Program> now(TypeTable& types) {
  ir::Builder b(types);
  b.at("now.east", 1, 1);
  return b.program({}, [&](auto) { return b.platform("time_now", {}, types.integer()); });
}

/// ill_typed: (Integer) -> Integer, whose body is a String.
inline std::unique_ptr<ir::Program> ill_typed(TypeTable& types) {
  ir::Builder b(types);
  b.at("ill_typed.east", 1, 1);
  return b.program({types.integer()}, [&](auto) { return b.string("no"); }, types.integer());
}

}  // namespace samara::e2e
