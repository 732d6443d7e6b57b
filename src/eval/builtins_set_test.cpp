#include <set>

#include "eval/builtin_test_support.hpp"
#include "value/sorted.hpp"

namespace samara::eval {
namespace {

class SetBuiltins : public BuiltinTest {
 protected:
  const Type* const T = types_.set(I);
  Expr keys(std::string_view text) { return lit(T, text); }
  Make two(Id id, const char* a, const char* b) {
    return [=, this] { return call(id, {I}, {keys(a), keys(b)}); };
  }
  Make change(Id id, const char* start, int64_t key) {
    return after(T, start, [=, this](Var set) { return call(id, {I}, {read(set), num(key)}); });
  }
  Expr conflict(Var log) {
    return noted(log, "c", {I, I, I}, [&](auto p) {
      return add(add(mul(read(p[0]), num(100)), mul(read(p[1]), num(10))), read(p[2]));
    });
  }
  Expr some_from_two() {
    return fn({I}, [&](auto p) {
      return b_.if_(less(read(p[0]), num(2)), b_.none(I), b_.some(mul(read(p[0]), num(10))));
    });
  }
};

TEST_F(SetBuiltins, keys_are_generated_and_conflicts_reported) {
  auto generate = [this](int64_t count) {
    return with_log([=, this](Var log) {
      return call(
          Id::SetGenerate, {I},
          {num(count), fn({I}, [&](auto p) { return rem(mul(read(p[0]), num(7)), num(5)); }),
           noted(log, "c", {I}, [&](auto) { return b_.null(); })});
    });
  };
  expect_all({
      {"no conflict", generate(5), "{0,1,2,3,4} | "},
      {"conflicts keep the set", generate(7), "{0,1,2,3,4} | c(0) c(2)"},
      {"none", generate(0), "{} | "},
      {"negative", generate(-1), "{} | "},
      {"a conflict may raise",
       [this] {
         return call(Id::SetGenerate, {I},
                     {num(INT64_MAX), fn({I}, [&](auto) { return num(1); }),
                      fn({I}, [&](auto) { return b_.error(str("twice")); }, N)});
       },
       "error: twice"},
  });
}

TEST_F(SetBuiltins, single_keys_are_inserted_and_deleted) {
  auto answer = [this](Id id, int64_t key) -> Make {
    return [=, this] { return call(id, {I}, {keys("{1,3}"), num(key)}); };
  };
  const Type* strings = types_.set(S);
  expect_all({
      {"size", [this] { return call(Id::SetSize, {I}, {keys("{1,3}")}); }, "2"},
      {"has", answer(Id::SetHas, 3), "true"},
      {"has not", answer(Id::SetHas, 2), "false"},
      {"insert", change(Id::SetInsert, "{1,3}", 2), "{1,2,3}"},
      {"insert again", change(Id::SetInsert, "{1,3}", 3), "error: Set already contains key 3"},
      {"the key is printed as East text",
       [this, strings] { return call(Id::SetInsert, {S}, {lit(strings, "{\"a\"}"), str("a")}); },
       "error: Set already contains key \"a\""},
      {"try insert", answer(Id::SetTryInsert, 2), "true"},
      {"try insert again", answer(Id::SetTryInsert, 3), "false"},
      {"try insert changes", change(Id::SetTryInsert, "{}", 3), "{3}"},
      {"delete", change(Id::SetDelete, "{1,3}", 1), "{3}"},
      {"delete absent", change(Id::SetDelete, "{1,3}", 2), "error: Set does not contain key 2"},
      {"try delete", answer(Id::SetTryDelete, 1), "true"},
      {"try delete absent", answer(Id::SetTryDelete, 2), "false"},
      {"try delete changes", change(Id::SetTryDelete, "{1,3}", 3), "{1}"},
      {"clear", after(T, "{1,3}", [this](Var s) { return call(Id::SetClear, {I}, {read(s)}); }),
       "{}"},
      {"floats tell zeros apart and know one NaN",
       [this] { return lit(types_.set(F), "{NaN,0.0,-0.0,1.0}"); }, "{-0.0,0.0,1.0,NaN}"},
  });
}

TEST_F(SetBuiltins, sets_are_combined) {
  expect_all({
      {"union", two(Id::SetUnion, "{1,3}", "{2,3,4}"), "{1,2,3,4}"},
      {"union with none", two(Id::SetUnion, "{}", "{2}"), "{2}"},
      {"intersect", two(Id::SetIntersect, "{1,3,4}", "{2,3,4}"), "{3,4}"},
      {"intersect with none", two(Id::SetIntersect, "{1}", "{}"), "{}"},
      {"diff", two(Id::SetDiff, "{1,3,5}", "{2,3}"), "{1,5}"},
      {"symmetric diff", two(Id::SetSymDiff, "{1,3,5}", "{2,3}"), "{1,2,5}"},
      {"subset", two(Id::SetIsSubset, "{1,3}", "{1,2,3}"), "true"},
      {"not a subset", two(Id::SetIsSubset, "{1,4}", "{1,2,3}"), "false"},
      {"none is a subset", two(Id::SetIsSubset, "{}", "{}"), "true"},
      {"disjoint", two(Id::SetIsDisjoint, "{1,3}", "{2,4}"), "true"},
      {"not disjoint", two(Id::SetIsDisjoint, "{1,3,9}", "{2,9}"), "false"},
      {"copy", [this] { return call(Id::SetCopy, {I}, {keys("{1,2}")}); }, "{1,2}"},
      {"union in place",
       after(T, "{1,3}",
             [this](Var s) { return call(Id::SetUnionInPlace, {I}, {read(s), keys("{0,3,4}")}); }),
       "{0,1,3,4}"},
      {"union with itself in place",
       after(T, "{1,3}",
             [this](Var s) { return call(Id::SetUnionInPlace, {I}, {read(s), read(s)}); }),
       "{1,3}"},
  });
}

TEST_F(SetBuiltins, keys_are_visited_in_ascending_order) {
  auto tens = [this] { return fn({I}, [&](auto p) { return mul(read(p[0]), num(10)); }); };
  expect_all({
      {"for each", with_log([this](Var log) {
         return call(Id::SetForEach, {I, I},
                     {keys("{3,1}"), noted(log, "f", {I}, [&](auto p) { return read(p[0]); })});
       }),
       "null | f(1) f(3)"},
      {"map", [&] { return call(Id::SetMap, {I, I}, {keys("{3,1}"), tens()}); }, "{1:10,3:30}"},
      {"filter",
       [this] {
         return call(Id::SetFilter, {I},
                     {keys("{3,1,2}"), fn({I}, [&](auto p) { return less(num(1), read(p[0])); })});
       },
       "{2,3}"},
      {"filter map",
       [this] { return call(Id::SetFilterMap, {I, I}, {keys("{3,1,2}"), some_from_two()}); },
       "{2:20,3:30}"},
      {"first map",
       [this] { return call(Id::SetFirstMap, {I, I}, {keys("{3,1}"), some_from_two()}); },
       ".some 30"},
      {"first map finds none",
       [this] { return call(Id::SetFirstMap, {I, I}, {keys("{1}"), some_from_two()}); }, ".none"},
      {"map reduce", with_log([this](Var log) {
         return call(
             Id::SetMapReduce, {I, I},
             {keys("{5,6}"), noted(log, "m", {I}, [&](auto p) { return read(p[0]); }),
              noted(log, "r", {I, I}, [&](auto p) { return add(read(p[0]), read(p[1])); })});
       }),
       "11 | m(5) m(6) r(5,6)"},
      {"map reduce of none",
       [&] {
         return call(Id::SetMapReduce, {I, I},
                     {keys("{}"), tens(), fn({I, I}, [&](auto p) { return read(p[0]); })});
       },
       "error: Cannot reduce empty set with no initial value"},
      {"reduce", with_log([this](Var log) {
         return call(Id::SetReduce, {I, I},
                     {keys("{5,6}"),
                      noted(log, "f", {I, I}, [&](auto p) { return add(read(p[0]), read(p[1])); }),
                      num(100)});
       }),
       "111 | f(100,5) f(105,6)"},
      {"to array", [&] { return call(Id::SetToArray, {I, I}, {keys("{3,1}"), tens()}); },
       "[10, 30]"},
      {"to set",
       [this] {
         return call(Id::SetToSet, {I, I},
                     {keys("{1,2,3}"), fn({I}, [&](auto p) { return rem(read(p[0]), num(2)); })});
       },
       "{0,1}"},
      {"to dict", with_log([this](Var log) {
         return call(Id::SetToDict, {I, I, I},
                     {keys("{1,2,3}"), fn({I}, [&](auto p) { return rem(read(p[0]), num(2)); }),
                      fn({I}, [&](auto p) { return read(p[0]); }), conflict(log)});
       }),
       "{0:2,1:131} | c(1,3,1)"},
      {"flatten to array",
       [this] {
         return call(
             Id::SetFlattenToArray, {I, I},
             {keys("{1,2}"), fn({I}, [&](auto p) { return b_.array(I, {read(p[0]), num(0)}); })});
       },
       "[1, 0, 2, 0]"},
      {"flatten to set",
       [this] {
         return call(
             Id::SetFlattenToSet, {I, I},
             {keys("{1,2}"), fn({I}, [&](auto p) { return b_.set(I, {read(p[0]), num(-1)}); })});
       },
       "{-1,1,2}"},
      {"flatten to dict", with_log([this](Var log) {
         return call(
             Id::SetFlattenToDict, {I, I, I},
             {keys("{1,2}"), fn({I}, [&](auto p) { return b_.dict(I, I, {{num(7), read(p[0])}}); }),
              conflict(log)});
       }),
       "{7:127} | c(1,2,7)"},
      {"group fold", with_log([this](Var log) {
         return call(
             Id::SetGroupFold, {I, I, I},
             {keys("{1,2,3}"), fn({I}, [&](auto p) { return rem(read(p[0]), num(2)); }),
              noted(log, "i", {I}, [&](auto p) { return mul(read(p[0]), num(100)); }),
              noted(log, "f", {I, I}, [&](auto p) { return add(read(p[0]), read(p[1])); })});
       }),
       "{0:2,1:104} | i(1) f(100,1) i(0) f(0,2) f(101,3)"},
  });
}

// Every builtin on two sets against std::set, for sizes on both sides of the changes of method.
TEST_F(SetBuiltins, random_sets_agree_with_a_model) {
  using Model = std::set<int64_t>;
  uint64_t random = 12345;
  auto next = [&random] {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    return random >> 33;
  };
  struct Operation {
    Id id;
    std::shared_ptr<CompiledProgram> program;
  };
  std::vector<Operation> operations;
  for (Id id : {Id::SetUnion, Id::SetIntersect, Id::SetDiff, Id::SetSymDiff, Id::SetIsSubset,
                Id::SetIsDisjoint, Id::SetUnionInPlace}) {
    operations.push_back({id, compiled(b_.program({T, T}, [&](Parameters p) {
                            return call(id, {I}, {read(p[0]), read(p[1])});
                          }))});
  }
  for (int round = 0; round < 300; round++) {
    Heap heap;
    Order order(I);
    Model models[2];
    SortedObject* sets[2];
    for (int k = 0; k < 2; k++) {
      sets[k] = new_set(heap);
      uint64_t size = next() % (next() % 3 == 0 ? 2000 : 40);
      uint64_t spread = 1 + next() % 3000;
      for (uint64_t i = 0; i < size; i++) models[k].insert(static_cast<int64_t>(next() % spread));
      if (k == 1 && round % 4 == 0) models[1].insert(models[0].begin(), models[0].end());
      for (int64_t key : models[k]) sorted_put(heap, sets[k], order, Slot::of(key), Slot::null());
    }
    for (const Operation& operation : operations) {
      Slot arguments[] = {Slot::of(sets[0]), Slot::of(sets[1])};
      Ran ran = run(heap, operation.program, arguments);
      ASSERT_TRUE(ran.ok);
      Model expected;
      bool answer = false;
      bool is_answer = false;
      for (int64_t key : models[0]) {
        bool common = models[1].contains(key);
        bool wanted = operation.id == Id::SetIntersect                                ? common
                      : operation.id == Id::SetDiff || operation.id == Id::SetSymDiff ? !common
                                                                                      : true;
        if (wanted) expected.insert(key);
      }
      for (int64_t key : models[1]) {
        bool common = models[0].contains(key);
        bool wanted = operation.id == Id::SetUnion || operation.id == Id::SetUnionInPlace
                          ? true
                          : operation.id == Id::SetSymDiff && !common;
        if (wanted) expected.insert(key);
      }
      if (operation.id == Id::SetIsSubset || operation.id == Id::SetIsDisjoint) {
        is_answer = true;
        answer = true;
        for (int64_t key : models[0]) {
          if (models[1].contains(key) != (operation.id == Id::SetIsSubset)) answer = false;
        }
      }
      if (is_answer) {
        ASSERT_EQ(ran.value.boolean(), answer) << "round " << round;
        continue;
      }
      auto* result = operation.id == Id::SetUnionInPlace ? sets[0] : as<SortedObject>(ran.value);
      ASSERT_EQ(result->size, expected.size()) << "round " << round;
      SortedCursor at(result);
      for (int64_t key : expected) {
        ASSERT_EQ(at.key().integer(), key);
        at.next();
      }
    }
  }
}

}  // namespace
}  // namespace samara::eval
