#pragma once
// What the readers of documents share when they build values. Threads: one.

#include "value/sorted.hpp"

namespace samara {

/// Inserts a key, or replaces its value. Ascending input is appended, which costs one comparison.
inline void insert_key(Heap& heap, SortedObject* sorted, const Order& order, Slot key, Slot value) {
  if (sorted->size == 0 || order(sorted_last_key(sorted), key) < 0) {
    sorted_append(heap, sorted, key, value);
  } else {
    sorted_put(heap, sorted, order, key, value);
  }
}

/// A variant value: immediate when its case carries Null.
inline Slot make_case(Heap& heap, const Type* variant, uint32_t index, Slot payload) {
  if (variant->child(index)->is(Kind::null)) return Slot::bare_case(index);
  return Slot::of(heap.new_tagged(index, payload));
}

}  // namespace samara
