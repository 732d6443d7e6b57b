#include "ir/builder.hpp"

#include <gtest/gtest.h>

#include "ir/check.hpp"

namespace samara::ir {
namespace {

class Build : public ::testing::Test {
 protected:
  std::vector<std::string> errors(const Program& program) {
    std::vector<std::string> out;
    for (const Diagnostic& found : diagnose(program, platform)) out.push_back(found.message);
    return out;
  }
  TypeTable types;
  const Type* i = types.integer();
  PlatformList platform;
  Builder b{types};
};

TEST_F(Build, captures_pass_through_every_function_between) {
  auto program = b.program({i}, [&](auto p) {
    return b.lambda(
        {}, [&](auto) { return b.lambda({}, [&](auto) { return b.add(b(p[0]), b(p[0])); }); });
  });
  EXPECT_TRUE(errors(*program).empty());
  const Node* root = program->root();
  EXPECT_EQ(root->count_a, 0U);
  EXPECT_TRUE(root->kids[0]->captured);
  const Node* middle = root->kids[1];
  EXPECT_EQ(middle->count_a, 1U);
  EXPECT_EQ(middle->kids[1]->count_a, 1U);
}

TEST_F(Build, branches_that_never_complete_take_the_type_of_the_other) {
  Expr error = b.error(b.string("no"));
  EXPECT_EQ(b.if_(b.boolean(true), error, b.integer(1)).type(), i);
  EXPECT_EQ(b.match(b.none(i))
                .on("none", [&](Var) { return b.error(b.string("no")); })
                .on("some", [&](Var v) { return b(v); })
                .done()
                .type(),
            i);
}

TEST_F(Build, a_builder_can_make_one_program_after_another) {
  auto first = b.program({i}, [&](auto p) { return b(p[0]); });
  b.at("second.east", 2, 1);
  auto second = b.program({i}, [&](auto p) { return b.add(b(p[0]), b.integer(1)); });
  EXPECT_TRUE(errors(*first).empty());
  EXPECT_TRUE(errors(*second).empty());
  EXPECT_EQ(location_text(first->location(first->root()->location)), "<unknown> 0:0");
  EXPECT_EQ(location_text(second->location(second->root()->location)), "second.east 2:1");
}

TEST_F(Build, all_kinds_of_data_can_be_made) {
  auto program = b.program({}, [&](auto) {
    return b.block([&](Statements& s) {
      s.let(b.structure({{"a", b.float_(0.5)}, {"b", b.blob(as_bytes("xyz"))}}));
      s.let(b.dict(types.string(), i, {{b.string("k"), b.integer(1)}}));
      s.let(b.ref(b.datetime(0)));
      s.let(b.as(types.option(i), b.variant(types.variant({{"some", i}}), "some", b.integer(1))));
      s.let(b.vector(i, {b.integer(1)}));
      s.let(b.matrix(types.boolean(), 1, 1, {b.boolean(true)}));
      Var set = s.let(b.set(i, {b.integer(1)}));
      s(b.for_set(b(set), [&](Var key, Label loop) {
        return b.if_(b.builtin(BuiltinId::Less, {i}, {b(key), b.integer(0)}), b.continue_(loop));
      }));
      Var dict = s.let(b.dict(i, i, {}));
      s(b.for_dict(b(dict), [&](Var value, Var key, Label) { return b.add(b(value), b(key)); }));
    });
  });
  EXPECT_TRUE(errors(*program).empty());
}

}  // namespace
}  // namespace samara::ir
