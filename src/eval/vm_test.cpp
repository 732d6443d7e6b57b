#include "eval/vm.hpp"

#include "eval/builtin_test_support.hpp"

namespace samara::eval {

class VmTest : public BuiltinTest {
 protected:
  // Runs a program without arguments under options; text as BuiltinTest::text.
  std::string run_with(const Make& make, VmOptions options, size_t heap_bytes = size_t{1} << 30) {
    Heap heap({.limit_bytes = heap_bytes});
    auto program = b_.program({}, [&](Parameters) { return make(); });
    return text(run(heap, compiled(std::move(program)), {}, std::move(options)));
  }
  // while (true) body
  template <typename Body>
  Make endless(Body body) {
    return [this, body] {
      return b_.block([&](ir::Statements& s) {
        s(b_.while_(b_.boolean(true), [&](ir::Label) { return body(); }));
        return b_.integer(0);
      });
    };
  }
};

TEST_F(VmTest, finally_runs_on_every_way_out_and_its_own_exit_wins) {
  std::vector<Case> cases;
  cases.push_back({"break through finally", with_log([&](Var log) {
                     return b_.block([&](ir::Statements& s) {
                       s(b_.while_(b_.boolean(true), [&](ir::Label loop) {
                         return b_.try_(
                             b_.block([&](ir::Statements& t) {
                               t(say(log, str("body")));
                               t(b_.break_(loop));
                               return b_.null();
                             }),
                             [&](Var, Var) { return b_.null(); }, say(log, str("finally")));
                       }));
                       return num(1);
                     });
                   }),
                   "1 | body finally"});
  cases.push_back({"return through two finallies", with_log([&](Var log) {
                     Expr f = fn({}, [&](Parameters) {
                       return b_.block([&](ir::Statements& s) {
                         s(b_.try_(
                             b_.try_(
                                 b_.return_(num(7)), [&](Var, Var) { return b_.null(); },
                                 say(log, str("inner"))),
                             [&](Var, Var) { return b_.null(); }, say(log, str("outer"))));
                         return num(8);
                       });
                     });
                     return b_.block([&](ir::Statements& s) {
                       Var g = s.let(f);
                       return b_.call(b_(g), {});
                     });
                   }),
                   "7 | inner outer"});
  cases.push_back({"error in finally replaces the pending error",
                   [&] {
                     return b_.try_(b_.try_(
                                        b_.error(str("first")),
                                        [&](Var, Var) { return b_.error(str("second")); },
                                        b_.error(str("third"))),
                                    [&](Var message, Var) { return b_(message); });
                   },
                   "third"});
  cases.push_back({"the pending error goes on after finally", with_log([&](Var log) {
                     return b_.try_(
                         b_.try_(
                             b_.error(str("boom")), [&](Var m, Var) { return b_.error(b_(m)); },
                             say(log, str("finally"))),
                         [&](Var message, Var) { return b_(message); });
                   }),
                   "\"boom\" | finally"});
  cases.push_back({"continue in finally drops the error", with_log([&](Var log) {
                     return b_.block([&](ir::Statements& s) {
                       s(b_.for_array(nums("[1, 2]"), [&](Var value, Var, ir::Label loop) {
                         return b_.try_(
                             b_.error(print(b_(value))),
                             [&](Var m, Var) { return b_.error(b_(m)); },
                             b_.block([&](ir::Statements& t) {
                               t(say(log, print(b_(value))));
                               t(b_.continue_(loop));
                               return b_.null();
                             }));
                       }));
                       return num(0);
                     });
                   }),
                   "0 | 1 2"});
  expect_all(cases);
}

TEST_F(VmTest, iteration_locks_are_released_on_every_way_out) {
  auto push_after = [&](auto loop_body) {
    return [this, loop_body] {
      return b_.block([&](ir::Statements& s) {
        Var array = s.let(nums("[1, 2, 3]"));
        Var run = s.let(fn({}, [&](Parameters) {
          return b_.block([&](ir::Statements& t) {
            t(b_.for_array(b_(array),
                           [&](Var value, Var, ir::Label loop) { return loop_body(value, loop); }));
            return b_.null();
          });
        }));
        s(b_.try_(b_.call(b_(run), {}), [&](Var, Var) { return b_.null(); }));
        s(call(Id::ArrayPushLast, {I}, {b_(array), num(4)}));
        return b_(array);
      });
    };
  };
  expect_all({
      {"normal end", push_after([&](Var, ir::Label) { return b_.null(); }), "[1, 2, 3, 4]"},
      {"break", push_after([&](Var, ir::Label loop) { return b_.break_(loop); }), "[1, 2, 3, 4]"},
      {"return", push_after([&](Var, ir::Label) { return b_.return_(b_.null()); }), "[1, 2, 3, 4]"},
      {"error", push_after([&](Var, ir::Label) { return b_.error(str("x")); }), "[1, 2, 3, 4]"},
  });
}

TEST_F(VmTest, an_array_cannot_grow_while_an_inlined_callback_walks_it) {
  expect_all({{"push in map",
               [&] {
                 return b_.block([&](ir::Statements& s) {
                   Var array = s.let(nums("[1, 2]"));
                   return call(Id::ArrayMap, {I, N}, {b_(array), fn({I, I}, [&](Parameters p) {
                                                        return call(Id::ArrayPushLast, {I},
                                                                    {b_(array), b_(p[0])});
                                                      })});
                 });
               },
               "error: Cannot modify Array during iteration"}});
}

TEST_F(VmTest, closures_made_in_a_loop_keep_their_own_variable) {
  expect_all(
      {{"three cells",
        [&] {
          return b_.block([&](ir::Statements& s) {
            const Type* thunk = types_.function({}, I);
            Var made = s.let(b_.array(thunk, {}));
            s(b_.for_array(nums("[10, 20, 30]"), [&](Var value, Var, ir::Label) {
              return b_.block([&](ir::Statements& t) {
                Var own = t.mutable_(b_(value));
                t(call(Id::ArrayPushLast, {thunk}, {b_(made), fn({}, [&](Parameters) {
                                                      return b_.block([&](ir::Statements& u) {
                                                        u(b_.assign(own, add(b_(own), num(1))));
                                                        return b_(own);
                                                      });
                                                    })}));
                return b_.null();
              });
            }));
            Var sum = s.mutable_(num(0));
            s(b_.for_array(b_(made), [&](Var f, Var, ir::Label) {
              return b_.assign(sum, add(mul(b_(sum), num(100)), b_.call(b_(f), {})));
            }));
            return b_(sum);
          });
        },
        "112131"}});
}

TEST_F(VmTest, operands_are_read_before_later_operands_assign) {
  expect_all({{"x + (x := 5; x)",
               [&] {
                 return b_.block([&](ir::Statements& s) {
                   Var x = s.mutable_(num(1));
                   return add(b_(x), b_.block([&](ir::Statements& t) {
                     t(b_.assign(x, num(5)));
                     return b_(x);
                   }));
                 });
               },
               "6"},
              {"assigned inside an inlined callback",
               [&] {
                 return b_.block([&](ir::Statements& s) {
                   Var x = s.mutable_(num(1));
                   return add(b_(x), call(Id::ArrayFold, {I, I},
                                          {nums("[1, 2]"), num(0), fn({I, I, I}, [&](Parameters p) {
                                             return b_.block([&](ir::Statements& t) {
                                               t(b_.assign(x, num(100)));
                                               return add(b_(p[0]), b_(x));
                                             });
                                           })}));
                 });
               },
               "201"}});
}

TEST_F(VmTest, error_stacks_name_the_raise_and_every_caller) {
  auto program = b_.program({}, [&](Parameters) {
    return b_.block([&](ir::Statements& s) {
      b_.at("t.east", 10, 1);
      Var raise = s.let(fn({I, I}, [&](Parameters) { return b_.error(str("deep")); }, I));
      b_.at("t.east", 21, 1);
      Var outer =
          s.let(fn({I, I}, [&](Parameters p) { return b_.call(b_(raise), {b_(p[0]), b_(p[1])}); }));
      b_.at("t.east", 41, 1);
      return call(Id::ArrayMap, {I, I}, {nums("[1]"), b_(outer)});
    });
  });
  Heap heap;
  Ran ran = run(heap, compiled(std::move(program)), {});
  ASSERT_FALSE(ran.ok);
  std::vector<int64_t> lines;
  lines.reserve(ran.error.stack.size());
  for (auto& at : ran.error.stack) lines.push_back(at.line);
  EXPECT_EQ(lines, (std::vector<int64_t>{10, 21, 41}));
}

TEST_F(VmTest, inlined_callbacks_give_the_same_stack_as_called_ones) {
  auto program = b_.program({}, [&](Parameters) {
    b_.at("t.east", 11, 1);
    Expr f = fn({I, I}, [&](Parameters) { return b_.error(str("deep")); }, I);
    b_.at("t.east", 41, 1);
    return call(Id::ArrayMap, {I, I}, {nums("[1]"), f});
  });
  Heap heap;
  Ran ran = run(heap, compiled(std::move(program)), {});
  ASSERT_FALSE(ran.ok);
  ASSERT_EQ(ran.error.stack.size(), 2U);
  EXPECT_EQ(ran.error.stack[0].line, 11);
  EXPECT_EQ(ran.error.stack[1].line, 41);
}

TEST_F(VmTest, as_renumbers_the_cases_of_variants_and_adapts_functions) {
  const Type* small = types_.variant({{"b", I}});
  const Type* wide = types_.variant({{"a", I}, {"b", I}, {"c", N}});
  expect_all({
      {"a value", [&] { return b_.as(wide, b_.variant(small, "b", num(3))); }, ".b 3"},
      {"inside a struct",
       [&] {
         const Type* target = types_.structure({{"x", wide}, {"y", I}});
         return b_.as(target, b_.structure({{"x", b_.variant(small, "b", num(3))}, {"y", num(4)}}));
       },
       "(x=.b 3, y=4)"},
      {"a function's argument and result",
       [&] {
         // (wide) -> small used as (small) -> wide: the argument widens on the way in, the result
         // on the way out.
         Expr f = fn({wide}, [&](Parameters p) {
           return b_.match(b_(p[0]))
               .on("a", [&](Var v) { return b_.variant(small, "b", b_(v)); })
               .on("b", [&](Var v) { return b_.variant(small, "b", add(b_(v), num(1))); })
               .on("c", [&](Var) { return b_.variant(small, "b", num(0)); })
               .done();
         });
         return b_.block([&](ir::Statements& s) {
           Var g = s.let(b_.as(types_.function({small}, wide), f));
           return b_.call(b_(g), {b_.variant(small, "b", num(40))});
         });
       },
       ".b 41"},
  });
}

TEST_F(VmTest, an_endless_loop_ends_at_each_kind_of_limit) {
  EXPECT_EQ(run_with(endless([&] { return b_.null(); }), {.steps_max = 100000}),
            "steps: step limit reached");
  int asked = 0;
  EXPECT_EQ(run_with(endless([&] { return b_.null(); }),
                     {.deadline_passed = [&] { return ++asked > 3; }}),
            "timeout: deadline passed");
  std::atomic<bool> cancel{true};
  EXPECT_EQ(run_with(endless([&] { return b_.null(); }), {.cancel = &cancel}),
            "cancelled: cancelled");
}

TEST_F(VmTest, limits_are_not_caught_by_try_but_finally_runs) {
  EXPECT_EQ(run_with(
                [&] {
                  return b_.try_(endless([&] { return b_.null(); })(),
                                 [&](Var, Var) { return num(5); });
                },
                {.steps_max = 10000}),
            "steps: step limit reached");
}

TEST_F(VmTest, a_hundred_thousand_frames_fit_and_a_million_end_as_a_limit) {
  auto recurse = [&](int64_t depth) {
    return [this, depth] {
      return b_.block([&](ir::Statements& s) {
        const Type* type = types_.function({I}, I);
        Var self = s.let(b_.array(type, {}));
        Var f = s.let(fn({I}, [&](Parameters p) {
          return b_.if_(less(b_(p[0]), num(1)), num(0),
                        add(num(1), b_.call(call(Id::ArrayGet, {type}, {b_(self), num(0)}),
                                            {call(Id::IntegerSubtract, {}, {b_(p[0]), num(1)})})));
        }));
        s(call(Id::ArrayPushLast, {type}, {b_(self), b_(f)}));
        return b_.call(b_(f), {num(depth)});
      });
    };
  };
  constexpr size_t k_slots = size_t{4'000'000};
  EXPECT_EQ(run_with(recurse(100'000), {.stack_slots = k_slots}), "100000");
  EXPECT_EQ(run_with(recurse(1'000'000), {.stack_slots = k_slots}),
            "depth: recursion limit reached");
}

TEST_F(VmTest, recursion_through_builtin_callbacks_ends_as_a_limit) {
  EXPECT_EQ(
      run_with(
          [&] {
            return b_.block([&](ir::Statements& s) {
              const Type* type = types_.function({I, I}, I);
              Var self = s.let(b_.array(type, {}));
              Var f = s.let(fn({I, I}, [&](Parameters p) {
                return call(
                    Id::ArrayFold, {I, I},
                    {call(
                         Id::ArrayMap, {I, I},
                         {b_.array(I, {b_(p[0])}), call(Id::ArrayGet, {type}, {b_(self), num(0)})}),
                     num(0), fn({I, I, I}, [&](Parameters q) { return add(b_(q[0]), b_(q[1])); })});
              }));
              s(call(Id::ArrayPushLast, {type}, {b_(self), b_(f)}));
              return b_.call(b_(f), {num(1), num(2)});
            });
          },
          {}),
      "depth: recursion limit reached");
}

TEST_F(VmTest, growing_for_ever_ends_at_the_memory_limit) {
  EXPECT_EQ(run_with(
                [&] {
                  return b_.block([&](ir::Statements& s) {
                    Var array = s.let(b_.array(S, {}));
                    s(b_.while_(b_.boolean(true), [&](ir::Label) {
                      return call(Id::ArrayPushLast, {S},
                                  {b_(array), print(call(Id::ArraySize, {S}, {b_(array)}))});
                    }));
                    return num(0);
                  });
                },
                {}, size_t{64} << 20),
            "memory: memory limit reached");
  EXPECT_EQ(
      run_with([&] { return call(Id::StringRepeat, {}, {str("x"), num(1'000'000'000'000)}); }, {}),
      "memory: memory limit reached");
}

TEST_F(VmTest, garbage_is_collected_and_what_is_reachable_survives) {
  // Makes about 3 GB of garbage under a limit of 64 MB, keeping every thousandth string.
  EXPECT_EQ(
      run_with(
          [&] {
            return b_.block([&](ir::Statements& s) {
              Var keep = s.let(lit(types_.dict(I, types_.array(S)), "{:}"));
              Var i = s.mutable_(num(0));
              Var text = s.let(call(Id::StringRepeat, {}, {str("0123456789"), num(1000)}));
              s(b_.while_(less(b_(i), num(300'000)), [&](ir::Label) {
                return b_.block([&](ir::Statements& t) {
                  Var made = t.let(concat(b_(text), print(b_(i))));
                  t(b_.if_(same(rem(b_(i), num(1000)), num(0)),
                           call(Id::DictInsert, {I, types_.array(S)},
                                {b_(keep), b_(i), b_.array(S, {b_(made)})})));
                  t(b_.assign(i, add(b_(i), num(1))));
                  return b_.null();
                });
              }));
              Var sum = s.mutable_(num(0));
              s(b_.for_dict(b_(keep), [&](Var value, Var key, ir::Label) {
                Expr end =
                    call(Id::StringSubstring, {},
                         {call(Id::ArrayGet, {S}, {b_(value), num(0)}), num(10'000), num(20'000)});
                return b_.if_(same(end, print(b_(key))), b_.assign(sum, add(b_(sum), num(1))));
              }));
              return b_(sum);
            });
          },
          {}, size_t{64} << 20),
      "300");
}

TEST_F(VmTest, deep_lists_are_compared_without_machine_recursion) {
  const Type* list = types_.variant(
      {{"cons", types_.structure({{"head", I}, {"tail", types_.recursive(2)}})}, {"nil", N}});
  auto build = [&](ir::Statements& s) {
    Var l = s.mutable_(b_.variant(list, "nil", b_.null()));
    Var i = s.mutable_(num(0));
    s(b_.while_(less(b_(i), num(1'000'000)), [&](ir::Label) {
      return b_.block([&](ir::Statements& t) {
        t(b_.assign(l, b_.variant(list, "cons", b_.structure({{"head", b_(i)}, {"tail", b_(l)}}))));
        t(b_.assign(i, add(b_(i), num(1))));
        return b_.null();
      });
    }));
    return l;
  };
  EXPECT_EQ(run_with(
                [&] {
                  return b_.block([&](ir::Statements& s) {
                    Var x = build(s);
                    Var y = build(s);
                    return same(b_(x), b_(y));
                  });
                },
                {}),
            "true");
}

}  // namespace samara::eval
