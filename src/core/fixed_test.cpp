#include <gtest/gtest.h>

#include "core/arena.hpp"
#include "core/fixed_text.hpp"
#include "core/fixed_vector.hpp"

using namespace samara;

TEST(FixedVector, a_full_one_takes_nothing_and_stays_as_it_is) {
  FixedVector<int, 2> v;
  EXPECT_TRUE(v.push_back(1));
  EXPECT_TRUE(v.push_back(2));
  EXPECT_TRUE(v.full());
  EXPECT_FALSE(v.push_back(3));
  EXPECT_EQ(v.size(), 2U);
  EXPECT_EQ(v[1], 2);
}

TEST(FixedText, longer_text_is_cut_and_said_not_to_fit) {
  EXPECT_FALSE(FixedText<3>::fits("four"));
  EXPECT_EQ(FixedText<3>("four").view(), "fou");
  EXPECT_EQ(FixedText<8>("four"), FixedText<8>("four"));
}

TEST(Arena, gives_aligned_memory_until_there_is_none) {
  alignas(8) uint8_t memory[64];
  Arena arena(memory);
  ASSERT_TRUE(arena.make_bytes(3).has_value());
  auto numbers = arena.make_array<uint64_t>(4);
  ASSERT_TRUE(numbers.has_value());
  EXPECT_EQ(reinterpret_cast<uintptr_t>(numbers->data()) % alignof(uint64_t), 0U);
  EXPECT_EQ((*numbers)[3], 0U);
  EXPECT_FALSE(arena.make_array<uint64_t>(4).has_value());
  EXPECT_FALSE(arena.make_array<uint64_t>(SIZE_MAX / 4).has_value());
  EXPECT_EQ(arena.left_bytes(), 64U - 8U - 32U);
}
