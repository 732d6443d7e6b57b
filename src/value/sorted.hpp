#pragma once
// Set and Dict: keys kept ascending by the total order of the key type, in chunks of up to 256
// entries under a flat table of chunks. Insertion and look-up are O(log n) plus a move of at most
// one chunk; iteration and appending ascending input are linear.
//
// Threads: as the heap. Cost notes: a chunk starts at 4 entries and doubles.

#include "value/compare.hpp"
#include "value/heap.hpp"

namespace samara {

struct ChunkObject : Object {  // aux = capacity in entries
  uint32_t count;
  uint32_t has_values;
  Slot* keys() { return reinterpret_cast<Slot*>(this + 1); }
  Slot* values() { return keys() + aux; }
};

/// aux = 1 for a Dict, 0 for a Set.
struct SortedObject : Object {
  size_t size;
  uint32_t chunk_count;
  uint32_t chunk_capacity;
  ChunkObject** chunks;  // &single while there is at most one chunk
  ChunkObject* single;
  bool is_dict() const { return aux != 0; }
};

inline constexpr uint32_t k_chunk_entries_max = 256;

/// A place in a set or dictionary; valid until its size changes.
struct SortedPlace {
  uint32_t chunk = 0;
  uint32_t entry = 0;
};

SortedObject* new_set(Heap& heap);
SortedObject* new_dict(Heap& heap);

/// The place of `key`, or where it would be inserted.
bool sorted_find(const SortedObject* sorted, const Order& order, Slot key, SortedPlace& place);
inline bool sorted_contains(const SortedObject* sorted, const Order& order, Slot key) {
  SortedPlace place;
  return sorted_find(sorted, order, key, place);
}
/// Inserts at a place that sorted_find gave for an absent key.
void sorted_insert_at(Heap& heap, SortedObject* sorted, SortedPlace place, Slot key, Slot value);
/// Inserts or replaces key and value; true if it was absent.
bool sorted_put(Heap& heap, SortedObject* sorted, const Order& order, Slot key, Slot value);
/// Removes the entry at a place.
void sorted_erase_at(SortedObject* sorted, SortedPlace place);
void sorted_clear(Heap& heap, SortedObject* sorted);
/// Appends a key known to be greater than all present ones.
void sorted_append(Heap& heap, SortedObject* sorted, Slot key, Slot value);
/// The greatest key. Requires: not empty.
Slot sorted_last_key(const SortedObject* sorted);
/// A new set or dictionary with the same entries (keys only when `as_set`).
SortedObject* sorted_copy(Heap& heap, const SortedObject* sorted, bool as_set);

inline Slot key_at(const SortedObject* sorted, SortedPlace place) {
  return sorted->chunks[place.chunk]->keys()[place.entry];
}
inline Slot& value_at(SortedObject* sorted, SortedPlace place) {
  return sorted->chunks[place.chunk]->values()[place.entry];
}
inline Slot value_at(const SortedObject* sorted, SortedPlace place) {
  return sorted->chunks[place.chunk]->values()[place.entry];
}

/// Ascending iteration: for (SortedCursor at(s); at.valid(); at.next()) use at.key(), at.value().
/// Values may be replaced meanwhile; the key set must not change (hold an iteration lock).
class SortedCursor {
 public:
  explicit SortedCursor(SortedObject* sorted) : sorted_(sorted) {}
  bool valid() const { return place_.chunk < sorted_->chunk_count; }
  Slot key() const { return sorted_->chunks[place_.chunk]->keys()[place_.entry]; }
  Slot& value() const { return sorted_->chunks[place_.chunk]->values()[place_.entry]; }
  SortedPlace place() const { return place_; }
  void next() {
    if (++place_.entry >= sorted_->chunks[place_.chunk]->count) {
      place_.entry = 0;
      place_.chunk++;
    }
  }

 private:
  SortedObject* sorted_;
  SortedPlace place_;
};

}  // namespace samara
