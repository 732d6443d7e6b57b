#include <cmath>
#include <limits>

#include "eval/arithmetic.hpp"
#include "eval/builtin_test_support.hpp"

namespace samara::eval {
namespace {

constexpr int64_t k_min = INT64_MIN;
constexpr int64_t k_max = INT64_MAX;
constexpr double k_inf = std::numeric_limits<double>::infinity();
constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();

class ScalarBuiltins : public BuiltinTest {
 protected:
  Make integers(Id id, int64_t a) {
    return [=, this] { return call(id, {}, {num(a)}); };
  }
  Make integers(Id id, int64_t a, int64_t b) {
    return [=, this] { return call(id, {}, {num(a), num(b)}); };
  }
  Make floats(Id id, double a) {
    return [=, this] { return call(id, {}, {b_.float_(a)}); };
  }
  Make floats(Id id, double a, double b) {
    return [=, this] { return call(id, {}, {b_.float_(a), b_.float_(b)}); };
  }
  Make booleans(Id id, bool a, bool b) {
    return [=, this] { return call(id, {}, {b_.boolean(a), b_.boolean(b)}); };
  }
  /// The seven comparisons of two values: Is Equal NotEqual Less LessEqual Greater GreaterEqual.
  std::string compared(const Type* type, const char* a, const char* b) {
    std::string out;
    for (Id id : {Id::Is, Id::Equal, Id::NotEqual, Id::Less, Id::LessEqual, Id::Greater,
                  Id::GreaterEqual}) {
      out += result_of([&] { return call(id, {type}, {lit(type, a), lit(type, b)}); }) == "true"
                 ? '1'
                 : '0';
    }
    return out;
  }
};

constexpr const char* k_equal = "0100101";  // equal but not the same object
constexpr const char* k_same = "1100101";
constexpr const char* k_less = "0011100";
constexpr const char* k_greater = "0010011";

TEST_F(ScalarBuiltins, comparisons_follow_the_total_order) {
  const Type* array = types_.array(I);
  const Type* option = types_.option(I);
  const Type* pair = types_.structure({{"a", I}, {"b", S}});
  EXPECT_EQ(compared(N, "null", "null"), k_same);
  EXPECT_EQ(compared(B, "false", "true"), k_less);
  EXPECT_EQ(compared(B, "true", "true"), k_same);
  EXPECT_EQ(compared(I, "-1", "1"), k_less);
  EXPECT_EQ(compared(I, "3", "3"), k_same);
  EXPECT_EQ(compared(F, "1.5", "-Infinity"), k_greater);
  EXPECT_EQ(compared(F, "NaN", "NaN"), k_same);
  EXPECT_EQ(compared(F, "1.0", "NaN"), k_less);
  EXPECT_EQ(compared(F, "NaN", "Infinity"), k_greater);
  EXPECT_EQ(compared(F, "-0.0", "0.0"), "1011100");  // the same, yet less
  EXPECT_EQ(compared(S, "\"ab\"", "\"abc\""), k_less);
  EXPECT_EQ(compared(S, "\"😀\"", "\"\uffff\""), k_greater);  // by code point
  EXPECT_EQ(compared(types_.blob(), "0x01ff", "0x0200"), k_less);
  EXPECT_EQ(compared(types_.datetime(), "1970-01-01T00:00:00.000", "1969-12-31T23:59:59.999"),
            k_greater);
  EXPECT_EQ(compared(array, "[1, 2]", "[1, 2]"), k_equal);
  EXPECT_EQ(compared(array, "[1, 2]", "[1, 2, 0]"), k_less);
  EXPECT_EQ(compared(types_.set(I), "{1,3}", "{1,2,9}"), k_greater);
  EXPECT_EQ(compared(types_.dict(I, I), "{1:2}", "{1:3}"), k_less);
  EXPECT_EQ(compared(types_.ref(I), "&1", "&1"), k_equal);
  EXPECT_EQ(compared(option, ".none", ".some 1"), k_less);
  EXPECT_EQ(compared(option, ".some 1", ".some 1"), k_same);
  EXPECT_EQ(compared(pair, "(a=1, b=\"x\")", "(a=1, b=\"w\")"), k_greater);
}

TEST_F(ScalarBuiltins, is_means_the_same_object) {
  const Type* array = types_.array(I);
  EXPECT_EQ(result_of([&] {
              return b_.block([&](ir::Statements& s) {
                Var a = s.let(lit(array, "[1]"));
                return call(Id::Is, {array}, {b_(a), b_(a)});
              });
            }),
            "true");
}

TEST_F(ScalarBuiltins, boolean_logic) {
  expect_all({
      {"not true", [this] { return call(Id::BooleanNot, {}, {b_.boolean(true)}); }, "false"},
      {"not false", [this] { return call(Id::BooleanNot, {}, {b_.boolean(false)}); }, "true"},
      {"or 00", booleans(Id::BooleanOr, false, false), "false"},
      {"or 01", booleans(Id::BooleanOr, false, true), "true"},
      {"or 10", booleans(Id::BooleanOr, true, false), "true"},
      {"or 11", booleans(Id::BooleanOr, true, true), "true"},
      {"and 00", booleans(Id::BooleanAnd, false, false), "false"},
      {"and 01", booleans(Id::BooleanAnd, false, true), "false"},
      {"and 10", booleans(Id::BooleanAnd, true, false), "false"},
      {"and 11", booleans(Id::BooleanAnd, true, true), "true"},
      {"xor 00", booleans(Id::BooleanXor, false, false), "false"},
      {"xor 01", booleans(Id::BooleanXor, false, true), "true"},
      {"xor 11", booleans(Id::BooleanXor, true, true), "false"},
  });
}

TEST_F(ScalarBuiltins, integer_arithmetic_wraps) {
  expect_all({
      {"to float rounds to even", integers(Id::IntegerToFloat, 9007199254740993),
       "9007199254740992.0"},
      {"negate", integers(Id::IntegerNegate, 5), "-5"},
      {"negate least", integers(Id::IntegerNegate, k_min), "-9223372036854775808"},
      {"add", integers(Id::IntegerAdd, 2, 3), "5"},
      {"add wraps", integers(Id::IntegerAdd, k_max, 1), "-9223372036854775808"},
      {"subtract", integers(Id::IntegerSubtract, 2, 3), "-1"},
      {"subtract wraps", integers(Id::IntegerSubtract, k_min, 1), "9223372036854775807"},
      {"multiply", integers(Id::IntegerMultiply, -4, 3), "-12"},
      {"multiply wraps", integers(Id::IntegerMultiply, k_max, 2), "-2"},
      {"abs", integers(Id::IntegerAbs, -7), "7"},
      {"abs of least", integers(Id::IntegerAbs, k_min), "-9223372036854775808"},
      {"sign", integers(Id::IntegerSign, -7), "-1"},
      {"sign of zero", integers(Id::IntegerSign, 0), "0"},
      {"sign positive", integers(Id::IntegerSign, k_max), "1"},
  });
}

TEST_F(ScalarBuiltins, integer_division_truncates_and_never_traps) {
  expect_all({
      {"7/2", integers(Id::IntegerDivide, 7, 2), "3"},
      {"-7/2", integers(Id::IntegerDivide, -7, 2), "-3"},
      {"7/-2", integers(Id::IntegerDivide, 7, -2), "-3"},
      {"0/0", integers(Id::IntegerDivide, 0, 0), "0"},
      {"7/0", integers(Id::IntegerDivide, 7, 0), "0"},
      {"least/-1", integers(Id::IntegerDivide, k_min, -1), "-9223372036854775808"},
      {"7%2", integers(Id::IntegerRemainder, 7, 2), "1"},
      {"-7%2", integers(Id::IntegerRemainder, -7, 2), "-1"},
      {"7%-2", integers(Id::IntegerRemainder, 7, -2), "1"},
      {"7%0", integers(Id::IntegerRemainder, 7, 0), "0"},
      {"least%-1", integers(Id::IntegerRemainder, k_min, -1), "0"},
  });
}

TEST_F(ScalarBuiltins, integer_powers_and_logarithms) {
  expect_all({
      {"2^10", integers(Id::IntegerPow, 2, 10), "1024"},
      {"0^0", integers(Id::IntegerPow, 0, 0), "1"},
      {"1^-1", integers(Id::IntegerPow, 1, -1), "0"},
      {"-1^-1", integers(Id::IntegerPow, -1, -1), "0"},
      {"(-3)^3", integers(Id::IntegerPow, -3, 3), "-27"},
      {"2^64", integers(Id::IntegerPow, 2, 64), "0"},
      {"3^max wraps", integers(Id::IntegerPow, 3, k_max), "-6148914691236517205"},
      {"log 8", integers(Id::IntegerLog, 8, 2), "3"},
      {"log 7", integers(Id::IntegerLog, 7, 2), "2"},
      {"log -8", integers(Id::IntegerLog, -8, 2), "3"},
      {"log least", integers(Id::IntegerLog, k_min, 2), "63"},
      {"log 0", integers(Id::IntegerLog, 0, 2), "0"},
      {"log base 1", integers(Id::IntegerLog, 8, 1), "0"},
      {"log base 0", integers(Id::IntegerLog, 8, 0), "0"},
      {"log negative base", integers(Id::IntegerLog, 8, -2), "0"},
  });
}

TEST_F(ScalarBuiltins, float_to_integer_names_what_does_not_fit) {
  expect_all({
      {"whole", floats(Id::FloatToInteger, -3.0), "-3"},
      {"negative zero", floats(Id::FloatToInteger, -0.0), "0"},
      {"least", floats(Id::FloatToInteger, -9223372036854775808.0), "-9223372036854775808"},
      {"nan", floats(Id::FloatToInteger, k_nan), "error: Cannot convert NaN to integer"},
      {"high", floats(Id::FloatToInteger, 9223372036854775808.0),
       "error: Float too high to convert to integer"},
      {"infinite", floats(Id::FloatToInteger, k_inf),
       "error: Float too high to convert to integer"},
      {"low", floats(Id::FloatToInteger, -9223372036854777856.0),
       "error: Float too low to convert to integer"},
      {"minus infinity", floats(Id::FloatToInteger, -k_inf),
       "error: Float too low to convert to integer"},
      {"fraction", floats(Id::FloatToInteger, 0.5),
       "error: Cannot convert non-integer float to integer"},
  });
}

TEST_F(ScalarBuiltins, float_arithmetic_is_ieee_but_for_three_cases) {
  expect_all({
      {"negate", floats(Id::FloatNegate, 0.0), "-0.0"},
      {"add", floats(Id::FloatAdd, 0.1, 0.2), "0.30000000000000004"},
      {"subtract", floats(Id::FloatSubtract, 1, 3), "-2.0"},
      {"multiply", floats(Id::FloatMultiply, 1e308, 10), "Infinity"},
      {"divide", floats(Id::FloatDivide, 1, 4), "0.25"},
      {"divide by zero", floats(Id::FloatDivide, -1, 0), "-Infinity"},
      {"zero by zero", floats(Id::FloatDivide, 0, 0), "NaN"},
      {"remainder", floats(Id::FloatRemainder, 5.5, 2), "1.5"},
      {"remainder keeps the sign", floats(Id::FloatRemainder, -6, 3), "-0.0"},
      {"remainder of large", floats(Id::FloatRemainder, 1e300, 7), "1.0"},
      {"remainder by infinity", floats(Id::FloatRemainder, 5, k_inf), "5.0"},
      {"remainder of infinity", floats(Id::FloatRemainder, k_inf, 5), "NaN"},
      {"remainder by zero", floats(Id::FloatRemainder, 5, 0), "NaN"},
      {"pow", floats(Id::FloatPow, 2, 0.5), "1.4142135623730951"},
      {"pow 1 nan", floats(Id::FloatPow, 1, k_nan), "NaN"},
      {"pow -1 inf", floats(Id::FloatPow, -1, k_inf), "NaN"},
      {"pow 1 -inf", floats(Id::FloatPow, 1, -k_inf), "NaN"},
      {"pow nan 0", floats(Id::FloatPow, k_nan, 0), "1.0"},
      {"abs", floats(Id::FloatAbs, -2.5), "2.5"},
      {"abs of negative zero", floats(Id::FloatAbs, -0.0), "-0.0"},
      {"sign", floats(Id::FloatSign, -2.5), "-1.0"},
      {"sign of nan", floats(Id::FloatSign, k_nan), "0.0"},
      {"sign of negative zero", floats(Id::FloatSign, -0.0), "0.0"},
      {"sqrt", floats(Id::FloatSqrt, 2), "1.4142135623730951"},
      {"sqrt of negative", floats(Id::FloatSqrt, -1), "NaN"},
      {"exp", floats(Id::FloatExp, 0), "1.0"},
      {"log", floats(Id::FloatLog, 1), "0.0"},
      {"log of zero", floats(Id::FloatLog, 0), "-Infinity"},
      {"log of negative", floats(Id::FloatLog, -1), "NaN"},
      {"sin", floats(Id::FloatSin, 0), "0.0"},
      {"cos", floats(Id::FloatCos, 0), "1.0"},
      {"tan", floats(Id::FloatTan, -0.0), "-0.0"},
  });
}

// Processors make negative NaNs; bytes must not show that.
TEST_F(ScalarBuiltins, there_is_one_nan_in_bytes) {
  for (const Make& make :
       {floats(Id::FloatDivide, 0, 0), floats(Id::FloatNegate, k_nan), floats(Id::FloatSqrt, -1),
        floats(Id::FloatSubtract, k_inf, k_inf), floats(Id::FloatPow, 1, k_inf)}) {
    EXPECT_EQ(result_of([&] { return call(Id::BlobEncodeBeast2, {F}, {make()}); }),
              "0x89456173740d0a0106000000000000f87f");
  }
}

// The compiler turns some builtins into instructions; a builtin used otherwise must agree with
// them.
TEST_F(ScalarBuiltins, instructions_agree_with_the_builtins) {
  struct Row {
    Id id;
    std::string_view name;
    bool on_float;
  };
  constexpr Row k_rows[] = {
      {Id::IntegerAdd, "IntegerAdd", false},
      {Id::IntegerSubtract, "IntegerSubtract", false},
      {Id::IntegerMultiply, "IntegerMultiply", false},
      {Id::IntegerDivide, "IntegerDivide", false},
      {Id::IntegerRemainder, "IntegerRemainder", false},
      {Id::FloatAdd, "FloatAdd", true},
      {Id::FloatSubtract, "FloatSubtract", true},
      {Id::FloatMultiply, "FloatMultiply", true},
      {Id::FloatDivide, "FloatDivide", true},
      {Id::Equal, "Equal", false},
      {Id::NotEqual, "NotEqual", false},
      {Id::Less, "Less", false},
      {Id::LessEqual, "LessEqual", false},
      {Id::Greater, "Greater", false},
      {Id::GreaterEqual, "GreaterEqual", false},
      {Id::Equal, "Equal", true},
      {Id::NotEqual, "NotEqual", true},
      {Id::Less, "Less", true},
      {Id::LessEqual, "LessEqual", true},
      {Id::Greater, "Greater", true},
      {Id::GreaterEqual, "GreaterEqual", true},
  };
  const std::vector<Slot> integers = {
      Slot::of(int64_t{0}), Slot::of(int64_t{1}), Slot::of(int64_t{-1}), Slot::of(int64_t{-7}),
      Slot::of(int64_t{2}), Slot::of(k_min),      Slot::of(k_max)};
  const std::vector<Slot> floats = {Slot::of(0.0),   Slot::of(-0.0),  Slot::of(1.5),
                                    Slot::of(-2.0),  Slot::of(k_inf), Slot::of(-k_inf),
                                    Slot{k_nan_bits}};
  for (const Row& row : k_rows) {
    const Type* type = row.on_float ? F : I;
    bool is_comparison = !row.name.starts_with("Integer") && !row.name.starts_with("Float");
    auto program = compiled(b_.program({type, type}, [&](Parameters p) {
      return is_comparison ? call(row.id, {type}, {b_(p[0]), b_(p[1])})
                           : call(row.id, {}, {b_(p[0]), b_(p[1])});
    }));
    BuiltinSite site;
    site.type_parameters.push_back(type);
    site.orders.emplace_back(type);
    Heap heap;
    Vm vm(heap, types_, registry_);
    for (Slot a : row.on_float ? floats : integers) {
      for (Slot b : row.on_float ? floats : integers) {
        Slot given[] = {a, b};
        Ran ran = run(heap, program, given);
        ASSERT_TRUE(ran.ok);
        Slot direct;
        ASSERT_TRUE(find_builtin(row.name)->fn(vm, site, given, direct));
        bool both_nan = ran.type->is(Kind::float_) && std::isnan(ran.value.number()) &&
                        std::isnan(direct.number());
        EXPECT_TRUE(both_nan || ran.value.bits == direct.bits)
            << row.name << ' ' << a.bits << ' ' << b.bits;
      }
    }
  }
}

TEST_F(ScalarBuiltins, refs_hold_what_was_put_last) {
  const Type* ref = types_.ref(I);
  expect_all({
      {"get", [&] { return call(Id::RefGet, {I}, {lit(ref, "&5")}); }, "5"},
      {"update", after(ref, "&5", [&](Var r) { return call(Id::RefUpdate, {I}, {b_(r), num(6)}); }),
       "&6"},
      {"merge",
       after(ref, "&5",
             [&](Var r) {
               return call(Id::RefMerge, {I, I}, {b_(r), num(6), fn({I, I}, [&](Parameters p) {
                                                    return add(b_(p[0]), b_(p[1]));
                                                  })});
             }),
       "&11"},
      {"merge overwrites what its callback wrote",
       after(ref, "&5",
             [&](Var r) {
               return call(Id::RefMerge, {I, I},
                           {b_(r), num(6), fn({I, I}, [&](Parameters p) {
                              return b_.block([&](ir::Statements& s) {
                                s(call(Id::RefUpdate, {I}, {b_(r), num(100)}));
                                return b_(p[0]);
                              });
                            })});
             }),
       "&5"},
      {"error of the callback leaves the content",
       after_error(ref, "&5",
                   [&](Var r) {
                     return call(Id::RefMerge, {I, I},
                                 {b_(r), num(6),
                                  fn({I, I}, [&](Parameters) { return b_.error(str("no")); }, I)});
                   }),
       "&5"},
  });
}

TEST_F(ScalarBuiltins, frozen_refs_refuse_changes) {
  const Type* ref = types_.ref(I);
  auto update = [&](Parameters p) { return call(Id::RefUpdate, {I}, {b_(p[0]), num(6)}); };
  auto merge = [&](Parameters p) {
    return call(
        Id::RefMerge, {I, I},
        {b_(p[0]), num(6), fn({I, I}, [&](Parameters) { return b_.error(str("called")); }, I)});
  };
  Heap heap;
  Slot frozen = parsed(heap, ref, "&5", true);
  EXPECT_EQ(text(run(heap, compiled(b_.program({ref}, update)), {&frozen, 1})),
            "error: Cannot modify frozen Ref");
  EXPECT_EQ(text(run(heap, compiled(b_.program({ref}, merge)), {&frozen, 1})),
            "error: Cannot modify frozen Ref");
}

}  // namespace
}  // namespace samara::eval
