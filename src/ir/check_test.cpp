#include "ir/check.hpp"

#include <gtest/gtest.h>

#include "ir/builder.hpp"

namespace samara::ir {
namespace {

// Each test builds one small program, most of them wrong, and looks at what the checker says.
class Check : public ::testing::Test {
 protected:
  Check() : b(types) { b.at("f.east", 7, 3); }

  std::vector<std::string> errors(const Program& program, const CheckOptions& options = {}) {
    std::vector<std::string> out;
    for (const Diagnostic& found : diagnose(program, platform, options)) {
      EXPECT_EQ(found.locations.size(), 1U);
      std::string at = " at f.east 7:3";
      EXPECT_TRUE(found.message.ends_with(at)) << found.message;
      out.push_back(found.message.substr(0, found.message.size() - at.size()));
    }
    return out;
  }
  /// The only error of a program with this body and no parameters.
  template <typename F>
  std::string error_in(F&& body) {
    auto program = b.program({}, [&](std::span<const Var>) { return body(); });
    auto found = errors(*program);
    if (found.size() == 1) return found[0];
    std::string all = std::to_string(found.size()) + " errors:";
    for (const std::string& message : found) all += "\n" + message;
    return all;
  }
  // `value`, said to be of another type.
  static Expr claim(Expr value, const Type* type) {
    value.node->type = type;
    return value;
  }
  Expr fail_() { return b.error(b.string("no")); }

  TypeTable types;
  const Type* i = types.integer();
  const Type* s = types.string();
  const Type* f = types.float_();
  const Type* n = types.null();
  PlatformList platform;
  Builder b;
};

const std::string k_none = "0 errors:";

TEST_F(Check, a_program_with_loops_closures_and_handlers_passes) {
  auto program = b.program({i}, [&](auto p) {
    return b.block([&](Statements& st) {
      Var sum = st.mutable_(b.integer(0));
      Var items = st.let(b.array(i, {b.integer(1), b.integer(2)}));
      Var add = st.let(b.lambda({i}, [&](auto q) {
        return b.block([&](Statements& inner) {
          inner(b.assign(sum, b.add(b(sum), b(q[0]))));
          return b(sum);
        });
      }));
      st(b.for_array(b(items), [&](Var value, Var, Label loop) {
        return b.block([&](Statements& body) {
          body(b.if_(b.builtin(BuiltinId::Equal, {i}, {b(value), b(p[0])}), b.break_(loop)));
          body(b.call(b(add), {b(value)}));
        });
      }));
      Var chosen = st.let(b.match(b.some(b(sum)))
                              .on("none", [&](Var) { return fail_(); })
                              .on("some", [&](Var v) { return b(v); })
                              .done());
      return b.try_(b(chosen), [&](Var, Var) { return b.integer(0); });
    });
  });
  EXPECT_TRUE(errors(*program).empty());
  EXPECT_TRUE(check(*program, platform).has_value());
}

TEST_F(Check, the_error_names_the_first_violation_and_counts_the_rest) {
  auto program = b.program({}, [&](auto) {
    return b.block([&](Statements& st) {
      st(claim(b.integer(1), s));
      st(claim(b.integer(1), s));
      return b.null();
    });
  });
  auto result = check(*program, platform);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, Code::check_failed);
  EXPECT_EQ(
      result.error().message(),
      "Value node expected value of type .String but got .Integer at f.east 7:3 (and 1 more)");
}

TEST_F(Check, a_literal_must_be_of_its_type) {
  EXPECT_EQ(error_in([&] { return claim(b.integer(1), s); }),
            "Value node expected value of type .String but got .Integer");
}

// --- variables -----------------------------------------------------------------------------------

TEST_F(Check, a_variable_must_be_in_scope) {
  EXPECT_EQ(error_in([&] { return b.mention(b.new_variable(i)); }), "Variable _0 not in scope");
}

TEST_F(Check, a_block_ends_the_scope_of_its_variables) {
  EXPECT_EQ(error_in([&] {
              Var inner{};
              return b.block([&](Statements& st) {
                st(b.block([&](Statements& deep) { inner = deep.let(b.integer(1)); }));
                return b(inner);
              });
            }),
            "Variable _0 not in scope");
}

TEST_F(Check, what_a_later_predicate_defines_ends_with_its_if) {
  EXPECT_EQ(error_in([&] {
              return b.block([&](Statements& st) {
                Var late = b.new_variable(i);
                Node* define[] = {b.mention(late).node, b.integer(1).node};
                Expr let = b.node(Op::let, n, define);
                Expr second = b.builtin(BuiltinId::Equal, {n}, {let, b.null()});
                Node* kids[] = {b.boolean(true).node, b.null().node, second.node,
                                b.block([&](Statements& x) {
                                   x(b(late));
                                   x(b.null());
                                 }).node,
                                b.null().node};
                st(b.node(Op::if_else, n, kids));
                return b(late);
              });
            }),
            "Variable _0 not in scope");
}

TEST_F(Check, a_variable_keeps_type_mutability_and_capture_of_its_definition) {
  auto with = [&](auto change) {
    return error_in([&] {
      return b.block([&](Statements& st) {
        Var x = st.let(b.integer(1));
        Expr use = b(x);
        st(use);
        change(*use.node);
        return b.null();
      });
    });
  };
  EXPECT_EQ(with([&](Node& use) { use.type = s; }),
            "Variable _0 has type .Integer but expected .String");
  EXPECT_EQ(with([&](Node& use) { use.is_mutable = true; }),
            "Variable _0 mutability mismatch: context has const but IR expects mutable");
  auto program = b.program({}, [&](auto) {
    return b.block([&](Statements& st) {
      Var x = st.let(b.integer(1));
      return b(x);
    });
  });
  program->mutable_root()->kids[0]->kids[1]->captured = true;
  EXPECT_EQ(errors(*program),
            std::vector<std::string>{
                "Variable _0 capture mismatch: context has local but IR expects captured"});
}

TEST_F(Check, let_wants_exactly_the_type_of_the_variable) {
  EXPECT_EQ(error_in([&] {
              return b.block([&](Statements& st) {
                Var x = b.new_variable(s);
                Node* kids[] = {b.mention(x).node, b.integer(1).node};
                st(b.node(Op::let, n, kids));
                return b.null();
              });
            }),
            "Let statement requires exact type match. Variable _0 has type .String but value has "
            "type .Integer. Insert an As node if subtyping is intended.");
}

TEST_F(Check, let_is_of_type_null) {
  EXPECT_EQ(error_in([&] {
              Var x = b.new_variable(i);
              Node* kids[] = {b.mention(x).node, b.integer(1).node};
              return b.node(Op::let, s, kids);
            }),
            "Let node has type .String but expected .Null");
}

TEST_F(Check, assignment_wants_a_mutable_variable_in_scope_and_its_type) {
  EXPECT_EQ(error_in([&] { return b.assign(b.new_variable(i, true), b.integer(1)); }),
            "Cannot assign to variable _0 which is not in scope");
  EXPECT_EQ(error_in([&] {
              return b.block([&](Statements& st) {
                Var x = st.let(b.integer(1));
                return b.assign(x, b.integer(2));
              });
            }),
            "Cannot reassign const variable _0");
  EXPECT_EQ(error_in([&] {
              return b.block([&](Statements& st) {
                Var x = st.let(b.integer(1));
                Expr assign = b.assign(x, b.integer(2));
                assign.node->kids[0]->is_mutable = true;
                return assign;
              });
            }),
            "Cannot reassign variable _0 - context says it's const");
  EXPECT_EQ(
      error_in([&] {
        return b.block([&](Statements& st) {
          Var x = st.mutable_(b.integer(1));
          return b.assign(x, b.string("a"));
        });
      }),
      "Assign statement requires exact type match. Variable _0 has type .Integer but value has "
      "type .String. Insert an As node if subtyping is intended.");
}

TEST_F(Check, an_assignment_of_an_expression_that_never_completes_passes) {
  EXPECT_EQ(error_in([&] {
              return b.block([&](Statements& st) {
                Var x = st.mutable_(b.integer(1));
                return b.assign(x, fail_());
              });
            }),
            k_none);
}

// --- blocks and casts ----------------------------------------------------------------------------

TEST_F(Check, a_block_has_the_type_of_its_last_statement) {
  EXPECT_EQ(error_in([&] { return claim(b.block([&](Statements& st) { st(b.integer(1)); }), s); }),
            "Block evaluates to type .Integer but expected .String");
  EXPECT_EQ(error_in([&] { return claim(b.block_of({}), i); }),
            "Block evaluates to type .Null but expected .Integer");
}

TEST_F(Check, unreachable_statements_are_allowed) {
  EXPECT_EQ(error_in([&] {
              return b.block([&](Statements& st) {
                st(b.return_(b.integer(1)));
                return b.integer(2);
              });
            }),
            k_none);
}

TEST_F(Check, as_casts_to_a_proper_supertype_only) {
  const Type* some = types.variant({{"some", i}});
  const Type* option = types.option(i);
  EXPECT_EQ(error_in([&] { return b.as(option, b.variant(some, "some", b.integer(1))); }), k_none);
  EXPECT_EQ(error_in([&] { return b.as(s, b.integer(1)); }),
            "Cannot cast value of type .Integer to type .String");
  EXPECT_EQ(error_in([&] { return b.as(s, fail_()); }), "Cannot cast .Never to type .String");
  EXPECT_EQ(error_in([&] { return b.as(i, b.integer(1)); }),
            "Unnecessary As node: value is already of type .Integer");
}

// --- functions -----------------------------------------------------------------------------------

TEST_F(Check, the_root_has_no_captures) {
  auto program = b.program({}, [&](auto) { return b.integer(1); });
  Node* root = program->mutable_root();
  Node* capture = program->new_node(Op::variable, i, root->location);
  capture->name = program->intern("x");
  capture->captured = true;
  std::vector<Node*> kids = {capture, root->kids[0]};
  root->kids = program->new_kids(kids);
  root->count_a = 1;
  EXPECT_EQ(errors(*program),
            std::vector<std::string>{"Expected free function, without captured variables"});
  EXPECT_TRUE(errors(*program, {.root_captures = true}).empty());
}

TEST_F(Check, captures_must_be_in_scope_and_agree) {
  auto with = [&](auto change) {
    auto program = b.program({}, [&](auto) {
      return b.block([&](Statements& st) {
        Var x = st.let(b.integer(1));
        st(b.lambda({}, [&](auto) { return b(x); }));
        return b.null();
      });
    });
    Node* block = program->mutable_root()->kids[0];
    Node* lambda = block->kids[1];
    change(*program, *block->kids[0]->kids[0], *lambda->kids[0], *lambda->kids[1]);
    return errors(*program);
  };
  using List = std::vector<std::string>;
  EXPECT_EQ(with([](Program&, Node&, Node&, Node&) {}), List{});
  EXPECT_EQ(with([](Program& p, Node&, Node& capture, Node& use) {
              capture.name = use.name = p.intern("y");
            }),
            List{"Captured variable y not in scope"});
  EXPECT_EQ(
      with([&](Program&, Node& definition, Node&, Node&) { definition.type = types.never(); }),
      List{"Captured variable _0 has type .Never but expected .Integer"});
  EXPECT_EQ(
      with([](Program&, Node& definition, Node&, Node&) { definition.is_mutable = true; }),
      List{"Captured variable _0 mutability mismatch: context has mutable but IR expects const"});
  EXPECT_EQ(
      with([](Program&, Node& definition, Node&, Node&) { definition.captured = false; }),
      List{"Captured variable _0 capture mismatch: context has local but IR expects captured"});
}

TEST_F(Check, a_function_sees_only_what_it_captures) {
  EXPECT_EQ(error_in([&] {
              return b.block([&](Statements& st) {
                Var x = st.let(b.integer(1));
                st(b.lambda({}, [&](auto) { return b.mention(x); }));
                return b.null();
              });
            }),
            "Variable _0 not in scope");
}

TEST_F(Check, a_function_agrees_with_its_signature) {
  auto lambda = [&](const Type* type) {
    return error_in([&] {
      return b.block([&](Statements& st) {
        st(claim(b.lambda({i}, [&](auto) { return b.integer(1); }), type));
        return b.null();
      });
    });
  };
  EXPECT_EQ(lambda(types.function({i}, i)), k_none);
  EXPECT_EQ(lambda(types.function({i}, s)),
            "Function body returns type .Integer but function signature expects .String");
  EXPECT_EQ(lambda(types.function({s}, i)),
            "Function parameter _0 has type .Integer but function signature expects .String");
  EXPECT_EQ(lambda(types.function({i, i}, i)),
            "Function has 1 parameters but function signature expects 2");
  EXPECT_EQ(lambda(i), "Function node expects Function type, got .Integer");
  const Type* inputs[] = {i};
  EXPECT_EQ(lambda(types.async_function(inputs, i)),
            "Function node expects Function type, got .AsyncFunction (inputs=[.Integer], "
            "output=.Integer)");
}

TEST_F(Check, parameters_are_not_mutable) {
  auto program = b.program({i}, [&](auto) { return b.null(); });
  program->mutable_root()->kids[0]->is_mutable = true;
  EXPECT_EQ(errors(*program),
            std::vector<std::string>{"Function parameter _0 must not be mutable"});
}

TEST_F(Check, a_call_agrees_with_its_function) {
  auto f_int = [&] { return b.lambda({i}, [&](auto p) { return b(p[0]); }); };
  EXPECT_EQ(error_in([&] { return b.call(f_int(), {fail_()}); }), k_none);
  EXPECT_EQ(error_in([&] {
              Node* kids[] = {b.integer(1).node};
              return b.node(Op::call, i, kids);
            }),
            "Call expects Function type, got .Integer");
  EXPECT_EQ(error_in([&] { return b.call(f_int(), {}); }), "Function expects 1 arguments, got 0");
  EXPECT_EQ(error_in([&] { return b.call(f_int(), {b.string("a")}); }),
            "Function call argument 1 requires exact type match. Parameter has type .Integer but "
            "argument has type .String. Insert an As node if subtyping is intended.");
  EXPECT_EQ(error_in([&] { return claim(b.call(f_int(), {b.integer(1)}), s); }),
            "Call node has type .String but expected .Integer");
}

TEST_F(Check, call_async_wants_an_async_function) {
  auto program = b.async_program({}, [&](auto) {
    Node* kids[] = {b.lambda({}, [&](auto) { return b.null(); }).node};
    return b.node(Op::call_async, n, kids);
  });
  EXPECT_EQ(errors(*program), std::vector<std::string>{
                                  "CallAsync expects AsyncFunction type, got .Function (inputs=[], "
                                  "output=.Null)"});
}

TEST_F(Check, nothing_asynchronous_happens_in_a_sync_function) {
  ASSERT_TRUE(platform.add("sleep", {{i}, n, true}).has_value());
  auto work = [&](Var g) {
    return b.block([&](Statements& st) {
      st(b.platform("sleep", {b.integer(1)}, n));
      return b.call(b(g), {});
    });
  };
  const Type* async = types.async_function(std::span<const Type* const>{}, n);
  auto sync = b.program({async}, [&](auto p) { return work(p[0]); });
  EXPECT_EQ(errors(*sync),
            (std::vector<std::string>{"Async platform call not allowed outside async function",
                                      "Async function call not allowed outside async function"}));
  auto good = b.async_program({async}, [&](auto p) { return work(p[0]); });
  EXPECT_TRUE(errors(*good).empty());
}

TEST_F(Check, return_agrees_with_the_function_around_it) {
  EXPECT_EQ(
      error_in([&] { return b.if_(b.boolean(true), b.return_(b.string("a")), b.integer(1)); }),
      "Return statement returns type .String but function signature expects .Integer");
}

// --- control -------------------------------------------------------------------------------------

TEST_F(Check, branches_of_if_agree) {
  EXPECT_EQ(error_in([&] { return b.if_(b.integer(1), b.null()); }),
            "IfElse predicate has type .Integer but expected .Boolean");
  EXPECT_EQ(error_in([&] { return b.if_(b.boolean(true), b.integer(1), b.string("a")); }),
            "IfElse else branch returns type .String but IfElse expects .Integer");
  EXPECT_EQ(error_in([&] { return claim(b.if_(b.boolean(true), b.integer(1), b.string("a")), s); }),
            "IfElse branch 0 returns type .Integer but IfElse expects .String");
  EXPECT_EQ(error_in([&] { return claim(b.if_(b.boolean(true), fail_(), fail_()), i); }),
            "IfElse has all branches returning Never, so it must have type Never");
}

TEST_F(Check, match_has_each_case_once) {
  auto value = [&](Var v) { return b(v); };
  auto zero = [&](Var) { return b.integer(0); };
  EXPECT_EQ(error_in([&] { return b.match(b.some(b.integer(1))).on("some", value).done(); }),
            "Match has 1 cases but variant type has 2 cases");
  EXPECT_EQ(error_in([&] {
              return b.match(b.some(b.integer(1))).on("some", value).on("some", zero).done();
            }),
            "Match has case some more than once");
  EXPECT_EQ(error_in([&] {
              Expr match = b.match(b.some(b.integer(1))).on("none", zero).on("some", value).done();
              match.node->names[0] = b.under_construction().intern("nil");
              return match;
            }),
            "Match has case nil but variant type does not");
  EXPECT_EQ(error_in([&] {
              Expr match = b.match(b.some(b.integer(1))).on("none", zero).on("some", zero).done();
              match.node->kids[1]->type = i;
              return match;
            }),
            "Match variable _0 has type .Integer but expected .Null");
  EXPECT_EQ(error_in([&] {
              Expr match = b.match(b.some(b.integer(1))).on("none", zero).on("some", zero).done();
              match.node->kids[0] = b.integer(1).node;
              return match;
            }),
            "Match expects Variant type, got .Integer");
  EXPECT_EQ(error_in([&] {
              return b.match(b.some(b.integer(1)))
                  .on("none", zero)
                  .on("some", [&](Var) { return b.string("a"); })
                  .done();
            }),
            "Match case some returns type .String but Match expects .Integer");
  EXPECT_EQ(error_in([&] {
              auto never = [&](Var) { return fail_(); };
              return claim(b.match(b.some(b.integer(1))).on("none", never).on("some", never).done(),
                           i);
            }),
            "Match has all branches returning Never, so it must have type Never");
}

TEST_F(Check, try_catch_agrees_and_gives_message_and_stack) {
  EXPECT_EQ(error_in([&] { return b.try_(b.integer(1), [&](Var, Var) { return b.string("a"); }); }),
            "TryCatch catch body returns type .String but TryCatch expects .Integer");
  EXPECT_EQ(error_in([&] {
              return claim(b.try_(b.integer(1), [&](Var, Var) { return b.string("a"); }), s);
            }),
            "TryCatch try body returns type .Integer but TryCatch expects .String");
  EXPECT_EQ(error_in([&] { return claim(b.try_(fail_(), [&](Var, Var) { return fail_(); }), i); }),
            "TryCatch has all branches returning Never, so it must have type Never");
  auto with_variable = [&](size_t kid, const Type* type) {
    return error_in([&] {
      Expr made = b.try_(b.integer(1), [&](Var, Var) { return b.integer(2); });
      made.node->kids[kid]->type = type;
      return made;
    });
  };
  EXPECT_EQ(with_variable(2, i),
            "TryCatch message variable has type .Integer but expected .String");
  EXPECT_EQ(with_variable(3, i),
            "TryCatch stack variable has type .Integer but expected .Array .Struct "
            "[(name=\"filename\", type=.String), (name=\"line\", type=.Integer), (name=\"column\", "
            "type=.Integer)]");
  EXPECT_EQ(
      error_in([&] {
        Var inner{};
        Expr body = b.block([&](Statements& st) {
          inner = st.let(b.integer(1));
          st(b.integer(2));
        });
        Expr finally = b.mention(inner);
        return b.try_(
            body,
            [&](Var message, Var) { return b.builtin(BuiltinId::StringLength, {}, {b(message)}); },
            finally);
      }),
      "Variable _0 not in scope");
}

TEST_F(Check, while_wants_a_boolean) {
  EXPECT_EQ(error_in([&] { return b.while_(b.integer(1), [&](Label) { return b.null(); }); }),
            "While predicate has type .Integer but expected .Boolean");
}

TEST_F(Check, loops_agree_with_their_collection) {
  auto ints = [&] { return b.array(i, {}); };
  auto nothing = [&](Var, Var, Label) { return b.null(); };
  EXPECT_EQ(error_in([&] {
              Expr loop = b.for_array(ints(), nothing);
              loop.node->kids[0] = b.integer(1).node;
              return loop;
            }),
            "ForArray expects Array type, got .Integer");
  EXPECT_EQ(error_in([&] {
              Expr loop = b.for_array(ints(), nothing);
              loop.node->kids[1]->type = s;
              return loop;
            }),
            "ForArray key variable has type .String but expected .Integer");
  EXPECT_EQ(error_in([&] {
              Expr loop = b.for_array(ints(), nothing);
              loop.node->kids[2]->type = s;
              return loop;
            }),
            "ForArray value variable has type .String but expected .Integer");
  EXPECT_EQ(error_in([&] {
              Expr loop = b.for_set(b.set(i, {}), [&](Var, Label) { return b.null(); });
              loop.node->kids[1]->type = s;
              return loop;
            }),
            "ForSet key variable has type .String but expected .Integer");
  EXPECT_EQ(error_in([&] {
              Expr loop = b.for_dict(b.dict(i, s, {}), nothing);
              loop.node->kids[1]->type = s;
              loop.node->kids[2]->is_mutable = true;
              return loop;
            }).substr(0, 9),
            "2 errors:");
}

TEST_F(Check, break_and_continue_need_their_loop_in_the_same_function) {
  EXPECT_EQ(error_in([&] { return b.break_(Label{b.under_construction().intern("x")}); }),
            "break failed to find label x");
  EXPECT_EQ(error_in([&] {
              return b.while_(b.boolean(true), [&](Label loop) {
                return b.block([&](Statements& st) {
                  st(b.lambda({}, [&](auto) { return b.continue_(loop); }));
                  st(b.continue_(loop));
                });
              });
            }),
            "continue failed to find label _0");
}

TEST_F(Check, the_message_of_an_error_is_a_string) {
  EXPECT_EQ(error_in([&] { return b.error(b.integer(1)); }),
            "Error message has type .Integer but expected .String");
}

// --- data ----------------------------------------------------------------------------------------

TEST_F(Check, containers_hold_their_element_type) {
  EXPECT_EQ(error_in([&] { return b.array(i, {b.integer(1), b.string("a")}); }),
            "Array element 1 has type .String but Array expects .Integer");
  EXPECT_EQ(error_in([&] { return b.set(i, {b.string("a")}); }),
            "Set element 0 has type .String but Set expects .Integer");
  EXPECT_EQ(error_in([&] { return claim(b.ref(b.integer(1)), types.ref(s)); }),
            "Ref value has type .Integer but Ref expects .String");
  EXPECT_EQ(error_in([&] { return b.dict(i, i, {{b.string("a"), b.integer(1)}}); }),
            "Dict key 0 has type .String but Dict expects .Integer");
  EXPECT_EQ(error_in([&] { return b.dict(i, i, {{b.integer(1), b.string("a")}}); }),
            "Dict value 0 has type .String but Dict expects .Integer");
  EXPECT_EQ(error_in([&] { return claim(b.array(i, {}), i); }),
            "NewArray expects Array type, got .Integer");
  EXPECT_EQ(error_in([&] { return claim(b.dict(i, i, {}), i); }),
            "NewDict expects Dict type, got .Integer");
  EXPECT_EQ(error_in([&] { return b.array(i, {fail_()}); }), k_none);
}

TEST_F(Check, vectors_and_matrices_hold_their_element_type_and_shape) {
  EXPECT_EQ(error_in([&] { return b.vector(i, {b.float_(1)}); }),
            "Vector element 0 has type .Float but Vector expects .Integer");
  EXPECT_EQ(error_in([&] { return b.matrix(f, 1, 2, {b.float_(1), b.float_(2)}); }), k_none);
  EXPECT_EQ(error_in([&] { return b.matrix(f, 2, 2, {b.float_(1)}); }),
            "NewMatrix has 1 values but expects 2 rows of 2");
  EXPECT_EQ(error_in([&] { return b.matrix(f, INT64_MAX, INT64_MAX, {b.float_(1)}); }),
            "NewMatrix has 1 values but expects 9223372036854775807 rows of 9223372036854775807");
  EXPECT_EQ(error_in([&] { return b.matrix(f, -1, -1, {b.float_(1)}); }),
            "NewMatrix has 1 values but expects -1 rows of -1");
  EXPECT_EQ(error_in([&] { return b.matrix(f, 0, 5, {}); }), k_none);
}

TEST_F(Check, structs_have_their_fields_in_order) {
  auto ab = [&] { return b.structure({{"a", b.integer(1)}, {"b", b.string("x")}}); };
  EXPECT_EQ(error_in([&] { return claim(ab(), types.structure({{"a", i}})); }),
            "Struct type has 1 fields but struct value has 2 fields");
  EXPECT_EQ(error_in([&] { return claim(ab(), types.structure({{"a", i}, {"c", s}})); }),
            "Struct does not have field b");
  EXPECT_EQ(
      error_in([&] { return claim(ab(), types.structure({{"b", s}, {"a", i}})); }).substr(0, 9),
      "2 errors:");
  EXPECT_EQ(error_in([&] { return claim(ab(), types.structure({{"a", s}, {"b", s}})); }),
            "Struct field a has type .Integer but Struct expects .String");
  EXPECT_EQ(error_in([&] { return claim(ab(), i); }), "Struct expects Struct type, got .Integer");
}

TEST_F(Check, fields_and_cases_exist_and_have_their_type) {
  auto a = [&] { return b.structure({{"a", b.integer(1)}}); };
  EXPECT_EQ(error_in([&] {
              Expr get = b.field(a(), "a");
              get.node->name = b.under_construction().intern("z");
              return get;
            }),
            "Struct does not have field z");
  EXPECT_EQ(error_in([&] { return claim(b.field(a(), "a"), s); }),
            "GetField node has type .String but expected .Integer");
  EXPECT_EQ(error_in([&] {
              Expr get = b.field(a(), "a");
              get.node->kids[0] = b.integer(1).node;
              return get;
            }),
            "GetField expects Struct type, got .Integer");
  EXPECT_EQ(error_in([&] { return b.variant(types.option(i), "most", b.integer(1)); }),
            "Variant type does not have case most");
  EXPECT_EQ(error_in([&] { return b.variant(types.option(i), "some", b.string("a")); }),
            "Variant case some has type .String but Variant expects .Integer");
  EXPECT_EQ(error_in([&] { return b.variant(i, "some", b.string("a")); }),
            "Variant expects Variant type, got .Integer");
}

TEST_F(Check, recursive_types_agree_up_to_unfolding) {
  const Type* nested = types.array(types.recursive(1));
  const Type* unfolded = types.array(nested);
  ASSERT_NE(nested, unfolded);
  EXPECT_EQ(error_in([&] { return b.wrap(unfolded, claim(b.array(i, {}), nested)); }), k_none);
  EXPECT_EQ(error_in([&] { return b.unwrap(types.array(i), b.array(s, {})); }),
            "UnwrapRecursive value has type .Array .String but expected .Array .Integer");
}

// --- builtins and platform functions
// ---------------------------------------------------------------

TEST_F(Check, builtins_are_known_and_agree_with_their_signature) {
  auto changed = [&](auto change) {
    return error_in([&] {
      Expr made = b.builtin(BuiltinId::ArrayGet, {s}, {b.array(s, {}), b.integer(0)});
      change(*made.node);
      return made;
    });
  };
  EXPECT_EQ(changed([&](Node&) {}), k_none);
  EXPECT_EQ(error_in([&] {
              Expr made = b.builtin(BuiltinId::ArrayGet, {s}, {b.array(s, {}), b.integer(0)});
              made.node->name = b.under_construction().intern("ArrayGot");
              return made;
            }),
            "Unknown builtin function 'ArrayGot'");
  EXPECT_EQ(error_in([&] { return b.builtin(BuiltinId::ArrayGet, {s}, {b.array(s, {})}); }),
            "Builtin function 'ArrayGet' expects 2 arguments, but got 1");
  EXPECT_EQ(changed([&](Node& node) { node.type_parameters = {}; }),
            "Builtin function 'ArrayGet' expects 1 type parameters, but got 0");
  EXPECT_EQ(changed([&](Node& node) {
              node.kids[1]->type = f;
              node.kids[1]->literal_kind = Kind::float_;
            }),
            "Builtin function 'ArrayGet' argument 2 requires exact type match. Parameter has type "
            ".Integer but argument has type .Float. Insert an As node if subtyping is intended.");
  EXPECT_EQ(changed([&](Node& node) { node.type = f; }),
            "Builtin function 'ArrayGet' return type expected to be .String but IR has .Float");
}

TEST_F(Check, builtins_refuse_type_parameters_that_make_no_type) {
  EXPECT_EQ(error_in([&] {
              Expr made = b.builtin(BuiltinId::SetSize, {i}, {b.set(i, {})});
              made.node->type_parameters[0] = types.array(i);
              return made;
            }),
            "Builtin function 'SetSize': Set key type must be an immutable type");
  const Type* function = types.function({}, n);
  EXPECT_EQ(error_in([&] {
              auto g = [&] { return b.lambda({}, [&](auto) { return b.null(); }); };
              return b.builtin(BuiltinId::Is, {function}, {g(), g()});
            }),
            "Attempted to compare values of type .Function");
  EXPECT_EQ(error_in([&] {
              return b.builtin(BuiltinId::ArrayEncodeCsv, {i, i}, {b.array(i, {}), b.integer(1)});
            }),
            "Builtin function 'ArrayEncodeCsv' expects Struct types as type parameters");
}

TEST_F(Check, platform_functions_are_offered_and_agree) {
  ASSERT_TRUE(platform.add("log", {{s}, n, false}).has_value());
  EXPECT_EQ(error_in([&] { return b.platform("log", {b.string("a")}, n); }), k_none);
  EXPECT_EQ(error_in([&] { return b.platform("lag", {b.string("a")}, n); }),
            "Platform function 'lag' not found");
  EXPECT_EQ(error_in([&] { return b.platform("log", {}, n); }),
            "Platform function 'log' expects 1 arguments but got 0");
  EXPECT_EQ(
      error_in([&] { return b.platform("log", {b.integer(1)}, n); }),
      "Platform function 'log' argument 1 requires exact type match. Parameter has type .String "
      "but argument has type .Integer. Insert an As node if subtyping is intended.");
  EXPECT_EQ(error_in([&] { return b.platform("log", {b.string("a")}, i); }),
            "Platform function 'log' return type expected to be .Null but IR has .Integer");
  EXPECT_EQ(error_in([&] {
              Expr call = b.platform("log", {b.string("a")}, n);
              const Type* parameters[] = {i};
              call.node->type_parameters = b.under_construction().new_types(parameters);
              return call;
            }),
            "Platform function 'log' takes no type parameters");
}

TEST_F(Check, an_optional_platform_function_may_be_missing) {
  EXPECT_EQ(error_in([&] {
              Expr call = b.platform("lag", {b.string("a")}, n);
              call.node->optional = true;
              return call;
            }),
            k_none);
}

TEST_F(Check, a_platform_function_is_defined_once) {
  ASSERT_TRUE(platform.add("log", {{s}, n, false}).has_value());
  auto again = platform.add("log", {{i}, n, false});
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().message(), "Duplicate platform function definition for 'log'");
}

// --- limits --------------------------------------------------------------------------------------

TEST_F(Check, deep_programs_are_refused_not_overflowed) {
  Expr inner = b.integer(1);
  for (uint32_t depth = 0; depth < 2 * k_ir_depth_max; depth++) inner = b.add(inner, b.integer(1));
  EXPECT_EQ(error_in([&] { return inner; }),
            "IR nests too deep (limit " + std::to_string(k_ir_depth_max) + ")");
}

TEST_F(Check, the_number_of_diagnostics_is_bounded) {
  auto program = b.program({}, [&](auto) {
    return b.block([&](Statements& st) {
      for (size_t k = 0; k < 2 * k_diagnostics_max; k++) st(claim(b.integer(1), s));
      return b.null();
    });
  });
  EXPECT_EQ(errors(*program).size(), k_diagnostics_max);
}

}  // namespace
}  // namespace samara::ir
