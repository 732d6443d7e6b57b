#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "value/sorted.hpp"
#include "value/type.hpp"

using namespace samara;

TEST(TypeTable, equal_types_are_one_pointer) {
  TypeTable types;
  EXPECT_EQ(types.array(types.integer()), types.array(types.integer()));
  EXPECT_NE(types.array(types.integer()), types.set(types.integer()));
  EXPECT_EQ(types.variant({{"some", types.null()}, {"none", types.null()}}),
            types.variant({{"none", types.null()}, {"some", types.null()}}));
}

TEST(TypeTable, child_of_a_recursive_type_is_closed_and_unfolds_to_itself) {
  TypeTable types;
  const Type* list = types.variant(
      {{"cons", types.structure({{"head", types.integer()}, {"tail", types.recursive(2)}})},
       {"nil", types.null()}});
  ASSERT_TRUE(list->closed());
  EXPECT_TRUE(list->recursive_body());
  const Type* cons = list->child(0);
  EXPECT_TRUE(cons->closed());
  EXPECT_EQ(cons->child(1), list);
  EXPECT_EQ(cons->child(1)->child(0), cons);
}

TEST(TypeTable, mutable_key_and_duplicate_field_are_refused) {
  TypeTable types;
  EXPECT_FALSE(types.checked_unary(Kind::set, types.array(types.integer())));
  NamedType twice[] = {{"a", types.null()}, {"a", types.null()}};
  EXPECT_FALSE(types.checked_named(Kind::struct_, twice));
  NamedType unsorted[] = {{"b", types.null()}, {"a", types.null()}};
  EXPECT_FALSE(types.checked_named(Kind::variant, unsorted));
}

TEST(Sorted, random_puts_and_erases_match_std_map) {
  TypeTable types;
  Heap heap;
  Order order(types.integer());
  SortedObject* dict = new_dict(heap);
  std::map<int64_t, int64_t> model;
  uint64_t seed = 88172645463325252ULL;
  for (int step = 0; step < 20000; step++) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    auto key = static_cast<int64_t>(seed % 3000);
    if (seed % 3 != 0) {
      EXPECT_EQ(sorted_put(heap, dict, order, Slot::of(key), Slot::of(int64_t{step})),
                model.find(key) == model.end());
      model[key] = step;
    } else {
      SortedPlace place;
      bool found = sorted_find(dict, order, Slot::of(key), place);
      ASSERT_EQ(found, model.erase(key) == 1);
      if (found) sorted_erase_at(dict, place);
    }
  }
  ASSERT_EQ(dict->size, model.size());
  SortedCursor at(dict);
  for (auto& [key, value] : model) {
    ASSERT_TRUE(at.valid());
    EXPECT_EQ(at.key().integer(), key);
    EXPECT_EQ(at.value().integer(), value);
    at.next();
  }
  EXPECT_FALSE(at.valid());
}

TEST(Compare, cyclic_arrays_terminate_and_are_equal) {
  TypeTable types;
  Heap heap;
  const Type* type = types.array(types.recursive(1));
  ArrayObject* a = heap.new_array();
  ArrayObject* b = heap.new_array();
  ArrayObject* c = heap.new_array();
  ASSERT_TRUE(heap.push(a, Slot::of(a)));
  ASSERT_TRUE(heap.push(b, Slot::of(c)));
  ASSERT_TRUE(heap.push(c, Slot::of(b)));
  EXPECT_TRUE(equal(type, Slot::of(a), Slot::of(b)));
  EXPECT_EQ(compare(type, Slot::of(a), Slot::of(c)), 0);
}

TEST(Heap, collection_frees_garbage_and_keeps_what_roots_reach) {
  TypeTable types;
  Heap heap;
  ArrayObject* keep = heap.new_array();
  Slot root = Slot::of(keep);
  Heap::RootRange range{&root, &root + 1};
  heap.add_roots(&range);
  for (int i = 0; i < 1000; i++) {
    std::string text = "kept " + std::to_string(i);
    ASSERT_TRUE(heap.push(keep, Slot::of(heap.new_text(text))));
  }
  size_t before = heap.used_bytes();
  for (int i = 0; i < 2000; i++) heap.new_bytes(size_t{1000});
  EXPECT_GT(heap.used_bytes(), before);
  heap.collect(__builtin_frame_address(0));
  EXPECT_LT(heap.used_bytes(), before + 100000);
  for (int i = 0; i < 20000; i++) heap.new_text("filler");
  for (int i = 0; i < 1000; i++) {
    EXPECT_EQ(text_of(keep->data[static_cast<size_t>(i)]), "kept " + std::to_string(i));
  }
  heap.remove_roots(&range);
}

TEST(Heap, sized_allocation_beyond_the_limit_is_refused) {
  Heap heap(HeapOptions{.limit_bytes = size_t{1} << 20});
  EXPECT_EQ(heap.new_bytes(size_t{1} << 30), nullptr);
  EXPECT_TRUE(heap.exhausted());
}

TEST(Array, a_queue_used_from_both_ends_keeps_its_order) {
  Heap heap;
  ArrayObject* queue = heap.new_array();
  std::vector<int64_t> model;
  for (int64_t i = 0; i < 500; i++) {
    if (i % 3 == 0) {
      ASSERT_TRUE(heap.push_front(queue, Slot::of(i)));
      model.insert(model.begin(), i);
    } else {
      ASSERT_TRUE(heap.push(queue, Slot::of(i)));
      model.push_back(i);
    }
    if (i % 5 == 4) {
      EXPECT_EQ(heap.pop_front(queue).integer(), model.front());
      model.erase(model.begin());
    }
  }
  ASSERT_EQ(queue->size, model.size());
  for (size_t i = 0; i < model.size(); i++) EXPECT_EQ(queue->data[i].integer(), model[i]);
}
