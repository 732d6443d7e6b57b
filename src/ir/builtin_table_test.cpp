#include "ir/builtin_table.hpp"

#include <gtest/gtest.h>

namespace samara::ir {
namespace {

TEST(BuiltinTable, every_name_is_found_under_its_own_number) {
  for (unsigned i = 0; i < k_builtin_count; i++) {
    auto id = static_cast<BuiltinId>(i);
    auto found = find_builtin(builtin_info(id).name);
    ASSERT_TRUE(found.has_value()) << builtin_info(id).name;
    EXPECT_EQ(*found, id);
  }
  EXPECT_FALSE(find_builtin("").has_value());
  EXPECT_FALSE(find_builtin("integerAdd").has_value());
  EXPECT_FALSE(find_builtin("Zzz").has_value());
}

TEST(BuiltinTable, dialect_b_adds_35_builtins) {
  unsigned only_b = 0;
  for (unsigned i = 0; i < k_builtin_count; i++) {
    only_b += builtin_info(static_cast<BuiltinId>(i)).only_dialect_b ? 1U : 0U;
  }
  EXPECT_EQ(only_b, 35U);
}

TEST(BuiltinTable, guards_follow_the_notes) {
  const BuiltinInfo& info = builtin_info(BuiltinId::ArraySortInPlace);
  EXPECT_TRUE(info.guard_frozen && info.guard_iteration && info.locks);
  const BuiltinInfo& update = builtin_info(BuiltinId::ArrayUpdate);
  EXPECT_TRUE(update.guard_frozen);
  EXPECT_FALSE(update.guard_iteration || update.locks);
}

TEST(BuiltinTable, every_signature_instantiates_with_integers) {
  TypeTable types;
  for (unsigned i = 0; i < k_builtin_count; i++) {
    auto id = static_cast<BuiltinId>(i);
    const BuiltinInfo& info = builtin_info(id);
    std::vector<const Type*> parameters(info.type_parameter_count, types.integer());
    auto signature = instantiate(types, id, parameters);
    ASSERT_TRUE(signature.has_value()) << info.name;
    EXPECT_EQ(signature->arguments.size(), info.argument_count) << info.name;
    EXPECT_TRUE(signature->result->closed()) << info.name;
  }
}

TEST(BuiltinTable, parameters_are_put_where_the_signature_names_them) {
  TypeTable types;
  const Type* parameters[] = {types.string(), types.float_(), types.blob()};
  auto signature = instantiate(types, BuiltinId::DictMergeAll, parameters);
  ASSERT_TRUE(signature.has_value());
  const Type* s = types.string();
  const Type* f = types.float_();
  const Type* b = types.blob();
  EXPECT_EQ(signature->arguments[0], types.dict(s, f));
  EXPECT_EQ(signature->arguments[1], types.dict(s, b));
  EXPECT_EQ(signature->arguments[2], types.function({f, b, s}, f));
  EXPECT_EQ(signature->arguments[3], types.function({s}, f));
  EXPECT_EQ(signature->result, types.null());
}

TEST(BuiltinTable, structs_options_and_tokens_have_their_types) {
  TypeTable types;
  const Type* two[] = {types.string(), types.integer()};
  auto range = instantiate(types, BuiltinId::ArrayFindSortedRange, two);
  ASSERT_TRUE(range.has_value());
  EXPECT_EQ(range->result, types.structure({{"start", types.integer()}, {"end", types.integer()}}));
  auto first = instantiate(types, BuiltinId::ArrayFindFirst, two);
  EXPECT_EQ(first->result, types.option(types.integer()));
  auto format = instantiate(types, BuiltinId::DateTimePrintFormat, {});
  EXPECT_EQ(format->arguments[1], types.array(datetime_token_type(types)));
  EXPECT_EQ(datetime_token_type(types)->arity(), 23U);
  auto print = instantiate(types, BuiltinId::StringPrintError, {});
  EXPECT_EQ(print->arguments[1], types.array(location_type(types)));
}

TEST(BuiltinTable, wrong_parameters_are_errors) {
  TypeTable types;
  const Type* one[] = {types.integer()};
  auto few = instantiate(types, BuiltinId::ArrayMap, one);
  ASSERT_FALSE(few.has_value());
  EXPECT_EQ(few.error().code, Code::type_mismatch);
  const Type* mutable_key[] = {types.array(types.integer())};
  auto key = instantiate(types, BuiltinId::SetSize, mutable_key);
  ASSERT_FALSE(key.has_value());
  EXPECT_EQ(key.error().code, Code::corrupt);
  const Type* text[] = {types.string()};
  EXPECT_FALSE(instantiate(types, BuiltinId::VectorZeros, text).has_value());
}

TEST(BuiltinTable, patch_of_a_primitive_can_only_replace) {
  TypeTable types;
  const Type* i = types.integer();
  const Type* replace = types.structure({{"after", i}, {"before", i}});
  const Type* simple = types.variant({{"replace", replace}, {"unchanged", types.null()}});
  EXPECT_EQ(*patch_type(types, i), simple);
  const Type* array = types.array(i);
  const Type* operation = types.variant({{"delete", i}, {"insert", i}, {"update", simple}});
  const Type* entries =
      types.array(types.structure({{"key", i}, {"offset", i}, {"operation", operation}}));
  const Type* replace_array = types.structure({{"after", array}, {"before", array}});
  EXPECT_EQ(
      *patch_type(types, array),
      types.variant({{"patch", entries}, {"replace", replace_array}, {"unchanged", types.null()}}));
}

TEST(BuiltinTable, patch_of_a_recursive_type_ends_at_the_reference_to_itself) {
  TypeTable types;
  const Type* cons = types.structure({{"head", types.integer()}, {"tail", types.recursive(2)}});
  const Type* list = types.variant({{"cons", cons}, {"nil", types.null()}});
  auto made = patch_type(types, list);
  ASSERT_TRUE(made.has_value());
  const Type* cases = (*made)->child(0);      // patch
  const Type* cons_patch = cases->child(0);   // cons
  const Type* fields = cons_patch->child(0);  // patch
  const Type* tail = fields->child(1);
  EXPECT_EQ(tail->arity(), 2U);
  EXPECT_EQ(tail->name(0), "replace");
  EXPECT_EQ(tail->child(0)->child(0), list);
}

}  // namespace
}  // namespace samara::ir
