#include "eval/builtin_test_support.hpp"

namespace samara::eval {
namespace {

class ArrayBuiltins : public BuiltinTest {
 protected:
  const Type* const A = types_.array(I);
  Make range(int64_t start, int64_t end, int64_t step) {
    return [=, this] { return call(Id::ArrayRange, {}, {num(start), num(end), num(step)}); };
  }
  Make linspace(double start, double end, int64_t count) {
    return [=, this] {
      return call(Id::ArrayLinspace, {}, {b_.float_(start), b_.float_(end), num(count)});
    };
  }
  Make slice(const char* array, int64_t start, int64_t end) {
    return [=, this] { return call(Id::ArraySlice, {I}, {nums(array), num(start), num(end)}); };
  }
};

TEST_F(ArrayBuiltins, range_stops_before_end_and_never_wraps) {
  constexpr int64_t k_max = INT64_MAX;
  constexpr int64_t k_min = INT64_MIN;
  expect_all({
      {"up", range(0, 5, 2), "[0, 2, 4]"},
      {"up to a multiple", range(0, 4, 2), "[0, 2]"},
      {"down", range(3, -2, -2), "[3, 1, -1]"},
      {"step zero", range(0, 5, 0), "[]"},
      {"wrong direction", range(5, 0, 1), "[]"},
      {"nothing", range(5, 5, 1), "[]"},
      {"at the upper limit", range(k_max - 1, k_max, 4), "[9223372036854775806]"},
      {"whole range up", range(k_min, k_max, k_max),
       "[-9223372036854775808, -1, 9223372036854775806]"},
      {"whole range down", range(k_max, k_min, k_min), "[9223372036854775807, -1]"},
      {"too large for memory", range(0, 1'000'000'000'000, 1), "memory: memory limit reached"},
      {"too large for addresses", range(k_min, k_max, 1), "memory: memory limit reached"},
  });
}

TEST_F(ArrayBuiltins, linspace_multiplies_the_rounded_step) {
  expect_all({
      {"five", linspace(0, 1, 5), "[0.0, 0.25, 0.5, 0.75, 1.0]"},
      {"rounding is kept", linspace(0, 1, 4), "[0.0, 0.3333333333333333, 0.6666666666666666, 1.0]"},
      {"last is not forced", linspace(0, 0.7, 8),
       "[0.0, 0.09999999999999999, 0.19999999999999998, 0.3, 0.39999999999999997, "
       "0.49999999999999994, "
       "0.6, 0.7]"},
      {"one", linspace(3, 9, 1), "[3.0]"},
      {"none", linspace(3, 9, 0), "[]"},
      {"negative count", linspace(3, 9, -1), "[]"},
  });
}

TEST_F(ArrayBuiltins, elements_are_read_within_bounds) {
  auto get = [this](int64_t i) -> Make {
    return [=, this] { return call(Id::ArrayGet, {I}, {nums("[7, 8]"), num(i)}); };
  };
  auto try_get = [this](int64_t i) -> Make {
    return [=, this] { return call(Id::ArrayTryGet, {I}, {nums("[7, 8]"), num(i)}); };
  };
  auto has = [this](int64_t i) -> Make {
    return [=, this] { return call(Id::ArrayHas, {I}, {nums("[7, 8]"), num(i)}); };
  };
  expect_all({
      {"get", get(1), "8"},
      {"get behind the end", get(2), "error: Array index 2 out of bounds"},
      {"get negative", get(-1), "error: Array index -1 out of bounds"},
      {"try get", try_get(0), ".some 7"},
      {"try get behind the end", try_get(2), ".none"},
      {"try get of nulls",
       [this] { return call(Id::ArrayTryGet, {N}, {lit(types_.array(N), "[null]"), num(0)}); },
       ".some"},
      {"has", has(1), "true"},
      {"has not", has(2), "false"},
      {"has negative", has(INT64_MIN), "false"},
      {"size", [this] { return call(Id::ArraySize, {I}, {nums("[7, 8]")}); }, "2"},
      {"get or default, inside", with_log([this](Var log) {
         return call(
             Id::ArrayGetOrDefault, {I},
             {nums("[7, 8]"), num(1), noted(log, "f", {I}, [&](auto p) { return read(p[0]); })});
       }),
       "8 | "},
      {"get or default, outside", with_log([this](Var log) {
         return call(
             Id::ArrayGetOrDefault, {I},
             {nums("[7, 8]"), num(-5), noted(log, "f", {I}, [&](auto p) { return read(p[0]); })});
       }),
       "-5 | f(-5)"},
  });
}

TEST_F(ArrayBuiltins, single_elements_are_changed) {
  auto update = [this](int64_t i) -> Make {
    return after(A, "[1, 2]", [=, this](Var a) {
      return call(Id::ArrayUpdate, {I}, {read(a), num(i), num(9)});
    });
  };
  auto merge = [this](int64_t i) -> Make {
    return after(A, "[1, 2]", [=, this](Var a) {
      return call(Id::ArrayMerge, {I, I}, {read(a), num(i), num(50), fn({I, I, I}, [&](auto p) {
                                             return add(add(read(p[0]), read(p[1])),
                                                        mul(read(p[2]), num(1000)));
                                           })});
    });
  };
  auto change = [this](Id id, const char* start) -> Make {
    return after(A, start, [=, this](Var a) {
      return id == Id::ArrayPushLast || id == Id::ArrayPushFirst ? call(id, {I}, {read(a), num(0)})
                                                                 : call(id, {I}, {read(a)});
    });
  };
  expect_all({
      {"update", update(1), "[1, 9]"},
      {"update outside", update(2), "error: Array index 2 out of bounds"},
      {"update negative", update(-1), "error: Array index -1 out of bounds"},
      {"merge", merge(1), "[1, 1052]"},
      {"merge outside", merge(2), "error: Array index 2 out of bounds"},
      {"push last", change(Id::ArrayPushLast, "[1, 2]"), "[1, 2, 0]"},
      {"push first", change(Id::ArrayPushFirst, "[1, 2]"), "[0, 1, 2]"},
      {"pop last", change(Id::ArrayPopLast, "[1, 2]"), "[1]"},
      {"pop first", change(Id::ArrayPopFirst, "[1, 2]"), "[2]"},
      {"pop last of none", change(Id::ArrayPopLast, "[]"), "error: Cannot pop from empty Array"},
      {"pop first of none", change(Id::ArrayPopFirst, "[]"), "error: Cannot pop from empty Array"},
      {"clear", change(Id::ArrayClear, "[1, 2]"), "[]"},
      {"reverse in place", change(Id::ArrayReverseInPlace, "[1, 2, 3]"), "[3, 2, 1]"},
      {"popped last", [this] { return call(Id::ArrayPopLast, {I}, {nums("[1, 2]")}); }, "2"},
      {"popped first", [this] { return call(Id::ArrayPopFirst, {I}, {nums("[1, 2]")}); }, "1"},
  });
}

TEST_F(ArrayBuiltins, arrays_are_joined_also_with_themselves) {
  auto with = [this](Id id, const char* start, const char* other) -> Make {
    return after(A, start, [=, this](Var a) {
      return call(id, {I}, {read(a), other == nullptr ? read(a) : nums(other)});
    });
  };
  expect_all({
      {"append", with(Id::ArrayAppend, "[1, 2]", "[3]"), "[1, 2, 3]"},
      {"append itself", with(Id::ArrayAppend, "[1, 2]", nullptr), "[1, 2, 1, 2]"},
      {"append none", with(Id::ArrayAppend, "[]", "[]"), "[]"},
      {"prepend", with(Id::ArrayPrepend, "[1, 2]", "[3, 4]"), "[3, 4, 1, 2]"},
      {"prepend itself", with(Id::ArrayPrepend, "[1, 2]", nullptr), "[1, 2, 1, 2]"},
      {"prepend to none", with(Id::ArrayPrepend, "[]", "[3]"), "[3]"},
      {"prepend none", with(Id::ArrayPrepend, "[1]", "[]"), "[1]"},
      {"concat", [this] { return call(Id::ArrayConcat, {I}, {nums("[1]"), nums("[2, 3]")}); },
       "[1, 2, 3]"},
      {"concat none", [this] { return call(Id::ArrayConcat, {I}, {nums("[]"), nums("[]")}); },
       "[]"},
      {"reverse", [this] { return call(Id::ArrayReverse, {I}, {nums("[1, 2, 3]")}); }, "[3, 2, 1]"},
      {"string join",
       [this] {
         return call(Id::ArrayStringJoin, {},
                     {lit(types_.array(S), "[\"a\", \"\", \"c\"]"), str("--")});
       },
       "a----c"},
      {"string join of none",
       [this] { return call(Id::ArrayStringJoin, {}, {lit(types_.array(S), "[]"), str("--")}); },
       ""},
  });
}

TEST_F(ArrayBuiltins, slices_count_negative_indices_from_the_end) {
  expect_all({
      {"middle", slice("[1, 2, 3, 4]", 1, 3), "[2, 3]"},
      {"from the end", slice("[1, 2, 3, 4]", -3, -1), "[2, 3]"},
      {"far outside", slice("[1, 2]", INT64_MIN, INT64_MAX), "[1, 2]"},
      {"empty", slice("[1, 2]", 2, 1), "[]"},
      {"of none", slice("[]", 0, 3), "[]"},
  });
}

TEST_F(ArrayBuiltins, copies_share_elements_and_nothing_else) {
  const Type* nested = types_.array(A);
  auto push_copy = [&](Var array) {
    return b_.block([&](ir::Statements& s) {
      Var copy = s.let(call(Id::ArrayCopy, {A}, {read(array)}));
      s(call(Id::ArrayPushLast, {A}, {read(copy), nums("[]")}));
      return call(Id::ArrayPushLast, {I}, {call(Id::ArrayGet, {A}, {read(copy), num(0)}), num(5)});
    });
  };
  EXPECT_EQ(result_of(after(nested, "[[1]]", push_copy)), "[[1, 5]]");
}

TEST_F(ArrayBuiltins, a_queue_stays_linear_when_pushed_and_popped_at_both_ends) {
  // 100,000 rounds: would take minutes if each moved the whole array.
  auto rounds = [this](Id push, Id pop) -> Make {
    return after(A, "[1, 2, 3]", [=, this](Var a) {
      return b_.block([&](ir::Statements& s) {
        Var i = s.mutable_(num(0));
        s(b_.while_(less(read(i), num(100'000)), [&](ir::Label) {
          return b_.block([&](ir::Statements& body) {
            body(call(push, {I}, {read(a), read(i)}));
            body(call(push, {I}, {read(a), read(i)}));
            body(call(pop, {I}, {read(a)}));
            body(call(pop, {I}, {read(a)}));
            body(b_.assign(i, add(read(i), num(1))));
          });
        }));
        return b_.null();
      });
    });
  };
  EXPECT_EQ(result_of(rounds(Id::ArrayPushLast, Id::ArrayPopFirst)), "[99998, 99999, 99999]");
  EXPECT_EQ(result_of(rounds(Id::ArrayPushFirst, Id::ArrayPopLast)), "[99999, 99999, 99998]");
}

}  // namespace
}  // namespace samara::eval
