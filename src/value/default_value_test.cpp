#include "value/default_value.hpp"

#include <gtest/gtest.h>

#include "value/text.hpp"

namespace samara {
namespace {

TEST(DefaultValue, packed_containers_are_empty) {
  TypeTable types;
  Heap heap;
  const Type* both =
      types.structure({{"v", types.vector(types.boolean())}, {"m", types.matrix(types.float_())}});
  auto value = default_value(both, heap);
  ASSERT_TRUE(value);
  EXPECT_EQ(*print_text(both, *value), "(v=vec[], m=mat[])");
}

TEST(DefaultValue, a_payload_of_the_first_case_is_made_too) {
  TypeTable types;
  Heap heap;
  const Type* variant = types.variant({{"a", types.ref(types.string())}, {"b", types.null()}});
  EXPECT_EQ(*print_text(variant, *default_value(variant, heap)), ".a &\"\"");
}

}  // namespace
}  // namespace samara
