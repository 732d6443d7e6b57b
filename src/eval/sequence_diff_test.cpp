#include "eval/sequence_diff.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "eval/collection_support.hpp"

namespace samara::eval {
namespace {

class SequenceDiff : public ::testing::Test {
 protected:
  TypeTable types_;
  Heap heap_;
  PlatformRegistry registry_;
  Vm vm_{heap_, types_, registry_};
  uint64_t random_ = 42;

  uint64_t next() {
    random_ = random_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return random_ >> 33;
  }
  ArrayObject* array(size_t size, uint64_t spread) {
    ArrayObject* made = heap_.new_array(size);
    for (Slot& slot : made->slots()) slot = Slot::of(static_cast<int64_t>(next() % spread));
    return made;
  }
  // The rule as the format states it, with the whole table.
  static CommonElements by_the_book(const ArrayObject* a, const ArrayObject* b) {
    CommonElements common;
    common.first.assign(a->size, false);
    common.second.assign(b->size, false);
    std::vector<std::vector<size_t>> length(a->size + 1, std::vector<size_t>(b->size + 1, 0));
    for (size_t i = 1; i <= a->size; i++) {
      for (size_t j = 1; j <= b->size; j++) {
        length[i][j] = a->data[i - 1].same_bits(b->data[j - 1])
                           ? length[i - 1][j - 1] + 1
                           : std::max(length[i - 1][j], length[i][j - 1]);
      }
    }
    for (size_t i = a->size, j = b->size; i != 0 && j != 0;) {
      if (a->data[i - 1].same_bits(b->data[j - 1])) {
        common.first[--i] = true;
        common.second[--j] = true;
      } else if (length[i - 1][j] > length[i][j - 1]) {
        i--;
      } else {
        j--;
      }
    }
    return common;
  }
};

TEST_F(SequenceDiff, matches_are_those_of_the_whole_table) {
  for (int round = 0; round < 600; round++) {
    uint64_t spread = 1 + next() % (round % 2 == 0 ? 4 : 60);
    ArrayObject* a = array(next() % 150, spread);
    ArrayObject* b = array(next() % 150, spread);
    if (round % 3 == 0 && a->size > 10) {
      // A common beginning and end around what differs.
      size_t head = next() % 10;
      ArrayObject* mixed = heap_.new_array(head + b->size + 5);
      copy_slots(mixed->data, a->data, head);
      copy_slots(mixed->data + head, b->data, b->size);
      copy_slots(mixed->data + head + b->size, a->data + a->size - 5, 5);
      b = mixed;
    }
    CommonElements found;
    ASSERT_TRUE(find_common(vm_, types_.integer(), a, b, found));
    CommonElements expected = by_the_book(a, b);
    ASSERT_EQ(found.first, expected.first) << "round " << round;
    ASSERT_EQ(found.second, expected.second) << "round " << round;
  }
}

TEST_F(SequenceDiff, matches_do_not_depend_on_how_much_of_the_table_is_kept) {
  for (int round = 0; round < 200; round++) {
    uint32_t spread = 1 + static_cast<uint32_t>(next() % 12);
    std::vector<uint32_t> a(1 + next() % 300);
    std::vector<uint32_t> b(1 + next() % 300);
    for (uint32_t& n : a) n = static_cast<uint32_t>(next() % spread);
    for (uint32_t& n : b) n = static_cast<uint32_t>(next() % spread);
    Sequences sequences{a.data(), a.size(), b.data(), b.size(), spread};
    auto matches = [&](size_t table_bytes) {
      std::vector<std::pair<size_t, size_t>> found;
      size_t left_first = 0;
      size_t left_second = 0;
      EXPECT_TRUE(match_sequences(
          vm_, sequences, table_bytes, [&](size_t i, size_t j) { found.emplace_back(i, j); },
          left_first, left_second));
      found.emplace_back(left_first, left_second);
      return found;
    };
    ASSERT_EQ(matches(SIZE_MAX), matches(0)) << "round " << round;
  }
}

TEST_F(SequenceDiff, long_arrays_that_differ_a_little_need_no_table) {
  constexpr size_t k_size = 1'000'000;
  ArrayObject* a = heap_.new_array(k_size);
  ArrayObject* b = heap_.new_array(k_size + 1);
  for (size_t i = 0; i < k_size; i++) a->data[i] = Slot::of(static_cast<int64_t>(i % 1000));
  copy_slots(b->data, a->data, k_size / 2);
  b->data[k_size / 2] = Slot::of(int64_t{-1});
  copy_slots(b->data + k_size / 2 + 1, a->data + k_size / 2, k_size / 2);
  CommonElements common;
  ASSERT_TRUE(find_common(vm_, types_.integer(), a, b, common));
  EXPECT_EQ(std::count(common.first.begin(), common.first.end(), false), 0);
  EXPECT_FALSE(common.second[k_size / 2]);
}

TEST_F(SequenceDiff, tens_of_thousands_of_different_elements_are_compared_within_bounds) {
  ArrayObject* a = array(30'000, 25);
  ArrayObject* b = array(30'000, 25);
  CommonElements common;
  ASSERT_TRUE(find_common(vm_, types_.integer(), a, b, common));
  auto kept = std::count(common.first.begin(), common.first.end(), true);
  EXPECT_EQ(kept, std::count(common.second.begin(), common.second.end(), true));
  // Random sequences over 25 symbols share about a third.
  EXPECT_GT(kept, 9'000);
  EXPECT_LT(kept, 14'000);
  EXPECT_LT(heap_.peak_bytes(), size_t{200} << 20);
}

}  // namespace
}  // namespace samara::eval
