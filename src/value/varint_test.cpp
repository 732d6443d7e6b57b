#include "value/varint.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace samara {
namespace {

struct Read {
  uint64_t value = 0;
  size_t size = 0;
  VarintFault fault = VarintFault::none;
};

// Reads from the front of `bytes`, with `padding` more bytes behind: the short way needs eight.
Read read(std::vector<uint8_t> bytes, size_t padding) {
  bytes.resize(bytes.size() + padding, 0x01);
  Read result;
  const uint8_t* end =
      get_varint(bytes.data(), bytes.data() + bytes.size(), result.value, result.fault);
  if (end != nullptr) result.size = static_cast<size_t>(end - bytes.data());
  return result;
}

TEST(Varint, written_numbers_read_back_with_and_without_bytes_behind) {
  std::vector<uint64_t> numbers = {0, 1, 127, 128, 300, 16383, 16384, UINT32_MAX, UINT64_MAX};
  for (unsigned shift = 0; shift < 64; shift++) {
    numbers.push_back(uint64_t{1} << shift);
    numbers.push_back((uint64_t{1} << shift) - 1);
  }
  for (uint64_t number : numbers) {
    uint8_t room[k_varint_bytes_max];
    uint8_t* end = put_varint(room, number);
    std::vector<uint8_t> bytes(room, end);
    EXPECT_EQ(varint_size(number), bytes.size());
    for (size_t padding : {0U, 1U, 9U}) {
      Read got = read(bytes, padding);
      EXPECT_EQ(got.value, number);
      EXPECT_EQ(got.size, bytes.size());
    }
  }
}

TEST(Varint, longer_forms_than_needed_are_read) {
  for (size_t padding : {0U, 9U}) {
    EXPECT_EQ(read({0x80, 0x00}, padding).value, 0U);
    Read nine = read({0x85, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00}, padding);
    EXPECT_EQ(nine.value, 5U);
    EXPECT_EQ(nine.size, 9U);
  }
}

TEST(Varint, missing_bytes_and_long_numbers_are_told_apart) {
  EXPECT_EQ(read({}, 0).fault, VarintFault::underflow);
  EXPECT_EQ(read({0x80}, 0).fault, VarintFault::underflow);
  EXPECT_EQ(read(std::vector<uint8_t>(9, 0xff), 0).fault, VarintFault::underflow);
  std::vector<uint8_t> ten(10, 0xff);
  EXPECT_EQ(read(ten, 0).fault, VarintFault::too_long);
  EXPECT_EQ(read(ten, 5).fault, VarintFault::too_long);
  ten[9] = 2;
  EXPECT_EQ(read(ten, 0).fault, VarintFault::too_long);
  ten[9] = 1;
  EXPECT_EQ(read(ten, 0).value, UINT64_MAX);
}

TEST(Varint, zigzag_keeps_small_numbers_small) {
  EXPECT_EQ(zigzag(0), 0U);
  EXPECT_EQ(zigzag(-1), 1U);
  EXPECT_EQ(zigzag(1), 2U);
  EXPECT_EQ(zigzag(INT64_MAX), UINT64_MAX - 1);
  EXPECT_EQ(zigzag(INT64_MIN), UINT64_MAX);
  for (int64_t n : {int64_t{0}, int64_t{-1}, int64_t{42}, INT64_MAX, INT64_MIN}) {
    EXPECT_EQ(unzigzag(zigzag(n)), n);
  }
}

}  // namespace
}  // namespace samara
