#include <algorithm>
#include <map>

#include "eval/builtin_test_support.hpp"
#include "value/sorted.hpp"

namespace samara::eval {
namespace {

class DictBuiltins : public BuiltinTest {
 protected:
  const Type* const D = types_.dict(I, I);
  Expr dict(std::string_view text) { return lit(D, text); }
  Make on(const char* start, std::function<Expr(Var)> change) { return after(D, start, change); }
  // (a, b, key) → 100 a + 10 b + key
  Expr conflict(Var log) {
    return noted(log, "c", {I, I, I}, [&](auto p) {
      return add(add(mul(read(p[0]), num(100)), mul(read(p[1]), num(10))), read(p[2]));
    });
  }
  Expr initial(Var log) {
    return noted(log, "i", {I}, [&](auto p) { return mul(read(p[0]), num(1000)); });
  }
  // (value, key) → 10 value + key
  Expr blend() {
    return fn({I, I}, [&](auto p) { return add(mul(read(p[0]), num(10)), read(p[1])); });
  }
  Expr some_from_two() {
    return fn({I, I}, [&](auto p) {
      return b_.if_(less(read(p[0]), num(2)), b_.none(I), b_.some(mul(read(p[0]), num(10))));
    });
  }
};

TEST_F(DictBuiltins, entries_are_generated) {
  auto generate = [this](int64_t count) {
    return with_log([=, this](Var log) {
      return call(
          Id::DictGenerate, {I, I},
          {num(count), noted(log, "k", {I}, [&](auto p) { return rem(read(p[0]), num(2)); }),
           noted(log, "v", {I}, [&](auto p) { return add(read(p[0]), num(5)); }), conflict(log)});
    });
  };
  expect_all({
      {"three", generate(3), "{0:570,1:6} | k(0) v(0) k(1) v(1) k(2) v(2) c(5,7,0)"},
      {"none", generate(0), "{:} | "},
      {"negative", generate(-7), "{:} | "},
  });
}

TEST_F(DictBuiltins, single_entries_are_read) {
  auto get = [this](Id id, int64_t key) -> Make {
    return [=, this] { return call(id, {I, I}, {dict("{1:5,3:6}"), num(key)}); };
  };
  auto get_or_default = [this](int64_t key) {
    return with_log([=, this](Var log) {
      return call(Id::DictGetOrDefault, {I, I}, {dict("{1:5}"), num(key), initial(log)});
    });
  };
  const Type* by_string = types_.dict(S, I);
  expect_all({
      {"size", [this] { return call(Id::DictSize, {I, I}, {dict("{1:5,3:6}")}); }, "2"},
      {"has", get(Id::DictHas, 3), "true"},
      {"has not", get(Id::DictHas, 2), "false"},
      {"get", get(Id::DictGet, 3), "6"},
      {"get absent", get(Id::DictGet, 2), "error: Dict does not contain key 2"},
      {"the key is printed as East text",
       [=, this] { return call(Id::DictGet, {S, I}, {lit(by_string, "{:}"), str("a\"b")}); },
       "error: Dict does not contain key \"a\\\"b\""},
      {"try get", get(Id::DictTryGet, 1), ".some 5"},
      {"try get absent", get(Id::DictTryGet, 2), ".none"},
      {"get or default", get_or_default(1), "5 | "},
      {"get or default, absent", get_or_default(2), "2000 | i(2)"},
  });
}

TEST_F(DictBuiltins, single_entries_are_written) {
  auto write = [this](Id id, int64_t key) {
    return on("{1:5,3:6}",
              [=, this](Var d) { return call(id, {I, I}, {read(d), num(key), num(9)}); });
  };
  auto erase = [this](Id id, int64_t key) {
    return on("{1:5,3:6}", [=, this](Var d) { return call(id, {I, I}, {read(d), num(key)}); });
  };
  auto then_dict = [this](std::function<Expr(Var, Var)> change) {
    return with_log([=, this](Var log) {
      return b_.block([&](ir::Statements& s) {
        Var d = s.let(dict("{1:5}"));
        s(change(d, log));
        return read(d);
      });
    });
  };
  auto insert_or_update = [=, this](int64_t key) {
    return then_dict([=, this](Var d, Var log) {
      return call(Id::DictInsertOrUpdate, {I, I}, {read(d), num(key), num(7), conflict(log)});
    });
  };
  auto get_or_insert = [=, this](int64_t key) {
    return then_dict([=, this](Var d, Var log) {
      return say(log, print(call(Id::DictGetOrInsert, {I, I}, {read(d), num(key), initial(log)})));
    });
  };
  auto merge = [=, this](int64_t key) {
    return then_dict([=, this](Var d, Var log) {
      return call(Id::DictMerge, {I, I, I},
                  {read(d), num(key), num(7), conflict(log), initial(log)});
    });
  };
  expect_all({
      {"insert", write(Id::DictInsert, 2), "{1:5,2:9,3:6}"},
      {"insert again", write(Id::DictInsert, 3), "error: Dict already contains key 3"},
      {"update", write(Id::DictUpdate, 3), "{1:5,3:9}"},
      {"update absent", write(Id::DictUpdate, 2), "error: Dict does not contain key 2"},
      {"swap", write(Id::DictSwap, 3), "{1:5,3:9}"},
      {"swap absent", write(Id::DictSwap, 2), "error: Dict does not contain key 2"},
      {"swapped", [this] { return call(Id::DictSwap, {I, I}, {dict("{3:6}"), num(3), num(9)}); },
       "6"},
      {"delete", erase(Id::DictDelete, 1), "{3:6}"},
      {"delete absent", erase(Id::DictDelete, 2), "error: Dict does not contain key 2"},
      {"try delete", erase(Id::DictTryDelete, 1), "{3:6}"},
      {"try delete tells",
       [this] { return call(Id::DictTryDelete, {I, I}, {dict("{3:6}"), num(3)}); }, "true"},
      {"try delete absent",
       [this] { return call(Id::DictTryDelete, {I, I}, {dict("{3:6}"), num(4)}); }, "false"},
      {"pop", erase(Id::DictPop, 1), "{3:6}"},
      {"popped", [this] { return call(Id::DictPop, {I, I}, {dict("{3:6}"), num(3)}); }, "6"},
      {"pop absent", erase(Id::DictPop, 2), "error: Dict does not contain key 2"},
      {"clear", on("{1:5}", [this](Var d) { return call(Id::DictClear, {I, I}, {read(d)}); }),
       "{:}"},
      {"insert or update, absent", insert_or_update(2), "{1:5,2:7} | "},
      {"insert or update, present", insert_or_update(1), "{1:571} | c(5,7,1)"},
      {"get or insert, present", get_or_insert(1), "{1:5} | 5"},
      {"get or insert, absent", get_or_insert(2), "{1:5,2:2000} | i(2) 2000"},
      {"merge, present", merge(1), "{1:571} | c(5,7,1)"},
      {"merge, absent", merge(2), "{1:5,2:200072} | i(2) c(2000,7,2)"},
  });
}

TEST_F(DictBuiltins, a_callback_may_change_the_dictionary_it_is_called_for) {
  auto clears = [this](Var d, size_t width) {
    auto body = [=, this](Parameters) {
      return b_.block([&](ir::Statements& s) {
        s(call(Id::DictClear, {I, I}, {read(d)}));
        s(call(Id::DictInsert, {I, I}, {read(d), num(8), num(8)}));
        return num(4);
      });
    };
    return width == 3 ? fn({I, I, I}, body) : fn({I}, body);
  };
  expect_all({
      {"insert or update",
       on("{1:5,2:6}",
          [=, this](Var d) {
            return call(Id::DictInsertOrUpdate, {I, I}, {read(d), num(2), num(7), clears(d, 3)});
          }),
       "{2:4,8:8}"},
      {"get or insert",
       on("{1:5,2:6}",
          [=, this](Var d) {
            return call(Id::DictGetOrInsert, {I, I}, {read(d), num(3), clears(d, 1)});
          }),
       "{3:4,8:8}"},
      {"merge",
       on("{1:5,2:6}",
          [=, this](Var d) {
            return call(
                Id::DictMerge, {I, I, I},
                {read(d), num(2), num(7), clears(d, 3), fn({I}, [&](auto) { return num(0); })});
          }),
       "{2:4,8:8}"},
  });
}

TEST_F(DictBuiltins, dictionaries_are_merged_in_place) {
  auto merged = [this](Id id, const char* start, const char* other) {
    return with_log([=, this](Var log) {
      return b_.block([&](ir::Statements& s) {
        Var d = s.let(dict(start));
        Expr second = other == nullptr ? read(d) : dict(other);
        if (id == Id::DictUnionInPlace) {
          s(call(id, {I, I}, {read(d), second, conflict(log)}));
        } else {
          s(call(id, {I, I, I}, {read(d), second, conflict(log), initial(log)}));
        }
        return read(d);
      });
    });
  };
  expect_all({
      {"union", merged(Id::DictUnionInPlace, "{1:5,3:6}", "{2:7,3:8}"),
       "{1:5,2:7,3:683} | c(6,8,3)"},
      {"union with itself", merged(Id::DictUnionInPlace, "{1:5,2:6}", nullptr),
       "{1:551,2:662} | c(5,5,1) c(6,6,2)"},
      {"merge all", merged(Id::DictMergeAll, "{1:5,3:6}", "{2:7,3:8}"),
       "{1:5,2:200072,3:683} | i(2) c(2000,7,2) c(6,8,3)"},
      {"merge all with itself", merged(Id::DictMergeAll, "{1:5}", nullptr), "{1:551} | c(5,5,1)"},
      {"an error keeps what was merged",
       after_error(D, "{1:5}",
                   [this](Var d) {
                     return call(Id::DictUnionInPlace, {I, I},
                                 {read(d), dict("{0:0,1:1,2:2}"),
                                  fn({I, I, I}, [&](auto) { return b_.error(str("no")); }, I)});
                   }),
       "{0:0,1:5}"},
  });
}

TEST_F(DictBuiltins, keys_are_got_as_sets_and_by_sets) {
  auto get_keys = [this](const char* keys) {
    return with_log([=, this](Var log) {
      return call(Id::DictGetKeys, {I, I},
                  {dict("{1:5,3:6}"), lit(types_.set(I), keys), initial(log)});
    });
  };
  expect_all({
      {"keys", [this] { return call(Id::DictKeys, {I, I}, {dict("{1:5,3:6}")}); }, "{1,3}"},
      {"copy", [this] { return call(Id::DictCopy, {I, I}, {dict("{1:5,3:6}")}); }, "{1:5,3:6}"},
      {"get keys", get_keys("{1,2,3}"), "{1:5,2:2000,3:6} | i(2)"},
      {"get no keys", get_keys("{}"), "{:} | "},
      {"keys added and removed ahead are seen",
       [this] {
         return b_.block([&](ir::Statements& s) {
           Var keys = s.let(lit(types_.set(I), "{1,2,5}"));
           return call(Id::DictGetKeys, {I, I},
                       {dict("{:}"), read(keys), fn({I}, [&](auto p) {
                          return b_.block([&](ir::Statements& c) {
                            c(call(Id::SetTryDelete, {I}, {read(keys), num(5)}));
                            c(call(Id::SetTryInsert, {I}, {read(keys), num(0)}));
                            c(call(Id::SetTryInsert, {I}, {read(keys), num(7)}));
                            return read(p[0]);
                          });
                        })});
         });
       },
       "{1:1,2:2,7:7}"},
  });
}

TEST_F(DictBuiltins, entries_are_visited_in_ascending_order_value_first) {
  expect_all({
      {"for each", with_log([this](Var log) {
         return call(
             Id::DictForEach, {I, I, I},
             {dict("{3:6,1:5}"), noted(log, "f", {I, I}, [&](auto p) { return read(p[0]); })});
       }),
       "null | f(5,1) f(6,3)"},
      {"map", [this] { return call(Id::DictMap, {I, I, I}, {dict("{1:5,3:6}"), blend()}); },
       "{1:51,3:63}"},
      {"filter",
       [this] {
         return call(
             Id::DictFilter, {I, I},
             {dict("{1:5,3:2}"), fn({I, I}, [&](auto p) { return less(read(p[0]), read(p[1])); })});
       },
       "{3:2}"},
      {"filter map",
       [this] { return call(Id::DictFilterMap, {I, I, I}, {dict("{1:5,3:0}"), some_from_two()}); },
       "{1:50}"},
      {"first map",
       [this] { return call(Id::DictFirstMap, {I, I, I}, {dict("{1:0,3:4}"), some_from_two()}); },
       ".some 40"},
      {"first map finds none",
       [this] { return call(Id::DictFirstMap, {I, I, I}, {dict("{1:0}"), some_from_two()}); },
       ".none"},
      {"map reduce", with_log([this](Var log) {
         return call(Id::DictMapReduce, {I, I, I},
                     {dict("{1:5,3:6}"), blend(), noted(log, "r", {I, I}, [&](auto p) {
                        return add(read(p[0]), read(p[1]));
                      })});
       }),
       "114 | r(51,63)"},
      {"map reduce of none",
       [this] {
         return call(Id::DictMapReduce, {I, I, I},
                     {dict("{:}"), blend(), fn({I, I}, [&](auto p) { return read(p[0]); })});
       },
       "error: Cannot reduce empty dictionary with no initial value"},
      {"reduce", with_log([this](Var log) {
         return call(Id::DictReduce, {I, I, I},
                     {dict("{1:5,3:6}"),
                      noted(log, "f", {I, I, I},
                            [&](auto p) { return add(read(p[0]), mul(read(p[1]), read(p[2]))); }),
                      num(100)});
       }),
       "123 | f(100,5,1) f(105,6,3)"},
      {"to array",
       [this] { return call(Id::DictToArray, {I, I, I}, {dict("{1:5,3:6}"), blend()}); },
       "[51, 63]"},
      {"to set",
       [this] {
         return call(Id::DictToSet, {I, I, I},
                     {dict("{1:5,3:6,4:5}"), fn({I, I}, [&](auto p) { return read(p[0]); })});
       },
       "{5,6}"},
      {"to dict", with_log([this](Var log) {
         return call(
             Id::DictToDict, {I, I, I, I},
             {dict("{1:5,3:6,4:5}"), noted(log, "k", {I, I}, [&](auto p) { return read(p[0]); }),
              noted(log, "v", {I, I}, [&](auto p) { return read(p[1]); }), conflict(log)});
       }),
       "{5:145,6:3} | k(5,1) v(5,1) k(6,3) v(6,3) k(5,4) v(5,4) c(1,4,5)"},
      {"flatten to array",
       [this] {
         return call(Id::DictFlattenToArray, {I, I, I},
                     {dict("{1:5,3:6}"),
                      fn({I, I}, [&](auto p) { return b_.array(I, {read(p[0]), read(p[1])}); })});
       },
       "[5, 1, 6, 3]"},
      {"flatten to set",
       [this] {
         return call(Id::DictFlattenToSet, {I, I, I}, {dict("{1:5,3:1}"), fn({I, I}, [&](auto p) {
                                                         return b_.set(I, {read(p[0]), read(p[1])});
                                                       })});
       },
       "{1,3,5}"},
      {"flatten to dict", with_log([this](Var log) {
         return call(Id::DictFlattenToDict, {I, I, I, I},
                     {dict("{1:5,3:6}"),
                      fn({I, I},
                         [&](auto p) {
                           return b_.dict(I, I, {{num(7), read(p[0])}, {read(p[1]), num(0)}});
                         }),
                      conflict(log)});
       }),
       "{1:0,3:0,7:567} | c(5,6,7)"},
      {"group fold", with_log([this](Var log) {
         return call(
             Id::DictGroupFold, {I, I, I, I},
             {dict("{1:5,2:6,3:7}"), fn({I, I}, [&](auto p) { return rem(read(p[0]), num(2)); }),
              noted(log, "i", {I}, [&](auto p) { return mul(read(p[0]), num(100)); }),
              noted(log, "f", {I, I, I},
                    [&](auto p) { return add(read(p[0]), add(read(p[1]), read(p[2]))); })});
       }),
       "{0:8,1:116} | i(1) f(100,5,1) i(0) f(0,6,2) f(106,7,3)"},
  });
}

// ArrayGroupFold against std::map, for keys of each kind that the builder treats in its own way.
TEST_F(DictBuiltins, groups_of_random_keys_agree_with_a_model) {
  struct Keys {
    const char* title;
    const Type* type;
    std::function<std::string(uint64_t)> text;
  };
  const Type* chain = types_.variant({{"end", I}, {"more", types_.recursive(1)}});
  std::vector<Keys> kinds = {
      {"integers", I,
       [](uint64_t n) { return std::to_string(static_cast<int64_t>(n * 97) - 5000); }},
      {"strings", S, [](uint64_t n) { return "\"key " + std::to_string(n * 31) + "\""; }},
      {"floats", F,
       [](uint64_t n) {
         return n == 7   ? std::string("NaN")
                : n == 8 ? std::string("-0.0")
                         : std::to_string(n) + ".5";
       }},
      {"booleans", B, [](uint64_t n) { return n % 2 == 0 ? "true" : "false"; }},
      {"blobs", types_.blob(),
       [](uint64_t n) {
         return "0x" + std::string(n % 5, '0') + std::to_string(10 + n % 90) +
                std::string(n % 5, '1');
       }},
      {"options", types_.option(I),
       [](uint64_t n) { return n % 3 == 0 ? ".none" : ".some " + std::to_string(n); }},
      {"structs", types_.structure({{"a", S}, {"b", I}}),
       [](uint64_t n) {
         return "(a=\"" + std::to_string(n % 7) + "\", b=" + std::to_string(n) + ")";
       }},
      {"recursive", chain,
       [](uint64_t n) {
         std::string text;
         for (uint64_t i = 0; i < n % 9; i++) text += ".more ";
         return text + ".end " + std::to_string(n);
       }},
  };
  for (const Keys& kind : kinds) {
    for (bool ascending : {false, true}) {
      SCOPED_TRACE(std::string(kind.title) + (ascending ? " ascending" : ""));
      const Type* record = types_.structure({{"k", kind.type}, {"n", I}});
      Heap heap;
      std::string text = "[";
      uint64_t random = 99;
      for (int i = 0; i < 2500; i++) {
        random = random * 6364136223846793005ULL + 1442695040888963407ULL;
        text += std::string(i == 0 ? "" : ", ") + "(k=" + kind.text((random >> 33) % 300) +
                ", n=" + std::to_string(i) + ")";
      }
      Slot array = parsed(heap, types_.array(record), text + "]");
      auto slots = as<ArrayObject>(array)->slots();
      auto key_less = [&](Slot a, Slot b) { return compare(kind.type, a, b) < 0; };
      if (ascending) {
        std::stable_sort(slots.begin(), slots.end(),
                         [&](Slot a, Slot b) { return key_less(field_of(a, 0), field_of(b, 0)); });
      }
      auto program = b_.program({types_.array(record)}, [&](Parameters p) {
        return call(
            Id::ArrayGroupFold, {record, kind.type, I},
            {read(p[0]), fn({record, I}, [&](auto q) { return b_.field(read(q[0]), "k"); }),
             fn({kind.type}, [&](auto) { return num(17); }), fn({I, record, I}, [&](auto q) {
               return add(mul(read(q[0]), num(31)), b_.field(read(q[1]), "n"));
             })});
      });
      Ran ran = run(heap, compiled(std::move(program)), {&array, 1});
      ASSERT_TRUE(ran.ok);
      std::map<Slot, uint64_t, decltype(key_less)> model(key_less);
      for (Slot slot : slots) {
        uint64_t& group = model.emplace(field_of(slot, 0), 17).first->second;
        group = group * 31 + field_of(slot, 1).bits;
      }
      auto* groups = as<SortedObject>(ran.value);
      ASSERT_EQ(groups->size, model.size());
      SortedCursor at(groups);
      for (auto& [key, value] : model) {
        ASSERT_EQ(compare(kind.type, at.key(), key), 0);
        ASSERT_EQ(at.value().bits, value);
        at.next();
      }
    }
  }
}

// A dictionary changed step by step against std::map.
TEST_F(DictBuiltins, random_changes_agree_with_a_model) {
  auto step = [this](Id id, bool with_value) {
    return compiled(b_.program({D, I, I}, [&](Parameters p) {
      return with_value ? call(id, {I, I}, {read(p[0]), read(p[1]), read(p[2])})
                        : call(id, {I, I}, {read(p[0]), read(p[1])});
    }));
  };
  auto insert = step(Id::DictInsert, true);
  auto update = step(Id::DictUpdate, true);
  auto pop = step(Id::DictPop, false);
  Heap heap;
  std::map<int64_t, int64_t> model;
  SortedObject* dict = new_dict(heap);
  uint64_t random = 4711;
  for (int round = 0; round < 20'000; round++) {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    auto key = static_cast<int64_t>(random >> 33) % (round % 7000 < 3500 ? 2000 : 20'000);
    uint64_t action = (random >> 20) % 5;
    Slot arguments[] = {Slot::of(dict), Slot::of(key), Slot::of(static_cast<int64_t>(round))};
    bool present = model.contains(key);
    if (action < 2) {
      Ran ran = run(heap, insert, arguments);
      ASSERT_EQ(ran.ok, !present);
      model.emplace(key, round);
    } else if (action == 2) {
      Ran ran = run(heap, update, arguments);
      ASSERT_EQ(ran.ok, present);
      if (present) model[key] = round;
    } else {
      Ran ran = run(heap, pop, arguments);
      ASSERT_EQ(ran.ok, present);
      if (present) {
        ASSERT_EQ(ran.value.integer(), model[key]);
      }
      model.erase(key);
    }
    ASSERT_EQ(dict->size, model.size());
  }
  SortedCursor at(dict);
  for (auto& [key, value] : model) {
    ASSERT_EQ(at.key().integer(), key);
    ASSERT_EQ(at.value().integer(), value);
    at.next();
  }
}

}  // namespace
}  // namespace samara::eval
