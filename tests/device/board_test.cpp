// The board itself: what the start-up code and the linker script promise to every other test.

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

int initialised = 42;
int zeroed;
struct Constructed {
  Constructed() : value(7) {}
  int value;
};
Constructed constructed;

TEST(Board, data_is_copied_bss_is_cleared_and_constructors_have_run) {
  EXPECT_EQ(initialised, 42);
  EXPECT_EQ(zeroed, 0);
  EXPECT_EQ(constructed.value, 7);
}

TEST(Board, pointers_have_32_bits) { EXPECT_EQ(sizeof(void*), 4U); }

TEST(Board, heap_grants_eight_megabytes_and_refuses_what_it_lacks) {
  constexpr size_t k_large = size_t{8} << 20;
  auto* block = static_cast<uint8_t*>(std::malloc(k_large));
  ASSERT_NE(block, nullptr);
  std::memset(block, 0xA5, k_large);
  EXPECT_EQ(block[k_large - 1], 0xA5);
  std::free(block);
  // Volatile, so that the compiler cannot see that the allocation is unused.
  volatile size_t too_large = size_t{64} << 20;
  EXPECT_EQ(std::malloc(too_large), nullptr);
}

TEST(Board, doubles_are_ieee_754_binary64) {
  volatile double third = 1.0;
  third = third / 3.0;
  const double value = third;
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(bits));
  EXPECT_EQ(bits, 0x3FD5555555555555U);
}

}  // namespace
