#pragma once
// The programs of this folder, built with the C++ builder of src/ir. There is no source language
// yet; the files beside this one, East IR as JSON, are what tests/golden/examples_test.cpp writes
// from these functions (run it with SAMARA_UPDATE=1 after a change).

#include "ir/builder.hpp"

namespace samara::examples {

/// One sale, as a row of the table that sales.awk makes.
inline const Type* sale_type(TypeTable& types) {
  return types.structure({{"order", types.integer()},
                          {"date", types.datetime()},
                          {"region", types.string()},
                          {"product", types.string()},
                          {"quantity", types.integer()},
                          {"price", types.float_()}});
}

/// revenue: (Array<sale>) -> Dict<{region, product}, {orders, units, revenue}>.
inline std::unique_ptr<ir::Program> revenue(TypeTable& types) {
  using ir::BuiltinId;
  const Type* sale = sale_type(types);
  const Type* key = types.structure({{"region", types.string()}, {"product", types.string()}});
  const Type* sum = types.structure(
      {{"orders", types.integer()}, {"units", types.integer()}, {"revenue", types.float_()}});
  ir::Builder b(types);
  b.at("revenue.east", 1, 1);
  return b.program({types.array(sale)}, [&](auto sales) {
    b.at("revenue.east", 2, 3);
    ir::Expr group = b.lambda({sale, types.integer()}, [&](auto p) {
      return b.structure(
          {{"region", b.field(b(p[0]), "region")}, {"product", b.field(b(p[0]), "product")}});
    });
    b.at("revenue.east", 3, 3);
    ir::Expr first = b.lambda({key}, [&](auto) {
      return b.structure(
          {{"orders", b.integer(0)}, {"units", b.integer(0)}, {"revenue", b.float_(0)}});
    });
    b.at("revenue.east", 4, 3);
    ir::Expr add = b.lambda({sum, sale, types.integer()}, [&](auto p) {
      ir::Expr quantity = b.field(b(p[1]), "quantity");
      ir::Expr price = b.field(b(p[1]), "price");
      ir::Expr amount = b.builtin(
          BuiltinId::FloatMultiply, {},
          {price, b.builtin(BuiltinId::IntegerToFloat, {}, {b.field(b(p[1]), "quantity")})});
      return b.structure(
          {{"orders", b.add(b.field(b(p[0]), "orders"), b.integer(1))},
           {"units", b.add(b.field(b(p[0]), "units"), quantity)},
           {"revenue", b.builtin(BuiltinId::FloatAdd, {}, {b.field(b(p[0]), "revenue"), amount})}});
    });
    b.at("revenue.east", 1, 1);
    return b.builtin(BuiltinId::ArrayGroupFold, {sale, key, sum}, {b(sales[0]), group, first, add});
  });
}

/// sum_to: (Integer) -> Integer, 1 + 2 + … + n by a loop.
inline std::unique_ptr<ir::Program> sum_to(TypeTable& types) {
  using ir::BuiltinId;
  ir::Builder b(types);
  b.at("sum_to.east", 1, 1);
  return b.program({types.integer()}, [&](auto p) {
    return b.block([&](ir::Statements& s) {
      ir::Var i = s.mutable_(b.integer(0));
      ir::Var sum = s.mutable_(b.integer(0));
      b.at("sum_to.east", 3, 3);
      s(b.while_(b.builtin(BuiltinId::Less, {types.integer()}, {b(i), b(p[0])}), [&](ir::Label) {
        return b.block([&](ir::Statements& body) {
          body(b.assign(i, b.add(b(i), b.integer(1))));
          body(b.assign(sum, b.add(b(sum), b(i))));
        });
      }));
      return b(sum);
    });
  });
}

/// mean: (Array<Float>) -> Float; fails for an empty array.
inline std::unique_ptr<ir::Program> mean(TypeTable& types) {
  using ir::BuiltinId;
  const Type* number = types.float_();
  ir::Builder b(types);
  b.at("mean.east", 1, 1);
  return b.program({types.array(number)}, [&](auto p) {
    b.at("mean.east", 2, 3);
    ir::Expr size = b.builtin(BuiltinId::ArraySize, {number}, {b(p[0])});
    ir::Expr empty = b.builtin(BuiltinId::Equal, {types.integer()}, {size, b.integer(0)});
    b.at("mean.east", 2, 23);
    ir::Expr refuse = b.error(b.string("the mean of no numbers"));
    b.at("mean.east", 3, 3);
    ir::Expr add = b.lambda({number, number, types.integer()}, [&](auto q) {
      return b.builtin(BuiltinId::FloatAdd, {}, {b(q[0]), b(q[1])});
    });
    ir::Expr sum = b.builtin(BuiltinId::ArrayFold, {number, number}, {b(p[0]), b.float_(0), add});
    ir::Expr count = b.builtin(BuiltinId::IntegerToFloat, {},
                               {b.builtin(BuiltinId::ArraySize, {number}, {b(p[0])})});
    return b.if_(empty, refuse, b.builtin(BuiltinId::FloatDivide, {}, {sum, count}));
  });
}

/// hello: (String) -> String, which also prints to the console.
inline std::unique_ptr<ir::Program> hello(TypeTable& types) {
  using ir::BuiltinId;
  ir::Builder b(types);
  b.at("hello.east", 1, 1);
  return b.program({types.string()}, [&](auto p) {
    return b.block([&](ir::Statements& s) {
      b.at("hello.east", 2, 3);
      ir::Var text = s.let(b.builtin(BuiltinId::StringConcat, {}, {b.string("hello, "), b(p[0])}));
      b.at("hello.east", 3, 3);
      s(b.platform("console_log", {b(text)}, types.null()));
      return b(text);
    });
  });
}

/// count_lines: (String) -> Integer, lines of a file; needs the capability fs.
inline std::unique_ptr<ir::Program> count_lines(TypeTable& types) {
  using ir::BuiltinId;
  ir::Builder b(types);
  b.at("count_lines.east", 1, 1);
  return b.program({types.string()}, [&](auto p) {
    ir::Expr text = b.platform("fs_read_file", {b(p[0])}, types.string());
    ir::Expr lines = b.builtin(BuiltinId::StringSplit, {}, {text, b.string("\n")});
    return b.builtin(BuiltinId::IntegerSubtract, {},
                     {b.builtin(BuiltinId::ArraySize, {types.string()}, {lines}), b.integer(1)});
  });
}

}  // namespace samara::examples
