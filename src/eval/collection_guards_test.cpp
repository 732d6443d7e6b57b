// Guards and locks of every builtin that has them, from the table of builtins: the first argument
// must not be frozen, must not be under iteration, and is locked while callbacks run.

#include "eval/builtin_test_support.hpp"
#include "value/sorted.hpp"

namespace samara::eval {
namespace {

class CollectionGuards : public BuiltinTest {
 protected:
  // An argument of any type that occurs; functions do `act` first and then give an argument.
  Expr argument(const Type* type, const std::function<void(ir::Statements&)>& act) {
    if (type->is(Kind::function)) {
      std::vector<const Type*> inputs;
      for (uint32_t i = 0; i < type->input_count(); i++) inputs.push_back(type->child(i));
      auto body = [&](Parameters) {
        return b_.block([&](ir::Statements& s) {
          act(s);
          return argument(type->output(), act);
        });
      };
      switch (inputs.size()) {
        case 1:
          return fn({inputs[0]}, body);
        case 2:
          return fn({inputs[0], inputs[1]}, body);
        default:
          return fn({inputs[0], inputs[1], inputs[2]}, body);
      }
    }
    return lit(type, text(type));
  }
  std::string text(const Type* type) {
    switch (type->kind()) {
      case Kind::integer:
        return "1";
      case Kind::boolean:
        return "true";
      case Kind::null:
        return "null";
      case Kind::array:
        return "[5, 5]";  // as keys of an array: none of its own
      case Kind::set:
        return "{1,2}";
      case Kind::dict:
        return "{1:1,2:1}";
      case Kind::ref:
        return "&1";
      case Kind::variant:
        return type->index_of("some") >= 0 ? ".some 1" : ".none";
      default:
        ADD_FAILURE() << "no text for " << type_to_text(type);
        return "";
    }
  }
  Expr invoke(Id id, Expr first, const std::function<void(ir::Statements&)>& act) {
    std::vector<const Type*> type_parameters(ir::builtin_info(id).type_parameter_count, I);
    auto signature = ir::instantiate(types_, id, type_parameters);
    std::vector<ir::Node*> kids = {first.node};
    for (size_t i = 1; i < signature->arguments.size(); i++) {
      kids.push_back(argument(signature->arguments[i], act).node);
    }
    Expr made = b_.node(ir::Op::builtin, signature->result, kids);
    made.node->name = b_.under_construction().intern(ir::builtin_info(id).name);
    made.node->type_parameters = b_.under_construction().new_types(type_parameters);
    return made;
  }
  const Type* subject(Id id) {
    std::vector<const Type*> type_parameters(ir::builtin_info(id).type_parameter_count, I);
    return ir::instantiate(types_, id, type_parameters)->arguments[0];
  }
  // Changes the size of the collection.
  Expr grow(Var subject, const Type* type) {
    switch (type->kind()) {
      case Kind::array:
        return call(Id::ArrayPushLast, {I}, {read(subject), num(5)});
      case Kind::set:
        return call(Id::SetTryInsert, {I}, {read(subject), num(5)});
      default:
        return call(Id::DictTryDelete, {I, I}, {read(subject), num(5)});
    }
  }
  template <typename Visit>
  void for_each_collection_builtin(Visit visit) {
    for (unsigned i = 0; i < ir::k_builtin_count; i++) {
      auto id = static_cast<Id>(i);
      const ir::BuiltinInfo& info = ir::builtin_info(id);
      bool mine = info.name.starts_with("Array") || info.name.starts_with("Set") ||
                  info.name.starts_with("Dict");
      if (mine && info.type_parameter_count != 0 && !info.only_dialect_b &&
          id != Id::ArrayEncodeCsv) {
        SCOPED_TRACE(std::string(info.name));
        visit(id, info);
      }
    }
  }
  static std::string name_of(const Type* type) { return std::string(kind_name(type->kind())); }
};

TEST_F(CollectionGuards, frozen_collections_are_not_changed) {
  int count = 0;
  for_each_collection_builtin([&](Id id, const ir::BuiltinInfo& info) {
    if (!info.guard_frozen) return;
    count++;
    const Type* type = subject(id);
    auto program = b_.program(
        {type}, [&](Parameters p) { return invoke(id, read(p[0]), [](ir::Statements&) {}); });
    Heap heap;
    Slot frozen = parsed(heap, type, text(type), true);
    EXPECT_EQ(BuiltinTest::text(run(heap, compiled(std::move(program)), {&frozen, 1})),
              "error: Cannot modify frozen " + name_of(type));
  });
  EXPECT_EQ(count, 30);
}

TEST_F(CollectionGuards, collections_under_iteration_keep_their_size) {
  int count = 0;
  for_each_collection_builtin([&](Id id, const ir::BuiltinInfo& info) {
    if (!info.guard_iteration) return;
    count++;
    const Type* type = subject(id);
    auto program = b_.program({type}, [&](Parameters p) {
      auto change = [&] {
        return b_.block([&](ir::Statements& s) {
          s(invoke(id, read(p[0]), [](ir::Statements&) {}));
          return b_.null();
        });
      };
      if (type->is(Kind::array)) {
        return b_.for_array(read(p[0]), [&](Var, Var, ir::Label) { return change(); });
      }
      if (type->is(Kind::set))
        return b_.for_set(read(p[0]), [&](Var, ir::Label) { return change(); });
      return b_.for_dict(read(p[0]), [&](Var, Var, ir::Label) { return change(); });
    });
    Heap heap;
    Slot value = parsed(heap, type, text(type));
    EXPECT_EQ(BuiltinTest::text(run(heap, compiled(std::move(program)), {&value, 1})),
              "error: Cannot modify " + name_of(type) + " during iteration");
    EXPECT_EQ(value.object()->locks, 0);
  });
  EXPECT_EQ(count, 25);
}

TEST_F(CollectionGuards, collections_are_locked_while_callbacks_run) {
  int count = 0;
  for_each_collection_builtin([&](Id id, const ir::BuiltinInfo& info) {
    if (!info.locks) return;
    count++;
    const Type* type = subject(id);
    auto program = b_.program({type}, [&](Parameters p) {
      return invoke(id, read(p[0]), [&](ir::Statements& s) { s(grow(p[0], type)); });
    });
    Heap heap;
    Slot value = parsed(heap, type, text(type));
    EXPECT_EQ(BuiltinTest::text(run(heap, compiled(std::move(program)), {&value, 1})),
              "error: Cannot modify " + name_of(type) + " during iteration");
    EXPECT_EQ(value.object()->locks, 0);
  });
  EXPECT_EQ(count, 52);
}

TEST_F(CollectionGuards, locks_are_released_after_success) {
  for_each_collection_builtin([&](Id id, const ir::BuiltinInfo& info) {
    if (!info.locks) return;
    const Type* type = subject(id);
    auto program = b_.program(
        {type}, [&](Parameters p) { return invoke(id, read(p[0]), [](ir::Statements&) {}); });
    Heap heap;
    Slot value = parsed(heap, type, text(type));
    Ran ran = run(heap, compiled(std::move(program)), {&value, 1});
    EXPECT_TRUE(ran.ok) << ran.error.message;
    EXPECT_EQ(value.object()->locks, 0);
  });
}

// The second collection of two is walked too.
TEST_F(CollectionGuards, the_other_collection_is_locked_where_it_is_walked) {
  const Type* array = types_.array(I);
  const Type* dict = types_.dict(I, I);
  auto push = [&](Var subject) {
    return [this, subject](Parameters) {
      return b_.block([&](ir::Statements& s) {
        s(call(Id::ArrayPushLast, {I}, {read(subject), num(5)}));
        return num(1);
      });
    };
  };
  auto insert = [&](Var subject) {
    return [this, subject](Parameters) {
      return b_.block([&](ir::Statements& s) {
        s(call(Id::DictInsert, {I, I}, {read(subject), num(5), num(5)}));
        return num(1);
      });
    };
  };
  expect_all({
      {"ArrayMergeAll",
       after(array, "[1]",
             [&](Var other) {
               return call(Id::ArrayMergeAll, {I, I},
                           {nums("[1, 2]"), read(other), fn({I, I, I}, push(other))});
             }),
       "error: Cannot modify Array during iteration"},
      {"ArrayGetKeys",
       after(array, "[1]",
             [&](Var keys) {
               return call(Id::ArrayGetKeys, {I}, {nums("[]"), read(keys), fn({I}, push(keys))});
             }),
       "error: Cannot modify Array during iteration"},
      {"DictUnionInPlace",
       after(dict, "{1:1}",
             [&](Var other) {
               return call(Id::DictUnionInPlace, {I, I},
                           {lit(dict, "{1:1}"), read(other), fn({I, I, I}, insert(other))});
             }),
       "error: Cannot modify Dict during iteration"},
      {"DictMergeAll",
       after(dict, "{1:1}",
             [&](Var other) {
               return call(Id::DictMergeAll, {I, I, I},
                           {lit(dict, "{:}"), read(other), fn({I, I, I}, insert(other)),
                            fn({I}, [&](auto) { return num(0); })});
             }),
       "error: Cannot modify Dict during iteration"},
  });
}

TEST_F(CollectionGuards, iterations_nest_until_the_lock_count_is_full) {
  // One level below the limit of 16 bits the builtin still runs; at the limit it fails,
  // uncatchably.
  const Type* array = types_.array(I);
  auto program = compiled(b_.program({array}, [&](Parameters p) {
    Expr made =
        call(Id::ArrayToSet, {I, I}, {read(p[0]), fn({I, I}, [&](auto q) { return read(q[0]); })});
    return b_.try_(made, [&](Var, Var) { return lit(types_.set(I), "{7}"); });
  }));
  Heap heap;
  Slot value = parsed(heap, array, "[1, 2]");
  value.object()->locks = UINT16_MAX - 1;
  EXPECT_EQ(BuiltinTest::text(run(heap, program, {&value, 1})), "{1,2}");
  value.object()->locks = UINT16_MAX;
  EXPECT_EQ(BuiltinTest::text(run(heap, program, {&value, 1})),
            "depth: too many nested iterations over one collection");
  EXPECT_EQ(value.object()->locks, UINT16_MAX);
}

// Results under construction, accumulators and sort keys survive collections that callbacks cause.
TEST_F(CollectionGuards, what_builtins_hold_survives_collections) {
  constexpr int64_t k_count = 20'000;
  auto key = [&](Expr number) { return concat(str("some key "), print(number)); };
  auto keys = [&] {
    return call(Id::ArrayGenerate, {S},
                {num(k_count), fn({I}, [&](auto p) {
                   return key(rem(mul(read(p[0]), num(7919)), num(k_count)));
                 })});
  };
  auto length = [&](Expr text) { return call(Id::StringLength, {}, {text}); };
  // The sum of the lengths of all keys and values shows whether each is still the text it was.
  std::vector<Case> cases = {
      {"sort",
       [&] {
         Expr sorted =
             call(Id::ArraySort, {S, S},
                  {keys(), fn({S}, [&](auto p) { return concat(read(p[0]), str("!")); })});
         return call(Id::ArrayIsSorted, {S, S},
                     {sorted, fn({S}, [&](auto p) { return read(p[0]); })});
       },
       "true"},
      {"group fold",
       [&] {
         Expr groups = call(
             Id::ArrayGroupFold, {S, S, S},
             {keys(),
              fn({S, I},
                 [&](auto p) { return concat(str("group "), print(rem(read(p[1]), num(5000)))); }),
              fn({S}, [&](auto p) { return concat(read(p[0]), str(":")); }),
              fn({S, S, I}, [&](auto p) { return concat(read(p[0]), str("x")); })});
         return call(Id::DictReduce, {S, S, I},
                     {groups,
                      fn({I, S, S},
                         [&](auto p) {
                           return add(read(p[0]), add(length(read(p[1])), length(read(p[2]))));
                         }),
                      num(0)});
       },
       // Keys "group n" twice each (in the key and in the value), a colon, four marks.
       std::to_string(2 * (5000 * 6 + 10 + 90 * 2 + 900 * 3 + 4000 * 4) + 5000 * 5)},
      {"to dict",
       [&] {
         Expr made = call(Id::ArrayToDict, {S, S, S},
                          {keys(), fn({S, I}, [&](auto p) { return concat(read(p[0]), str("k")); }),
                           fn({S, I}, [&](auto p) { return concat(read(p[0]), str("v")); }),
                           fn({S, S, S}, [&](auto p) { return read(p[0]); })});
         return call(
             Id::DictReduce, {S, S, I},
             {made,
              fn({I, S, S},
                 [&](auto p) {
                   return add(read(p[0]),
                              b_.if_(same(length(read(p[1])), length(read(p[2]))), num(1), num(0)));
                 }),
              num(0)});
       },
       std::to_string(k_count)},
      {"to set and flatten",
       [&] {
         Expr made =
             call(Id::ArrayFlattenToSet, {S, S},
                  {keys(), fn({S, I}, [&](auto p) {
                     return b_.set(S, {concat(read(p[0]), str("a")), concat(read(p[0]), str("b"))});
                   })});
         return call(Id::SetSize, {S}, {made});
       },
       std::to_string(2 * k_count)},
  };
  for (Case& test : cases) {
    SCOPED_TRACE(test.title);
    Heap heap({.limit_bytes = size_t{9} << 20});
    auto program = b_.program({}, [&](Parameters) { return test.make(); });
    EXPECT_EQ(BuiltinTest::text(run(heap, compiled(std::move(program)), {})), test.expected);
  }
}

TEST_F(CollectionGuards, long_builtins_end_at_the_limits) {
  auto endless = [this](Id id) -> Make {
    return [=, this]() -> Expr {
      Expr one = fn({I}, [&](auto p) { return read(p[0]); });
      if (id == Id::SetGenerate) {
        return call(id, {I}, {num(INT64_MAX), one, fn({I}, [&](auto) { return b_.null(); })});
      }
      return call(id, {I}, {num(INT64_MAX), one});
    };
  };
  for (Id id : {Id::ArrayGenerate, Id::SetGenerate}) {
    Heap heap({.limit_bytes = size_t{64} << 20});
    auto program = compiled(b_.program({}, [&](Parameters) { return endless(id)(); }));
    VmOptions steps;
    steps.steps_max = 100'000;
    EXPECT_EQ(run(heap, program, {}, steps).failure, FailureKind::steps);
    EXPECT_EQ(run(heap, program, {}).failure, FailureKind::memory);
    VmOptions late;
    late.deadline_passed = [] { return true; };
    EXPECT_EQ(run(heap, program, {}, late).failure, FailureKind::timeout);
  }
}

}  // namespace
}  // namespace samara::eval
