#include "ir/effects.hpp"

#include <gtest/gtest.h>

#include "ir/builder.hpp"

namespace samara::ir {
namespace {

class Classifier : public EffectClassifier {
 public:
  Effect classify(std::string_view name, const std::vector<const Type*>&) const override {
    if (name == "hash") return Effect::pure;
    return name == "read" ? Effect::idempotent : Effect::effectful;
  }
  Effect strongest() const override { return Effect::effectful; }
};

TEST(Effects, a_program_without_platform_functions_is_pure) {
  TypeTable types;
  Builder b(types);
  auto program = b.program({types.integer()}, [&](auto p) { return b.print(b(p[0])); });
  Effects effects = effects_of(*program);
  EXPECT_TRUE(effects.platform.empty());
  EXPECT_FALSE(effects.decodes_functions || effects.takes_functions);
  EXPECT_EQ(strongest_effect(effects, Classifier()), Effect::pure);
}

TEST(Effects, every_function_named_anywhere_is_listed_once_in_order) {
  TypeTable types;
  const Type* i = types.integer();
  const Type* s = types.string();
  Builder b(types);
  auto call = [&](std::string_view name, const Type* parameter, bool optional) {
    Expr made = b.platform(name, {}, i);
    if (parameter != nullptr) {
      made.node->type_parameters = b.under_construction().new_types(std::span(&parameter, 1));
    }
    made.node->optional = optional;
    return made;
  };
  auto program = b.program({}, [&](auto) {
    return b.block([&](Statements& st) {
      st(call("read", nullptr, true));
      st(call("pick", s, false));
      st(b.lambda({}, [&](auto) { return call("pick", i, true); }));
      st(call("hash", nullptr, false));
      st(call("read", nullptr, false));
    });
  });
  Effects effects = effects_of(*program);
  std::vector<PlatformUse> expected = {
      {"hash", {}, false}, {"pick", {i}, true}, {"pick", {s}, false}, {"read", {}, false}};
  EXPECT_EQ(effects.platform, expected);
  EXPECT_EQ(strongest_effect(effects, Classifier()), Effect::effectful);
  effects.platform.erase(effects.platform.begin() + 1, effects.platform.begin() + 3);
  EXPECT_EQ(strongest_effect(effects, Classifier()), Effect::idempotent);
}

TEST(Effects, decoding_functions_can_call_anything) {
  TypeTable types;
  Builder b(types);
  auto decode = [&](const Type* type) {
    auto program = b.program(
        {}, [&](auto) { return b.builtin(BuiltinId::BlobDecodeBeast2, {type}, {b.blob({})}); });
    return effects_of(*program);
  };
  EXPECT_FALSE(decode(types.integer()).decodes_functions);
  Effects effects = decode(types.array(types.function({}, types.null())));
  EXPECT_TRUE(effects.decodes_functions);
  EXPECT_EQ(strongest_effect(effects, Classifier()), Effect::effectful);
}

TEST(Effects, parameters_that_hold_functions_are_seen) {
  TypeTable types;
  Builder b(types);
  const Type* holder = types.array(types.function({}, types.null()));
  auto program = b.program({holder}, [&](auto) { return b.null(); });
  EXPECT_TRUE(effects_of(*program).takes_functions);
}

}  // namespace
}  // namespace samara::ir
