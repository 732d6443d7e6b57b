#include "eval/builtin_test_support.hpp"

#include <algorithm>

namespace samara::eval {
namespace {

class ArrayCallbacks : public BuiltinTest {
 protected:
  const Type* const A = types_.array(I);
  const Type* const AS = types_.array(S);
  const Type* const O = types_.option(I);
  const Type* const DI = types_.dict(I, I);

  // (x, i) → 10 x + i
  Expr blend() {
    return fn({I, I}, [&](auto p) { return add(mul(read(p[0]), num(10)), read(p[1])); });
  }
  Expr identity() {
    return fn({I}, [&](auto p) { return read(p[0]); });
  }
  // (x, i) → some 10 x + i where x is not below 2
  Expr some_from_two() {
    return fn({I, I}, [&](auto p) {
      return b_.if_(less(read(p[0]), num(2)), b_.none(I),
                    b_.some(add(mul(read(p[0]), num(10)), read(p[1]))));
    });
  }
  // Raises "stop" at element 2, else gives the element.
  Expr stop_at_two() {
    return fn({I, I}, [&](auto p) {
      return b_.if_(same(read(p[0]), num(2)), b_.error(str("stop")), read(p[0]));
    });
  }
  Expr parity() {
    return fn({I, I}, [&](auto p) { return rem(read(p[0]), num(2)); });
  }
  // (existing, new, key) → 100 existing + 10 new + key
  Expr conflict(Var log) {
    return noted(log, "c", {I, I, I}, [&](auto p) {
      return add(add(mul(read(p[0]), num(100)), mul(read(p[1]), num(10))), read(p[2]));
    });
  }
};

TEST_F(ArrayCallbacks, generate_calls_in_order_and_stops_at_errors) {
  auto generate = [this](int64_t count, int64_t limit) {
    return with_log([=, this](Var log) {
      return call(Id::ArrayGenerate, {I}, {num(count), noted(log, "g", {I}, [&](auto p) {
                                             return b_.if_(less(read(p[0]), num(limit)),
                                                           mul(read(p[0]), num(3)),
                                                           b_.error(str("enough")));
                                           })});
    });
  };
  expect_all({
      {"three", generate(3, 9), "[0, 3, 6] | g(0) g(1) g(2)"},
      {"none", generate(0, 9), "[] | "},
      {"negative", generate(-3, 9), "[] | "},
      {"raises long before memory is short", generate(INT64_MAX, 3), "error: enough"},
  });
}

TEST_F(ArrayCallbacks, each_element_is_visited_in_order) {
  expect_all({
      {"for each", with_log([this](Var log) {
         return call(Id::ArrayForEach, {I, I},
                     {nums("[5, 6]"), noted(log, "f", {I, I}, [&](auto p) { return read(p[0]); })});
       }),
       "null | f(5,0) f(6,1)"},
      {"map", [this] { return call(Id::ArrayMap, {I, I}, {nums("[5, 6]"), blend()}); }, "[50, 61]"},
      {"map of none", [this] { return call(Id::ArrayMap, {I, I}, {nums("[]"), blend()}); }, "[]"},
      {"filter",
       [this] {
         return call(Id::ArrayFilter, {I}, {nums("[3, 0, 5, 1]"), fn({I, I}, [&](auto p) {
                                              return less(read(p[1]), read(p[0]));
                                            })});
       },
       "[3, 5]"},
      {"filter map",
       [this] { return call(Id::ArrayFilterMap, {I, I}, {nums("[3, 0, 5]"), some_from_two()}); },
       "[30, 52]"},
      {"first map",
       [this] { return call(Id::ArrayFirstMap, {I, I}, {nums("[0, 3, 5]"), some_from_two()}); },
       ".some 31"},
      {"first map finds none",
       [this] { return call(Id::ArrayFirstMap, {I, I}, {nums("[0, 1]"), some_from_two()}); },
       ".none"},
      {"fold", with_log([this](Var log) {
         return call(Id::ArrayFold, {I, S},
                     {nums("[5, 6]"), str("s"), noted(log, "f", {S, I, I}, [&](auto p) {
                        return concat(read(p[0]), print(read(p[1])));
                      })});
       }),
       R"e("s56" | f("s",5,0) f("s5",6,1))e"},
      {"fold of none",
       [this] {
         return call(Id::ArrayFold, {I, I},
                     {nums("[]"), num(4), fn({I, I, I}, [&](auto p) { return read(p[0]); })});
       },
       "4"},
      {"map reduce", with_log([this](Var log) {
         return call(
             Id::ArrayMapReduce, {I, I},
             {nums("[5, 6, 7]"), noted(log, "m", {I, I}, [&](auto p) { return read(p[0]); }),
              noted(log, "r", {I, I}, [&](auto p) { return add(read(p[0]), read(p[1])); })});
       }),
       "18 | m(5,0) m(6,1) r(5,6) m(7,2) r(11,7)"},
      {"map reduce of none",
       [this] {
         return call(Id::ArrayMapReduce, {I, I},
                     {nums("[]"), blend(), fn({I, I}, [&](auto p) { return read(p[0]); })});
       },
       "error: Cannot reduce empty array with no initial value"},
      {"an error passes through",
       [this] { return call(Id::ArrayMap, {I, I}, {nums("[1, 2]"), stop_at_two()}); },
       "error: stop"},
  });
}

// The compiler makes loops of some builtins when it sees the function; these go through variables.
TEST_F(ArrayCallbacks, functions_held_in_variables_are_called_too) {
  auto with = [this](auto function, auto use) -> Make {
    return [=, this] {
      return b_.block([&](ir::Statements& s) {
        Var held = s.let(function());
        return use(held);
      });
    };
  };
  auto above_index = [this] {
    return fn({I, I}, [&](auto p) { return less(read(p[1]), read(p[0])); });
  };
  auto sum = [this] {
    return fn({I, I, I},
              [&](auto p) { return add(mul(read(p[0]), num(10)), mul(read(p[1]), read(p[2]))); });
  };
  expect_all({
      {"map",
       with([this] { return blend(); },
            [this](Var f) { return call(Id::ArrayMap, {I, I}, {nums("[5, 6]"), read(f)}); }),
       "[50, 61]"},
      {"map fails",
       with([this] { return stop_at_two(); },
            [this](Var f) { return call(Id::ArrayMap, {I, I}, {nums("[1, 2]"), read(f)}); }),
       "error: stop"},
      {"filter",
       with(above_index,
            [this](Var f) { return call(Id::ArrayFilter, {I}, {nums("[3, 0, 5, 1]"), read(f)}); }),
       "[3, 5]"},
      {"a selective filter",
       with(above_index,
            [this](Var f) {
              return call(
                  Id::ArrayFilter, {I},
                  {call(Id::ArrayConcat, {I},
                        {nums("[7]"), call(Id::ArrayRange, {}, {num(0), num(500), num(1)})}),
                   read(f)});
            }),
       "[7]"},
      {"for each",
       with([this] { return blend(); },
            [this](Var f) { return call(Id::ArrayForEach, {I, I}, {nums("[5]"), read(f)}); }),
       "null"},
      {"fold",
       with(sum,
            [this](Var f) {
              return call(Id::ArrayFold, {I, I}, {nums("[5, 6, 7]"), num(1), read(f)});
            }),
       "1074"},
  });
}

TEST_F(ArrayCallbacks, an_error_carries_the_callbacks_and_the_builtins_location) {
  auto program = b_.program({A}, [&](Parameters p) {
    b_.at("inner.east", 3, 4);
    Expr raising = stop_at_two();
    b_.at("outer.east", 7, 1);
    return call(Id::ArrayMap, {I, I}, {read(p[0]), raising});
  });
  Heap heap;
  Slot array = parsed(heap, A, "[1, 2]");
  Ran ran = run(heap, compiled(std::move(program)), {&array, 1});
  ASSERT_FALSE(ran.ok);
  EXPECT_EQ(ran.error.message, "stop");
  EXPECT_EQ(ran.error.stack,
            (std::vector<ir::Location>{{"inner.east", 3, 4}, {"outer.east", 7, 1}}));
  EXPECT_EQ(as<ArrayObject>(array)->locks, 0);
}

TEST_F(ArrayCallbacks, several_keys_are_got_at_once) {
  auto get_keys = [this](const char* keys) {
    return with_log([=, this](Var log) {
      return call(Id::ArrayGetKeys, {I},
                  {nums("[7, 8, 9]"), nums(keys),
                   noted(log, "f", {I}, [&](auto p) { return read(p[0]); })});
    });
  };
  expect_all({
      {"inside and outside", get_keys("[2, 5, 0, -1]"), "[9, 5, 7, -1] | f(5) f(-1)"},
      {"none", get_keys("[]"), "[] | "},
  });
}

TEST_F(ArrayCallbacks, merge_all_stops_at_the_shorter_array) {
  auto merge_all = [this](Var a, const char* other) {
    return call(Id::ArrayMergeAll, {I, I}, {read(a), nums(other), fn({I, I, I}, [&](auto p) {
                                              return add(add(read(p[0]), read(p[1])),
                                                         mul(num(100), read(p[2])));
                                            })});
  };
  expect_all({
      {"shorter", after(A, "[1, 2, 3]", [&](Var a) { return merge_all(a, "[10, 20]"); }),
       "[11, 122, 3]"},
      {"longer", after(A, "[1]", [&](Var a) { return merge_all(a, "[10, 20]"); }),
       "error: Array index 1 out of bounds"},
      {"updates before the error stay",
       after_error(A, "[1]", [&](Var a) { return merge_all(a, "[10, 20]"); }), "[11]"},
  });
}

TEST_F(ArrayCallbacks, sorting_is_stable_and_projects_each_element_once) {
  const Type* pair = types_.structure({{"k", I}, {"t", S}});
  auto sort = [&](Id id, const char* array) {
    return [=, this] {
      return call(id, {pair, I}, {lit(types_.array(pair), array), fn({pair}, [&](auto p) {
                                    return b_.field(read(p[0]), "k");
                                  })});
    };
  };
  auto sort_floats = [this] {
    return call(Id::ArraySort, {F, F},
                {lit(types_.array(F), "[1.0, NaN, 0.0, -0.0, Infinity, -Infinity, -2.5]"),
                 fn({F}, [&](auto p) { return read(p[0]); })});
  };
  auto sort_strings = [this] {
    return call(Id::ArraySort, {S, S},
                {lit(AS, R"(["abcdefghij", "abcdefgh", "abcdefghia", "", "é", "z", "abc"])"),
                 fn({S}, [&](auto p) { return read(p[0]); })});
  };
  auto sort_nested = [this] {
    return call(Id::ArraySort, {A, A},
                {lit(types_.array(A), "[[2], [1, 5], [], [1]]"),
                 fn({A}, [&](auto p) { return read(p[0]); })});
  };
  expect_all({
      {"stable", sort(Id::ArraySort, R"([(k=2, t="a"), (k=1, t="b"), (k=2, t="c"), (k=1, t="d")])"),
       R"([(k=1, t="b"), (k=1, t="d"), (k=2, t="a"), (k=2, t="c")])"},
      {"floats", sort_floats, "[-Infinity, -2.5, -0.0, 0.0, 1.0, Infinity, NaN]"},
      {"strings", sort_strings, R"(["", "abc", "abcdefgh", "abcdefghia", "abcdefghij", "z", "é"])"},
      {"arrays", sort_nested, "[[], [1], [1, 5], [2]]"},
      {"once each", with_log([this](Var log) {
         return call(
             Id::ArraySort, {I, I},
             {nums("[3, 1, 2]"), noted(log, "by", {I}, [&](auto p) { return read(p[0]); })});
       }),
       "[1, 2, 3] | by(3) by(1) by(2)"},
      {"a single element is not projected", with_log([this](Var log) {
         return call(Id::ArraySort, {I, I},
                     {nums("[3]"), noted(log, "by", {I}, [&](auto p) { return read(p[0]); })});
       }),
       "[3] | "},
      {"in place",
       after(A, "[3, 1, 2]",
             [this](Var a) { return call(Id::ArraySortInPlace, {I, I}, {read(a), identity()}); }),
       "[1, 2, 3]"},
      {"in place, unchanged by an error",
       after_error(A, "[3, 1, 2]",
                   [this](Var a) {
                     return call(Id::ArraySortInPlace, {I, I},
                                 {read(a), fn({I}, [&](auto p) {
                                    return b_.if_(same(read(p[0]), num(2)), b_.error(str("no")),
                                                  read(p[0]));
                                  })});
                   }),
       "[3, 1, 2]"},
      {"in place, writes of the callback are lost",
       after(A, "[3, 1, 2]",
             [this](Var a) {
               return call(Id::ArraySortInPlace, {I, I},
                           {read(a), fn({I}, [&](auto p) {
                              return b_.block([&](ir::Statements& s) {
                                s(call(Id::ArrayUpdate, {I}, {read(a), num(0), num(77)}));
                                return read(p[0]);
                              });
                            })});
             }),
       "[1, 2, 3]"},
      {"the source may change meanwhile",
       after(A, "[3, 1]",
             [this](Var a) {
               return call(Id::ArraySort, {I, I},
                           {read(a), fn({I}, [&](auto p) {
                              return b_.block([&](ir::Statements& s) {
                                s(call(Id::ArrayPushLast, {I}, {read(a), num(0)}));
                                return read(p[0]);
                              });
                            })});
             }),
       "[3, 1, 0, 0]"},
  });
}

TEST_F(ArrayCallbacks, long_arrays_sort_like_short_ones) {
  // Compared with std::stable_sort: enough elements for the linear sort, keys of each ranked kind.
  struct Key {
    const char* title;
    const Type* type;
    std::function<std::string(uint64_t)> text;
  };
  const Type* pair = types_.structure({{"a", S}, {"b", I}});
  std::vector<Key> keys = {
      {"integers", I,
       [](uint64_t r) { return std::to_string(static_cast<int64_t>(r << 40) >> 43); }},
      {"strings", S,
       [](uint64_t r) { return "\"common prefix " + std::to_string(r % 700) + "\""; }},
      {"structs", pair,
       [](uint64_t r) {
         return "(a=\"" + std::string(r % 5, 'x') + "\", b=" + std::to_string(r / 7 % 100) + ")";
       }},
  };
  for (const Key& key : keys) {
    SCOPED_TRACE(key.title);
    Heap heap;
    const Type* element = types_.structure({{"k", key.type}, {"n", I}});
    std::string text = "[";
    uint64_t random = 88172645463325252ULL;
    for (int i = 0; i < 3000; i++) {
      random ^= random << 13;
      random ^= random >> 7;
      random ^= random << 17;
      text += std::string(i == 0 ? "" : ", ") + "(k=" + key.text(random >> 20) +
              ", n=" + std::to_string(i) + ")";
    }
    Slot array = parsed(heap, types_.array(element), text + "]");
    auto program = b_.program({types_.array(element)}, [&](Parameters p) {
      return call(Id::ArraySort, {element, key.type},
                  {read(p[0]), fn({element}, [&](auto q) { return b_.field(read(q[0]), "k"); })});
    });
    Ran ran = run(heap, compiled(std::move(program)), {&array, 1});
    ASSERT_TRUE(ran.ok);
    std::vector<Slot> expected(as<ArrayObject>(array)->slots().begin(),
                               as<ArrayObject>(array)->slots().end());
    std::stable_sort(expected.begin(), expected.end(), [&](Slot a, Slot b) {
      return compare(key.type, field_of(a, 0), field_of(b, 0)) < 0;
    });
    auto* sorted = as<ArrayObject>(ran.value);
    ASSERT_EQ(sorted->size, expected.size());
    for (size_t i = 0; i < expected.size(); i++)
      ASSERT_TRUE(sorted->data[i].same_bits(expected[i]));
  }
}

TEST_F(ArrayCallbacks, sorted_arrays_are_searched) {
  auto find = [this](Id id, const char* array, int64_t key) -> Make {
    return [=, this] { return call(id, {I, I}, {nums(array), num(key), identity()}); };
  };
  const char* array = "[1, 3, 3, 3, 7]";
  auto is_sorted = [this](const char* text) {
    return with_log([=, this](Var log) {
      return call(Id::ArrayIsSorted, {I, I},
                  {nums(text), noted(log, "by", {I}, [&](auto p) { return read(p[0]); })});
    });
  };
  expect_all({
      {"first", find(Id::ArrayFindSortedFirst, array, 3), "1"},
      {"first, before all", find(Id::ArrayFindSortedFirst, array, 0), "0"},
      {"first, behind all", find(Id::ArrayFindSortedFirst, array, 8), "5"},
      {"last", find(Id::ArrayFindSortedLast, array, 3), "4"},
      {"last, absent", find(Id::ArrayFindSortedLast, array, 2), "1"},
      {"range", find(Id::ArrayFindSortedRange, array, 3), "(start=1, end=4)"},
      {"range, absent", find(Id::ArrayFindSortedRange, array, 5), "(start=4, end=4)"},
      {"range of none", find(Id::ArrayFindSortedRange, "[]", 5), "(start=0, end=0)"},
      {"linear", find(Id::ArrayFindFirst, "[9, 3, 7, 3]", 3), ".some 1"},
      {"linear, absent", find(Id::ArrayFindFirst, "[9, 3]", 4), ".none"},
      {"is sorted", is_sorted("[1, 1, 2]"), "true | by(1) by(1) by(2)"},
      {"is not sorted", is_sorted("[1, 3, 2, 4]"), "false | by(1) by(3) by(2)"},
      {"one is sorted", is_sorted("[1]"), "true | "},
  });
}

TEST_F(ArrayCallbacks, sets_and_dictionaries_are_made) {
  auto to_dict = [this](const char* array) {
    return with_log([=, this](Var log) {
      return call(
          Id::ArrayToDict, {I, I, I},
          {nums(array), noted(log, "k", {I, I}, [&](auto p) { return rem(read(p[0]), num(3)); }),
           noted(log, "v", {I, I}, [&](auto p) { return read(p[0]); }), conflict(log)});
    });
  };
  auto group = with_log([this](Var log) {
    return call(Id::ArrayGroupFold, {I, I, S},
                {nums("[5, 2, 4]"),
                 noted(log, "k", {I, I}, [&](auto p) { return rem(read(p[0]), num(2)); }),
                 noted(log, "i", {I}, [&](auto p) { return print(read(p[0])); }),
                 noted(log, "f", {S, I, I},
                       [&](auto p) { return concat(read(p[0]), print(read(p[1]))); })});
  });
  expect_all({
      {"to set", [this] { return call(Id::ArrayToSet, {I, I}, {nums("[5, 2, 4]"), parity()}); },
       "{0,1}"},
      {"to set, ascending",
       [this] { return call(Id::ArrayToSet, {I, I}, {nums("[1, 2, 3]"), blend()}); }, "{10,21,32}"},
      {"to dict", to_dict("[5, 3, 8]"),
       "{0:3,2:582} | k(5,0) v(5,0) k(3,1) v(3,1) k(8,2) v(8,2) c(5,8,2)"},
      {"to dict of none", to_dict("[]"), "{:} | "},
      {"group fold", group,
       R"e({0:"024",1:"15"} | k(5,0) i(1) f("1",5,0) k(2,1) i(0) f("0",2,1) k(4,2) f("02",4,2))e"},
  });
}

TEST_F(ArrayCallbacks, parts_are_flattened_with_the_index_passed) {
  const Type* set = types_.set(I);
  auto flatten_to_dict = with_log([this](Var log) {
    return call(
        Id::ArrayFlattenToDict, {I, I, I},
        {nums("[5, 2]"),
         fn({I, I},
            [&](auto p) { return b_.dict(I, I, {{num(7), read(p[0])}, {read(p[1]), num(1)}}); }),
         conflict(log)});
  });
  expect_all({
      {"to array",
       [this] {
         return call(Id::ArrayFlattenToArray, {I, I},
                     {nums("[5, 2]"),
                      fn({I, I}, [&](auto p) { return b_.array(I, {read(p[0]), read(p[1])}); })});
       },
       "[5, 0, 2, 1]"},
      {"to array of none",
       [this] {
         return call(Id::ArrayFlattenToArray, {I, I},
                     {nums("[5, 2]"), fn({I, I}, [&](auto) { return nums("[]"); })});
       },
       "[]"},
      {"to set",
       [this, set] {
         return call(
             Id::ArrayFlattenToSet, {I, I},
             {nums("[5, 2, 5]"),
              fn({I, I}, [&](auto p) { return b_.set(I, {read(p[0]), read(p[1])}); }, set)});
       },
       "{0,1,2,5}"},
      {"to dict", flatten_to_dict, "{0:1,1:1,7:527} | c(5,2,7)"},
  });
}

TEST_F(ArrayCallbacks, a_flattened_dictionary_may_change_in_the_conflict_callback) {
  // The same dictionary twice; at the first conflict it loses and gains keys: the walk goes on
  // behind the key it was at.
  auto make = with_log([this](Var log) {
    return b_.block([&](ir::Statements& s) {
      Var shared = s.let(lit(DI, "{1:1,2:2,3:3,4:4}"));
      return call(Id::ArrayFlattenToDict, {I, I, I},
                  {nums("[0, 0]"), fn({I, I}, [&](auto) { return read(shared); }),
                   noted(log, "c", {I, I, I}, [&](auto p) {
                     return b_.block([&](ir::Statements& c) {
                       c(call(Id::DictTryDelete, {I, I}, {read(shared), num(1)}));
                       c(call(Id::DictTryDelete, {I, I}, {read(shared), num(3)}));
                       c(call(Id::DictInsertOrUpdate, {I, I},
                              {read(shared), num(9), num(9),
                               fn({I, I, I}, [&](auto q) { return read(q[0]); })}));
                       return add(read(p[0]), read(p[1]));
                     });
                   })});
    });
  });
  EXPECT_EQ(result_of(make), "{1:2,2:4,3:3,4:8,9:9} | c(1,1,1) c(2,2,2) c(4,4,4)");
}

TEST_F(ArrayCallbacks, replaced_elements_are_seen_by_the_rest_of_the_walk) {
  auto make = after(A, "[1, 2, 3]", [this](Var a) {
    return call(Id::ArrayForEach, {I, N},
                {read(a), fn(
                              {I, I},
                              [&](auto p) {
                                return b_.if_(less(read(p[1]), num(2)),
                                              call(Id::ArrayUpdate, {I},
                                                   {read(a), add(read(p[1]), num(1)),
                                                    mul(read(p[0]), num(10))}));
                              },
                              N)});
  });
  EXPECT_EQ(result_of(make), "[1, 10, 100]");
}

}  // namespace
}  // namespace samara::eval
